import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Tally, type Counted } from '../../../src/main/consensus/tally.ts';

const said = (replica: number, height: number, key: string): Counted => ({
  replica,
  height,
  key,
  signature: `${String(replica)}${key}`,
});

describe('Tally', () => {
  it('counts the first and the last statement alike (defect 8 of the prototype)', () => {
    const tally = new Tally();
    expect([3, 0, 2].map((replica) => tally.add(said(replica, 5, 'a')))).toEqual(['added', 'added', 'added']);
    expect(tally.signatures(5, 'a').map(({ replica }) => replica)).toEqual([0, 2, 3]);
    expect(tally.size).toBe(3);
  });

  it('counts nobody twice, and keeps what was said first', () => {
    const tally = new Tally();
    tally.add(said(1, 5, 'a'));
    expect(tally.add({ ...said(1, 5, 'a'), signature: 'another' })).toBe('known');
    expect(tally.add(said(1, 5, 'b'))).toBe('conflict');
    expect(tally.signatures(5, 'a')).toEqual([{ replica: 1, signature: '1a' }]);
    expect(tally.signatures(5, 'b')).toEqual([]);
  });

  it('keeps heights and keys apart', () => {
    const tally = new Tally();
    tally.add(said(0, 5, 'a'));
    tally.add(said(1, 5, 'b'));
    tally.add(said(0, 6, 'b'));
    expect(tally.keys(5).toSorted()).toEqual(['a', 'b']);
    expect(tally.heights().toSorted()).toEqual([5, 6]);
    expect(tally.signatures(6, 'b').map(({ replica }) => replica)).toEqual([0]);
  });

  it('forgets what is settled, and everything when it is cleared', () => {
    const tally = new Tally();
    for (const height of [1, 2, 3]) tally.add(said(0, height, 'a'));
    tally.settle(2);
    expect(tally.heights()).toEqual([3]);
    tally.clear();
    expect(tally.size).toBe(0);
  });

  it('agrees with a list that is searched from the start', () => {
    const statement = fc.record({
      replica: fc.nat(3),
      height: fc.nat(4),
      key: fc.constantFrom('a', 'b'),
      settle: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 60 }), (statements) => {
        const tally = new Tally();
        let naive: Counted[] = [];
        for (const { replica, height, key, settle } of statements) {
          if (settle) {
            tally.settle(height);
            naive = naive.filter((counted) => counted.height > height);
            continue;
          }
          tally.add(said(replica, height, key));
          const before = naive.some((counted) => counted.replica === replica && counted.height === height);
          if (!before) naive.push(said(replica, height, key));
        }
        expect(tally.size).toBe(naive.length);
        for (const height of [0, 1, 2, 3, 4]) {
          for (const key of ['a', 'b']) {
            const expected = naive
              .filter((counted) => counted.height === height && counted.key === key)
              .map(({ replica }) => replica)
              .toSorted();
            expect(tally.signatures(height, key).map(({ replica }) => replica)).toEqual(expected);
          }
        }
      }),
    );
  });
});
