/**
 * Waiting for the primary (rules V1, K2 and 11). A request that waits is first passed on to the primary, which may
 * never have had it; only then is the primary suspected. Suspicion alone moves nobody: it takes f+1 replicas.
 *
 * What is watched is one thing at a time, the request that has waited longest, and the lowest block that is not
 * stable: a primary that serves all but one client is found out as well, and one that is merely busy is not.
 *
 * A replica that is behind cannot know what the primary has done meanwhile: it holds nothing against it until the
 * bodies are here (rule 11). It keeps its place in the wait all the same, or a primary could leave one replica after
 * another behind for a moment and never be suspected.
 * @module
 */
import { requestKey, type SignedRequest } from '../../ledger/request.ts';
import type { Context } from '../context.ts';
import { OVERDUE_MAX } from '../pool.ts';
import { considerJoining } from './viewChange.ts';

/** Starts, restarts or ends the waits, according to what there is to wait for now. Called after every step. */
export function watch(context: Context): void {
  const { patience } = context;
  const watches = context.isNormal && !context.isPrimary && !context.isSilent;
  const oldest = watches ? oldestOrderable(context) : undefined;
  const request = oldest === undefined ? null : requestKey(oldest);
  if (request !== patience.request) {
    patience.request = request;
    patience.passedOn = false;
    setWait(context, 'awaitOrder', request === null ? null : context.patienceMs / 2);
  }
  const { tip, stable } = context.chain;
  // A block that is ordered and cannot be accepted, for what it lacks or for its time, is waited for as well.
  const isBlockPending = tip.height > stable.height || context.orders.has(tip.height + 1);
  const stableHeight = watches && isBlockPending ? stable.height : null;
  if (stableHeight !== patience.stableHeight) {
    patience.stableHeight = stableHeight;
    setWait(context, 'awaitStable', stableHeight === null ? null : context.patienceMs);
  }
}

/** The request that was awaited has not been ordered: it is passed on at half time, and at the end suspected. */
export function handleAwaitOrder(context: Context): void {
  const { patience } = context;
  if (patience.request === null) return;
  if (patience.passedOn && !isBehind(context)) suspectPrimary(context);
  patience.passedOn = true;
  passOn(context);
  setWait(context, 'awaitOrder', context.patienceMs / 2);
}

/** The blocks above the stable checkpoint have not become stable. */
export function handleAwaitStable(context: Context): void {
  if (context.patience.stableHeight === null) return;
  if (!isBehind(context)) suspectPrimary(context);
  setWait(context, 'awaitStable', context.patienceMs);
}

/**
 * Whether there is a checkpoint above the own one for certain: its blocks are being fetched, or f+1 replicas say so, of
 * which one is correct. What fewer claim excuses no primary.
 */
function isBehind({ beacons, catchUp, chain, membership }: Context): boolean {
  if (catchUp !== null && catchUp.target !== null) return true;
  const ahead = [...beacons.values()].filter(({ stableHeight }) => stableHeight > chain.stable.height);
  return ahead.length > membership.sizes.f;
}

/** Tells everybody that this replica finds the primary too slow; it stays in its view (rule V1). */
export function suspectPrimary(context: Context): void {
  if (!context.isNormal || context.isPrimary || context.isSilent) return;
  const { epoch, view } = context.position;
  context.emit({ type: 'broadcast', message: { type: 'suspect', epoch, view } });
  noteSuspicion(context, context.membership.ownIndex, view);
}

/** Another replica finds the primary of `view` too slow. */
export function handleSuspect(context: Context, from: number, epoch: number, view: number): void {
  if (epoch === context.position.epoch) noteSuspicion(context, from, view);
}

function noteSuspicion(context: Context, by: number, view: number): void {
  const before = context.suspicions.get(by) ?? -1;
  if (view > before) {
    context.suspicions.set(by, view);
    if (view === context.view) context.announce({ type: 'suspected', view, by });
  }
  considerJoining(context);
}

/** The oldest request that any correct primary could order now, whatever its clock says within the limits. */
function oldestOrderable({ pool, ledger, limits, nowMs }: Context): SignedRequest | undefined {
  const oldestMs = nowMs - limits.maxRequestAgeMs + 2 * limits.maxClockSkewMs;
  for (const { request } of pool.pending()) {
    if (request.timestampMs > nowMs || request.timestampMs < oldestMs) continue;
    // Bodies of later orders may wait for a change of the registry that comes before them.
    if (ledger.objectionOfRegistry(request) === undefined) return request;
  }
  return undefined;
}

function passOn(context: Context): void {
  let passed = 0;
  let sizeBytes = 0;
  for (const { request } of context.pool.pending()) {
    sizeBytes += request.bytes.length;
    if (passed === OVERDUE_MAX || (passed > 0 && sizeBytes > context.limits.maxBlockBytes)) return;
    passed++;
    const message = { type: 'request', request: request.bytes } as const;
    context.emit({ type: 'send', to: context.primary, message });
  }
}

function setWait(context: Context, timer: 'awaitOrder' | 'awaitStable', delayMs: number | null): void {
  if (delayMs === null) context.emit({ type: 'clearTimer', timer });
  else context.emit({ type: 'setTimer', timer, delayMs });
}
