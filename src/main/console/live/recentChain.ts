/**
 * The newest blocks and checkpoints, kept for snapshots. A block costs next to nothing here, however many come: what
 * a page would see is put together when one asks.
 * @module
 */
import type { BlockSummary, CheckpointView } from '../../../shared/contract/model.ts';
import type { HashedHeader } from '../../ledger/block.ts';
import type { LedgerStore } from '../../storage/index.ts';

/** Blocks kept for a page that starts: one screen and then some; older ones are asked for. */
export const RECENT_BLOCKS_MAX = 200;
/** Checkpoints kept for a page that starts. */
export const RECENT_CHECKPOINTS_MAX = 100;

export class RecentChain {
  /** By height, lowest first. Cut when there are twice as many as are kept. */
  #headers: HashedHeader[] = [];
  #checkpoints: readonly CheckpointView[] = [];
  #stableHeight = 0;

  /** What the store holds up to `tipHeight`. */
  static async load(
    store: Pick<LedgerStore, 'blocks' | 'checkpoints'>,
    tipHeight: number,
  ): Promise<RecentChain> {
    const recent = new RecentChain();
    const checkpoints = await store.checkpoints(RECENT_CHECKPOINTS_MAX);
    recent.#stableHeight = checkpoints[0]?.height ?? 0;
    recent.#checkpoints = checkpoints.map(({ height, hash, blockTimeMs }) => ({
      height,
      hash,
      atMs: blockTimeMs,
    }));
    const from = Math.max(1, tipHeight - RECENT_BLOCKS_MAX + 1);
    const blocks = tipHeight === 0 ? [] : await store.blocks(from, tipHeight, RECENT_BLOCKS_MAX);
    recent.#headers = blocks.map(({ header }) => header).sort((left, right) => left.height - right.height);
    return recent;
  }

  /** Newest first. */
  get blocks(): readonly BlockSummary[] {
    return this.#headers
      .slice(-RECENT_BLOCKS_MAX)
      .reverse()
      .map((header) => this.summaryOf(header));
  }

  /** Newest first. */
  get checkpoints(): readonly CheckpointView[] {
    return this.#checkpoints;
  }

  get stableHeight(): number {
    return this.#stableHeight;
  }

  /** The time of the newest stable block; `null` where there is none, or it is not among those that are kept. */
  get stableTimeMs(): number | null {
    return this.#at(this.#stableHeight)?.timeMs ?? null;
  }

  summaryOf(header: HashedHeader): BlockSummary {
    return blockSummary(header, this.#stableHeight);
  }

  /** A block above the others; `null` where it was known already. */
  accept(header: HashedHeader): BlockSummary | null {
    if (this.#at(header.height)?.hash === header.hash) return null;
    this.rollBack(header.height - 1);
    this.#headers.push(header);
    if (this.#headers.length >= 2 * RECENT_BLOCKS_MAX)
      this.#headers = this.#headers.slice(-RECENT_BLOCKS_MAX);
    return this.summaryOf(header);
  }

  /** The blocks above `height` have been taken back. */
  rollBack(height: number): void {
    while ((this.#headers.at(-1)?.height ?? -Infinity) > height) this.#headers.pop();
  }

  /** All blocks up to this checkpoint are stable; `null` where that was known. `nowMs` where its block is not. */
  certify({ height, hash }: Omit<CheckpointView, 'atMs'>, nowMs: number): CheckpointView | null {
    if (height <= this.#stableHeight) return null;
    this.#stableHeight = height;
    const checkpoint: CheckpointView = { height, hash, atMs: this.#at(height)?.timeMs ?? nowMs };
    this.#checkpoints = [checkpoint, ...this.#checkpoints].slice(0, RECENT_CHECKPOINTS_MAX);
    return checkpoint;
  }

  #at(height: number): HashedHeader | undefined {
    const newest = this.#headers.at(-1);
    if (newest === undefined || height > newest.height) return undefined;
    const inPlace = this.#headers.at(height - newest.height - 1);
    // Where heights are missing in between, it is not where it would be.
    return inPlace?.height === height ? inPlace : this.#headers.find((header) => header.height === height);
  }
}

/** A block without its requests. */
export function blockSummary(header: HashedHeader, stableHeight: number): BlockSummary {
  return {
    height: header.height,
    hash: header.hash,
    timeMs: header.timeMs,
    requestCount: header.requestCount,
    stable: header.height <= stableHeight,
  };
}
