/**
 * A replica whose ledger was deleted: it cannot know what it signed, so it signs nothing. It comes back as a learner and
 * follows, the other three go on without it, and it is a learner for good.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LEDGER_FILE } from '../../src/main/storage/index.ts';
import { LoadClient, ReplicaProcesses } from './support/processes.ts';

const LOST = 2;
const STEP_REQUESTS = 60;
const PATIENCE_MS = 60_000;

let processes: ReplicaProcesses;
let client: LoadClient;

beforeEach(async () => {
  processes = await ReplicaProcesses.start();
  client = new LoadClient(processes);
  await client.start(4);
});
afterEach(async () => {
  await client.close();
  await processes.remove();
});

async function loseLedger(): Promise<void> {
  await processes.kill(LOST);
  for (const suffix of ['', '-wal', '-shm']) {
    await rm(join(processes.directoryOf(LOST), `${LEDGER_FILE}${suffix}`), { force: true });
  }
  await processes.startReplica(LOST);
}

describe('a replica whose ledger was deleted', () => {
  it('follows and signs nothing, the others go on, and it stays so', async () => {
    await client.untilFinal(STEP_REQUESTS, PATIENCE_MS);
    await loseLedger();
    await client.connected(processes.genesis.replicas.length);
    await client.untilFinal(client.finals.size + STEP_REQUESTS, PATIENCE_MS);
    await client.finish(PATIENCE_MS);
    await client.inStep(PATIENCE_MS);
    expect((await client.status(LOST)).participating).toBe(false);
    for (const index of [0, 1, 3]) expect((await client.status(index)).participating).toBe(true);

    // Once more, with a ledger that is there now.
    await processes.kill(LOST);
    await processes.startReplica(LOST);
    await client.connected(processes.genesis.replicas.length);
    expect((await client.status(LOST)).participating).toBe(false);

    await client.close();
    await processes.stopAll();
    const stores = await Promise.all([LOST, 0].map(async (index) => await processes.store(index)));
    try {
      const [lost, other] = await Promise.all(stores.map(async (store) => await store.load()));
      expect(lost!.learner).toMatchObject({ reason: 'stateLost' });
      expect([lost!.stable.hash, lost!.stable.executedDigest]).toEqual([
        other!.stable.hash,
        other!.stable.executedDigest,
      ]);
      // A quorum without it: whoever certified the last checkpoint, it was not the one that only follows.
      const signers = other!.stable.certificate?.signatures.map(({ replica }) => replica);
      expect(signers).toEqual([0, 1, 3]);
    } finally {
      for (const store of stores) await store.close();
    }
  });
});
