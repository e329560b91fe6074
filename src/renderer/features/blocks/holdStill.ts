/**
 * The list of blocks stays as it was while a person reads further down, however many new ones come.
 * @module
 */
import type { BlockSummary } from '../../../shared/contract/model.ts';

type Blocks = readonly BlockSummary[];

/**
 * What a reader has before them, `held`, after the live list has become `live` (both newest first, in one piece each).
 * No row comes or goes, unless its block was taken off the chain; what became stable says so, and another block at a
 * height takes the place of the one before. Rows that the live list has dropped stay. `held` itself where nothing changed.
 */
export function holdStill(held: Blocks, live: Blocks): Blocks {
  const newest = live[0];
  const top = held[0];
  if (newest === undefined || top === undefined) return live;
  const onChain = top.height <= newest.height ? held : held.filter(({ height }) => height <= newest.height);
  // Everything that was read is gone: nothing is left to hold still.
  if (onChain.length === 0) return live;
  const stableHeight = live.find(({ stable }) => stable)?.height ?? -1;
  let changed = onChain !== held;
  const next = onChain.map((block) => {
    const told = live[newest.height - block.height];
    const isSettled = block.stable || block.height > stableHeight;
    const now = told ?? (isSettled ? block : { ...block, stable: true });
    const isSame = now.hash === block.hash && now.stable === block.stable;
    changed ||= !isSame;
    return isSame ? block : now;
  });
  return changed ? next : held;
}

/** How many blocks are newer than those held. */
export function waitingAbove(held: Blocks, live: Blocks): number {
  return Math.max(0, (live[0]?.height ?? 0) - (held[0]?.height ?? 0));
}
