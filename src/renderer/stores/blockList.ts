/**
 * The newest blocks as a list without gaps, newest first: merging new ones, older pages and checkpoints.
 * @module
 */
import type { BlockSummary } from '../../shared/contract/model.ts';

/** Most blocks that the page keeps; older ones are asked for again. About 200 bytes each. */
export const BLOCKS_KEPT_MAX = 10_000;

type Blocks = readonly BlockSummary[];

/**
 * `known` with `incoming`. A block of another hash at a known height means that the chain was put back to below it
 * (a view change), so that everything above it is gone, too. Where a gap would remain, only the newer part is kept.
 */
export function mergeBlocks(known: Blocks, incoming: Blocks): Blocks {
  const newest = known[0];
  // The usual case, ten times a second: the next blocks, one after another.
  if (newest !== undefined && isRun(incoming) && incoming.at(-1)?.height === newest.height + 1) {
    return [...incoming, ...known].slice(0, BLOCKS_KEPT_MAX);
  }
  const fresh = [...incoming].sort((a, b) => b.height - a.height);
  const lowest = fresh.at(-1);
  if (lowest === undefined) return known;
  const hashes = new Map(fresh.map((block) => [block.height, block.hash]));
  const replacedFrom = known.reduce(
    (height, block) =>
      hashes.has(block.height) && hashes.get(block.height) !== block.hash
        ? Math.min(height, block.height)
        : height,
    Infinity,
  );
  const kept = known.filter((block) => block.height < replacedFrom && !hashes.has(block.height));
  const merged = [...fresh, ...kept].sort((a, b) => b.height - a.height);
  return withoutGap(merged).slice(0, BLOCKS_KEPT_MAX);
}

/** `known` with a page of older blocks at its end. */
export function appendOlder(known: Blocks, page: Blocks): Blocks {
  const oldest = known.at(-1);
  const older = page.filter((block) => oldest === undefined || block.height < oldest.height);
  return withoutGap([...known, ...older]);
}

/** `known` without what was taken off the chain above `height`. */
export function dropAbove(known: Blocks, height: number): Blocks {
  return known.filter((block) => block.height <= height);
}

/** `known` with everything up to `height` marked as covered by a stable checkpoint. */
export function markStable(known: Blocks, height: number): Blocks {
  const begin = known.findIndex((block) => block.height <= height);
  if (begin === -1) return known;
  // What lies below a stable block is stable: of thousands of blocks, only the newest change.
  const stable = known.findIndex((block, index) => index >= begin && block.stable);
  const end = stable === -1 ? known.length : stable;
  if (begin === end) return known;
  const marked = known.slice(begin, end).map((block) => ({ ...block, stable: true }));
  return [...known.slice(0, begin), ...marked, ...known.slice(end)];
}

/** Newest first, one after another. */
function isRun(blocks: Blocks): boolean {
  return blocks.every((block, index) => index === 0 || block.height === (blocks[index - 1]?.height ?? 0) - 1);
}

function withoutGap(blocks: Blocks): Blocks {
  const end = blocks.findIndex((block, index) => {
    const next = blocks[index + 1];
    return next !== undefined && next.height !== block.height - 1;
  });
  return end === -1 ? blocks : blocks.slice(0, end + 1);
}
