/**
 * Replicas that sleep and wake, as on laptops: one that does not order, which must be no matter to the others, and the one
 * that orders, in whose place another one orders. Each is in step again by itself, in the same view as all others.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { LoadClient, ReplicaProcesses } from './support/processes.ts';
import { ViewWatch } from './support/viewWatch.ts';

const CONCURRENCY = 2;
const ASLEEP_MS = 15_000;
const PATIENCE_MS = 60_000;

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
}, 60_000);

interface Cluster {
  readonly processes: ReplicaProcesses;
  readonly client: LoadClient;
  readonly watch: ViewWatch;
}

async function start(): Promise<Cluster> {
  const processes = await ReplicaProcesses.create();
  opened.push(async () => await processes.remove());
  await processes.startAll();
  const watch = new ViewWatch(processes.genesis);
  opened.push(async () => await watch.close());
  const client = new LoadClient(processes, (request) => watch.watch(request));
  opened.push(async () => await client.close());
  await watch.connected();
  await client.start(CONCURRENCY);
  await client.finalAfterMs(PATIENCE_MS);
  return { processes, client, watch };
}

/** Waits until a request that is sent now is final on the fast path: all replicas answer alike, in one view. */
async function allAnswerAlike({ client }: Cluster): Promise<void> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  for (;;) {
    const request = client.sendOneMore();
    await client.isFinal(request, PATIENCE_MS);
    if (client.finals.get(request.id)?.finality === 'fast') return;
    expect(performance.now(), 'they answer alike').toBeLessThan(deadlineMs);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Puts a replica to sleep under load; how many requests became final meanwhile, and how soon it is in step again. */
async function sleep(cluster: Cluster, index: number): Promise<{ meanwhile: number; inStepMs: number }> {
  const { processes, client } = cluster;
  const before = client.finals.size;
  processes.sleep(index);
  await client.finalAfterMs(PATIENCE_MS);
  await new Promise((resolve) => setTimeout(resolve, ASLEEP_MS));
  const meanwhile = client.finals.size - before;
  const wokeAtMs = performance.now();
  processes.wake(index);
  await allAnswerAlike(cluster);
  await client.inStep(PATIENCE_MS);
  return { meanwhile, inStepMs: Math.round(performance.now() - wokeAtMs) };
}

describe('a replica sleeps for a while and wakes', () => {
  it('without any change of the view where it does not order; with the one that is needed where it does', async () => {
    const cluster = await start();
    const { processes, client, watch } = cluster;
    const { view, primary } = watch;
    const n = processes.genesis.replicas.length;
    for (const away of [1, 2]) {
      const backup = await sleep(cluster, (primary + away) % n);
      console.log(`a backup slept: ${JSON.stringify(backup)}`);
      expect(backup.meanwhile).toBeGreaterThan(CONCURRENCY);
      expect(watch.highest, 'its sleep moves nobody, nor itself').toBe(view);
    }
    const ordering = await sleep(cluster, primary);
    console.log(`the primary slept: ${JSON.stringify(ordering)}`);
    expect(ordering.meanwhile).toBeGreaterThan(CONCURRENCY);
    expect([watch.view, watch.highest], 'the next one orders, and goes on').toEqual([view + 1, view + 1]);
    await client.finish(PATIENCE_MS);
    await client.inStep(PATIENCE_MS);
    expect(client.finals.size).toBe(client.sent.length);
  });

  it('while nothing is to be done: nobody changes the view, and the next request is final on the fast path', async () => {
    const cluster = await start();
    const { processes, client, watch } = cluster;
    await client.finish(PATIENCE_MS);
    await client.inStep(PATIENCE_MS);
    const { view } = watch;
    for (const [index] of processes.genesis.replicas.entries()) processes.sleep(index);
    await new Promise((resolve) => setTimeout(resolve, ASLEEP_MS));
    for (const [index] of processes.genesis.replicas.entries()) processes.wake(index);
    await allAnswerAlike(cluster);
    expect(watch.highest).toBe(view);
  });

  it('all at once under load, as on one machine that sleeps: nobody is blamed for it', async () => {
    const cluster = await start();
    const { processes, client, watch } = cluster;
    const { view } = watch;
    for (let times = 0; times < 3; times++) {
      await client.finalAfterMs(PATIENCE_MS);
      for (const [index] of processes.genesis.replicas.entries()) processes.sleep(index);
      await new Promise((resolve) => setTimeout(resolve, ASLEEP_MS / 3));
      for (const [index] of processes.genesis.replicas.entries()) processes.wake(index);
      await allAnswerAlike(cluster);
    }
    await client.finish(PATIENCE_MS);
    await client.inStep(PATIENCE_MS);
    expect(watch.highest).toBe(view);
  });
});
