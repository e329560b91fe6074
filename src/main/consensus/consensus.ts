/**
 * Agreement as a state machine: an input goes in, effects come out. It reads no clock, opens no socket, writes no
 * file: `effects.ts` says what the host owes it. One file in `handle/` for each kind of input.
 * @module
 */
import type { Genesis } from '../ledger/genesis.ts';
import type { SignedRequest } from '../ledger/request.ts';
import type { LedgerState } from '../ledger/state.ts';
import type { Statement } from '../ledger/statement.ts';
import { newViewStatement, viewChangeStatement } from '../ledger/viewChange.ts';
import { primaryOf, type ConsensusOptions, type Membership } from './config.ts';
import { Context } from './context.ts';
import type {
  DurableState,
  Effect,
  Input,
  KnownEvidence,
  LearnerReason,
  StableCheckpoint,
  ViewPosition,
} from './effects.ts';
import { beaconOf, handleBeacon, sendBeacon } from './handle/beacon.ts';
import {
  handleBlock,
  handleCatchUpTimer,
  handleGetOrders,
  handleHeaders,
  handleStable,
} from './handle/catchUp.ts';
import {
  certify,
  handleCheckpointTimer,
  handleCheckpointVote,
  handleCommit,
  handleLocalCommit,
} from './handle/certify.ts';
import { handleEvidence, sendEvidence, signedOrder } from './handle/evidence.ts';
import { disown, isForgotten, remember } from './handle/learner.ts';
import { askAgain, askForRecall, handleGetRecall, handleRecall, startListening } from './handle/listening.ts';
import { handleNewView, publishNewView, resumeOpening, sendOpening, tryEnter } from './handle/newView.ts';
import { acceptOrders, fetchNext, handleBodies, handleOrder } from './handle/orderedRequest.ts';
import { handleAwaitOrder, handleAwaitStable, handleSuspect, watch } from './handle/patience.ts';
import { proposeBlock, publishOrder } from './handle/propose.ts';
import { expireRequests, handleRequest } from './handle/request.ts';
import {
  handleNewViewTimer,
  handleViewChange,
  handleViewChangeTimer,
  publishViewChange,
} from './handle/viewChange.ts';
import type { GetRequestsMessage, PeerMessage, RequestReference } from './messages.ts';

/** Where a replica stands, for people to see. */
export interface Standing {
  readonly position: ViewPosition;
  readonly primary: number;
  readonly tipHeight: number;
  readonly tipTimeMs: number;
  readonly stable: StableCheckpoint;
  readonly pendingRequests: number;
  readonly eager: boolean;
  readonly catchingUp: boolean;
  /** Why this replica only follows and signs nothing; `null` where it takes part. */
  readonly learner: LearnerReason | null;
  /** Whether it still asks the others what it has signed before: until they have told, it signs nothing. */
  readonly listening: boolean;
  /** Evidence against replicas, in order of the epoch in which they had their index, and of the index. */
  readonly evidence: readonly KnownEvidence[];
  /** What each replica said last of where it stands, by index. */
  readonly peers: ReadonlyMap<
    number,
    {
      readonly view: number;
      readonly target: number;
      readonly tipHeight: number;
      readonly stableHeight: number;
      readonly participating: boolean;
    }
  >;
}

/** How much is held in memory: each is bounded, see `docs/LIMITS.md`. */
export interface Holdings {
  /** Requests that wait to be ordered: at most `maxPoolRequests`, and one window of blocks that were rolled back. */
  readonly pendingRequests: number;
  /** Requests of the blocks above the stable checkpoint: at most one window of full blocks. */
  readonly orderedRequests: number;
  /** Orders that cannot be accepted yet: at most one window. */
  readonly orders: number;
  /** LocalCommits and checkpoint votes: at most one of each replica for each height of the window. */
  readonly localCommits: number;
  readonly votes: number;
  /** The same for views not yet entered: a few of each replica. */
  readonly earlyMessages: number;
  /** Blocks that were rolled back: some windows of them. */
  readonly rolledBackBlocks: number;
  /** View changes: at most one of each replica. */
  readonly viewChanges: number;
  /** Evidence: at most one piece against each replica. */
  readonly evidence: number;
}

export class Consensus {
  readonly #context: Context;

  /** `membership`: of the epoch that `durable` stands in (`membershipAt`). */
  constructor(genesis: Genesis, membership: Membership, options: ConsensusOptions, durable: DurableState) {
    this.#context = new Context(genesis, membership, options, durable);
  }

  /** The ledger's state at the tip. For reading only. */
  get ledger(): LedgerState {
    return this.#context.ledger;
  }

  get standing(): Standing {
    const {
      position,
      primary,
      chain,
      stable,
      pool,
      isEager,
      catchUp,
      beacons,
      learner,
      isListening,
      evidence,
      earlierEvidence,
    } = this.#context;
    const current = [...evidence.values()].sort(
      (left, right) => left.evidence.replica - right.evidence.replica,
    );
    return {
      position,
      primary,
      tipHeight: chain.tip.height,
      tipTimeMs: chain.tip.timeMs,
      stable,
      pendingRequests: pool.pendingCount,
      eager: isEager,
      catchingUp: catchUp !== null,
      learner,
      listening: isListening && learner === null,
      evidence: [...earlierEvidence, ...current],
      peers: beacons,
    };
  }

  get holdings(): Holdings {
    const { pool, orders, localCommits, votes, early, attic, viewChanges, evidence } = this.#context;
    return {
      pendingRequests: pool.pendingCount,
      orderedRequests: pool.orderedCount,
      orders: orders.size,
      localCommits: localCommits.size,
      votes: votes.size,
      earlyMessages: [...early.values()].reduce((sum, kept) => sum + kept.length, 0),
      rolledBackBlocks: attic.size,
      viewChanges: viewChanges.size,
      evidence: evidence.size,
    };
  }

  /** The last statement of each type of another replica that this one remembers. */
  statementsOf(replica: number): readonly Statement[] {
    return [...(this.#context.lastStatements.get(replica)?.values() ?? [])].map(({ statement }) => statement);
  }

  /** The checked request with this timestamp and id, if it is here: it need not be verified again. */
  checkedRequest(reference: RequestReference): SignedRequest | undefined {
    return this.#context.pool.find(reference)?.request;
  }

  /**
   * Takes one input at the time `nowMs` (milliseconds since 1970 in UTC) and returns what is to be done.
   * Throws `invariant.broken` where more than f replicas must be faulty, or this program is: the host then halts.
   */
  step(input: Input, nowMs: number): readonly Effect[] {
    return this.#act(nowMs, [() => this.#handle(input), certify, enterWhereStable, watch]);
  }

  /** Called once after a group of steps: orders what has gathered. */
  flush(nowMs: number): readonly Effect[] {
    return this.#act(nowMs, [proposeBlock, certify, watch]);
  }

  /** One thing after another, as long as the epoch lasts. */
  #act(nowMs: number, acts: readonly ((context: Context) => void)[]): readonly Effect[] {
    const context = this.#context;
    context.nowMs = nowMs;
    for (const act of acts) if (!context.isEnded) act(context);
    return context.takeEffects();
  }

  #handle(input: Input): void {
    const context = this.#context;
    switch (input.type) {
      case 'start':
        return start(context, input);
      case 'peerMessage':
        return handlePeerMessage(context, input.from, input.message, input.bodies);
      case 'request':
        return handleRequest(context, input.request, null);
      case 'commit':
        return handleCommit(context, input);
      case 'evidence':
        return handleEvidence(context, input.evidence);
      case 'signed':
        return handleSigned(context, input);
      case 'refused':
        return handleRefused(context, input);
      case 'foreign':
        return disown(context, input.from);
      case 'timer':
        return handleTimer(context, input.timer);
      case 'reachable':
        return handleReachable(context, input.replica, input.reachable);
    }
  }
}

/** What the next view was waiting for may have become stable. */
function enterWhereStable(context: Context): void {
  if (context.entering?.fetch === null) tryEnter(context);
}

function start(context: Context, { token, signed }: Extract<Input, { type: 'start' }>): void {
  context.persist({ type: 'position', position: context.position });
  // Its host may be the one who knows.
  if (context.mark !== null) context.persist({ type: 'learner', ...context.mark });
  startListening(context, token, signed);
  resumeOpening(context);
  if (context.chain.tip.height > context.chain.stable.height) {
    context.emit({ type: 'setTimer', timer: 'checkpoint', delayMs: context.options.checkpointIdleMs });
  }
  sendBeacon(context);
}

function handlePeerMessage(
  context: Context,
  from: number,
  message: PeerMessage,
  bodies: readonly SignedRequest[],
): void {
  rememberStatement(context, from, message);
  switch (message.type) {
    case 'request':
      for (const request of bodies) handleRequest(context, request, from);
      return;
    case 'orderedRequest':
      return handleOrder(context, from, message, bodies);
    case 'orders':
      for (const order of message.orders) handleOrder(context, from, order, []);
      return;
    case 'requests':
      return handleBodies(context, bodies);
    case 'localCommit':
      return handleLocalCommit(context, from, message);
    case 'checkpointVote':
      return handleCheckpointVote(context, from, message);
    case 'stable':
      return handleStable(context, from, message.certificate);
    case 'beacon':
      return handleBeacon(context, from, message);
    case 'getRequests':
      return handleGetRequests(context, from, message);
    case 'getOrders':
      return handleGetOrders(context, from, message);
    case 'headers':
      return handleHeaders(context, from, message);
    case 'block':
      return handleBlock(context, from, message, bodies);
    case 'suspect':
      return handleSuspect(context, from, message.epoch, message.view);
    case 'viewChange':
      return handleViewChange(context, from, message);
    case 'newView':
      return handleNewView(context, message);
    case 'getNewView':
      if (context.position.view >= message.view) sendOpening(context, from);
      return;
    case 'evidence':
      return handleEvidence(context, message.evidence);
    case 'recall':
      return handleRecall(context, from, message);
    case 'getRecall':
      return handleGetRecall(context, from, message.token);
    case 'getHeaders':
    case 'getBlock':
      // Answered by the host from the store: they ask for what is stable.
      return;
  }
}

/** Keeps the last of what each replica has signed, to remind it when it has lost its state. */
function rememberStatement(context: Context, from: number, message: PeerMessage): void {
  switch (message.type) {
    case 'orderedRequest':
      return remember(
        context,
        primaryOf(message.view, context.membership.sizes.n),
        signedOrder(context, message),
      );
    case 'orders':
      for (const order of message.orders) {
        const primary = primaryOf(order.view, context.membership.sizes.n);
        remember(context, primary, signedOrder(context, order));
      }
      return;
    case 'localCommit':
    case 'checkpointVote': {
      const { signature, ...statement } = message;
      return remember(context, from, { statement, signature });
    }
    case 'viewChange': {
      const { viewChange, signature } = message;
      return remember(context, from, { statement: viewChangeStatement(viewChange), signature });
    }
    case 'newView': {
      const { newView, signature } = message;
      const primary = primaryOf(newView.view, context.membership.sizes.n);
      return remember(context, primary, { statement: newViewStatement(newView), signature });
    }
    default:
      return;
  }
}

/** The own signature: it goes out, and counts here as it does with the others. */
function handleSigned(context: Context, { statement, signature }: Extract<Input, { type: 'signed' }>): void {
  // Asked for a moment before it became a learner: what it no longer vouches for does not leave (rules, 2).
  if (context.learner !== null) return;
  const own = context.membership.ownIndex;
  switch (statement.type) {
    case 'order':
      return publishOrder(context, statement, signature);
    case 'localCommit':
      context.emit({ type: 'broadcast', message: { ...statement, signature } });
      return handleLocalCommit(context, own, { ...statement, signature });
    case 'checkpointVote':
      context.emit({ type: 'broadcast', message: { ...statement, signature } });
      return handleCheckpointVote(context, own, { ...statement, signature });
    case 'viewChange':
      return publishViewChange(context, statement.view, signature);
    case 'newView':
      return publishNewView(context, statement.view, signature);
  }
}

/** The guard refused: another statement stands in its place, or may. This one is dropped, and nothing waits for it. */
function handleRefused(context: Context, { statement, before }: Extract<Input, { type: 'refused' }>): void {
  if (statement.type === 'order') context.signingOrder = false;
  if (before !== null && isForgotten(context, before)) disown(context, null);
}

function handleTimer(context: Context, timer: Extract<Input, { type: 'timer' }>['timer']): void {
  switch (timer) {
    case 'bodies':
      return fetchNext(context);
    case 'catchUp':
      return handleCatchUpTimer(context);
    case 'checkpoint':
      return handleCheckpointTimer(context);
    case 'beacon':
      // A block that was held back because its time lay ahead may do now.
      acceptOrders(context);
      expireRequests(context);
      askAgain(context);
      return sendBeacon(context);
    case 'awaitOrder':
      return handleAwaitOrder(context);
    case 'awaitStable':
      return handleAwaitStable(context);
    case 'viewChange':
      return handleViewChangeTimer(context);
    case 'newView':
      return handleNewViewTimer(context);
  }
}

function handleReachable(context: Context, replica: number, reachable: boolean): void {
  const was = context.isEager;
  if (reachable) {
    context.unreachable.delete(replica);
    // What passed meanwhile was lost: each tells the other at once where it stands.
    context.beacons.delete(replica);
    context.mistrusted.delete(replica);
    context.emit({ type: 'send', to: replica, message: beaconOf(context) });
    askForRecall(context, replica);
    sendEvidence(context, replica);
  } else context.unreachable.add(replica);
  if (was !== context.isEager) context.announce({ type: 'eager', eager: context.isEager });
}

/** Bodies for a replica whose client's broadcast went astray. All that may be asked for is in memory (rule G1). */
function handleGetRequests(context: Context, from: number, message: GetRequestsMessage): void {
  const requests: Uint8Array[] = [];
  let sizeBytes = 0;
  for (const id of message.ids.slice(0, context.limits.maxBlockRequests)) {
    const pooled = context.pool.findById(id);
    if (pooled === undefined) continue;
    sizeBytes += pooled.request.bytes.length;
    if (sizeBytes > context.limits.maxBlockBytes) break;
    requests.push(pooled.request.bytes);
  }
  if (requests.length > 0) context.emit({ type: 'send', to: from, message: { type: 'requests', requests } });
}
