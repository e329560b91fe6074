/**
 * Keeps the search index in step with the ledger: takes in what the replica accepts, takes back what it rolls back, and
 * reads from the ledger what the index does not have: all of it after an upgrade, a little after a crash.
 *
 * The index is not written by the ledger's own transactions: a search may fail, an index may rot or fill the disk, and
 * agreement must not feel it (docs/adr/0013). What keeps the two together instead: a block goes in only on top of the
 * one it is linked to, its requests and its place in one transaction; and at each start the hashes of both are compared
 * from the top down. So after whatever crash the index is that of a prefix of some chain, and of this one a moment later.
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Hex } from '../../../shared/encoding/hex.ts';
import { toPlainError, type PlainError } from '../../../shared/errors.ts';
import type { Block } from '../../ledger/block.ts';
import type { Genesis } from '../../ledger/genesis.ts';
import type { ReplicaEvent } from '../../replica/replica.ts';
import type { IndexedBlock, IndexedTip, LedgerStore, SearchIndex } from '../../storage/index.ts';
import { indexedBlock } from './indexedBlock.ts';
import { SupervisorNames } from './supervisorNames.ts';
import { WaitingBlocks, charsOf } from './waitingBlocks.ts';

export interface SearchKeeperOptions {
  readonly genesis: Genesis;
  readonly store: Pick<LedgerStore, 'block' | 'headers' | 'registryRequests'>;
  /** Opens the index; anew where `isFresh`. `onDied` is told where its worker ends by itself. */
  readonly open: (isFresh: boolean, onDied: (error: Error) => void) => Promise<SearchIndex>;
  /** Height of the durable ledger when the keeper starts; events tell of the rest. */
  readonly tipHeight: number;
  readonly subscribe: (listener: (event: ReplicaEvent) => void) => () => void;
  /** The index could not be kept; it is tried again. */
  readonly onFailure: (error: unknown) => void;
}

/** How far the index is. */
export interface IndexProgress {
  readonly height: number;
  readonly tipHeight: number;
  /** Why it is not being kept at present; `null` while it is. */
  readonly error: PlainError | null;
}

/** Most blocks that go into the index at once. */
const BATCH_BLOCKS_MAX = 128;
/** Most text of one such batch, in UTF-16 code units: some milliseconds of work, for which a search has to wait. */
const BATCH_CHARS_MAX = 131_072;
/** Blocks that come one after the other go in together. */
const GATHER_MS = 40;
/** How long a search waits for the blocks that are going in. */
const FRESH_WAIT_MS = 30;
/** Before another try after a failure. */
const RETRY_MS = 10_000;
/** What is wrong with the index itself. */
const MENDED_ANEW: readonly string[] = ['storage.corrupt', 'invariant.broken'];
/** Hashes compared at a time when the index and the ledger have parted. */
const COMPARED_MAX = 64;

export class SearchKeeper {
  readonly #options: SearchKeeperOptions;
  readonly #unsubscribe: () => void;
  readonly #waiting = new WaitingBlocks();
  #ledgerHeight: number;
  #names: SupervisorNames;
  /** The lowest height to which the chain was rolled back and the index was not. */
  /** Why the index that is open cannot answer any more. */
  #lost: Error | null = null;
  #rollBackTo: number | null = null;
  #index: SearchIndex | null = null;
  #tip: IndexedTip = { height: 0, hash: '' };
  #error: PlainError | null = null;
  #areNamesDue = true;
  #isLedgerAtFault = false;
  #wake: (() => void) | null = null;
  readonly #caughtUp = new Set<() => void>();
  readonly #stop = new AbortController();
  readonly #work: Promise<void>;

  constructor(options: SearchKeeperOptions) {
    this.#options = options;
    this.#ledgerHeight = options.tipHeight;
    this.#names = new SupervisorNames(options.genesis, [], 0);
    this.#unsubscribe = options.subscribe((event) => this.#event(event));
    this.#work = this.#run();
  }

  /** The open index; `null` before it is opened and after it has failed. */
  get index(): SearchIndex | null {
    return this.#index;
  }

  get progress(): IndexProgress {
    const { height } = this.#tip;
    return { height, tipHeight: Math.max(height, this.#ledgerHeight), error: this.#error };
  }

  /** Waits a moment for blocks that are just going in, so that a search knows what a page shows already. */
  async fresh(): Promise<void> {
    if (this.#isInStep()) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, FRESH_WAIT_MS);
      const caughtUp = this.#caughtUp;
      function done(): void {
        clearTimeout(timer);
        caughtUp.delete(done);
        resolve();
      }
      caughtUp.add(done);
      this.#wakeUp();
    });
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    this.#stop.abort();
    this.#wakeUp();
    await this.#work;
    await this.#index?.close();
    this.#index = null;
  }

  #event(event: ReplicaEvent): void {
    if (event.type === 'accepted') this.#accept(event.accepted.block);
    else if (event.type === 'rolledBack') {
      this.#ledgerHeight = Math.min(this.#ledgerHeight, event.height);
      this.#rollBackTo = Math.min(this.#rollBackTo ?? event.height, event.height);
      this.#areNamesDue = true;
      this.#waiting.rollBack(event.height);
    } else return;
    this.#wakeUp();
  }

  #accept(block: Block): void {
    this.#ledgerHeight = block.header.height;
    // A change of the registry may give a name: later blocks are read when it is known.
    if (block.requests.some(({ payload }) => payload.kind === 'registry')) this.#areNamesDue = true;
    if (!this.#areNamesDue && !this.#waiting.isFull) this.#waiting.add(this.#indexed(block));
  }

  #indexed(block: Block): IndexedBlock {
    const { height } = block.header;
    return indexedBlock(block, (publicKey: Hex) => this.#names.nameAt(publicKey, height));
  }

  async #run(): Promise<void> {
    let isFresh = false;
    while (!this.#isClosed()) {
      try {
        this.#lost = null;
        this.#index = await this.#options.open(isFresh, (error) => {
          this.#lost = error;
          this.#wakeUp();
        });
        this.#tip = await this.#index.tip();
        this.#error = null;
        isFresh = false;
        await this.#compare(this.#index);
        await this.#follow(this.#index);
      } catch (error) {
        if (this.#isClosed()) return;
        this.#error = toPlainError(error);
        // Nothing is lost with the index.
        isFresh = !this.#isLedgerAtFault && MENDED_ANEW.includes(this.#error.code);
        this.#isLedgerAtFault = false;
        this.#options.onFailure(error);
        await this.#index?.close().catch(() => undefined);
        this.#index = null;
        await this.#rest(RETRY_MS);
      }
    }
  }

  async #follow(index: SearchIndex): Promise<void> {
    while (!this.#isClosed()) {
      if (this.#lost !== null) throw this.#lost;
      await this.#takeBack(index);
      const startedMs = performance.now();
      const batch = await this.#nextBatch();
      if (batch.length === 0) {
        await this.#sleep();
        continue;
      }
      if (this.#rollBackTo !== null) continue;
      const first = batch[0];
      if (first !== undefined && this.#tip.height > 0 && first.previousHash !== this.#tip.hash) {
        await this.#compare(index);
        continue;
      }
      await index.append(batch);
      const last = batch.at(-1);
      if (last !== undefined) this.#setTip({ height: last.height, hash: last.hash });
      // What was missed is read beside everything else that the ledger has to do: half the time at most.
      const isBehind = this.#ledgerHeight - this.#tip.height > BATCH_BLOCKS_MAX;
      await this.#rest(isBehind ? performance.now() - startedMs : GATHER_MS);
    }
  }

  /** The blocks that come next, as long as they are there and are linked. */
  async #nextBatch(): Promise<IndexedBlock[]> {
    await this.#readNames();
    const batch: IndexedBlock[] = [];
    let chars = 0;
    for (let height = this.#tip.height + 1; batch.length < BATCH_BLOCKS_MAX; height++) {
      if (chars > BATCH_CHARS_MAX || height > this.#ledgerHeight || this.#isClosed()) break;
      const block = this.#waiting.take(height) ?? (await this.#read(height));
      const previous = batch.at(-1);
      if (block === null || (previous !== undefined && block.previousHash !== previous.hash)) break;
      batch.push(block);
      chars += charsOf(block);
      if (this.#areNamesDue) break;
    }
    return batch;
  }

  async #read(height: number): Promise<IndexedBlock | null> {
    const accepted = await this.#fromLedger(this.#options.store.block(height));
    return accepted === null ? null : this.#indexed(accepted.block);
  }

  async #readNames(): Promise<void> {
    if (!this.#areNamesDue) return;
    this.#areNamesDue = false;
    const height = this.#ledgerHeight;
    try {
      const requests = await this.#fromLedger(this.#options.store.registryRequests(height));
      this.#names = new SupervisorNames(this.#options.genesis, requests, height);
    } catch (error) {
      this.#areNamesDue = true;
      throw error;
    }
  }

  /** What the ledger cannot give is no reason to make the index anew. */
  async #fromLedger<T>(reading: Promise<T>): Promise<T> {
    try {
      return await reading;
    } catch (error) {
      this.#isLedgerAtFault = true;
      throw error;
    }
  }

  async #takeBack(index: SearchIndex): Promise<void> {
    const height = this.#rollBackTo;
    if (height === null) return;
    this.#rollBackTo = null;
    if (height < this.#tip.height) await this.#backTo(index, height);
  }

  /** Forgets what the ledger does not have, from the top down. */
  async #compare(index: SearchIndex): Promise<void> {
    while (this.#tip.height > 0) {
      const to = this.#tip.height;
      const from = Math.max(1, to - COMPARED_MAX + 1);
      const [ours, theirs] = await Promise.all([
        index.hashes(from, to),
        this.#fromLedger(this.#options.store.headers(from, to)),
      ]);
      const hashes = new Map(theirs.map(({ height, hash }) => [height, hash]));
      const common = ours.find(({ height, hash }) => hashes.get(height) === hash);
      if (common?.height === to) return;
      await this.#backTo(index, common?.height ?? from - 1);
    }
  }

  async #backTo(index: SearchIndex, height: number): Promise<void> {
    await index.rollBack(height);
    this.#setTip(await index.tip());
  }

  #setTip(tip: IndexedTip): void {
    this.#tip = tip;
    if (!this.#isInStep()) return;
    for (const done of this.#caughtUp) done();
  }

  #isInStep(): boolean {
    return this.#rollBackTo === null && this.#tip.height >= this.#ledgerHeight;
  }

  #isClosed(): boolean {
    return this.#stop.signal.aborted;
  }

  /** Until something happens. */
  async #sleep(): Promise<void> {
    if (this.#isClosed() || this.#rollBackTo !== null || this.#tip.height < this.#ledgerHeight) {
      await this.#rest(GATHER_MS);
      return;
    }
    await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = null;
  }

  #wakeUp(): void {
    this.#wake?.();
  }

  async #rest(durationMs: number): Promise<void> {
    await delay(durationMs, undefined, { signal: this.#stop.signal, ref: false }).catch(() => undefined);
  }
}
