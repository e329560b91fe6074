/**
 * The primary killed with SIGKILL under load, view after view: the next request is final within twice the view timeout,
 * with a short history and a long one alike, and nothing is lost.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { DEFAULT_OPTIONS } from '../../src/main/consensus/config.ts';
import { BLOCK_STEP_MS, writeLongChain } from './support/longChain.ts';
import { LoadClient, ReplicaProcesses } from './support/processes.ts';
import { ViewWatch } from './support/viewWatch.ts';

const CONCURRENCY = 4;
const KILLS = 20;
/** Kills for each length of the history that is compared. */
const COMPARED_KILLS = 4;
/** The full comparison is with 100,000 blocks: some minutes to prepare. */
const LONG_CHAIN_BLOCKS = Number(process.env['COUNTERSIGN_LONG_CHAIN'] ?? 20_000);
const SHORT_CHAIN_BLOCKS = 1_000;
const BOUND_MS = 2 * DEFAULT_OPTIONS.viewTimeoutMs;
const PATIENCE_MS = 60_000;

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
}, 60_000);

/** A network with a history of so many blocks, a client that keeps it busy, and who orders. */
async function start(
  blocks: number,
): Promise<{ processes: ReplicaProcesses; client: LoadClient; watch: ViewWatch }> {
  const processes = await ReplicaProcesses.create(Date.now() - (blocks + 1) * BLOCK_STEP_MS);
  opened.push(async () => await processes.remove());
  if (blocks > 0) await writeLongChain(processes, blocks);
  await processes.startAll();
  const watch = new ViewWatch(processes.genesis);
  opened.push(async () => await watch.close());
  const client = new LoadClient(processes, (request) => watch.watch(request));
  opened.push(async () => await client.close());
  await watch.connected();
  await client.start(CONCURRENCY);
  return { processes, client, watch };
}

/** Kills the primary so many times, each time another one: how long the next request took, in milliseconds. */
async function killPrimaries(
  { processes, client, watch }: Awaited<ReturnType<typeof start>>,
  kills: number,
): Promise<readonly number[]> {
  const tookMs: number[] = [];
  for (let count = 0; count < kills; count++) {
    await client.finalAfterMs(PATIENCE_MS);
    const { primary, view } = watch;
    await processes.kill(primary);
    tookMs.push(Math.round(await client.finalAfterMs(PATIENCE_MS)));
    expect(watch.view, `after replica ${String(primary)} of view ${String(view)} was killed`).toBeGreaterThan(
      view,
    );
    await processes.startReplica(primary);
    await client.connected(processes.genesis.replicas.length);
    await watch.connected();
    await client.inStep(PATIENCE_MS);
  }
  return tookMs;
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}

describe('the primary is killed', () => {
  it(`${String(KILLS)} times in a row: each time the next request is final in time`, async () => {
    const cluster = await start(0);
    const tookMs = await killPrimaries(cluster, KILLS);
    console.log(
      `next final request after a kill, in ms: ${tookMs.join(' ')}; median ${String(median(tookMs))}`,
    );
    expect(tookMs).toHaveLength(KILLS);
    expect(Math.max(...tookMs)).toBeLessThan(BOUND_MS);
    const { client, processes } = cluster;
    await client.finish(PATIENCE_MS);
    await client.inStep(PATIENCE_MS);
    await everythingFinalIsEverywhere(client, processes);
  }, 600_000);

  it('takes as long with a long history as with a short one', async () => {
    const medians: number[] = [];
    for (const blocks of [SHORT_CHAIN_BLOCKS, LONG_CHAIN_BLOCKS]) {
      const tookMs = await killPrimaries(await start(blocks), COMPARED_KILLS);
      medians.push(median(tookMs));
      console.log(`${String(blocks)} blocks: ${tookMs.join(' ')} ms`);
      for (const close of opened.splice(0).reverse()) await close();
    }
    const [short = Number.NaN, long = Number.NaN] = medians;
    console.log(`ratio of the medians: ${(long / short).toFixed(2)}`);
    expect(long / short).toBeLessThan(1.5);
  }, 1_200_000);
});

async function everythingFinalIsEverywhere(client: LoadClient, processes: ReplicaProcesses): Promise<void> {
  const { finals, sent } = client;
  await client.close();
  await processes.stopAll();
  expect(finals.size).toBe(sent.length);
  for (const [index] of processes.genesis.replicas.entries()) {
    const store = await processes.store(index);
    try {
      for (const { requestId, height } of finals.values()) {
        expect((await store.request(requestId))?.height, `request ${requestId} at ${String(index)}`).toBe(
          height,
        );
      }
      expect((await store.counts()).requests).toBe(sent.length);
    } finally {
      await store.close();
    }
  }
}
