/**
 * New blocks wait while a person reads further down: the list stays still, and says how many wait.
 * @module
 */
import type { BlockSummary } from '../../../shared/contract/model.ts';

/** What is shown of a live list that is frozen at a height, or not frozen. */
export interface HeldBack {
  readonly shown: readonly BlockSummary[];
  readonly waiting: number;
}

/** `blocks` (newest first) without those above `frozenAt`; all of them for `null`. */
export function holdBack(blocks: readonly BlockSummary[], frozenAt: number | null): HeldBack {
  if (frozenAt === null) return { shown: blocks, waiting: 0 };
  const first = blocks.findIndex((block) => block.height <= frozenAt);
  // All of them are newer: the list was put back or replaced, and there is nothing left to hold still.
  if (first === -1) return { shown: blocks, waiting: 0 };
  return { shown: blocks.slice(first), waiting: first };
}
