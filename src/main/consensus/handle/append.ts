/**
 * Putting a valid block on the chain, and taking blocks off it again.
 * @module
 */
import { merkleRoot } from '../../ledger/merkle.ts';
import { isLinked, type Block } from '../../ledger/block.ts';
import { epochOf, evidenceDigest } from '../../ledger/evidence.ts';
import type { Context } from '../context.ts';
import type { AcceptedBlock } from '../effects.ts';
import { setRecordedHeight } from './evidence.ts';
import { refuseStale } from './stale.ts';

/** What is wrong with a block as the next one of the chain; `undefined` where it is valid (rule A2). */
export function blockProblem(context: Context, { header, requests, evidence }: Block): string | undefined {
  const { ledger, chain, limits } = context;
  if (!isLinked(chain.tip, header)) return 'is not linked to the tip';
  if (header.epoch !== context.position.epoch) return 'follows the last block of the epoch (rule E1)';
  if (requests.length !== header.requestCount) return 'has a wrong number of requests';
  if (requests.length === 0 && evidence.length === 0) return 'is empty';
  if (requests.length > limits.maxBlockRequests) return 'has too many requests';
  const sizeBytes = requests.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (sizeBytes > limits.maxBlockBytes) return 'is too large';
  const ids = requests.map(({ id }) => id);
  if (new Set(ids).size !== ids.length) return 'holds one request twice';
  for (const request of requests) {
    if (ledger.executed(request.id) !== undefined) return `holds the executed request ${request.id}`;
    const objection = ledger.objection(request, header.timeMs);
    if (objection !== undefined) return `holds the request ${request.id}: ${objection.code}`;
  }
  if (merkleRoot(ids) !== header.requestsRoot) return 'has a wrong Merkle root';
  if (evidence.some((item) => epochOf(item) !== header.epoch)) return 'holds evidence of another epoch';
  for (const { replica } of evidence) {
    if ((context.evidence.get(replica)?.recordedHeight ?? null) !== null)
      return `accuses replica ${String(replica)} again`;
  }
  if (evidenceDigest(evidence) !== header.evidenceDigest) return 'has a wrong digest of its evidence';
  if (requests.filter(({ payload }) => payload.kind === 'registry').length > 1) {
    return 'holds more than one change of the registry';
  }
  const { stateDigest, nextReplicas } = ledger.outcomeOf(requests);
  if (stateDigest !== header.stateDigest) return 'has a wrong state digest';
  if (nextReplicas !== header.nextReplicas) return 'names the wrong set of replicas to follow';
  return undefined;
}

/** Accepts a valid block in the view: executes it, and answers the clients that wait for its requests (rule A2). */
export function appendBlock(context: Context, accepted: AcceptedBlock): void {
  placeBlock(context, accepted);
  respondTo(context, accepted.block);
}

/** The answer is an ACCEPT: never below the base of the view (rule A3). There, a stable checkpoint answers. */
export function respondTo(context: Context, { header: { epoch, height, hash }, requests }: Block): void {
  if (height < context.position.baseHeight || context.isSilent || requests.length === 0) return;
  const requestIds = requests.map(({ id }) => id);
  context.emit({ type: 'respond', requestIds, epoch, height, hash, tag: context.tag });
}

/** Puts a valid block on the chain and executes it. */
export function placeBlock(context: Context, accepted: AcceptedBlock): void {
  const { header, requests, evidence } = accepted.block;
  const { registry } = context.ledger;
  context.ledger.execute(accepted.block);
  context.chain.append(accepted);
  for (const request of requests) context.pool.markOrdered(request);
  if (context.ledger.registry !== registry) refuseStale(context);
  context.orders.delete(header.height);
  context.persist({ type: 'append', accepted });
  context.attic.delete(header.hash);
  for (const { replica } of evidence) setRecordedHeight(context, replica, evidence, header.height);
  if (header.height === context.chain.stable.height + 1) {
    context.emit({ type: 'setTimer', timer: 'checkpoint', delayMs: context.options.checkpointIdleMs });
  }
  context.announce({ type: 'accepted', accepted });
}

/** Undoes the blocks above `height`, to the exact state digest; their requests wait to be ordered again. */
export function rollbackTo(context: Context, height: number): readonly AcceptedBlock[] {
  const removed = context.chain.rollback(height);
  if (removed.length === 0) return removed;
  context.persist({ type: 'rollback', height });
  for (const { block } of removed) {
    context.ledger.undo();
    context.attic.set(block.header.hash, block);
  }
  // In the order in which they were ordered: they go to the end of those that wait.
  for (const { block } of removed.toReversed()) {
    for (const request of block.requests) context.pool.markPending(request);
    for (const { replica } of block.evidence) setRecordedHeight(context, replica, block.evidence, null);
  }
  context.announce({ type: 'rolledBack', height });
  return removed;
}
