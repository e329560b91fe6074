/**
 * Pending requests that the registry no longer allows: of a supervisor that was revoked, or about a proposal that is
 * settled. No correct primary orders them, so nobody may wait for them.
 * @module
 */
import type { SignedRequest } from '../../ledger/request.ts';
import type { Context } from '../context.ts';

/** The registry has changed: every pending request is judged again. */
export function refuseStale(context: Context): void {
  refuseWhereStale(
    context,
    [...context.pool.pending()].map(({ request }) => request),
  );
}

/** Refuses those of `requests` that wait and that the registry forbids. */
export function refuseWhereStale(context: Context, requests: readonly SignedRequest[]): void {
  for (const request of requests) {
    const objection = context.ledger.objectionOfRegistry(request);
    if (objection === undefined || !context.pool.isPending(request)) continue;
    context.pool.forget(request);
    context.emit({ type: 'refuse', requestId: request.id, error: objection });
  }
}
