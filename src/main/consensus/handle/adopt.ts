/**
 * Taking over a chain: the history of a new view (rule V6), or that of a certificate (rules U1 and U2). All its blocks
 * are here; the change is one durable write.
 * @module
 */
import { invariant } from '../../../shared/errors.ts';
import type { HashedHeader } from '../../ledger/block.ts';
import type { BlockFetch } from '../blockFetch.ts';
import type { Context } from '../context.ts';
import type { AcceptedBlock } from '../effects.ts';
import { blockProblem, placeBlock, respondTo, rollbackTo } from './append.ts';
import { becomeEager, recount } from './certify.ts';
import { askForOrders } from './catchUp.ts';

/** What became of the own chain above the stable checkpoint. */
export interface Adopted {
  /** The highest block that stayed. */
  readonly forkHeight: number;
  readonly keptBlocks: number;
  /** Blocks that were taken off, highest first. */
  readonly putBack: readonly AcceptedBlock[];
}

/** Makes the chain of `fetch` the own one: to the block where they part, then forward. */
export function adoptChain(context: Context, fetch: BlockFetch): Adopted {
  const { chain } = context;
  const above = fetch.headers.filter(({ height }) => height > chain.stable.height);
  const known = above.findIndex(({ height, hash }) => !chain.contains(height, hash));
  const missing = known === -1 ? [] : above.slice(known);
  const forkHeight = chain.stable.height + above.length - missing.length;
  const putBack = rollbackTo(context, forkHeight);
  for (const header of missing) placeCertified(context, fetch, header);
  return { forkHeight, keptBlocks: forkHeight - chain.stable.height, putBack };
}

/**
 * Enters a view with the chain of `fetch`. What this replica holds durably of certificates stays (rule V6); what was
 * counted or planned in the old view goes with it.
 */
export function enterView(
  context: Context,
  view: number,
  fetch: BlockFetch,
  how: 'newView' | 'certificate',
): void {
  const { position, membership } = context;
  const baseHeight = fetch.headers.at(-1)?.height ?? context.chain.stable.height;
  invariant(
    view > position.lastNormalView && view >= position.target,
    'views are entered upwards, once',
    () => JSON.stringify({ position, view }),
  );
  const { forkHeight, keptBlocks, putBack } = adoptChain(context, fetch);
  context.position = { ...position, view, mode: 'normal', lastNormalView: view, baseHeight };
  context.persist({ type: 'position', position: context.position });
  beginAfresh(context);
  const { primary } = context;
  const putBackBlocks = putBack.length;
  const kept = { forkHeight, keptBlocks, putBackBlocks };
  context.announce({ type: 'enteredView', view, primary, baseHeight, ...kept, how });
  const base = context.chain.at(baseHeight);
  if (base !== undefined) respondTo(context, base.block);
  // Something was wrong a moment ago: blocks are certified one by one for a while (rule K4).
  becomeEager(context);
  // ACCEPT(v', base, tip): the history is certified in the new view (rule V6).
  context.wishes.idleHeight = Math.max(context.wishes.idleHeight, baseHeight);
  recount(context);
  if (primary !== membership.ownIndex) askForOrders(context, primary);
}

function placeCertified(context: Context, fetch: BlockFetch, header: HashedHeader): void {
  const block = fetch.block(header.hash) ?? context.attic.get(header.hash);
  invariant(block !== undefined, 'a chain is adopted when all its blocks are here', () =>
    JSON.stringify(header),
  );
  const problem = blockProblem(context, block);
  invariant(problem === undefined, 'a chosen block is valid', () => `${header.hash} ${problem ?? ''}`);
  placeBlock(context, { block, order: null });
}

/** Forgets what belonged to the view that was left. */
function beginAfresh(context: Context): void {
  const { height } = context.chain.stable;
  const { view } = context.position;
  context.localCommits.clear();
  context.votes.clear();
  context.orders.clear();
  Object.assign(context.wishes, {
    commitHeight: height,
    echoHeight: height,
    idleHeight: height,
    signedHeight: height,
    votedHeight: height,
  });
  context.signingOrder = false;
  context.awaitedNext = null;
  // A later view may be on its way already: this one was entered by a certificate that it starts from.
  if (context.entering !== null && context.entering.newView.view <= view) context.entering = null;
  for (const [replica, suspected] of context.suspicions)
    if (suspected < view) context.suspicions.delete(replica);
  for (const [replica, { viewChange }] of context.viewChanges) {
    if (viewChange.view <= view) context.viewChanges.delete(replica);
  }
  context.stopWaiting();
  context.openingSent.clear();
  context.emit({ type: 'clearTimer', timer: 'newView' });
  if (context.entering === null) context.emit({ type: 'clearTimer', timer: 'viewChange' });
  context.emit({ type: 'setTimer', timer: 'checkpoint', delayMs: context.options.checkpointIdleMs });
}
