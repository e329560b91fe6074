/**
 * Real processes, killed with SIGKILL under load: what a client saw as final is on every replica afterwards, at the
 * height that it was told, and every replica comes back into step by itself.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LoadClient, ReplicaProcesses } from './support/processes.ts';

const CONCURRENCY = 20;
const STEP_REQUESTS = 100;

let processes: ReplicaProcesses;
let client: LoadClient;

beforeEach(async () => {
  processes = await ReplicaProcesses.start();
  client = new LoadClient(processes);
  await client.start(CONCURRENCY);
}, 60_000);

afterEach(async () => {
  await client.close();
  await processes.remove();
});

describe('a replica killed with SIGKILL under load', () => {
  it('a backup: the others go on, and it comes back with all it had promised', async () => {
    await client.untilFinal(STEP_REQUESTS, 30_000);
    for (const victim of [1, 2, 3]) {
      await processes.kill(victim);
      await client.untilFinal(client.finals.size + STEP_REQUESTS, 30_000);
      await processes.startReplica(victim);
      await client.connected(processes.genesis.replicas.length);
      await client.untilFinal(client.finals.size + STEP_REQUESTS, 30_000);
    }
    await client.finish(30_000);
    await everythingFinalIsEverywhere();
  });

  it('the primary: nothing is lost while it is away, and it goes on where it was', async () => {
    await client.untilFinal(STEP_REQUESTS, 30_000);
    await processes.kill(0);
    await processes.startReplica(0);
    await client.untilFinal(client.finals.size + STEP_REQUESTS, 30_000);
    await client.finish(30_000);
    await everythingFinalIsEverywhere();
  });
});

async function everythingFinalIsEverywhere(): Promise<void> {
  // All may be final before the client has connected again with the one that was away.
  await client.connected(processes.genesis.replicas.length);
  await client.inStep(20_000);
  const { finals, sent } = client;
  await client.close();
  await processes.stopAll();
  expect(finals.size).toBe(sent.length);
  const tips: string[] = [];
  for (const [index] of processes.genesis.replicas.entries()) {
    const store = await processes.store(index);
    try {
      for (const { requestId, height } of finals.values()) {
        const located = await store.request(requestId);
        expect(located?.height, `request ${requestId} at replica ${String(index)}`).toBe(height);
      }
      const { requests } = await store.counts();
      expect(requests, `each request once at replica ${String(index)}`).toBe(sent.length);
      const { stable } = await store.load();
      tips.push(`${String(stable.height)}:${stable.hash}:${stable.executedDigest}`);
    } finally {
      await store.close();
    }
  }
  expect(tips).toEqual(tips.map(() => tips[0]));
}
