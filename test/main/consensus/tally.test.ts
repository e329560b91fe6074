import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Tally, type Counted } from '../../../src/main/consensus/tally.ts';
import type { CheckpointVoteStatement } from '../../../src/main/ledger/statement.ts';

type Said = Counted<CheckpointVoteStatement>;

/** A vote for the block and state named `key`. */
const said = (replica: number, height: number, key: string): Said => ({
  replica,
  statement: { type: 'checkpointVote', epoch: 0, view: 0, height, hash: key, stateDigest: `state ${key}` },
  signature: `${String(replica)}${key}`,
});
const newTally = () => new Tally<CheckpointVoteStatement>();
const signatures = (tally: Tally<CheckpointVoteStatement>, height: number, key: string) =>
  tally.signatures(said(0, height, key).statement);

describe('Tally', () => {
  it('counts the first and the last statement alike (defect 8 of the prototype)', () => {
    const tally = newTally();
    expect([3, 0, 2].map((replica) => tally.add(said(replica, 5, 'a')).outcome)).toEqual([
      'added',
      'added',
      'added',
    ]);
    expect(signatures(tally, 5, 'a').map(({ replica }) => replica)).toEqual([0, 2, 3]);
    expect(tally.size).toBe(3);
  });

  it('counts nobody twice, and keeps what was said first', () => {
    const tally = newTally();
    tally.add(said(1, 5, 'a'));
    expect(tally.add({ ...said(1, 5, 'a'), signature: 'another' })).toEqual({ outcome: 'known' });
    expect(tally.add(said(1, 5, 'b'))).toEqual({ outcome: 'conflict', before: said(1, 5, 'a') });
    expect(signatures(tally, 5, 'a')).toEqual([{ replica: 1, signature: '1a' }]);
    expect(signatures(tally, 5, 'b')).toEqual([]);
  });

  it('tells votes for one block with two states apart', () => {
    const tally = newTally();
    const vote = said(1, 5, 'a');
    tally.add(vote);
    const other = { ...vote, statement: { ...vote.statement, stateDigest: 'another' } };
    expect(tally.add(other).outcome).toBe('conflict');
    expect(tally.signatures(other.statement)).toEqual([]);
  });

  it('keeps heights and keys apart', () => {
    const tally = newTally();
    tally.add(said(0, 5, 'a'));
    tally.add(said(1, 5, 'b'));
    tally.add(said(0, 6, 'b'));
    expect(signatures(tally, 5, 'a').map(({ replica }) => replica)).toEqual([0]);
    expect(tally.heights().toSorted()).toEqual([5, 6]);
    expect(signatures(tally, 6, 'b').map(({ replica }) => replica)).toEqual([0]);
  });

  it('forgets what is settled, and everything when it is cleared', () => {
    const tally = newTally();
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
        const tally = newTally();
        let naive: Said[] = [];
        for (const { replica, height, key, settle } of statements) {
          if (settle) {
            tally.settle(height);
            naive = naive.filter((counted) => counted.statement.height > height);
            continue;
          }
          tally.add(said(replica, height, key));
          const before = naive.some(
            (counted) => counted.replica === replica && counted.statement.height === height,
          );
          if (!before) naive.push(said(replica, height, key));
        }
        expect(tally.size).toBe(naive.length);
        for (const height of [0, 1, 2, 3, 4]) {
          for (const key of ['a', 'b']) {
            const expected = naive
              .filter((counted) => counted.statement.height === height && counted.statement.hash === key)
              .map(({ replica }) => replica)
              .toSorted();
            expect(signatures(tally, height, key).map(({ replica }) => replica)).toEqual(expected);
          }
        }
      }),
    );
  });
});
