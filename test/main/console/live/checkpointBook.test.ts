import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ACCEPTED_SEEN_MAX,
  CheckpointBook,
  ROUNDS_OPEN_MAX,
  ROUNDS_SEEN_MAX,
} from '../../../../src/main/console/live/checkpointBook.ts';
import { checkpointRoundSchema } from '../../../../src/shared/contract/model.ts';

const hashOf = (height: number, chain = 0): string => (height * 10 + chain).toString(16).padStart(64, '0');
const block = (height: number, chain = 0) => ({ epoch: 0, height, hash: hashOf(height, chain) });
const vote = (phase: 'localCommit' | 'checkpointVote', replica: number, height: number, chain = 0) => ({
  phase,
  replica,
  height,
  hash: hashOf(height, chain),
});

describe('the book of checkpoints', () => {
  it('fills with the votes, and keeps the round when it is stable', () => {
    const book = new CheckpointBook(4, 0);
    expect(book.round).toBeNull();
    book.accepted(block(1), 5, 100);
    // A block without votes is no checkpoint yet.
    expect(book.round).toBeNull();
    book.vote(vote('localCommit', 3, 1), 110);
    expect(book.round).toEqual({
      ...block(1),
      acceptedAtMs: 100,
      stableAtMs: null,
      votes: [
        { replica: 1, phase: 'order', atMs: 100 },
        { replica: 3, phase: 'localCommit', atMs: 110 },
      ],
    });
    book.vote(vote('localCommit', 3, 1), 120);
    book.vote(vote('checkpointVote', 3, 1), 130);
    book.stable(block(1), 140);
    const { round } = book;
    expect(checkpointRoundSchema.parse(round)).toEqual({
      ...block(1),
      acceptedAtMs: 100,
      stableAtMs: 140,
      votes: [
        { replica: 1, phase: 'order', atMs: 100 },
        { replica: 3, phase: 'localCommit', atMs: 110 },
        { replica: 3, phase: 'checkpointVote', atMs: 130 },
      ],
    });
    expect(book.seen(1, hashOf(1))).toEqual(round);
    expect(book.seen(1, hashOf(1, 1))).toBeUndefined();
    // Who comes late is seen, once.
    book.vote(vote('checkpointVote', 0, 1), 900);
    book.vote(vote('checkpointVote', 0, 1), 950);
    expect(book.round?.votes.at(-1)).toEqual({ replica: 0, phase: 'checkpointVote', atMs: 900 });
    expect(book.round?.votes).toHaveLength(4);
  });

  it('shows the newest checkpoint under vote', () => {
    const book = new CheckpointBook(4, 6);
    for (const height of [7, 8, 9]) book.accepted(block(height), 0, height);
    book.vote(vote('localCommit', 2, 7), 20);
    book.vote(vote('localCommit', 2, 9), 21);
    book.vote(vote('localCommit', 1, 7), 22);
    expect(book.round?.height).toBe(9);
    book.stable(block(8), 30);
    expect(book.round?.height).toBe(9);
    book.stable(block(9), 31);
    expect(book.round).toMatchObject({ height: 9, stableAtMs: 31 });
  });

  it('keeps votes that come before their block, and only the last one of each', () => {
    const book = new CheckpointBook(4, 0);
    book.vote(vote('localCommit', 1, 1), 5);
    book.vote(vote('localCommit', 2, 7), 6);
    book.vote(vote('localCommit', 2, 1), 7);
    expect(book.round).toBeNull();
    book.accepted(block(1), 0, 10);
    expect(book.round?.votes.slice(1)).toEqual([
      { replica: 1, phase: 'localCommit', atMs: 5 },
      { replica: 2, phase: 'localCommit', atMs: 7 },
    ]);
  });

  it('counts nothing for a block of another chain, and nothing of a view or epoch that was left', () => {
    const book = new CheckpointBook(4, 0);
    book.accepted(block(1), 0, 1);
    book.vote(vote('localCommit', 1, 1, 1), 2);
    expect(book.round).toBeNull();
    book.vote(vote('localCommit', 2, 1), 3);
    book.enteredView();
    expect(book.round).toBeNull();
    book.vote(vote('localCommit', 2, 1), 4);
    expect(book.round?.acceptedAtMs).toBe(1);
    book.rolledBack(0);
    expect(book.round).toBeNull();
    book.accepted(block(1, 1), 1, 5);
    book.vote(vote('localCommit', 2, 1, 1), 6);
    expect(book.round).toMatchObject({ hash: hashOf(1, 1), acceptedAtMs: 5 });
    book.enteredEpoch(5);
    expect(book.round).toBeNull();
  });

  it('says nothing of when a block was accepted that a certificate brought', () => {
    const book = new CheckpointBook(4, 0);
    book.accepted(block(1), null, 10);
    book.vote(vote('checkpointVote', 1, 1), 12);
    book.stable(block(1), 14);
    expect(book.round).toEqual({
      ...block(1),
      acceptedAtMs: null,
      stableAtMs: 14,
      votes: [{ replica: 1, phase: 'checkpointVote', atMs: 12 }],
    });
    book.stable(block(5), 20);
    expect(book.seen(5, hashOf(5))).toBeUndefined();
  });

  it('stays bounded whatever comes', () => {
    const book = new CheckpointBook(4, 0);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 40 }), fc.nat(3), (height, replica) => {
        book.vote(vote('localCommit', replica, height), 1);
        return book.holdings.early <= 8;
      }),
      { numRuns: 200 },
    );
    for (let height = 1; height <= ACCEPTED_SEEN_MAX + 10; height++) {
      book.accepted(block(height), 0, height);
      book.vote(vote('localCommit', 1, height), height);
    }
    expect(book.holdings).toMatchObject({ accepted: ACCEPTED_SEEN_MAX, open: ROUNDS_OPEN_MAX });
    const many = new CheckpointBook(4, 0);
    for (let height = 1; height <= ROUNDS_SEEN_MAX + 10; height++) {
      many.accepted(block(height), 0, height);
      many.stable(block(height), height);
    }
    expect(many.holdings).toEqual({ accepted: 0, open: 0, early: 0, seen: ROUNDS_SEEN_MAX });
    expect(many.seen(10, hashOf(10))).toBeUndefined();
  });
});
