/**
 * What the handlers of agreement share: the replica's state, and the effects of the step under way.
 * @module
 */
import type { Hex } from '../../shared/encoding/hex.ts';
import { epochAfter, genesisHeader, type Block, type HashedHeader } from '../ledger/block.ts';
import { epochOf } from '../ledger/evidence.ts';
import type { Genesis, GenesisLimits } from '../ledger/genesis.ts';
import { replayedRegistry } from '../ledger/registry/replay.ts';
import { LedgerState, type StateSnapshot } from '../ledger/state.ts';
import {
  viewTag,
  type CheckpointCertificate,
  type CheckpointVoteStatement,
  type CommitCertificate,
  type LocalCommitStatement,
  type OrderStatement,
  type SignedStatement,
  type Statement,
} from '../ledger/statement.ts';
import type { NewView, SignedViewChange, ViewChange } from '../ledger/viewChange.ts';
import type { BlockFetch } from './blockFetch.ts';
import { Chain } from './chain.ts';
import { primaryOf, type ConsensusOptions, type Membership } from './config.ts';
import {
  firstPosition,
  type Announcement,
  type DurableState,
  type Effect,
  type KnownEvidence,
  type LearnerMark,
  type LearnerReason,
  type Opening,
  type PersistOperation,
  type StableCheckpoint,
  type SuspicionReason,
  type ViewPosition,
} from './effects.ts';
import type {
  BeaconMessage,
  CheckpointVoteMessage,
  LocalCommitMessage,
  OrderedRequestMessage,
} from './messages.ts';
import { RequestPool } from './pool.ts';
import type { Selection } from './select.ts';
import { Tally } from './tally.ts';

/** An order as it is kept: its bodies are in the pool. */
export type Order = Omit<OrderedRequestMessage, 'type' | 'bodies'> & {
  /** It breaks a rule: never accepted, and kept to be compared with another for its height. */
  isBad?: boolean;
};

/** Getting into step with a stable checkpoint of others (rules U1 and G1). */
export interface CatchUp {
  /** The replica that is asked. */
  source: number;
  /** The height from which headers were asked for. */
  readonly fromHeight: number;
  /** What the source certified; `null` until it has answered. */
  target: { readonly certificate: CheckpointCertificate; readonly fetch: BlockFetch } | null;
}

/** A valid new view that this replica is about to enter: it fetches the blocks that it lacks (rule V6). */
export interface Entering {
  readonly newView: NewView;
  /** The primary's; `null` where this replica is the primary and has not signed yet. */
  signature: Hex | null;
  readonly selection: Selection;
  fetch: BlockFetch | null;
}

/** What came in for a view that this replica has not entered yet. */
export type EarlyMessage = LocalCommitMessage | CheckpointVoteMessage;

/** What waits for the primary: see `patience.ts`. */
export interface Patience {
  /** The request that has waited longest, by its key. */
  request: string | null;
  /** Whether that request has been passed on to the primary. */
  passedOn: boolean;
  /** The stable height above which there are blocks. */
  stableHeight: number | null;
}

/** Why this replica would certify a block, besides distance: see `certify.ts`. */
export interface CertifyWishes {
  /** Highest block that a client committed. */
  commitHeight: number;
  /** Highest block on the own chain for which another replica sent its localCommit. */
  echoHeight: number;
  /** Highest block that has stood for the idle time. */
  idleHeight: number;
  /** Height of the last localCommit that this replica signed. */
  signedHeight: number;
  /** Height of the last checkpoint vote that this replica signed. */
  votedHeight: number;
}

/** How many windows of rolled-back blocks may gather before no more are accepted until the next checkpoint. */
const ATTIC_WINDOWS = 8;

export class Context {
  readonly membership: Membership;
  readonly options: ConsensusOptions;
  readonly limits: GenesisLimits;
  readonly ledger: LedgerState;
  readonly chain: Chain;
  readonly pool: RequestPool;
  /** The block that the epoch begins above: genesis in epoch 0, and then the last of the epoch before (rule E2). */
  readonly first: HashedHeader;
  readonly localCommits = new Tally<LocalCommitStatement>();
  readonly votes = new Tally<CheckpointVoteStatement>();
  /** Blocks above the stable checkpoint that were rolled back, by hash: others may need them (rule G1). */
  readonly attic = new Map<Hex, Block>();
  /** The view change of each replica for the highest view, in order of arrival. */
  readonly viewChanges = new Map<number, SignedViewChange>();
  /** The highest view whose primary each replica finds too slow. */
  readonly suspicions = new Map<number, number>();
  /** Evidence against replicas of this epoch, by the one accused. */
  readonly evidence = new Map<number, KnownEvidence>();
  /** That of earlier epochs, whose replicas had other indexes: kept to be shown, and for nothing else. */
  readonly earlierEvidence: readonly KnownEvidence[];
  /** Last signed statement of each type of each other replica: it is reminded of them when it has forgotten. */
  readonly lastStatements = new Map<number, Map<Statement['type'], SignedStatement>>();
  /** Signed orders of the last window of stable blocks, by height, to compare late ones with. */
  readonly settledOrders = new Map<number, SignedStatement & { readonly statement: OrderStatement }>();
  /** Localcommits and votes for views not yet entered, of each replica. */
  readonly early = new Map<number, readonly EarlyMessage[]>();
  /** Beacons that are not believed, because what they promised did not come, of each replica. */
  readonly mistrusted = new Map<number, number>();
  /** Orders above the tip, or at tip+1 and not yet acceptable, by height. */
  readonly orders = new Map<number, Order>();
  /** Last beacon of each replica. */
  readonly beacons = new Map<number, BeaconMessage>();
  readonly unreachable = new Set<number>();
  readonly wishes: CertifyWishes;
  position: ViewPosition;
  commitCertificate: CommitCertificate | null;
  /** The last stable checkpoint. */
  stable: StableCheckpoint;
  catchUp: CatchUp | null = null;
  /** The own view change for the target. */
  viewChange: ViewChange | null;
  /** What opened the view that this replica is in, or is to open as its primary. */
  opening: Opening | null;
  entering: Entering | null = null;
  /** Why this replica signs nothing; `null` for one that takes part. */
  learner: LearnerReason | null;
  /** What was known at the start of a key under which nothing may be signed any more. */
  readonly mark: LearnerMark | null;
  /** Whether the epoch has ended: this agreement does nothing more. */
  isEnded = false;
  /** Whether it still asks the others what it has signed, and signs nothing until it knows. */
  isListening = true;
  /** Tells this run from earlier ones. */
  runToken: Hex = '';
  /** Replicas that have told what they have of this one in this run. */
  readonly heard = new Set<number>();
  /** The last fetch of blocks: what it has brought need not be fetched again for another view or certificate. */
  lastFetch: BlockFetch | null = null;
  /** Replicas that have been sent what opened this view since the last beacon. */
  readonly openingSent = new Set<number>();
  /** View changes since the last stable checkpoint: each doubles the patience. */
  attempts = 0;
  /** The view that a quorum wants, for which the wait has begun; `null` while there is none. */
  awaitedView: number | null = null;
  readonly patience: Patience = { request: null, passedOn: false, stableHeight: null };
  /** Replica that was last asked for missing bodies, orders or headers. */
  lastAsked: number;
  /** What the next block lacks, and is being waited for or fetched: its order, or the bodies of the block named. */
  awaitedNext: string | null = null;
  /** Stay eager until then (rule K4). */
  eagerUntilMs = 0;
  /** Whether the primary has an order out for its own signature. */
  signingOrder = false;
  nowMs = 0;
  #effects: Effect[] = [];

  constructor(genesis: Genesis, membership: Membership, options: ConsensusOptions, durable: DurableState) {
    this.membership = membership;
    this.options = options;
    this.limits = genesis.limits;
    this.ledger = new LedgerState(genesis, snapshotOf(genesis, durable));
    this.first = durable.epochBase ?? genesisHeader(genesis, new LedgerState(genesis).digest);
    this.chain = new Chain(durable.stableBlock?.header ?? this.first, durable.chain);
    this.pool = new RequestPool(options);
    for (const block of durable.rolledBack) this.attic.set(block.header.hash, block);
    const { epoch } = durable.position;
    const [current = [], earlier = []] = [true, false].map((isCurrent) =>
      durable.evidence.filter(({ evidence }) => (epochOf(evidence) === epoch) === isCurrent),
    );
    for (const known of current) this.evidence.set(known.evidence.replica, known);
    this.earlierEvidence = earlier;
    // What was promised in an earlier epoch counts for nothing in this one (rule E3).
    this.viewChange = durable.viewChange?.epoch === epoch ? durable.viewChange : null;
    this.opening = durable.opening?.newView.epoch === epoch ? durable.opening : null;
    this.mark = durable.learner;
    this.learner = learnerReason(membership, durable.learner);
    for (const { block } of durable.chain) {
      this.ledger.execute(block);
      for (const request of block.requests) this.pool.markOrdered(request);
    }
    this.position = durable.position;
    this.commitCertificate = durable.commitCertificate?.epoch === epoch ? durable.commitCertificate : null;
    this.stable = durable.stable;
    const height = durable.stable.height;
    this.wishes = {
      commitHeight: height,
      echoHeight: height,
      idleHeight: height,
      signedHeight: height,
      votedHeight: height,
    };
    this.lastAsked = membership.ownIndex;
  }

  get view(): number {
    return this.position.view;
  }

  get primary(): number {
    return primaryOf(this.view, this.membership.sizes.n);
  }

  get isPrimary(): boolean {
    return this.primary === this.membership.ownIndex;
  }

  /** The certificate of the stable checkpoint; `null` at the block that the epoch begins above (rule E2). */
  get stableCertificate(): CheckpointCertificate | null {
    const { certificate } = this.stable;
    return certificate?.epoch === this.position.epoch ? certificate : null;
  }

  /** Whether the set of replicas of the epoch names this one. */
  get isMember(): boolean {
    return this.membership.ownIndex >= 0;
  }

  get isNormal(): boolean {
    return this.position.mode === 'normal';
  }

  /** Stands for the view towards clients. */
  get tag(): Hex {
    return viewTag(this.membership.networkId, this.position.epoch, this.view);
  }

  /** Highest height that may be accepted now: the window (rules A1 and G2). */
  get windowEnd(): number {
    return this.chain.stable.height + this.membership.windowBlocks;
  }

  /** Whether the chain may grow by one more block. */
  get mayExtend(): boolean {
    // Rolled-back blocks must stay until a checkpoint covers them (rule G1), so new ones wait instead.
    const atticMax = ATTIC_WINDOWS * this.membership.windowBlocks;
    const { tip, stable } = this.chain;
    // The next block is the first of another epoch, with another set of replicas (rule E1).
    if (epochAfter(tip) !== this.position.epoch) return false;
    // One block above what is certified first is always allowed, so that there is something to certify.
    const isFirst = tip.height <= Math.max(stable.height, this.position.baseHeight);
    return tip.height < this.windowEnd && (isFirst || this.attic.size < atticMax);
  }

  /** Whether localCommits are exchanged for each block, rather than only now and then (rule K4). */
  get isEager(): boolean {
    if (this.unreachable.size > 0 || this.nowMs < this.eagerUntilMs) return true;
    // One that is in another epoch takes no part in this one either.
    for (const { participating, epoch } of this.beacons.values()) {
      if (!participating || epoch !== this.position.epoch) return true;
    }
    return false;
  }

  /** How long to wait for the primary now: doubled with every view change in a row, up to a limit (rules, 11). */
  get patienceMs(): number {
    const { viewTimeoutMs, maxViewTimeoutMs } = this.options;
    return Math.min(viewTimeoutMs * 2 ** this.attempts, maxViewTimeoutMs);
  }

  /** Whether `height` is above the stable checkpoint and within the window. */
  isInWindow(height: number): boolean {
    return height > this.chain.stable.height && height <= this.windowEnd;
  }

  orderStatement(view: number, header: HashedHeader): OrderStatement {
    return { type: 'order', epoch: header.epoch, view, height: header.height, hash: header.hash };
  }

  emit(effect: Effect): void {
    if (!this.isEnded) this.#effects.push(effect);
  }

  /** Whether it says nothing in agreement: for good, or because it still listens (rules, 2). */
  get isSilent(): boolean {
    return this.learner !== null || this.isListening;
  }

  /** Has a statement signed, when all that it asserts is durable, unless this replica is silent. */
  sign(statement: Statement): void {
    if (!this.isSilent) this.emit({ type: 'sign', statement });
  }

  /** Waits for no request and no block, until `watch` looks again. */
  stopWaiting(): void {
    this.patience.request = null;
    this.patience.stableHeight = null;
    this.emit({ type: 'clearTimer', timer: 'awaitOrder' });
    this.emit({ type: 'clearTimer', timer: 'awaitStable' });
  }

  persist(operation: PersistOperation): void {
    this.emit({ type: 'persist', operation });
  }

  announce(announcement: Announcement): void {
    this.emit({ type: 'announce', announcement });
  }

  suspect(replica: number, reason: SuspicionReason, height: number): void {
    this.announce({ type: 'suspicion', replica, reason, height });
  }

  /** The last block of the epoch is stable: the next epoch begins above it, in the same durable write (rule E2). */
  endEpoch({ epoch, height }: HashedHeader): void {
    this.position = firstPosition(epoch + 1, height);
    this.persist({ type: 'position', position: this.position });
    this.announce({ type: 'epochEnded', epoch, height });
    this.isEnded = true;
  }

  /** The effects since the last call. */
  takeEffects(): readonly Effect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }
}

/** A mark counts for the key that it was made under: under another one, a replica has been admitted anew (rules, 2). */
function learnerReason({ ownIndex, ownKey }: Membership, mark: LearnerMark | null): LearnerReason | null {
  if (ownIndex < 0) return 'notMember';
  return mark?.publicKey === ownKey ? mark.reason : null;
}

function snapshotOf(genesis: Genesis, { stable, recent, registryRequests }: DurableState): StateSnapshot {
  const { height, executedDigest, executedCount } = stable;
  const registry = replayedRegistry(genesis, registryRequests, height);
  return { height, executedDigest, executedCount, recent, registry };
}
