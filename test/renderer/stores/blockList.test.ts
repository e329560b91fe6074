import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  appendOlder,
  BLOCKS_KEPT_MAX,
  markStable,
  mergeBlocks,
} from '../../../src/renderer/stores/blockList.ts';
import type { BlockSummary } from '../../../src/shared/contract/model.ts';

function block(height: number, fork = 'a', stable = false): BlockSummary {
  return { height, hash: `${fork}${String(height)}`, timeMs: height, requestCount: 1, stable };
}
function range(from: number, to: number, fork = 'a'): BlockSummary[] {
  return Array.from({ length: from - to + 1 }, (_, index) => block(from - index, fork));
}
const heights = (blocks: readonly BlockSummary[]): number[] => blocks.map(({ height }) => height);

describe('the list of blocks', () => {
  it('takes new blocks on top, in any order', () => {
    expect(heights(mergeBlocks(range(3, 1), [block(4), block(5)]))).toEqual([5, 4, 3, 2, 1]);
  });

  it('replaces a block that is told again', () => {
    const merged = mergeBlocks(range(3, 1), [block(3, 'a', true)]);
    expect(merged[0]).toEqual(block(3, 'a', true));
    expect(heights(merged)).toEqual([3, 2, 1]);
  });

  it('forgets what a view change put back', () => {
    const merged = mergeBlocks(range(6, 1), [block(4, 'b')]);
    expect(merged.map(({ hash }) => hash)).toEqual(['b4', 'a3', 'a2', 'a1']);
  });

  it('keeps only the newer part where a gap would remain', () => {
    expect(heights(mergeBlocks(range(3, 1), range(9, 7)))).toEqual([9, 8, 7]);
  });

  it('appends older pages, without what is known already', () => {
    expect(heights(appendOlder(range(9, 7), range(8, 5)))).toEqual([9, 8, 7, 6, 5]);
    expect(heights(appendOlder(range(9, 7), range(5, 4)))).toEqual([9, 8, 7]);
  });

  it('marks what a checkpoint covers', () => {
    expect(markStable(range(3, 1), 2).map(({ stable }) => stable)).toEqual([false, true, true]);
  });

  it('stays bounded', () => {
    const merged = mergeBlocks(range(BLOCKS_KEPT_MAX, 1), [block(BLOCKS_KEPT_MAX + 1)]);
    expect(merged.length).toBe(BLOCKS_KEPT_MAX);
    expect(merged[0]?.height).toBe(BLOCKS_KEPT_MAX + 1);
  });

  it('is always one piece, newest first, whatever comes', () => {
    const someBlocks = fc.array(
      fc.record({ height: fc.integer({ min: 1, max: 30 }), fork: fc.constantFrom('a', 'b') }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(fc.array(someBlocks, { maxLength: 8 }), (batches) => {
        const list = batches.reduce<readonly BlockSummary[]>((known, batch) => {
          const unique = new Map(batch.map(({ height, fork }) => [height, block(height, fork)]));
          const merged = mergeBlocks(known, [...unique.values()]);
          const newest = Math.max(...unique.keys());
          if (unique.size > 0) expect(merged[0]!.height).toBeGreaterThanOrEqual(newest);
          return merged;
        }, []);
        heights(list).forEach((height, index) => expect(height).toBe(list[0]!.height - index));
      }),
    );
  });
});
