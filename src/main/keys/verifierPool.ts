/**
 * Verifies signatures on worker threads, so that the thread of the replica stays free.
 *
 * Jobs of one turn of the event loop are collected and sent in batches: a message between threads costs about as
 * much as a verification. Every job is settled: with a verdict, or with an error if its workers died or the pool
 * was closed.
 * @module
 */
import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { CountersignError, invariant } from '../../shared/errors.ts';
import type { Hex } from '../../shared/encoding/hex.ts';
import { packJob, RECORD_BYTES, verdictAt, type VerifyJob } from './verifier.ts';
import { VerifierSlot, type PendingJob } from './verifierSlot.ts';

/**
 * Jobs that may wait for a worker, unless the options say otherwise: about 8 MiB, and a second of work for three
 * cores. Whoever sends more than can be verified is refused, instead of filling the memory.
 */
export const DEFAULT_MAX_QUEUED_JOBS = 65_536;
/** Most jobs in one message to a worker: about 3 ms of work, so that an urgent job never waits long. */
export const MAX_BATCH_JOBS = 64;
/** Jobs that one `verifyAll` has in the pool at a time, so that checking a whole ledger leaves room for others. */
export const VERIFY_ALL_WINDOW_JOBS = 2_048;
/** A job is given to another worker once. A job over which two workers died is refused. */
export const MAX_DEATHS_PER_JOB = 1;

/** How a pool is made. */
export interface VerifierPoolOptions {
  /** Starts a worker that runs `verify.worker.ts`. Called again whenever one died. */
  readonly createWorker: () => Worker;
  /** Number of workers, at least 1. Unless given: one less than the cores, which leaves one to the replica. */
  readonly workers?: number;
  /** Jobs that may wait, at least 1; `DEFAULT_MAX_QUEUED_JOBS` unless given. */
  readonly maxQueuedJobs?: number;
}

/** What a pool is doing and has done, for metrics. */
export interface VerifierPoolStats {
  readonly queuedJobs: number;
  readonly runningJobs: number;
  readonly workersUp: number;
  readonly workerDeaths: number;
  /** Jobs refused because the queue was full. */
  readonly refusedJobs: number;
}

/** Worker threads that verify signatures. */
export class VerifierPool {
  readonly #slots: readonly VerifierSlot[];
  readonly #maxQueuedJobs: number;
  #queue: PendingJob[] = [];
  #flush: NodeJS.Immediate | undefined;
  #closing: Promise<void> | undefined;
  #workerDeaths = 0;
  #refusedJobs = 0;

  constructor(options: VerifierPoolOptions) {
    const workers = options.workers ?? Math.max(1, availableParallelism() - 1);
    this.#maxQueuedJobs = options.maxQueuedJobs ?? DEFAULT_MAX_QUEUED_JOBS;
    assertCount('workers', workers);
    assertCount('maxQueuedJobs', this.#maxQueuedJobs);
    this.#slots = Array.from({ length: workers }, () => this.#createSlot(options.createWorker));
  }

  /**
   * The verdict on one signature. Anything of a wrong length or form is `false`. `digest` may be changed after the
   * call.
   *
   * Rejects with `admission.queueFull` when too many jobs wait (the caller drops the message, as when the network
   * is too fast), with `stopped` once the pool is closed, and with `internal` if two workers died over the job.
   */
  verify(signature: Hex, digest: Uint8Array, publicKey: Hex): Promise<boolean> {
    if (this.#closing !== undefined) return Promise.reject(stopped());
    const record = packJob({ signature, digest, publicKey });
    if (record === undefined) return Promise.resolve(false);
    if (this.#queue.length >= this.#maxQueuedJobs) {
      this.#refusedJobs++;
      const maxBytes = this.#maxQueuedJobs * RECORD_BYTES;
      return Promise.reject(new CountersignError('admission.queueFull', { maxBytes }));
    }
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    this.#queue.push({ record, resolve, reject, deaths: 0 });
    this.#scheduleFlush();
    return promise;
  }

  /**
   * The verdicts on `jobs`, in their order. Any number of jobs: they are fed to the pool a window at a time, as it
   * works them off. Rejects as `verify` does.
   */
  async verifyAll(jobs: readonly VerifyJob[]): Promise<boolean[]> {
    const window = Math.min(VERIFY_ALL_WINDOW_JOBS, this.#maxQueuedJobs);
    const verdicts: boolean[] = [];
    for (let at = 0; at < jobs.length; at += window) {
      const part = jobs.slice(at, at + window);
      const settled = part.map((job) => this.verify(job.signature, job.digest, job.publicKey));
      verdicts.push(...(await Promise.all(settled)));
    }
    return verdicts;
  }

  /** What the pool is doing and has done. */
  get stats(): VerifierPoolStats {
    return {
      queuedJobs: this.#queue.length,
      runningJobs: this.#slots.reduce((sum, slot) => sum + slot.jobs, 0),
      workersUp: this.#slots.filter((slot) => slot.isUp).length,
      workerDeaths: this.#workerDeaths,
      refusedJobs: this.#refusedJobs,
    };
  }

  /** Ends the workers. Jobs without a verdict are rejected with `stopped` at once. Calling it again waits as well. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearImmediate(this.#flush);
    const outstanding = [...this.#slots.flatMap((slot) => slot.takeOutstanding()), ...this.#takeQueue()];
    for (const job of outstanding) job.reject(stopped());
    await Promise.all(this.#slots.map((slot) => slot.close()));
  }

  #createSlot(createWorker: () => Worker): VerifierSlot {
    return new VerifierSlot(createWorker, {
      onVerdicts: (batch, verdicts) => {
        for (const [index, job] of batch.entries()) job.resolve(verdictAt(verdicts, index));
        this.#dispatch();
      },
      onDeath: (outstanding, cause) => {
        this.#workerDeaths++;
        this.#runAgain(outstanding, cause);
        this.#dispatch();
      },
      onRestart: () => this.#dispatch(),
      onStartFailure: (cause) => this.#onStartFailure(cause),
    });
  }

  /** Waits for the end of this turn of the event loop, in which more jobs may come from other sockets. */
  #scheduleFlush(): void {
    this.#flush ??= setImmediate(() => {
      this.#flush = undefined;
      this.#dispatch();
    });
  }

  /** Hands out the queue, evenly, as far as there is room. */
  #dispatch(): void {
    while (this.#queue.length > 0) {
      const slot = this.#leastBusySlot();
      if (slot === undefined) return;
      const share = Math.ceil(this.#queue.length / this.#slots.length);
      slot.run(this.#queue.splice(0, Math.min(share, MAX_BATCH_JOBS)));
    }
  }

  #leastBusySlot(): VerifierSlot | undefined {
    const free = this.#slots.filter((slot) => slot.hasRoom);
    return free.sort((left, right) => left.jobs - right.jobs)[0];
  }

  /** Jobs of a dead worker go to the front of the queue: they have waited longest. */
  #runAgain(outstanding: readonly PendingJob[], cause: unknown): void {
    const again: PendingJob[] = [];
    for (const job of outstanding) {
      job.deaths++;
      if (job.deaths > MAX_DEATHS_PER_JOB) job.reject(workersFailed(cause));
      else again.push(job);
    }
    this.#queue = [...again, ...this.#queue];
  }

  /** Without any worker nothing would ever settle the jobs that wait. */
  #onStartFailure(cause: unknown): void {
    this.#workerDeaths++;
    // The first failure comes while the constructor still makes the slots, before any job.
    if (this.#queue.length === 0 || this.#slots.some((slot) => slot.isUp)) return;
    for (const job of this.#takeQueue()) job.reject(workersFailed(cause));
  }

  #takeQueue(): readonly PendingJob[] {
    const queue = this.#queue;
    this.#queue = [];
    return queue;
  }
}

function assertCount(title: string, value: number): void {
  invariant(
    Number.isSafeInteger(value) && value >= 1,
    `${title} is at least 1`,
    () => `it is ${String(value)}`,
  );
}

function stopped(): CountersignError<'stopped'> {
  return new CountersignError('stopped', { what: 'the verifier pool' });
}

function workersFailed(cause: unknown): CountersignError<'internal'> {
  const problem = cause instanceof Error ? cause.message : String(cause);
  return new CountersignError(
    'internal',
    { problem: `the verification workers died: ${problem}` },
    { cause },
  );
}
