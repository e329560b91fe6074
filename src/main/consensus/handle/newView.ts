/**
 * Opening and entering a view (PROTOCOL.md, rules V4 to V6): its primary gathers a quorum of view changes; everybody
 * computes from them the history with which the view begins, fetches what it lacks of it, and enters.
 * @module
 */
import type { Hex } from '../../../shared/encoding/hex.ts';
import { invariant } from '../../../shared/errors.ts';
import type { HashedHeader } from '../../ledger/block.ts';
import {
  newViewStatement,
  viewChangeStatement,
  viewChangeProblem,
  type NewView,
  type SignedViewChange,
} from '../../ledger/viewChange.ts';
import { BlockFetch } from '../blockFetch.ts';
import { primaryOf } from '../config.ts';
import type { Context, Entering } from '../context.ts';
import type { NewViewMessage } from '../messages.ts';
import { select } from '../select.ts';
import { enterView } from './adopt.ts';
import { askForBlocks, hasBlock, nextToAsk, reachStable, startCatchUp } from './catchUp.ts';
import { compare } from './evidence.ts';

/** A quorum wants the view: the wait for it begins (rule 11), and its primary opens it (rule V4). */
export function considerNewView(context: Context): void {
  if (context.isNormal || context.isSilent) return;
  const { position, membership } = context;
  const view = position.target;
  // Whoever wants a later view has left this one too: the lowest of them must not wait for ever.
  const atLeast = [...context.viewChanges.values()].filter(({ viewChange }) => viewChange.view >= view);
  if (atLeast.length < membership.sizes.q) return;
  if (context.awaitedView !== view) {
    context.awaitedView = view;
    awaitNewView(context);
  }
  const members = atLeast.filter(({ viewChange }) => viewChange.view === view);
  if (members.length < membership.sizes.q) return;
  const isOpened = context.opening !== null && context.opening.newView.view >= view;
  if (primaryOf(view, membership.sizes.n) === membership.ownIndex && !isOpened)
    openView(context, view, members);
}

/** Waits, from now on, for the view that a quorum wants. */
export function awaitNewView(context: Context): void {
  if (context.isNormal || context.awaitedView !== context.position.target) return;
  context.emit({ type: 'setTimer', timer: 'newView', delayMs: context.patienceMs });
}

/** The own new view has been signed. */
export function publishNewView(context: Context, view: number, signature: Hex): void {
  const { opening } = context;
  if (opening?.newView.view !== view || opening.signature !== null) return;
  const { newView } = opening;
  context.opening = { newView, signature };
  context.persist({ type: 'newView', opening: context.opening });
  if (context.entering?.newView === newView) context.entering.signature = signature;
  context.emit({ type: 'broadcast', message: { type: 'newView', newView, signature } });
}

/** Goes on with a new view that this primary had decided on before it stopped. */
export function resumeOpening(context: Context): void {
  const { opening, position } = context;
  if (opening === null || opening.newView.view < position.view) return;
  signOpening(context);
  if (isAcceptable(context, opening.newView)) begin(context, opening.newView, opening.signature);
}

/** Signs the new view that this primary decided on last, where it has not been signed. */
export function signOpening(context: Context): void {
  const { opening, position } = context;
  if (opening?.signature !== null || opening.newView.view < position.view) return;
  context.sign(newViewStatement(opening.newView));
}

/** A new view, from its primary or passed on: all signatures in it have been verified. */
export function handleNewView(context: Context, { newView, signature }: NewViewMessage): void {
  const { position, membership } = context;
  if (newView.epoch !== position.epoch) return;
  compareOpenings(context, newView, signature);
  if (!isAcceptable(context, newView)) return;
  const isUnderWay = context.entering !== null && context.entering.newView.view >= newView.view;
  if (isUnderWay) return;
  compareMembers(context, newView);
  if (newViewProblem(context, newView) !== undefined) {
    const { n } = membership.sizes;
    context.suspect(primaryOf(newView.view, n), 'badNewView', 0);
    return;
  }
  begin(context, newView, signature);
}

/** A replica lags: what opened this view, or a checkpoint of it, brings it here. */
export function sendOpening(context: Context, to: number): void {
  // Once between two beacons: it may be large, and is sent again when it is asked for again.
  if (context.openingSent.has(to)) return;
  context.openingSent.add(to);
  const { opening, position, stableCertificate: certificate } = context;
  const { newView, signature } = opening ?? { newView: null, signature: null };
  if (newView?.view === position.view && signature !== null && context.isNormal) {
    context.emit({ type: 'send', to, message: { type: 'newView', newView, signature } });
  } else if (certificate?.view === position.view) {
    context.emit({ type: 'send', to, message: { type: 'stable', certificate } });
  }
}

/** Enters the view, as soon as the checkpoint that it starts from and all its blocks are here. */
export function tryEnter(context: Context): void {
  const { entering } = context;
  if (entering === null) return;
  if (!isAcceptable(context, entering.newView)) {
    context.entering = null;
    return;
  }
  const { stable } = entering.selection;
  if (stable !== null && stable.height > context.chain.stable.height) {
    if (context.chain.contains(stable.height, stable.hash)) reachStable(context, stable);
    else {
      context.lastAsked = nextToAsk(context);
      startCatchUp(context, context.lastAsked);
    }
    return;
  }
  entering.fetch ??= newFetch(context, entering);
  const { fetch } = entering;
  if (fetch.missing((header) => hasBlock(context, header)).length > 0) {
    askForBlocks(context, fetch, entering.selection.sources);
    return;
  }
  context.entering = null;
  const { newView, signature } = entering;
  context.opening = { newView, signature };
  context.persist({ type: 'newView', opening: context.opening });
  enterView(context, newView.view, fetch, 'newView');
}

function newFetch(context: Context, entering: Entering): BlockFetch {
  context.lastFetch = new BlockFetch(headersAboveStable(context, entering), context.lastFetch);
  context.emit({ type: 'setTimer', timer: 'viewChange', delayMs: context.options.fetchRetryMs });
  return context.lastFetch;
}

/** Signs one new view for the view, durably decided before (rule V4): the first quorum of view changes. */
function openView(context: Context, view: number, members: readonly SignedViewChange[]): void {
  const viewChanges = members
    .slice(0, context.membership.sizes.q)
    .toSorted((left, right) => left.replica - right.replica);
  const newView = { epoch: context.position.epoch, view, viewChanges };
  context.opening = { newView, signature: null };
  context.persist({ type: 'newView', opening: context.opening });
  context.sign(newViewStatement(newView));
  begin(context, newView, null);
}

function begin(context: Context, newView: NewView, signature: Hex | null): void {
  const { sizes } = context.membership;
  const selection = select(newView.viewChanges, context.first, sizes.n - 2 * sizes.f);
  context.entering = { newView, signature, selection, fetch: null };
  const replicas = newView.viewChanges.map(({ replica }) => replica);
  context.announce({ type: 'newView', view: newView.view, replicas });
  tryEnter(context);
}

/** V6: only above the last normal view, never below a view change already signed (M11), once for each view (M12). */
function isAcceptable({ position }: Context, { view }: NewView): boolean {
  return position.lastNormalView < view && position.target <= view;
}

/** Why a new view is not valid, apart from signatures; `undefined` where it is (rules V3 and V4). */
function newViewProblem({ membership, first }: Context, newView: NewView): string | undefined {
  const { epoch, view, viewChanges } = newView;
  if (viewChanges.length !== membership.sizes.q) return 'is not of a quorum';
  for (const { viewChange } of viewChanges) {
    if (viewChange.epoch !== epoch || viewChange.view !== view) return 'holds a view change for another view';
    const problem = viewChangeProblem(viewChange, first, membership.windowBlocks);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** A view change inside a new view may contradict the one that its sender sent here. */
function compareMembers(context: Context, { viewChanges }: NewView): void {
  for (const { replica, viewChange, signature } of viewChanges) {
    const known = context.viewChanges.get(replica);
    if (known?.viewChange.view !== viewChange.view || known.signature === signature) continue;
    const before = { statement: viewChangeStatement(known.viewChange), signature: known.signature };
    compare(context, replica, before, { statement: viewChangeStatement(viewChange), signature });
  }
}

/** Two new views of one primary for one view are evidence. */
function compareOpenings(context: Context, newView: NewView, signature: Hex): void {
  const signed = [context.opening, context.entering].flatMap((known) =>
    known?.newView.view === newView.view && known.signature !== null
      ? [{ statement: newViewStatement(known.newView), signature: known.signature }]
      : [],
  );
  const primary = primaryOf(newView.view, context.membership.sizes.n);
  for (const before of signed)
    compare(context, primary, before, { statement: newViewStatement(newView), signature });
}

/** The result's headers above the own stable checkpoint, which it must contain (runtime assert, rule 12). */
function headersAboveStable({ chain, first }: Context, { selection }: Entering): readonly HashedHeader[] {
  const baseHeight = selection.height - selection.headers.length;
  const covered = chain.stable.height - baseHeight;
  const hash = covered === 0 ? selection.stable?.hash : selection.headers[covered - 1]?.hash;
  invariant(
    hash === chain.stable.hash ||
      (covered === 0 && selection.stable === null && chain.stable.hash === first.hash),
    'the history of a new view contains the own stable checkpoint',
    () => JSON.stringify({ stable: chain.stable, selected: selection.height }),
  );
  return selection.headers.slice(covered);
}
