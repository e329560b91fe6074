/**
 * New blocks, or checkpoints, wait while a person reads further down: the list stays still, and says how many wait.
 * @module
 */
/** What is shown of a live list that is frozen at a height, or not frozen. */
export interface HeldBack<T> {
  readonly shown: readonly T[];
  readonly waiting: number;
}

/** `blocks` (newest first) without those above `frozenAt`; all of them for `null`. */
export function holdBack<T extends { readonly height: number }>(
  blocks: readonly T[],
  frozenAt: number | null,
): HeldBack<T> {
  if (frozenAt === null) return { shown: blocks, waiting: 0 };
  const first = blocks.findIndex((block) => block.height <= frozenAt);
  // All of them are newer: the list was put back or replaced, and there is nothing left to hold still.
  if (first === -1) return { shown: blocks, waiting: 0 };
  return { shown: blocks.slice(first), waiting: first };
}
