/**
 * Numbered changes for the pages: what happens within a tenth of a second is told at once, the latest value of each
 * thing. A page that misses a number asks for a snapshot.
 * @module
 */
import type {
  BlockSummary,
  Change,
  CheckpointView,
  Delta,
  HistoryPoint,
} from '../../../shared/contract/model.ts';
import { History } from './history.ts';

/** Least time between two deltas, in milliseconds: people see no more than ten a second. */
export const DELTA_INTERVAL_MS = 100;
/** Most blocks in one delta, the newest: a page that scrolls further back asks for them. */
export const DELTA_BLOCKS_MAX = 200;
/** Most checkpoints in one delta, the newest. */
export const DELTA_CHECKPOINTS_MAX = 100;

/** A change of which only the latest counts. */
type SingleChange = Exclude<Change, { topic: 'blocks' | 'checkpoint' | 'rolledBack' }>;
/** Topics whose value is made when it is sent. */
type LazyTopic = 'replica' | 'peers' | 'round';

export class LiveFeed {
  /** What the charts show; it outlives what runs. */
  readonly history = new History();
  readonly #listeners = new Set<(delta: Delta) => void>();
  readonly #singles = new Map<string, SingleChange | (() => SingleChange)>();
  /** What was last sent of each lazy topic, as JSON, so that what has not changed is not sent again. */
  readonly #sent = new Map<LazyTopic, string>();
  /** By height, lowest first: so a block costs next to nothing. Cut when there are twice as many as are told. */
  #blocks: BlockSummary[] = [];
  #checkpoints: CheckpointView[] = [];
  /** Lowest height to which the chain was put back. */
  #rolledBackTo: number | null = null;
  #sequence = 0;
  #lastFlushMs = -Infinity;
  #timer: NodeJS.Timeout | undefined;

  /** Number of the last delta. */
  get sequence(): number {
    return this.#sequence;
  }

  get hasListeners(): boolean {
    return this.#listeners.size > 0;
  }

  /** Tells `listener` of every delta, until the returned function is called. It must not throw. */
  subscribe(listener: (delta: Delta) => void): () => void {
    // Its own key, so that one function can listen twice.
    const own = (delta: Delta): void => listener(delta);
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  /** One more point of the charts: kept for pages that come later, whether or not one listens now. */
  point(value: HistoryPoint): void {
    this.history.add(value);
    this.publish({ topic: 'history', value });
  }

  publish(change: SingleChange): void {
    if (!this.hasListeners) return;
    const key = keyOf(change);
    // Last in the map as well: an item that is made again must come after its removal.
    this.#singles.delete(key);
    this.#singles.set(key, change);
    this.#schedule();
  }

  /** Something may have changed: `make` is called when the next delta is put together. */
  touch<T extends LazyTopic>(topic: T, make: () => Extract<SingleChange, { topic: T }>): void {
    if (!this.hasListeners) return;
    this.#singles.set(topic, make);
    this.#schedule();
  }

  /** A block above the others; whatever was known at its height or above has gone. */
  block(block: BlockSummary): void {
    if (!this.hasListeners) return;
    this.#dropAbove(block.height - 1);
    this.#blocks.push(block);
    if (this.#blocks.length >= 2 * DELTA_BLOCKS_MAX) this.#blocks = this.#blocks.slice(-DELTA_BLOCKS_MAX);
    this.#schedule();
  }

  /** The blocks above `height` have been taken off the chain. */
  rolledBack(height: number): void {
    if (!this.hasListeners) return;
    this.#dropAbove(height);
    this.#rolledBackTo = Math.min(height, this.#rolledBackTo ?? height);
    this.#schedule();
  }

  checkpoint(checkpoint: CheckpointView): void {
    if (!this.hasListeners) return;
    this.#checkpoints.push(checkpoint);
    if (this.#checkpoints.length >= 2 * DELTA_CHECKPOINTS_MAX) {
      this.#checkpoints = this.#checkpoints.slice(-DELTA_CHECKPOINTS_MAX);
    }
    this.#schedule();
  }

  /** Sends what waits. A snapshot made in the same turn of the event loop is exactly as of `sequence`. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const changes = this.#take();
    if (changes.length === 0) return;
    this.#lastFlushMs = performance.now();
    this.#sequence += 1;
    const delta: Delta = { sequence: this.#sequence, changes };
    for (const listener of this.#listeners) listener(delta);
  }

  /** The number that a snapshot has which is made in the same turn: it says all that was told up to it. */
  numberForSnapshot(): number {
    this.flush();
    // The snapshot may be newer than what was last sent: then it is told again, though it be as before.
    this.#sent.clear();
    return this.#sequence;
  }

  /** Leaves a gap in the numbers, so that every page asks for a snapshot: more has changed than a delta can say. */
  resynchronise(): void {
    this.flush();
    this.#sequence += 1;
    this.#sent.clear();
  }

  /** Sends what waits, and ends. */
  close(): void {
    this.flush();
    this.#listeners.clear();
  }

  #take(): Change[] {
    // Blocks before checkpoints: a checkpoint marks the blocks that are known by then.
    const changes: Change[] = [...this.#singles.values()].flatMap((change) =>
      typeof change === 'function' ? this.#made(change()) : change,
    );
    // What was taken off before what came after it.
    if (this.#rolledBackTo !== null) changes.push({ topic: 'rolledBack', height: this.#rolledBackTo });
    const blocks = this.#blocks.slice(-DELTA_BLOCKS_MAX).reverse();
    if (blocks.length > 0) changes.push({ topic: 'blocks', value: blocks });
    for (const value of this.#checkpoints.slice(-DELTA_CHECKPOINTS_MAX))
      changes.push({ topic: 'checkpoint', value });
    this.#singles.clear();
    this.#blocks = [];
    this.#checkpoints = [];
    this.#rolledBackTo = null;
    return changes;
  }

  /** A change that was made just now, unless it says what the pages know. */
  #made(change: SingleChange): SingleChange[] {
    if (change.topic !== 'replica' && change.topic !== 'peers' && change.topic !== 'round') return [change];
    const text = JSON.stringify(change.value);
    if (this.#sent.get(change.topic) === text) return [];
    this.#sent.set(change.topic, text);
    return [change];
  }

  #dropAbove(height: number): void {
    while ((this.#blocks.at(-1)?.height ?? -Infinity) > height) this.#blocks.pop();
  }

  #schedule(): void {
    if (this.#timer !== undefined) return;
    const delayMs = Math.max(0, this.#lastFlushMs + DELTA_INTERVAL_MS - performance.now());
    this.#timer = setTimeout(() => this.flush(), delayMs);
  }
}

function keyOf(change: SingleChange): string {
  switch (change.topic) {
    case 'item':
      return `item ${change.value.id}`;
    case 'itemRemoved':
      return `item ${change.id}`;
    case 'viewChange':
      return `viewChange ${String(change.value.id)}`;
    case 'evidence':
      return `evidence ${String(change.value.epoch)} ${String(change.value.accused.index)}`;
    case 'history':
      return `history ${String(change.value.atMs)}`;
    default:
      return change.topic;
  }
}
