/**
 * What the handlers of agreement share: the replica's state, and the effects of the step under way.
 * @module
 */
import type { Hex } from '../../shared/encoding/hex.ts';
import type { HashedHeader } from '../ledger/block.ts';
import { genesisHeader } from '../ledger/block.ts';
import type { Genesis, GenesisLimits } from '../ledger/genesis.ts';
import { LedgerState, type StateSnapshot } from '../ledger/state.ts';
import {
  viewTag,
  type CheckpointCertificate,
  type CommitCertificate,
  type OrderStatement,
} from '../ledger/statement.ts';
import { Chain } from './chain.ts';
import { primaryOf, type ConsensusOptions, type Membership } from './config.ts';
import type {
  Announcement,
  DurableState,
  Effect,
  PersistOperation,
  StableCheckpoint,
  SuspicionReason,
  ViewPosition,
} from './effects.ts';
import type { BeaconMessage, OrderedRequestMessage } from './messages.ts';
import { RequestPool } from './pool.ts';
import { Tally } from './tally.ts';

/** An order as it is kept: its bodies are in the pool. */
export type Order = Omit<OrderedRequestMessage, 'type' | 'bodies'>;

/** Getting into step with a stable checkpoint of others (rules U1 and G1). */
export interface CatchUp {
  /** The replica that is asked. */
  source: number;
  /** What the source certified; `null` until it has answered. */
  target: { readonly certificate: CheckpointCertificate; readonly headers: readonly HashedHeader[] } | null;
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

export class Context {
  readonly membership: Membership;
  readonly options: ConsensusOptions;
  readonly limits: GenesisLimits;
  readonly ledger: LedgerState;
  readonly chain: Chain;
  readonly pool: RequestPool;
  readonly localCommits = new Tally();
  readonly votes = new Tally();
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
    this.ledger = new LedgerState(genesis, snapshotOf(durable));
    const stableHeader =
      durable.stableBlock?.header ?? genesisHeader(genesis, new LedgerState(genesis).digest);
    this.chain = new Chain(stableHeader, durable.chain);
    this.pool = new RequestPool(options.maxPoolRequests, options.maxPoolBytes);
    for (const { block } of durable.chain) {
      this.ledger.execute(block);
      for (const request of block.requests) this.pool.markOrdered(request);
    }
    this.position = durable.position;
    this.commitCertificate = durable.commitCertificate;
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

  /** Whether localCommits are exchanged for each block, rather than only now and then (rule K4). */
  get isEager(): boolean {
    return this.unreachable.size > 0 || this.nowMs < this.eagerUntilMs;
  }

  /** Whether `height` is above the stable checkpoint and within the window. */
  isInWindow(height: number): boolean {
    return height > this.chain.stable.height && height <= this.windowEnd;
  }

  orderStatement(view: number, header: HashedHeader): OrderStatement {
    return { type: 'order', epoch: header.epoch, view, height: header.height, hash: header.hash };
  }

  emit(effect: Effect): void {
    this.#effects.push(effect);
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

  /** The effects since the last call. */
  takeEffects(): readonly Effect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }
}

function snapshotOf(durable: DurableState): StateSnapshot {
  return {
    height: durable.stable.height,
    executedDigest: durable.stable.executedDigest,
    executedCount: durable.stable.executedCount,
    recent: durable.recent,
  };
}
