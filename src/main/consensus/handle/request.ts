/**
 * A request that arrives: from a client who broadcasts it, or passed on by a replica. Its signature has been verified;
 * what does not depend on the order is checked here, before it is ordered.
 * @module
 */
import type { SignedRequest } from '../../ledger/request.ts';
import type { Context } from '../context.ts';
import { acceptOrders } from './orderedRequest.ts';

/** `from`: the replica that passes it on as overdue; `null` where it comes from a client, who sends it to all. */
export function handleRequest(context: Context, request: SignedRequest, from: number | null): void {
  if (answerExecuted(context, request)) return;
  if (context.pool.isPending(request)) {
    resent(context, request, from);
    return;
  }
  const objection = context.ledger.objection(request, context.nowMs);
  if (objection !== undefined) {
    context.emit({ type: 'refuse', requestId: request.id, error: objection });
    return;
  }
  const { pool, options } = context;
  if (from === null ? !pool.hasRoomFor(request) : !pool.hasRoomForOverdue(from)) {
    const data = { maxRequests: options.maxPoolRequests };
    context.emit({ type: 'refuse', requestId: request.id, error: { code: 'request.poolFull', data } });
    return;
  }
  pool.add(request, from === null ? 'broadcast' : 'forwarded');
  if (from !== null) pool.markOverdue(request, from);
  // An order may have been waiting for this very request.
  if (context.orders.size > 0) acceptOrders(context);
}

/** A request that was executed is answered from the cache, and never executed twice. */
function answerExecuted(context: Context, { id }: SignedRequest): boolean {
  const executed = context.ledger.executed(id);
  if (executed === undefined) return false;
  if (executed.height <= context.chain.stable.height) {
    context.emit({ type: 'alreadyFinal', requestId: id, height: executed.height });
    return true;
  }
  const header = context.chain.header(executed.height);
  // A block below the base of the view was accepted in an earlier one: only a stable checkpoint answers (rule A3).
  const mayAnswer = executed.height >= context.position.baseHeight && !context.isSilent;
  if (header !== undefined && mayAnswer) {
    const { epoch, height, hash } = header;
    context.emit({ type: 'respond', requestIds: [id], epoch, height, hash, tag: context.tag });
  }
  return true;
}

/**
 * A client that sends a request again may have missed the primary (rule K2); one that a replica sends is overdue. It is
 * passed on as often as one that waits: all replicas would multiply what a client sends without end.
 */
function resent(context: Context, request: SignedRequest, from: number | null): void {
  const { pool, nowMs } = context;
  if (from !== null) pool.markOverdue(request, from);
  else if (
    !context.isPrimary &&
    !context.isSilent &&
    pool.markPassedOn(request, nowMs, context.patienceMs / 2)
  ) {
    context.emit({ type: 'send', to: context.primary, message: { type: 'request', request: request.bytes } });
  }
}

/**
 * Pending requests that have become too old for any block are refused: the primary may never have had them, and they
 * would fill the pool for ever.
 */
export function expireRequests(context: Context): void {
  const oldestMs = Math.max(context.nowMs, context.chain.tip.timeMs) - context.limits.maxRequestAgeMs;
  // As far behind as a correct primary's clock may be, an order could still name them.
  const expiredMs = oldestMs - context.limits.maxClockSkewMs;
  for (const { request } of context.pool.pending()) {
    if (request.timestampMs >= expiredMs) continue;
    const data = { timestampMs: request.timestampMs, oldestMs };
    context.pool.forget(request);
    context.emit({ type: 'refuse', requestId: request.id, error: { code: 'request.tooOld', data } });
  }
}
