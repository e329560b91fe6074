import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { publicKeyOf, signDigest } from '../../../src/main/keys/ed25519.ts';
import type { VerifyJob } from '../../../src/main/keys/verifier.ts';
import { VerifierPool, type VerifierPoolOptions } from '../../../src/main/keys/verifierPool.ts';
import { createVerifyWorker, rejectionCodeOf } from './helpers.ts';

const seed = new Uint8Array(32).fill(1);
const publicKey = publicKeyOf(seed);
const digest = new Uint8Array(32).fill(2);
const honest: VerifyJob = { signature: signDigest(digest, seed), digest, publicKey };
const forged: VerifyJob = { ...honest, digest: new Uint8Array(32).fill(3) };

const pools: VerifierPool[] = [];
const workers: Worker[] = [];

function createPool(options: Partial<VerifierPoolOptions> = {}): VerifierPool {
  const createWorker = (): Worker => {
    const worker = createVerifyWorker();
    workers.push(worker);
    return worker;
  };
  const pool = new VerifierPool({ createWorker, workers: 2, ...options });
  pools.push(pool);
  return pool;
}

/** A worker whose thread ends when it gets its first message. */
function createDyingWorker(): Worker {
  return new Worker(`require('node:worker_threads').parentPort.once('message', () => process.exit(1))`, {
    eval: true,
  });
}

function verify(pool: VerifierPool, job: VerifyJob): Promise<boolean> {
  return pool.verify(job.signature, job.digest, job.publicKey);
}

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
  workers.length = 0;
});

describe('verifier pool', () => {
  it('gives each job its own verdict', async () => {
    const jobs = Array.from({ length: 300 }, (_, index) => (index % 3 === 0 ? honest : forged));
    const expected = jobs.map((job) => job === honest);
    const pool = createPool();
    expect(await pool.verifyAll(jobs)).toEqual(expected);
    expect(await Promise.all(jobs.map((job) => verify(pool, job)))).toEqual(expected);
    expect(pool.stats).toMatchObject({ queuedJobs: 0, runningJobs: 0, workersUp: 2, workerDeaths: 0 });
  });

  it('refuses what is malformed, among good jobs', async () => {
    const pool = createPool();
    const malformed = { ...honest, signature: 'ab' };
    expect(await pool.verifyAll([honest, malformed, honest, { ...honest, publicKey: '' }])).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(await pool.verifyAll([])).toEqual([]);
  });

  it('does not care what becomes of a digest after the call', async () => {
    const mine = Uint8Array.from(digest);
    const verdict = createPool().verify(honest.signature, mine, publicKey);
    mine.fill(0);
    expect(await verdict).toBe(true);
  });

  it('refuses jobs beyond its queue, and works off those that it took', async () => {
    const pool = createPool({ maxQueuedJobs: 3 });
    const taken = [verify(pool, honest), verify(pool, forged), verify(pool, honest)];
    expect(await rejectionCodeOf(verify(pool, honest))).toBe('admission.queueFull');
    expect(pool.stats.refusedJobs).toBe(1);
    expect(await Promise.all(taken)).toEqual([true, false, true]);
    expect(await verify(pool, honest)).toBe(true);
  });

  it('works off any number of jobs given at once, whatever its queue holds', async () => {
    const pool = createPool({ maxQueuedJobs: 5 });
    const jobs = Array.from({ length: 52 }, (_, index) => (index % 2 === 0 ? honest : forged));
    expect(await pool.verifyAll(jobs)).toEqual(jobs.map((job) => job === honest));
    expect(pool.stats.refusedJobs).toBe(0);
  });

  it('replaces workers that die, and runs their jobs again', async () => {
    const pool = createPool();
    const jobs = Array.from({ length: 1_000 }, (_, index) => (index % 5 === 0 ? forged : honest));
    // The first answer shows that both workers hold batches, and most jobs are still outstanding.
    const verdicts = jobs.map((job) => verify(pool, job));
    await Promise.race(verdicts);
    expect(pool.stats.runningJobs).toBeGreaterThan(0);
    await Promise.all(workers.slice(0, 2).map((worker) => worker.terminate()));
    expect(await Promise.all(verdicts)).toEqual(jobs.map((job) => job === honest));
    expect(pool.stats.workerDeaths).toBe(2);
    expect(workers.length).toBeGreaterThan(2);
  });

  it('runs a job again after one death', async () => {
    let created = 0;
    const pool = createPool({
      workers: 1,
      createWorker: () => (created++ === 0 ? createDyingWorker() : createVerifyWorker()),
    });
    expect(await Promise.all([verify(pool, honest), verify(pool, forged)])).toEqual([true, false]);
    expect(pool.stats.workerDeaths).toBe(1);
  });

  it('gives up a job over which two workers died, and goes on', async () => {
    let created = 0;
    const pool = createPool({
      workers: 1,
      createWorker: () => (created++ < 2 ? createDyingWorker() : createVerifyWorker()),
    });
    expect(await rejectionCodeOf(verify(pool, honest))).toBe('internal');
    expect(await verify(pool, honest)).toBe(true);
    expect(pool.stats.workerDeaths).toBe(2);
  });

  it('refuses jobs while no worker can be made, and works once one can', async () => {
    let isBroken = true;
    const pool = createPool({
      workers: 1,
      createWorker: () => {
        if (isBroken) throw new Error('no threads left');
        return createVerifyWorker();
      },
    });
    await expect(verify(pool, honest)).rejects.toThrow(/no threads left/);
    expect(pool.stats.workersUp).toBe(0);
    isBroken = false;
    expect(await verify(pool, honest)).toBe(true);
  });

  it('settles everything when it is closed', async () => {
    const pool = createPool();
    const jobs = Array.from({ length: 500 }, () => rejectionCodeOf(verify(pool, honest)));
    const all = rejectionCodeOf(pool.verifyAll(Array.from({ length: 5_000 }, () => honest)));
    await Promise.race(jobs);
    const codes = Promise.all(jobs);
    await pool.close();
    expect((await codes).filter((code) => code !== undefined && code !== 'stopped')).toEqual([]);
    expect(await codes).toContain('stopped');
    expect(await all).toBe('stopped');
    expect(await rejectionCodeOf(verify(pool, honest))).toBe('stopped');
    expect(pool.stats).toMatchObject({ queuedJobs: 0, runningJobs: 0, workersUp: 0, workerDeaths: 0 });
    await pool.close();
  });

  it('settles jobs when it is closed before they were sent', async () => {
    const pool = createPool();
    const job = rejectionCodeOf(verify(pool, honest));
    await pool.close();
    expect(await job).toBe('stopped');
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses to be made with %d workers or queued jobs', (count) => {
    const createWorker = createVerifyWorker;
    expect(() => new VerifierPool({ createWorker, workers: count })).toThrow(/workers is at least 1/);
    expect(() => new VerifierPool({ createWorker, maxQueuedJobs: count })).toThrow(/maxQueuedJobs/);
  });
});
