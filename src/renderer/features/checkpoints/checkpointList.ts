/**
 * The stable checkpoints that the page has, newest first and without gaps: merging the newest page and older ones.
 * @module
 */
import type { CheckpointEntry } from '../../../shared/contract/model.ts';

/** Most checkpoints that the page keeps; older ones are asked for again. About 1 KiB each. */
export const CHECKPOINTS_LISTED_MAX = 5_000;

type Checkpoints = readonly CheckpointEntry[];

/** `known` with the newest page on top. Where checkpoints between the two are missing, only the page is kept. */
export function withNewest(known: Checkpoints, page: Checkpoints): Checkpoints {
  const lowest = page.at(-1);
  if (lowest === undefined) return known;
  const below = known.filter(({ height }) => height < lowest.height);
  const joins = (below[0]?.height ?? lowest.previousHeight) === lowest.previousHeight;
  return [...page, ...(joins ? below : [])].slice(0, CHECKPOINTS_LISTED_MAX);
}

/** `known` with a page of older ones at its end. */
export function withOlder(known: Checkpoints, page: Checkpoints): Checkpoints {
  const oldest = known.at(-1);
  const older = page.filter(({ height }) => oldest === undefined || height < oldest.height);
  return [...known, ...older];
}

/** Whether nothing lies below the oldest known one but genesis. */
export function isComplete(known: Checkpoints): boolean {
  return (known.at(-1)?.previousHeight ?? 0) === 0;
}

/** Those of `n` replicas whose signatures the certificate lacks. */
export function missingSigners({ signers }: Pick<CheckpointEntry, 'signers'>, n: number): number[] {
  return Array.from({ length: n }, (_, index) => index).filter((index) => !signers.includes(index));
}
