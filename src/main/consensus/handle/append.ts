/**
 * Putting a valid block on the chain, and taking blocks off it again.
 * @module
 */
import { merkleRoot } from '../../ledger/merkle.ts';
import { isLinked, type Block } from '../../ledger/block.ts';
import type { Context } from '../context.ts';
import type { AcceptedBlock } from '../effects.ts';

/** What is wrong with a block as the next one of the chain; `undefined` where it is valid (rule A2). */
export function blockProblem(context: Context, { header, requests }: Block): string | undefined {
  const { ledger, chain, limits } = context;
  if (!isLinked(chain.tip, header)) return 'is not linked to the tip';
  if (requests.length === 0 || requests.length !== header.requestCount)
    return 'has a wrong number of requests';
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
  if (ledger.digestAfter(requests) !== header.stateDigest) return 'has a wrong state digest';
  return undefined;
}

/** Executes a valid block and answers the clients that wait for its requests (rule A2). */
export function appendBlock(context: Context, accepted: AcceptedBlock): void {
  const { header, requests } = accepted.block;
  context.ledger.execute(accepted.block);
  context.chain.append(accepted);
  for (const request of requests) context.pool.markOrdered(request);
  context.orders.delete(header.height);
  context.persist({ type: 'append', accepted });
  // The answer is an ACCEPT: never below the base of the view (rule A3). There, a stable checkpoint answers.
  if (header.height >= context.position.baseHeight) {
    context.emit({
      type: 'respond',
      requestIds: requests.map(({ id }) => id),
      height: header.height,
      hash: header.hash,
      tag: context.tag,
    });
  }
  if (header.height === context.chain.stable.height + 1) {
    context.emit({ type: 'setTimer', timer: 'checkpoint', delayMs: context.options.checkpointIdleMs });
  }
  context.announce({ type: 'accepted', accepted });
}

/** Undoes the blocks above `height`, to the exact state digest; their requests wait to be ordered again. */
export function rollbackTo(context: Context, height: number): void {
  const removed = context.chain.rollback(height);
  if (removed.length === 0) return;
  for (const { block } of removed) {
    context.ledger.undo();
    for (const request of block.requests) context.pool.markPending(request);
  }
  context.persist({ type: 'rollback', height });
  context.announce({ type: 'rolledBack', height });
}
