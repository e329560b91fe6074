/** What a replica may sign after what it has signed: the pure part of the guard. */
import { describe, expect, it } from 'vitest';
import { REMEMBERED_WINDOWS, SignMemory } from '../../../../src/main/keys/guard/signMemory.ts';
import { contradict } from '../../../../src/main/ledger/evidence.ts';
import type { Statement } from '../../../../src/main/ledger/statement.ts';
import { Random } from '../../../support/simulation/random.ts';
import { WINDOW_BLOCKS, change, commit, order, vote } from './support.ts';

function remembering(...statements: readonly Statement[]): SignMemory {
  const memory = new SignMemory(WINDOW_BLOCKS);
  for (const statement of statements) memory.add(statement);
  return memory;
}

describe('one statement for each place', () => {
  const pairs: readonly (readonly [string, Statement, Statement])[] = [
    ['orders', order(1, 2), order(1, 2, 9)],
    ['localCommits', commit(1, 2), commit(1, 2, 9)],
    ['votes for two blocks', vote(1, 2), vote(1, 2, 9)],
    ['votes for two states', vote(1, 2), vote(1, 2, 1, 9)],
    ['view changes', change('viewChange', 3), change('viewChange', 3, 9)],
    ['new views', change('newView', 3), change('newView', 3, 9)],
  ];
  it.each(pairs)('the first of two different %s stands, and is signed again', (_what, first, second) => {
    const memory = remembering(first);
    expect(memory.judge(first)).toEqual({ kind: 'again' });
    expect(memory.judge(second)).toEqual({ kind: 'contradicts', before: first });
    expect([memory.mayHaveSigned(first), memory.mayHaveSigned(second)]).toEqual([true, false]);
  });

  it('phases, heights, views and epochs are places of their own', () => {
    const memory = remembering(commit(1, 2), change('viewChange', 3));
    const elsewhere = [order(1, 2, 9), vote(1, 2, 9), commit(1, 3, 9), commit(2, 2, 9), commit(1, 2, 9, 1)];
    const later = [change('newView', 3, 9), change('viewChange', 4, 9), change('viewChange', 0, 9, 1)];
    for (const statement of [...elsewhere, ...later]) expect(memory.judge(statement).kind).toBe('new');
  });
});

describe('what a correct replica needs', () => {
  it('is not refused: late repeats of the window, in earlier views too (rules A3 and C3)', () => {
    const memory = new SignMemory(WINDOW_BLOCKS);
    const said: Statement[] = [];
    for (let view = 0; view < REMEMBERED_WINDOWS - 1; view++) {
      for (let height = 11; height <= 10 + WINDOW_BLOCKS; height++) {
        said.push(order(view, height, view), commit(view, height, view), vote(view, height, view));
      }
      said.push(change('viewChange', view + 1));
    }
    memory.settle(10);
    for (const statement of said) {
      expect(memory.judge(statement).kind).toBe('new');
      memory.add(statement);
    }
    const repeatable = said.filter(
      ({ type, view }) => type !== 'viewChange' || view === REMEMBERED_WINDOWS - 1,
    );
    for (const statement of repeatable) expect(memory.judge(statement).kind).toBe('again');
  });

  it('is not refused in the view under way, however many came before it without a checkpoint', () => {
    const memory = new SignMemory(WINDOW_BLOCKS);
    for (let view = 0; view < 100; view++) {
      for (let height = 1; height <= WINDOW_BLOCKS; height++) {
        for (const statement of [order(view, height), commit(view, height), vote(view, height)]) {
          expect(memory.judge(statement).kind).toBe('new');
          memory.add(statement);
        }
      }
      for (let height = 1; height <= WINDOW_BLOCKS; height++) {
        expect(memory.judge(commit(view, height)).kind).toBe('again');
      }
      expect(memory.size).toBeLessThanOrEqual(3 * WINDOW_BLOCKS * REMEMBERED_WINDOWS);
    }
    expect(memory.judge(commit(0, 1, 9))).toEqual({ kind: 'belowFloor' });
  });
});

describe('below what is remembered exactly', () => {
  it('nothing is signed: at a stable checkpoint, and for views that were left', () => {
    const memory = remembering(commit(1, 2), commit(1, 3), change('viewChange', 5));
    memory.settle(2);
    memory.settle(1);
    expect(memory.floor.height).toBe(2);
    expect([commit(1, 2), commit(9, 1, 9)].map((one) => memory.judge(one).kind)).toEqual([
      'belowFloor',
      'belowFloor',
    ]);
    expect(memory.judge(commit(1, 3)).kind).toBe('again');
    expect(memory.judge(change('viewChange', 4)).kind).toBe('belowFloor');
    // It may have been this replica: nobody is accused of what is forgotten.
    expect(memory.mayHaveSigned(commit(1, 2, 9))).toBe(true);
    expect(memory.size).toBe(2);
  });
});

it('never lets two contradicting statements through, whatever is asked in whatever order', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = new Random(seed);
    const memory = new SignMemory(WINDOW_BLOCKS);
    const signed: Statement[] = [];
    for (let step = 0; step < 120; step++) {
      const view = random.integer(0, 6);
      const height = random.integer(1, 8);
      const content = random.integer(1, 2);
      const statement = random.pick([order, commit, vote])(view, height, content);
      const other = change(random.pick(['viewChange', 'newView'] as const), view, content);
      const asked = random.chance(0.7) ? statement : other;
      if (random.chance(0.05)) memory.settle(random.integer(0, 4));
      const { kind } = memory.judge(asked);
      if (kind === 'new') memory.add(asked);
      if (kind === 'new' || kind === 'again') {
        for (const before of signed) expect(contradict(before, asked)).toBe(false);
        signed.push(asked);
      }
    }
  }
});

describe('an epoch that has begun', () => {
  it('leaves nothing of the one before to be signed, not even again (rule E4)', () => {
    const memory = remembering(commit(1, 2), change('viewChange', 3));
    memory.enter(1);
    const before = [commit(1, 2), commit(9, 9), vote(9, 9), change('viewChange', 3), change('newView', 99)];
    for (const statement of before) expect(memory.judge(statement)).toEqual({ kind: 'belowFloor' });
    expect(memory.statements).toEqual([]);
    expect(memory.judge(change('viewChange', 1, 9, 1)).kind).toBe('new');
    expect(memory.judge(commit(0, 3, 9, 1)).kind).toBe('new');
  });

  it('is entered once, and never left for an earlier one', () => {
    const memory = remembering();
    memory.enter(2);
    memory.add(commit(4, 5, 9, 2));
    memory.enter(2);
    memory.enter(1);
    expect(memory.floor).toMatchObject({ epoch: 2, view: 0 });
    expect(memory.judge(commit(4, 5, 9, 2)).kind).toBe('again');
  });
});
