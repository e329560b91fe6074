/**
 * The primary orders what is pending: one block at a time, as many requests as fit (rule A1). While a block waits for
 * the disk and for its signature, requests gather, so that load makes blocks larger rather than more numerous.
 * @module
 */
import type { Hex } from '../../../shared/encoding/hex.ts';
import { epochAfter, hashed, type Block } from '../../ledger/block.ts';
import { evidenceDigest, type Evidence } from '../../ledger/evidence.ts';
import { merkleRoot } from '../../ledger/merkle.ts';
import type { SignedRequest } from '../../ledger/request.ts';
import type { OrderStatement } from '../../ledger/statement.ts';
import type { Context } from '../context.ts';
import type { OrderedRequestMessage } from '../messages.ts';
import { appendBlock } from './append.ts';
import { unrecordedEvidence } from './evidence.ts';

/** Orders one block of pending requests, where this replica is the primary and may. */
export function proposeBlock(context: Context): void {
  if (!context.isPrimary || !context.isNormal || context.isSilent || context.signingOrder) return;
  const evidence = unrecordedEvidence(context);
  if (!context.mayExtend || context.pool.pendingCount + evidence.length === 0) return;
  const timeMs = Math.max(context.nowMs, context.chain.tip.timeMs + 1);
  const requests = selectRequests(context, timeMs);
  if (requests.length + evidence.length === 0) return;
  const block = buildBlock(context, requests, evidence, timeMs);
  appendBlock(context, { block, order: null });
  signOrder(context, block);
}

/** Signs the orders of blocks that this primary put on its chain before it stopped. */
export function signUnsignedOrders(context: Context): void {
  if (!context.isPrimary || !context.isNormal) return;
  for (const { block, order } of context.chain.accepted) {
    if (order === null && block.header.height > context.position.baseHeight) signOrder(context, block);
  }
}

/** The primary's order is signed: everyone gets it, with the bodies that their clients did not send to all. */
export function publishOrder(context: Context, statement: OrderStatement, signature: Hex): void {
  const { view, height, hash } = statement;
  context.signingOrder = false;
  const accepted = context.chain.at(height);
  // Signed in a view that has been left: its block is in the view change, and no longer ordered (rule V2).
  if (accepted?.block.header.hash !== hash || view !== context.view || !context.isNormal) return;
  context.chain.setOrder(height, { view, signature });
  context.persist({ type: 'orderSigned', height, view, signature });
  const { header, requests, evidence } = accepted.block;
  const message: OrderedRequestMessage = {
    type: 'orderedRequest',
    view,
    header,
    references: requests.map(({ timestampMs, id }) => ({ timestampMs, id })),
    bodies: requests
      .filter((request) => context.pool.find(request)?.origin === 'forwarded')
      .map(({ bytes }) => bytes),
    evidence,
    signature,
  };
  context.emit({ type: 'broadcast', message });
}

function signOrder(context: Context, { header }: Block): void {
  context.signingOrder = true;
  context.sign(context.orderStatement(context.view, header));
}

/**
 * Pending requests, each supervisor in turn, as many as one block holds, one change of the registry among them at most.
 * Those that no block can hold are dropped.
 */
function selectRequests(context: Context, timeMs: number): readonly SignedRequest[] {
  const { maxBlockRequests, maxBlockBytes } = context.limits;
  const selected: SignedRequest[] = [];
  let sizeBytes = 0;
  let hasChange = false;
  for (const { request } of context.pool.inTurn()) {
    const objection = context.ledger.objection(request, timeMs);
    if (objection !== undefined) {
      context.pool.forget(request);
      context.emit({ type: 'refuse', requestId: request.id, error: objection });
      continue;
    }
    if (request.payload.kind === 'registry') {
      if (hasChange) continue;
      hasChange = true;
    }
    if (selected.length === maxBlockRequests || sizeBytes + request.bytes.length > maxBlockBytes) break;
    selected.push(request);
    sizeBytes += request.bytes.length;
  }
  return selected;
}

function buildBlock(
  context: Context,
  requests: readonly SignedRequest[],
  evidence: readonly Evidence[],
  timeMs: number,
): Block {
  const { tip } = context.chain;
  const header = hashed({
    epoch: epochAfter(tip),
    height: tip.height + 1,
    previousHash: tip.hash,
    timeMs,
    requestCount: requests.length,
    requestsRoot: merkleRoot(requests.map(({ id }) => id)),
    evidenceDigest: evidenceDigest(evidence),
    ...context.ledger.outcomeOf(requests),
  });
  return { header, requests, evidence };
}
