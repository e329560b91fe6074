/**
 * Follows the local replica: its events and, now and then, its figures, become changes for the pages.
 * @module
 */
import type { ClockView } from '../../../shared/contract/clock.ts';
import type { PeerView, ReplicaView } from '../../../shared/contract/model.ts';
import type { PlainError } from '../../../shared/errors.ts';
import type { PeerEntry } from '../../network/index.ts';
import type { ReplicaEvent } from '../../replica/replica.ts';
import type { LedgerStore } from '../../storage/index.ts';
import type { Genesis } from '../../ledger/genesis.ts';
import { CatchUp } from './catchUp.ts';
import type { LiveFeed } from './feed.ts';
import { clockView } from './networkClock.ts';
import {
  attestedHeight,
  peersView,
  replicaView,
  type ReplicaFigures,
  type ShownStatus,
} from './networkView.ts';
import { Rate } from './rate.ts';
import { RecentChain } from './recentChain.ts';
import type { Standing } from './sampler.ts';

/** Time between two looks at the figures that no event tells of, such as round trips, in milliseconds. */
const LOOK_INTERVAL_MS = 500;
/** Looks between two counts in the store: each is a query. */
const LOOKS_PER_COUNT = 10;

/** What is needed of a `ReplicaNode`. */
export interface PulseNode {
  readonly genesis: Pick<Genesis, 'createdAtMs' | 'limits'>;
  readonly replica: { readonly status: () => ShownStatus };
  readonly store: Pick<LedgerStore, 'blocks' | 'checkpoints' | 'counts'>;
  readonly ownEntry: PeerEntry | null;
  subscribe(listener: (event: ReplicaEvent) => void): () => void;
}

export interface PulseOptions {
  readonly node: PulseNode;
  readonly feed: LiveFeed;
  /** Milliseconds since 1970 in UTC. */
  readonly now: () => number;
  /** The local ledger is stable up to here. */
  readonly onStable: (height: number) => void;
  /** Other replicas take part now, or this one has another place among them. */
  readonly onMembership: () => void;
  /** The replica has stopped by itself. */
  readonly onHalted: (error: PlainError) => void;
  /** The figures are looked at, twice a second. */
  readonly onLook: () => void;
  /** The figures could not be read. */
  readonly onFailure: (error: unknown) => void;
}

export class Pulse {
  readonly #options: PulseOptions;
  readonly #startedAtMs: number;
  readonly #rate = new Rate();
  readonly #catchUp = new CatchUp();
  readonly #unsubscribe: () => void;
  /** Events that came while the chain was being loaded. */
  #early: ReplicaEvent[] | null = [];
  #chain = new RecentChain();
  #timer: NodeJS.Timeout | undefined;
  #looks = 0;
  #requests = 0;
  #acceptedRequests = 0;
  #storeBytes = 0;
  #counting: Promise<void> | null = null;

  private constructor(options: PulseOptions) {
    this.#options = options;
    this.#startedAtMs = options.now();
    this.#unsubscribe = options.node.subscribe((event) => this.#event(event));
  }

  /** Loads what a page starts from, and follows the replica until `close`. */
  static async start(options: PulseOptions): Promise<Pulse> {
    const pulse = new Pulse(options);
    try {
      const { node } = options;
      pulse.#chain = await RecentChain.load(node.store, node.replica.status().standing.tipHeight);
      await pulse.#count();
    } catch (error) {
      pulse.#unsubscribe();
      throw error;
    }
    const early = pulse.#early ?? [];
    pulse.#early = null;
    for (const event of early) pulse.#event(event);
    pulse.#lookHowFar();
    pulse.#timer = setInterval(() => pulse.#look(), LOOK_INTERVAL_MS);
    return pulse;
  }

  get chain(): RecentChain {
    return this.#chain;
  }

  /** When the replica began to be followed, in milliseconds since 1970. */
  get startedAtMs(): number {
    return this.#startedAtMs;
  }

  replica(): ReplicaView {
    const { node, now } = this.#options;
    const status = node.replica.status();
    const figures: ReplicaFigures = {
      catchUp: this.#catchUp.view,
      requests: this.#requests,
      requestsPerSecond: this.#rate.perSecond(now()),
      storeBytes: this.#storeBytes,
      clock: this.#clock(status),
    };
    return replicaView(status, figures);
  }

  peers(): PeerView[] {
    const { node } = this.#options;
    return peersView(node.replica.status(), node.ownEntry, this.#startedAtMs);
  }

  /** What the charts are made of; `null` where the replica has stopped by itself. */
  standing(): Standing | null {
    const { halted, standing } = this.#options.node.replica.status();
    if (halted !== null) return null;
    return {
      acceptedRequests: this.#acceptedRequests,
      tipHeight: standing.tipHeight,
      stableHeight: standing.stable.height,
    };
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    clearInterval(this.#timer);
    await this.#counting;
  }

  #clock({ network, membership }: ShownStatus): ClockView | null {
    const { node, now } = this.#options;
    const { createdAtMs, limits } = node.genesis;
    return clockView({
      offsetsMs: network.peers.flatMap(({ clockOffsetMs }) =>
        clockOffsetMs === null ? [] : [clockOffsetMs],
      ),
      f: membership.sizes.f,
      certifiedTimeMs: this.#chain.stableHeight === 0 ? createdAtMs : this.#chain.stableTimeMs,
      nowMs: now(),
      limits,
    });
  }

  #event(event: ReplicaEvent): void {
    if (this.#early !== null) {
      this.#early.push(event);
      return;
    }
    const { feed, now, onStable, onHalted } = this.#options;
    switch (event.type) {
      case 'accepted': {
        const { header } = event.accepted.block;
        const block = this.#chain.accept(header);
        if (block === null) return;
        this.#requests += header.requestCount;
        this.#acceptedRequests += header.requestCount;
        this.#rate.add(header.requestCount, now());
        feed.block(block);
        this.#publishReplica();
        return;
      }
      case 'rolledBack':
        this.#chain.rollBack(event.height);
        feed.rolledBack(event.height);
        this.#recount();
        this.#publishReplica();
        return;
      case 'stable': {
        const checkpoint = this.#chain.certify(event.checkpoint, now());
        if (checkpoint === null) return;
        feed.checkpoint(checkpoint);
        this.#publishReplica();
        onStable(checkpoint.height);
        return;
      }
      case 'halted':
        this.#publishReplica();
        onHalted(event.error);
        return;
      case 'membership':
        this.#options.onMembership();
        this.#publishReplica();
        this.#publishPeers();
        return;
      case 'peer':
        this.#publishReplica();
        this.#publishPeers();
        return;
      default:
        return;
    }
  }

  #look(): void {
    this.#looks += 1;
    this.#options.onLook();
    this.#lookHowFar();
    if (this.#looks % LOOKS_PER_COUNT === 0) this.#recount();
    this.#publishReplica();
    this.#publishPeers();
  }

  #lookHowFar(): void {
    const status = this.#options.node.replica.status();
    this.#catchUp.look(status.standing.tipHeight, attestedHeight(status), this.#options.now());
  }

  #publishReplica(): void {
    this.#options.feed.touch('replica', () => ({ topic: 'replica', value: this.replica() }));
  }

  #publishPeers(): void {
    this.#options.feed.touch('peers', () => ({ topic: 'peers', value: this.peers() }));
  }

  #recount(): void {
    this.#counting ??= this.#count()
      .catch((error: unknown) => this.#options.onFailure(error))
      .finally(() => {
        this.#counting = null;
      });
  }

  async #count(): Promise<void> {
    const { requests, sizeBytes } = await this.#options.node.store.counts();
    this.#requests = requests;
    this.#storeBytes = sizeBytes;
  }
}
