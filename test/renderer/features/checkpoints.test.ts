/** The rules behind the page of checkpoints. */
import { describe, expect, it } from 'vitest';
import {
  CHECKPOINTS_LISTED_MAX,
  isComplete,
  missingSigners,
  withNewest,
  withOlder,
} from '../../../src/renderer/features/checkpoints/checkpointList.ts';
import { roundRows } from '../../../src/renderer/features/checkpoints/roundRows.ts';
import { countDone, shortTime, type MatrixCell } from '../../../src/renderer/ui/phaseMatrix.ts';
import type { CheckpointEntry } from '../../../src/shared/contract/model.ts';
import { checkpointPage, openRound, stableRound } from '../fixture/checkpoints.ts';

const now = 1_000_000_000;
const word = (cell: MatrixCell): string | number => (cell.state === 'done' ? cell.afterMs : cell.state);
const cellsOf = (rows: ReturnType<typeof roundRows>): (string | number)[][] =>
  rows.map(({ cells }) => cells.map(({ cell }) => word(cell)));

describe('the votes for a checkpoint', () => {
  it('are a row for each replica, counted from when the block was accepted, and wait for who is missing', () => {
    const rows = roundRows(openRound(now), 4);
    expect(cellsOf(rows)).toEqual([
      ['apart', 23, 'waiting'],
      [0, 19, 'waiting'],
      ['apart', 4, 31],
      ['apart', 'waiting', 'waiting'],
    ]);
    expect(countDone(rows, 'localCommit')).toBe(3);
    expect(countDone(rows, 'order')).toBe(1);
  });

  it('are awaited no more when it is stable', () => {
    expect(cellsOf(roundRows(stableRound(now), 4))[3]).toEqual(['apart', 'unseen', 'unseen']);
  });

  it('are counted from the first one where nobody saw the block accepted', () => {
    const votes = [
      { replica: 1, phase: 'localCommit', atMs: 500 },
      { replica: 0, phase: 'checkpointVote', atMs: 530 },
    ] as const;
    const rows = roundRows({ acceptedAtMs: null, stableAtMs: null, votes: [...votes] }, 2);
    expect(cellsOf(rows)).toEqual([
      ['apart', 'waiting', 30],
      ['apart', 0, 'waiting'],
    ]);
  });

  it('are never before the beginning, and are short to read', () => {
    const votes = [{ replica: 0, phase: 'localCommit', atMs: 90 } as const];
    expect(cellsOf(roundRows({ acceptedAtMs: 100, stableAtMs: null, votes }, 1))).toEqual([
      ['apart', 0, 'waiting'],
    ]);
    expect([shortTime(12, 'en'), shortTime(1_254, 'en'), shortTime(12, 'zh-CN')]).toEqual([
      '12 ms',
      '1.25 sec',
      '12毫秒',
    ]);
  });
});

describe('the list of checkpoints', () => {
  const page = (beforeHeight: number | null, limit = 3): CheckpointEntry[] =>
    checkpointPage(now, { beforeHeight, limit }).checkpoints;
  const heights = (list: readonly CheckpointEntry[]): number[] => list.map(({ height }) => height);

  it('takes new ones on top and older ones below', () => {
    const first = page(4_128);
    const list = withOlder(first, page(first.at(-1)!.height));
    expect(heights(list)).toEqual([4_096, 4_064, 4_032, 4_000, 3_968, 3_936]);
    expect(withOlder(list, first)).toEqual(list);
    const newest = { ...first[0]!, height: 4_128, previousHeight: 4_096 };
    expect(heights(withNewest(list, [newest]))).toEqual([4_128, ...heights(list)]);
    // The newest page says more of what is known already, such as a late vote.
    expect(withNewest(list, first)).toEqual([...first, ...list.slice(3)]);
    expect(withNewest(list, [])).toBe(list);
  });

  it('has no gaps: where some are missing between the two, it begins anew', () => {
    const list = page(2_080);
    expect(heights(withNewest(list, page(null)))).toEqual(heights(page(null)));
  });

  it('knows its end, and stays bounded', () => {
    expect(isComplete(page(null))).toBe(false);
    expect(isComplete([{ ...page(null)[0]!, previousHeight: 0 }])).toBe(true);
    expect(isComplete([])).toBe(true);
    const many = Array.from({ length: CHECKPOINTS_LISTED_MAX + 5 }, (_, index) => ({
      ...page(null)[0]!,
      height: 10_000 - index,
      previousHeight: 9_999 - index,
    }));
    expect(withNewest(many.slice(1), many.slice(0, 1))).toHaveLength(CHECKPOINTS_LISTED_MAX);
  });

  it('names who is missing in a certificate', () => {
    expect(missingSigners({ signers: [0, 3] }, 4)).toEqual([1, 2]);
  });
});
