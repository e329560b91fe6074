/**
 * Leaving a view (PROTOCOL.md, rules V1 to V3): when enough replicas want to, or the primary is proven faulty. From the
 * moment its view change is durable, a replica never again accepts or enters anything in a lower view (M5, M9, M11).
 * @module
 */
import type { HashedHeader } from '../../ledger/block.ts';
import { compareCertificates, type CommitCertificate } from '../../ledger/statement.ts';
import {
  viewChangeProblem,
  viewChangeStatement,
  type SignedViewChange,
  type ViewChange,
} from '../../ledger/viewChange.ts';
import type { Hex } from '../../../shared/encoding/hex.ts';
import { invariant } from '../../../shared/errors.ts';
import type { Context } from '../context.ts';
import type { ViewChangeCause } from '../effects.ts';
import type { ViewChangeMessage } from '../messages.ts';
import { compare } from './evidence.ts';
import { awaitNewView, considerNewView, sendOpening, tryEnter } from './newView.ts';

/**
 * Leaves the view for `wanted`, or for the lowest later one that is allowed (rule V2). What is said is fixed in the
 * same durable write as the change of mode: one view change for each view, also across restarts.
 */
export function startViewChange(context: Context, wanted: number, cause: ViewChangeCause): void {
  if (context.isSilent) return;
  const { position } = context;
  const { view } = position;
  const target = Math.max(wanted, lowestTarget(context));
  context.position = { ...position, mode: 'changing', target };
  context.persist({ type: 'position', position: context.position });
  context.viewChange = viewChangeOf(context);
  context.persist({ type: 'viewChange', viewChange: context.viewChange });
  context.attempts++;
  context.entering = null;
  context.stopWaiting();
  context.emit({ type: 'clearTimer', timer: 'newView' });
  context.announce({ type: 'changingView', view, target, cause });
  signViewChange(context);
}

/** Signs the view change for the target, or signs it again after a restart: it is the same. */
export function signViewChange(context: Context): void {
  const { viewChange, options } = context;
  if (context.isNormal || viewChange?.view !== context.position.target) return;
  context.sign(viewChangeStatement(viewChange));
  context.emit({ type: 'setTimer', timer: 'viewChange', delayMs: options.viewChangeRetryMs });
}

/** The own view change has been signed. */
export function publishViewChange(context: Context, view: number, signature: Hex): void {
  const { viewChange, membership } = context;
  if (context.isNormal || viewChange?.view !== view || view !== context.position.target) return;
  keepViewChange(context, { replica: membership.ownIndex, viewChange, signature });
  broadcastViewChange(context);
  considerJoining(context);
  considerNewView(context);
}

/** Another replica's view change: its signature and those of the certificates in it have been verified. */
export function handleViewChange(context: Context, from: number, message: ViewChangeMessage): void {
  const { viewChange, signature } = message;
  const { position, membership } = context;
  if (viewChange.epoch !== position.epoch) return;
  if (viewChangeProblem(viewChange, context.first, membership.windowBlocks) !== undefined) {
    context.suspect(from, 'badViewChange', 0);
    return;
  }
  const before = context.viewChanges.get(from);
  if (before?.viewChange.view === viewChange.view) {
    const [one, other] = [before, message].map((item) => ({
      statement: viewChangeStatement(item.viewChange),
      signature: item.signature,
    }));
    if (one !== undefined && other !== undefined) compare(context, from, one, other);
  }
  // It lags behind this replica's view: what opened that view brings it there.
  const isLate = context.isNormal && viewChange.view <= position.view;
  // One of this very view is told by its primary; where that is lost, beacons make up for it.
  if (isLate && (viewChange.view < position.view || context.isPrimary)) sendOpening(context, from);
  if (before !== undefined && before.viewChange.view >= viewChange.view) return;
  keepViewChange(context, { replica: from, viewChange, signature });
  considerJoining(context);
  considerNewView(context);
}

/**
 * Follows the others (rule V1): f+1 view changes for later views, or f+1 replicas, this one included, that find the
 * primary of this view too slow or have left it. Among f+1 there is a correct one.
 */
export function considerJoining(context: Context): void {
  const { position, membership, suspicions, viewChanges } = context;
  const { f } = membership.sizes;
  if (context.isSilent) return;
  const floor = context.isNormal ? position.view : position.target;
  const wanted = [...viewChanges.values()]
    .flatMap(({ replica, viewChange: { view } }) =>
      replica !== membership.ownIndex && view > floor ? [view] : [],
    )
    .sort((left, right) => right - left);
  const joined = wanted[f];
  if (joined !== undefined) {
    startViewChange(context, joined, 'others');
    return;
  }
  if (!context.isNormal) return;
  const doubtful = new Set<number>();
  for (const [replica, view] of suspicions) if (view >= position.view) doubtful.add(replica);
  for (const [replica, { viewChange }] of viewChanges)
    if (viewChange.view > position.view) doubtful.add(replica);
  if (doubtful.size <= f) return;
  const own = (suspicions.get(membership.ownIndex) ?? -1) >= position.view;
  startViewChange(context, lowestTarget(context), own ? 'timeout' : 'others');
}

/** A quorum wanted the view, and it has not begun in time: on to the next. */
export function handleNewViewTimer(context: Context): void {
  const { position, membership, unreachable, beacons, awaitedView } = context;
  if (context.isNormal || awaitedView !== position.target) return;
  const { f } = membership.sizes;
  // Whoever is cut off, or is the last to hear of a view that has begun, would only move away from the others.
  const inView = [...beacons].filter(
    ([replica, { epoch, view }]) =>
      epoch === position.epoch && view >= position.target && !unreachable.has(replica),
  );
  if (inView.length > f) {
    for (const [replica] of inView) {
      context.emit({ type: 'send', to: replica, message: { type: 'getNewView', view: position.target } });
    }
  }
  if (inView.length > f || unreachable.size > f) awaitNewView(context);
  else startViewChange(context, position.target + 1, 'timeout');
}

/** Says again what may have been lost, and asks again for the blocks of a new view. */
export function handleViewChangeTimer(context: Context): void {
  context.entering?.fetch?.giveUpWaiting();
  tryEnter(context);
  if (context.isNormal && context.entering === null) return;
  if (!context.isNormal) broadcastViewChange(context);
  context.emit({ type: 'setTimer', timer: 'viewChange', delayMs: context.options.viewChangeRetryMs });
}

/** v' > max(view, target, cc.view, stable.view) (rule V2). */
function lowestTarget({ position, commitCertificate, stableCertificate }: Context): number {
  const { view, target } = position;
  return 1 + Math.max(view, target, commitCertificate?.view ?? 0, stableCertificate?.view ?? 0);
}

/** What this replica brings along (rule V2). */
function viewChangeOf(context: Context): ViewChange {
  const { position, stableCertificate, commitCertificate, chain, first } = context;
  const base = stableCertificate ?? { view: -1, height: first.height };
  const isHigher = commitCertificate !== null && compareCertificates(commitCertificate, base) > 0;
  const commit = isHigher ? commitCertificate : null;
  const { epoch, target, lastNormalView } = position;
  return {
    epoch,
    view: target,
    lastNormalView,
    stable: stableCertificate,
    commit,
    commitHeaders: commit === null ? [] : headersOffChain(context, commit),
    chain: chain.accepted.map(({ block }) => block.header),
  };
}

/**
 * The headers from the stable checkpoint to a certified block that is not on the own chain: it was accepted and rolled
 * back, and such blocks are kept (rules C2 and G1). Empty where the block is on the chain.
 */
function headersOffChain({ chain, attic }: Context, certificate: CommitCertificate): readonly HashedHeader[] {
  const { height, hash } = certificate;
  if (chain.contains(height, hash)) return [];
  const headers: HashedHeader[] = [];
  let next = { height, hash };
  while (next.height > chain.stable.height) {
    const onChain = chain.contains(next.height, next.hash) ? chain.header(next.height) : undefined;
    const header = onChain ?? attic.get(next.hash)?.header;
    invariant(header !== undefined, 'the chain of the commit certificate is kept', () =>
      JSON.stringify(next),
    );
    headers.push(header);
    next = { height: header.height - 1, hash: header.previousHash };
  }
  invariant(next.hash === chain.stable.hash, 'a higher certificate contains the stable checkpoint', () =>
    JSON.stringify({ height, hash, stable: chain.stable }),
  );
  return headers.reverse();
}

/** One for each replica is kept, the last to arrive last: a correct replica's targets only rise. */
function keepViewChange(context: Context, signed: SignedViewChange): void {
  context.viewChanges.delete(signed.replica);
  context.viewChanges.set(signed.replica, signed);
  context.announce({ type: 'viewChange', replica: signed.replica, view: signed.viewChange.view });
}

function broadcastViewChange(context: Context): void {
  const own = context.viewChanges.get(context.membership.ownIndex);
  if (own?.viewChange.view !== context.position.target) return;
  const { viewChange, signature } = own;
  context.emit({ type: 'broadcast', message: { type: 'viewChange', viewChange, signature } });
}
