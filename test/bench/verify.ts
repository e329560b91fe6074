/**
 * Signatures verified per second: the pool, libsodium on one thread, node:crypto and @noble/ed25519, in one run.
 * And signatures made per second. `npx node test/bench/verify.ts [signatures]`.
 * @module
 */
import { createPublicKey, verify as verifyByNode } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { verify as verifyByNoble } from '@noble/ed25519';
import { fromHex } from '../../src/shared/encoding/hex.ts';
import { generateSeed, publicKeyOf, signDigest } from '../../src/main/keys/ed25519.ts';
import { verifySync, type VerifyJob } from '../../src/main/keys/verifier.ts';
import { VerifierPool } from '../../src/main/keys/verifierPool.ts';

const count = Number(process.argv[2] ?? 20_000);
const seed = generateSeed();
const publicKey = publicKeyOf(seed);
/** The slow verifiers get fewer signatures. */
const slowCount = Math.max(1, Math.floor(count / 20));

/** Runs `work` over `amount` signatures and returns how many it did in a second. */
async function perSecond(amount: number, work: () => Promise<boolean[]> | boolean[]): Promise<number> {
  const start = performance.now();
  const verdicts = await work();
  const seconds = (performance.now() - start) / 1_000;
  if (verdicts.length !== amount || verdicts.includes(false)) throw new Error('a good signature was refused');
  return amount / seconds;
}

const distinct: VerifyJob[] = Array.from({ length: 500 }, (_, index) => {
  const digest = new Uint8Array(32).fill(index & 0xff).fill(index >> 8, 0, 1);
  return { signature: signDigest(digest, seed), digest, publicKey };
});
const jobs = Array.from({ length: count }, (_, index) => distinct[index % distinct.length]!);
const slowJobs = jobs.slice(0, slowCount);
const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), fromHex(publicKey)]);
const nodeKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
const bytesOf = ({ signature }: VerifyJob): Uint8Array => fromHex(signature);

const createWorker = (): Worker =>
  new Worker(new URL('../../src/main/keys/verify.worker.ts', import.meta.url));
const rates: [string, number][] = [];
rates.push(['libsodium, one thread', await perSecond(count, () => jobs.map(verifySync))]);
for (const workers of new Set([1, availableParallelism() - 1, availableParallelism()])) {
  if (workers < 1) continue;
  const pool = new VerifierPool({ createWorker, workers });
  await pool.verifyAll(distinct); // starts the threads
  const name = `libsodium, pool of ${String(workers)}`;
  rates.push([name, await perSecond(count, () => pool.verifyAll(jobs))]);
  await pool.close();
}
rates.push([
  'node:crypto, one thread',
  await perSecond(slowCount, () =>
    slowJobs.map((job) => verifyByNode(null, job.digest, nodeKey, bytesOf(job))),
  ),
]);
rates.push([
  '@noble/ed25519, one thread',
  await perSecond(slowCount, () =>
    slowJobs.map((job) => verifyByNoble(bytesOf(job), job.digest, fromHex(publicKey))),
  ),
]);
rates.push([
  '(signing by @noble/ed25519)',
  await perSecond(slowCount, () => slowJobs.map((job) => signDigest(job.digest, seed) === job.signature)),
]);

const base = rates[0]![1];
console.log(`${String(count)} signatures, ${String(availableParallelism())} cores, Node ${process.version}`);
for (const [name, rate] of rates) {
  console.log(
    `${name.padEnd(28)} ${Math.round(rate).toLocaleString('en').padStart(9)}/s  ${(rate / base).toFixed(2)}x`,
  );
}
