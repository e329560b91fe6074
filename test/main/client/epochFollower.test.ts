import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EpochFollower, REST_AFTER_MS } from '../../../src/main/client/epochFollower.ts';
import { firstReplicaSet, type EpochChange, type ReplicaSet } from '../../../src/main/ledger/epochChange.ts';
import { CountersignError } from '../../../src/shared/errors.ts';
import { twoChanges } from '../../support/epochs.ts';
import { makeGenesis } from '../../support/ledger.ts';
import { verify } from '../../support/receipts.ts';

const epochs = twoChanges();
const { genesis } = epochs.network;
type Ask = (source: string, epoch: number) => Promise<EpochChange | null>;

const serves: Ask = async (_source, epoch) => Promise.resolve(epochs.changes[epoch] ?? null);

function follow(ask: Ask = serves, from: ReplicaSet = firstReplicaSet(genesis)) {
  const asked: string[] = [];
  const proven: number[] = [];
  const arrived: number[] = [];
  const failed: string[] = [];
  const follower = new EpochFollower<string>({
    genesis,
    from,
    verify: async (check) => Promise.resolve(verify(check)),
    ask: async (source, epoch) => {
      asked.push(`${source} ${String(epoch)}`);
      return await ask(source, epoch);
    },
    onProven: (change, set) => {
      expect(epochs.changes[set.epoch - 1]).toEqual(change);
      proven.push(set.epoch);
    },
    onArrived: (set) => arrived.push(set.epoch),
    onFailed: (source, { code }) => failed.push(`${source} ${code}`),
  });
  return { follower, asked, proven, arrived, failed };
}

/** Lets everything happen that waits for nothing but its turn. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('following the epochs', () => {
  it('asks for each change in turn, and arrives once, where nothing later is claimed', async () => {
    const { follower, asked, proven, arrived, failed } = follow();
    follower.heard('a', 2);
    follower.heard('b', 2);
    follower.heard('c', 0);
    await settle();
    expect(asked).toEqual(['a 0', 'a 1']);
    expect([proven, arrived, failed]).toEqual([[1, 2], [2], []]);
    expect(follower.set.replicas).toEqual(epochs.networkOf(2).genesis.replicas);
    follower.heard('b', 2);
    await settle();
    expect(asked).toHaveLength(2);
  });

  it('begins with what is known already', async () => {
    const from = {
      epoch: 1,
      baseHeight: epochs.changes[0]!.header.height,
      replicas: epochs.changes[0]!.replicas,
    };
    const { follower, asked, arrived } = follow(serves, from);
    follower.heard('a', 2);
    await settle();
    expect([asked, arrived]).toEqual([['a 1'], [2]]);
  });

  it('goes on with another where one has gone in the middle', async () => {
    const { follower, asked, arrived, failed } = follow(async (source, epoch) => {
      if (source === 'a' && epoch === 1) {
        follower.gone('a');
        throw new CountersignError('timeout', { what: 'getEpochChange', timeoutMs: 1 });
      }
      return await serves(source, epoch);
    });
    follower.heard('a', 2);
    follower.heard('b', 2);
    await settle();
    expect(asked).toEqual(['a 0', 'a 1', 'b 1']);
    expect([arrived, failed]).toEqual([[2], ['a timeout']]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('who does not prove what it says', () => {
  const foreign = twoChanges(makeGenesis({ name: 'another network', limits: genesis.limits }));
  const lies: [string, EpochChange | null][] = [
    ['has no proof', null],
    ['has one of another network', foreign.changes[0]!],
    ['has one of another epoch', epochs.changes[1]!],
  ];
  it.each(lies)('%s: it rests, and the others are heard', async (_, lie) => {
    const { follower, asked, arrived, failed } = follow(async (source, epoch) =>
      source === 'liar' ? lie : await serves(source, epoch),
    );
    follower.heard('liar', 1_000);
    await settle();
    expect([asked, arrived, failed]).toEqual([['liar 0'], [0], ['liar epochChange.invalid']]);
    for (let times = 0; times < 100; times++) follower.heard('liar', 1_000 + times);
    await settle();
    expect(asked).toHaveLength(1);
    follower.heard('honest', 2);
    await settle();
    expect(asked).toEqual(['liar 0', 'honest 0', 'honest 1']);
    expect(arrived).toEqual([0, 2]);
    vi.advanceTimersByTime(REST_AFTER_MS);
    await settle();
    expect(asked.at(-1)).toBe('liar 2');
  });

  it('is asked again after its rest: it may have been slow', async () => {
    let slow = true;
    const { follower, asked, arrived } = follow(async (source, epoch) => {
      if (slow) throw new CountersignError('timeout', { what: 'getEpochChange', timeoutMs: 1 });
      return await serves(source, epoch);
    });
    follower.heard('a', 2);
    await settle();
    slow = false;
    vi.advanceTimersByTime(REST_AFTER_MS);
    await settle();
    expect([asked, arrived]).toEqual([
      ['a 0', 'a 0', 'a 1'],
      [0, 2],
    ]);
  });

  it('nothing is told after the end', async () => {
    const { follower, proven, arrived } = follow();
    follower.heard('a', 2);
    follower.close();
    await settle();
    follower.heard('b', 2);
    await settle();
    expect([proven, arrived]).toEqual([[], []]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
