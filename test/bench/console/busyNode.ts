/**
 * A replica of which only what the console follows is there: it announces blocks as fast as it is told to. A network does
 * not make so many, and a console must bear more than a network makes.
 * @module
 */
import { createHash } from 'node:crypto';
import { membershipOf } from '../../../src/main/consensus/config.ts';
import type { StableCheckpoint } from '../../../src/main/consensus/effects.ts';
import type { PulseNode } from '../../../src/main/console/live/pulse.ts';
import type { ShownStatus } from '../../../src/main/console/live/networkView.ts';
import type { HashedHeader } from '../../../src/main/ledger/block.ts';
import type { Genesis } from '../../../src/main/ledger/genesis.ts';
import { addressText } from '../../../src/main/network/index.ts';
import type { ReplicaEvent } from '../../../src/main/replica/replica.ts';
import type { Hex } from '../../../src/shared/encoding/hex.ts';

/** As often as a busy event loop hands blocks out, in milliseconds. */
const STEP_MS = 10;
const SECOND_MS = 1_000;
/** Headers that are kept for pages that ask for older blocks. */
const HEADERS_KEPT = 200_000;
const NOTHING: Hex = '0'.repeat(64);
const ROUND_TRIP_MS = 0.8;
const REQUESTS_PER_BLOCK_MOST = 3;

function hash(text: string): Hex {
  return createHash('sha256').update(text).digest('hex');
}

export class BusyNode implements PulseNode {
  readonly ownEntry = null;
  readonly replica = { status: (): ShownStatus => this.#status() };
  readonly store: PulseNode['store'] = {
    blocks: () => Promise.resolve([]),
    checkpoints: () => Promise.resolve([]),
    counts: () => Promise.resolve(this.#counts()),
  };
  readonly #genesis: Genesis;
  readonly #listeners = new Set<(event: ReplicaEvent) => void>();
  readonly #headers = new Map<number, HashedHeader>();
  readonly #startedAtMs = Date.now();
  #tip = 0;
  #requests = 0;
  #stable: StableCheckpoint = {
    height: 0,
    hash: NOTHING,
    certificate: null,
    executedDigest: NOTHING,
    executedCount: 0,
    registryDigest: NOTHING,
  };
  #timer: NodeJS.Timeout | undefined;
  #owed = 0;
  #lastMs = 0;

  constructor(genesis: Genesis) {
    this.#genesis = genesis;
  }

  get genesis(): Genesis {
    return this.#genesis;
  }

  get tipHeight(): number {
    return this.#tip;
  }

  subscribe(listener: (event: ReplicaEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  header(height: number): HashedHeader | undefined {
    return this.#headers.get(height);
  }

  /** Whether blocks are announced now. */
  get isRunning(): boolean {
    return this.#timer !== undefined;
  }

  /** Announces `perSecond` blocks a second from now on. */
  run(perSecond: number): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#owed = 0;
    this.#lastMs = performance.now();
    if (perSecond === 0) return;
    this.#timer = setInterval(() => {
      const nowMs = performance.now();
      this.#owed += ((nowMs - this.#lastMs) * perSecond) / SECOND_MS;
      this.#lastMs = nowMs;
      for (; this.#owed >= 1; this.#owed -= 1) this.#accept();
    }, STEP_MS);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #accept(): void {
    this.#tip += 1;
    const height = this.#tip;
    const header: HashedHeader = {
      epoch: 0,
      height,
      previousHash: NOTHING,
      timeMs: Date.now(),
      requestCount: 1 + (height % REQUESTS_PER_BLOCK_MOST),
      requestsRoot: NOTHING,
      stateDigest: NOTHING,
      evidenceDigest: NOTHING,
      nextReplicas: null,
      hash: hash(`block ${String(height)}`),
    };
    this.#requests += header.requestCount;
    this.#headers.set(height, header);
    this.#headers.delete(height - HEADERS_KEPT);
    const block = { header, requests: [], evidence: [] };
    this.#tell({ type: 'accepted', accepted: { block, order: { view: 0, signature: NOTHING } } });
    const { checkpointDistance } = this.#genesis.limits;
    if (height % checkpointDistance !== 0) return;
    this.#stable = { ...this.#stable, height, hash: header.hash };
    this.#tell({ type: 'stable', checkpoint: this.#stable });
  }

  #tell(event: ReplicaEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #counts(): Awaited<ReturnType<PulseNode['store']['counts']>> {
    return {
      blocks: this.#tip,
      requests: this.#requests,
      rolledBackRequests: 0,
      rolledBackBlocks: 0,
      checkpoints: 0,
      sizeBytes: 1024 * this.#tip,
    };
  }

  #status(): ShownStatus {
    const { replicas } = this.#genesis;
    const membership = membershipOf(this.#genesis, replicas[0]?.publicKey ?? NOTHING);
    const others = replicas.map((_, index) => index).filter((index) => index !== membership.ownIndex);
    const said = {
      view: 0,
      target: 0,
      tipHeight: this.#tip,
      stableHeight: this.#stable.height,
      participating: true,
    };
    return {
      membership,
      admission: 'member',
      halted: null,
      connectedReplicas: replicas.length,
      standing: {
        position: { epoch: 0, view: 0, mode: 'normal', target: 0, lastNormalView: 0, baseHeight: 0 },
        primary: 0,
        tipHeight: this.#tip,
        tipTimeMs: Date.now(),
        stable: this.#stable,
        pendingRequests: 0,
        eager: false,
        catchingUp: false,
        learner: null,
        listening: false,
        evidence: [],
        peers: new Map(others.map((index) => [index, said])),
      },
      network: {
        peers: others.map((index) => this.#peer(index)),
        guests: [],
        clients: 0,
        refusals: {},
        closings: {},
      },
    };
  }

  #peer(index: number): ShownStatus['network']['peers'][number] {
    const entry = this.#genesis.replicas[index];
    if (entry === undefined) throw new Error(`no replica ${String(index)}`);
    return {
      index,
      name: entry.name,
      publicKey: entry.publicKey,
      address: addressText(entry),
      state: 'connected',
      since: this.#startedAtMs,
      roundTripMs: ROUND_TRIP_MS,
      clockOffsetMs: null,
      bytesIn: this.#tip,
      bytesOut: this.#tip,
      messagesIn: this.#tip,
      messagesOut: this.#tip,
      lastMessageAtMs: Date.now(),
      lastError: null,
      isDialled: true,
      failedDials: 0,
      nextDialAtMs: null,
      troubles: [],
    };
  }
}
