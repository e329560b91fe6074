/**
 * The newest blocks and checkpoints, kept for snapshots.
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
  #blocks: readonly BlockSummary[] = [];
  #checkpoints: readonly CheckpointView[] = [];
  #stableHeight = 0;

  /** What the store holds up to `tipHeight`. */
  static async load(store: LedgerStore, tipHeight: number): Promise<RecentChain> {
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
    recent.#blocks = blocks.map(({ header }) => recent.summaryOf(header));
    return recent;
  }

  /** Newest first. */
  get blocks(): readonly BlockSummary[] {
    return this.#blocks;
  }

  /** Newest first. */
  get checkpoints(): readonly CheckpointView[] {
    return this.#checkpoints;
  }

  get stableHeight(): number {
    return this.#stableHeight;
  }

  summaryOf(header: HashedHeader): BlockSummary {
    return blockSummary(header, this.#stableHeight);
  }

  /** A block above the others; `null` where it was known already. */
  accept(header: HashedHeader): BlockSummary | null {
    if (this.#blocks.some(({ hash }) => hash === header.hash)) return null;
    const block = this.summaryOf(header);
    const below = this.#blocks.filter(({ height }) => height < header.height);
    this.#blocks = [block, ...below].slice(0, RECENT_BLOCKS_MAX);
    return block;
  }

  /** The blocks above `height` have been taken back. */
  rollBack(height: number): void {
    this.#blocks = this.#blocks.filter((block) => block.height <= height);
  }

  /** All blocks up to this checkpoint are stable; `null` where that was known. `nowMs` where its block is not. */
  certify({ height, hash }: Omit<CheckpointView, 'atMs'>, nowMs: number): CheckpointView | null {
    if (height <= this.#stableHeight) return null;
    this.#stableHeight = height;
    const atMs = this.#blocks.find((block) => block.height === height)?.timeMs ?? nowMs;
    const checkpoint: CheckpointView = { height, hash, atMs };
    this.#checkpoints = [checkpoint, ...this.#checkpoints].slice(0, RECENT_CHECKPOINTS_MAX);
    this.#blocks = this.#blocks.map((block) =>
      block.stable || block.height > height ? block : { ...block, stable: true },
    );
    return checkpoint;
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
