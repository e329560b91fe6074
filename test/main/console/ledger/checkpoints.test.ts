import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  checkpointPage,
  type CheckpointPageSources,
} from '../../../../src/main/console/ledger/checkpoints.ts';
import { ReplicaSets } from '../../../../src/main/console/live/replicaSets.ts';
import { openLedgerStore, type LedgerStore } from '../../../../src/main/storage/index.ts';
import { checkpointChannels, type CheckpointRound } from '../../../../src/shared/contract/model.ts';
import { twoChanges } from '../../../support/epochs.ts';
import { createStoreWorker, makeDirectory } from '../../../support/stores.ts';

const epochs = twoChanges();
const { genesis } = epochs.network;
const [end0, end1] = epochs.changes.map(({ header }) => header.height) as [number, number];
const tip = epochs.chain.header().height;
let store: LedgerStore;
let sets: ReplicaSets;
let remove: () => Promise<void>;

beforeAll(async () => {
  const directory = await makeDirectory();
  remove = directory.remove;
  store = await openLedgerStore({ directory: directory.path, genesis, createWorker: createStoreWorker });
  for (const accepted of epochs.take()) {
    const { height } = accepted.block.header;
    const isEnd = [end0, end1].includes(height);
    await store.commit([
      { type: 'append', accepted },
      ...(isEnd || height === tip ? epochs.settle(height) : []),
    ]);
  }
  sets = await ReplicaSets.open(genesis, store, 2);
});
afterAll(async () => {
  await store.close();
  await remove();
});

type Seen = CheckpointPageSources['seen'];
const unseen: Seen = () => undefined;
const page = async (beforeHeight: number | null, limit: number, seen: Seen = unseen) => {
  const answer = await checkpointPage({ store, sets, seen }, { beforeHeight, limit });
  return checkpointChannels['checkpoint.page'].output.parse(answer);
};

describe('a page of checkpoints', () => {
  it('has all of them, newest first, with their distances, their signers and the ends of epochs', async () => {
    const { checkpoints, epochs: named } = await page(null, 100);
    const expected = [
      ...(tip > end1 ? [[tip, end1, 2, false]] : []),
      [end1, end0, 1, true],
      [end0, 0, 0, true],
    ];
    expect(
      checkpoints.map(({ height, previousHeight, epoch, endsEpoch }) => [
        height,
        previousHeight,
        epoch,
        endsEpoch,
      ]),
    ).toEqual(expected);
    expect(checkpoints.at(-1)).toMatchObject({
      hash: epochs.changes[0]?.header.hash,
      acceptedAtMs: null,
      stableAtMs: null,
      votes: [],
      blockTimeMs: epochs.changes[0]?.header.timeMs,
      signers: epochs.changes[0]?.certificate.signatures.map(({ replica }) => replica),
    });
    expect(named.find(({ epoch }) => epoch === 1)?.replicas.map(({ publicKey }) => publicKey)).toEqual(
      epochs.networkOf(1).genesis.replicas.map(({ publicKey }) => publicKey),
    );
  });

  it('goes on below a height, and measures its last one against the next', async () => {
    const first = await page(null, 1);
    const newest = first.checkpoints[0]!;
    expect(first.checkpoints).toHaveLength(1);
    const below = await page(newest.height, 1);
    expect(below.checkpoints.map(({ height }) => height)).toEqual([newest.previousHeight]);
    expect(below.checkpoints[0]?.endsEpoch).toBe(true);
    expect(await page(end0, 10)).toEqual({ checkpoints: [], epochs: [] });
  });

  it('says how one came about where that was seen here', async () => {
    const votes = [{ replica: 2, phase: 'localCommit', atMs: 7 } as const];
    const seen = (height: number, hash: string): CheckpointRound | undefined =>
      height === end0
        ? { epoch: 0, height, hash, acceptedAtMs: 5, stableAtMs: 9, votes: [...votes] }
        : undefined;
    const { checkpoints } = await page(null, 10, seen);
    expect(checkpoints.at(-1)).toMatchObject({ acceptedAtMs: 5, stableAtMs: 9, votes });
    expect(checkpoints.at(-2)).toMatchObject({ acceptedAtMs: null, votes: [] });
  });
});
