/**
 * Certifying blocks: localCommits, commit certificates, checkpoint votes, stable checkpoints (PROTOCOL.md, rules, 4).
 *
 * One round is in flight at a time; the next covers all blocks that came meanwhile. A replica whose tip is further
 * ahead proposes a greater height, and everybody who has that block joins it, so the greatest height wins.
 * @module
 */
import { invariant } from '../../../shared/errors.ts';
import type { Context, EarlyMessage } from '../context.ts';
import type { AcceptedBlock } from '../effects.ts';
import type { Hex } from '../../../shared/encoding/hex.ts';
import type { HashedHeader } from '../../ledger/block.ts';
import {
  compareCertificates,
  type CheckpointCertificate,
  type CheckpointVoteStatement,
  type CommitCertificate,
  type LocalCommitStatement,
} from '../../ledger/statement.ts';
import type { CheckpointVoteMessage, CommitMessage, LocalCommitMessage } from '../messages.ts';
import { reachStable } from './catchUp.ts';
import { compare, showOwnOrder, signedOrder } from './evidence.ts';

/** Most statements of one replica that are kept for a view not yet entered: a round of each phase, and repeats. */
const EARLY_MAX = 16;

/** A client's commit (rule K2). Whoever sends it: only a block of the own chain, in this view, is certified for it. */
export function handleCommit(context: Context, commit: Omit<CommitMessage, 'type'>): void {
  if (commit.tag !== context.tag || commit.height < context.position.baseHeight) return;
  if (!context.isInWindow(commit.height) || !context.chain.contains(commit.height, commit.hash)) return;
  context.wishes.commitHeight = Math.max(context.wishes.commitHeight, commit.height);
  becomeEager(context);
}

/** Another replica's localCommit, or the own one when it has been signed. */
export function handleLocalCommit(
  context: Context,
  from: number,
  message: Omit<LocalCommitMessage, 'type'>,
): void {
  const { epoch, view, height, hash, signature } = message;
  if (!isCounted(context, from, { ...message, type: 'localCommit' })) {
    return announceLate(context, from, 'localCommit', message);
  }
  const statement: LocalCommitStatement = { type: 'localCommit', epoch, view, height, hash };
  const counting = context.localCommits.add({ replica: from, statement, signature });
  if (counting.outcome === 'conflict') compare(context, from, counting.before, { statement, signature });
  if (counting.outcome !== 'added') return;
  context.announce({ type: 'vote', phase: 'localCommit', replica: from, height, hash });
  const own = context.chain.header(height) ?? context.orders.get(height)?.header;
  if (own !== undefined && own.hash !== hash) showOwnOrder(context, from, height);
}

/** Another replica's checkpoint vote, or the own one when it has been signed. */
export function handleCheckpointVote(
  context: Context,
  from: number,
  message: Omit<CheckpointVoteMessage, 'type'>,
): void {
  const { epoch, view, height, hash, stateDigest, signature } = message;
  if (!isCounted(context, from, { ...message, type: 'checkpointVote' })) {
    return announceLate(context, from, 'checkpointVote', message);
  }
  const statement: CheckpointVoteStatement = {
    type: 'checkpointVote',
    epoch,
    view,
    height,
    hash,
    stateDigest,
  };
  const counting = context.votes.add({ replica: from, statement, signature });
  if (counting.outcome === 'conflict') compare(context, from, counting.before, { statement, signature });
  if (counting.outcome === 'added') {
    context.announce({ type: 'vote', phase: 'checkpointVote', replica: from, height, hash });
  }
}

/** Counts what came in before this replica entered its view. */
export function recount(context: Context): void {
  const early = [...context.early];
  context.early.clear();
  for (const [from, messages] of early) {
    for (const message of messages) {
      if (message.type === 'localCommit') handleLocalCommit(context, from, message);
      else handleCheckpointVote(context, from, message);
    }
  }
}

/** Whether a statement is of this view and within the window. One of a later view is kept until that is entered. */
function isCounted(context: Context, from: number, message: EarlyMessage): boolean {
  const { epoch, view, height } = message;
  if (epoch !== context.position.epoch) return false;
  if (view > context.view) {
    const kept = context.early.get(from) ?? [];
    context.early.set(from, [...kept.slice(1 - EARLY_MAX), message]);
    return false;
  }
  return view === context.view && context.isInWindow(height);
}

/** Who comes after the quorum of the last stable checkpoint is not missing: people see that it was late. */
function announceLate(
  context: Context,
  replica: number,
  phase: EarlyMessage['type'],
  { epoch, view, height, hash }: Omit<LocalCommitMessage, 'type'>,
): void {
  const { position, stable } = context;
  if (epoch !== position.epoch || view !== position.view) return;
  if (height === stable.height && hash === stable.hash) {
    context.announce({ type: 'vote', phase, replica, height, hash });
  }
}

/** Everything that a step may have made possible: certificates, votes, checkpoints, a new localCommit. */
export function certify(context: Context): void {
  adoptCommitCertificate(context);
  castVote(context);
  adoptVotes(context);
  signLocalCommit(context);
}

/** Blocks have stood uncertified for a while: certify the tip, or say again what the round in flight may have lost. */
export function handleCheckpointTimer(context: Context): void {
  const { tip, stable } = context.chain;
  if (tip.height === stable.height) return;
  if (context.wishes.signedHeight > stable.height) repeatRound(context);
  context.wishes.idleHeight = Math.max(context.wishes.idleHeight, tip.height);
  context.emit({ type: 'setTimer', timer: 'checkpoint', delayMs: context.options.checkpointRetryMs });
}

/** A stable checkpoint, by votes counted here or by a verified certificate, of a block on the own chain. */
export function becomeStable(context: Context, certificate: CheckpointCertificate): void {
  const { height, hash } = certificate;
  // The same block, certified in a later view: that says how far the views have come.
  if (hash === context.stable.hash && certificate.view > (context.stableCertificate?.view ?? -1)) {
    context.stable = { ...context.stable, certificate };
  }
  if (height <= context.chain.stable.height) return;
  const header = context.chain.header(height);
  invariant(
    header?.hash === hash && header.stateDigest === certificate.stateDigest,
    'stable certificates never conflict',
    () => JSON.stringify({ certificate, header }),
  );
  const checkpoint = { height, hash, certificate, ...context.ledger.valuesAt(height) };
  context.persist({ type: 'checkpoint', checkpoint });
  context.stable = checkpoint;
  context.ledger.settle(header);
  for (const { block, order } of context.chain.settle(height)) {
    for (const request of block.requests) context.pool.forget(request);
    rememberOrder(context, block.header, order);
    context.emit({
      type: 'finalize',
      requestIds: block.requests.map(({ id }) => id),
      height: block.header.height,
      hash: block.header.hash,
    });
  }
  context.localCommits.settle(height);
  context.votes.settle(height);
  for (const ordered of context.orders.keys()) if (ordered <= height) context.orders.delete(ordered);
  for (const [rolledBack, { header }] of context.attic) {
    if (header.height <= height) context.attic.delete(rolledBack);
  }
  const oldest = height - context.membership.windowBlocks;
  for (const settled of context.settledOrders.keys())
    if (settled <= oldest) context.settledOrders.delete(settled);
  if (context.entering === null && context.catchUp === null) context.lastFetch = null;
  // The view works: the next one that does not is given up as soon as the first was (rule 11).
  if (context.isNormal && certificate.view === context.view) context.attempts = 0;
  if (context.chain.tip.height === height) context.emit({ type: 'clearTimer', timer: 'checkpoint' });
  else context.emit({ type: 'setTimer', timer: 'checkpoint', delayMs: context.options.checkpointIdleMs });
  context.announce({ type: 'stable', checkpoint });
  if (header.nextReplicas !== null) context.endEpoch(header);
}

/** Late orders are compared with those of the last stable blocks. */
function rememberOrder(context: Context, header: HashedHeader, order: AcceptedBlock['order']): void {
  if (order === null) return;
  context.settledOrders.set(header.height, signedOrder(context, { ...order, header }));
}

/** The fast path was missed: exchange localCommits for each block for a while (rule K4). */
export function becomeEager(context: Context): void {
  const was = context.isEager;
  context.eagerUntilMs = context.nowMs + context.options.eagerMs;
  if (!was) context.announce({ type: 'eager', eager: true });
}

/** A quorum of localCommits for a block of the own chain is a commit certificate (rules C1 and C2). */
function adoptCommitCertificate(context: Context): void {
  for (const height of context.localCommits.heights().toSorted(descending)) {
    const header = context.chain.header(height);
    if (header === undefined) continue;
    const signatures = context.localCommits.signatures({ height, hash: header.hash });
    if (signatures.length < context.membership.sizes.q) continue;
    const { epoch, view } = context.position;
    const certificate = { epoch, view, height, hash: header.hash, signatures };
    if (
      context.commitCertificate !== null &&
      compareCertificates(certificate, context.commitCertificate) <= 0
    )
      return;
    context.commitCertificate = certificate;
    context.persist({ type: 'commitCertificate', certificate });
    context.announce({ type: 'commitCertificate', certificate });
    return;
  }
}

/** Votes once for the own commit certificate. */
function castVote(context: Context): void {
  const certificate = context.commitCertificate;
  if (certificate !== null && certificate.height > context.wishes.votedHeight) signVote(context, certificate);
}

/** A quorum of votes for a block of the own chain makes it stable (rule C4). */
function adoptVotes(context: Context): void {
  for (const height of context.votes.heights().toSorted(descending)) {
    const header = context.chain.header(height);
    if (header === undefined) continue;
    const { hash, stateDigest } = header;
    const signatures = context.votes.signatures({ height, hash, stateDigest });
    if (signatures.length < context.membership.sizes.q) continue;
    const { epoch, view } = context.position;
    reachStable(context, { epoch, view, height, hash, stateDigest, signatures });
    return;
  }
}

/** Signs a localCommit for the highest block that there is a reason to certify (rules A3, K2 and K4). */
function signLocalCommit(context: Context): void {
  if (!context.isNormal) return;
  const { wishes, chain } = context;
  wishes.echoHeight = Math.max(wishes.echoHeight, highestEchoed(context));
  const inFlight = wishes.signedHeight > chain.stable.height;
  const own = Math.max(
    wishes.commitHeight,
    wishes.idleHeight,
    eagerHeight(context),
    distanceHeight(context),
    lastHeight(context),
  );
  const height = inFlight ? wishes.echoHeight : Math.max(wishes.echoHeight, own);
  if (height <= wishes.signedHeight || height < context.position.baseHeight) return;
  const header = chain.header(height);
  if (header === undefined || !context.isInWindow(height)) return;
  wishes.signedHeight = height;
  context.sign(localCommitOf(context, height, header.hash));
  // The round has only begun: it is repeated when it has not ended in time, not when the idle time ends.
  context.emit({ type: 'setTimer', timer: 'checkpoint', delayMs: context.options.checkpointRetryMs });
}

/** The highest block of the own chain for which another replica has sent its localCommit. */
function highestEchoed(context: Context): number {
  let highest = 0;
  for (const height of context.localCommits.heights()) {
    const header = context.chain.header(height);
    if (height <= highest || header === undefined) continue;
    if (context.localCommits.signatures({ height, hash: header.hash }).length > 0) highest = height;
  }
  return highest;
}

function eagerHeight(context: Context): number {
  return context.isEager ? context.chain.tip.height : 0;
}

/** The last multiple of K on the chain: automatic checkpoints by distance (seed note "Against (2)"). */
function distanceHeight(context: Context): number {
  const { checkpointDistance } = context.limits;
  const { height } = context.chain.tip;
  return height - (height % checkpointDistance);
}

/** The last block of the epoch is certified at once: nothing is accepted above it (rule E1). */
function lastHeight({ chain: { tip } }: Context): number {
  return tip.nextReplicas === null ? 0 : tip.height;
}

/** Says again what this replica has signed in the round in flight: allowed at any time (rules A3 and C3). */
function repeatRound(context: Context): void {
  const { signedHeight, votedHeight } = context.wishes;
  const signed = context.chain.header(signedHeight);
  if (signed !== undefined && signedHeight >= context.position.baseHeight) {
    context.sign(localCommitOf(context, signedHeight, signed.hash));
  }
  if (context.commitCertificate?.height === votedHeight) signVote(context, context.commitCertificate);
}

/** Signs the vote for a certificate that is held durably, where its block is on the own chain (rule C3). */
function signVote(context: Context, { epoch, view, height, hash }: CommitCertificate): void {
  if (!context.isNormal || view !== context.view || !context.isInWindow(height)) return;
  const header = context.chain.header(height);
  if (header?.hash !== hash) return;
  context.wishes.votedHeight = height;
  const { stateDigest } = header;
  context.sign({ type: 'checkpointVote', epoch, view, height, hash, stateDigest });
}

function localCommitOf(context: Context, height: number, hash: Hex): LocalCommitStatement {
  const { epoch, view } = context.position;
  return { type: 'localCommit', epoch, view, height, hash };
}

function descending(left: number, right: number): number {
  return right - left;
}
