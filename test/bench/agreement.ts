/**
 * How many requests a second four replica processes on this machine make final, and how long one takes, beside two raw
 * limits of the same machine in the same run: durable appends to a file, and signatures verified on one thread.
 *
 * `node test/bench/agreement.ts [seconds] [requests under way]`
 * @module
 */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifySync } from '../../src/main/keys/verifier.ts';
import { generateSeed, publicKeyOf, signDigest } from '../../src/main/keys/ed25519.ts';
import { LoadClient, ReplicaProcesses } from '../cluster/support/processes.ts';

const SECOND_MS = 1_000;
const RAW_MS = 2 * SECOND_MS;
const REQUEST_BYTES = 600;

const durationMs = Number(process.argv[2] ?? 10) * SECOND_MS;
const concurrency = Number(process.argv[3] ?? 64);

/** Repeats `work` for a while: how often a second. */
async function rate(work: () => Promise<void> | void): Promise<number> {
  const startedMs = performance.now();
  let count = 0;
  while (performance.now() - startedMs < RAW_MS) {
    await work();
    count++;
  }
  return (count * SECOND_MS) / (performance.now() - startedMs);
}

async function durableAppends(): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'countersign-bench-'));
  const file = await open(join(directory, 'raw'), 'w');
  const bytes = new Uint8Array(REQUEST_BYTES).fill(7);
  try {
    return await rate(async () => {
      await file.write(bytes);
      await file.datasync();
    });
  } finally {
    await file.close();
    await rm(directory, { recursive: true });
  }
}

async function verifications(): Promise<number> {
  const seed = generateSeed();
  const digest = new Uint8Array(32).fill(1);
  const job = { signature: signDigest(digest, seed), digest, publicKey: publicKeyOf(seed) };
  return await rate(() => {
    if (!verifySync(job)) throw new Error('the signature should hold');
  });
}

const appends = await durableAppends();
const verified = await verifications();
const processes = await ReplicaProcesses.start();
const client = new LoadClient(processes);
try {
  await client.start(1);
  await client.untilFinal(20, 30_000);
  const alone = client.latenciesMs.toSorted((left, right) => left - right);
  for (let index = 1; index < concurrency; index++) client.sendOneMore();
  const before = client.finals.size;
  const startedMs = performance.now();
  await new Promise((resolve) => setTimeout(resolve, durationMs));
  const requests = ((client.finals.size - before) * SECOND_MS) / (performance.now() - startedMs);
  const loaded = client.latenciesMs.slice(before).toSorted((left, right) => left - right);
  const at = (sorted: readonly number[], part: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN).toFixed(0);
  console.info(`durable appends of ${String(REQUEST_BYTES)} bytes  ${appends.toFixed(0)} a second`);
  console.info(`signatures verified, one thread  ${verified.toFixed(0)} a second`);
  console.info(`requests final, ${String(concurrency)} under way  ${requests.toFixed(0)} a second`);
  console.info(`  to durable appends             ${(requests / appends).toFixed(2)}`);
  console.info(`  to verifications               ${(requests / verified).toFixed(4)}`);
  console.info(`time to final, one under way     p50 ${at(alone, 0.5)} ms, p99 ${at(alone, 0.99)} ms`);
  console.info(
    `time to final, ${String(concurrency)} under way    p50 ${at(loaded, 0.5)} ms, p99 ${at(loaded, 0.99)} ms`,
  );
} finally {
  await client.close();
  await processes.remove();
}
