/**
 * A place in the verifier pool for one worker thread: hands it batches, and replaces it when it dies.
 * @module
 */
import type { Worker } from 'node:worker_threads';
import { RECORD_BYTES } from './verifier.ts';

/**
 * Batches that a worker may hold at once: one being verified and one waiting, so that it never idles between two.
 * More would only keep jobs from workers that are free.
 */
export const MAX_BATCHES_PER_WORKER = 2;
/** The wait before a worker that died without a single answer is replaced. It doubles with each such death. */
export const MIN_RESTART_DELAY_MS = 100;
/** The longest wait before a worker is replaced. */
export const MAX_RESTART_DELAY_MS = 5_000;

/** A job as the pool keeps it until it is settled. */
export interface PendingJob {
  readonly record: Buffer;
  readonly resolve: (verdict: boolean) => void;
  readonly reject: (error: Error) => void;
  /** How many workers have died over this job. */
  deaths: number;
}

/** What a slot tells its pool. */
export interface SlotEvents {
  /** A batch is verified; `verdicts` is its bitmap. The slot has room again. */
  readonly onVerdicts: (batch: readonly PendingJob[], verdicts: Uint8Array) => void;
  /** The worker died, with these jobs outstanding. A new one is or will be started. */
  readonly onDeath: (outstanding: readonly PendingJob[], cause: unknown) => void;
  /** A new worker has replaced a dead one. */
  readonly onRestart: () => void;
  /** No worker could be created. It will be tried again. */
  readonly onStartFailure: (cause: unknown) => void;
}

/** One worker at a time, and the batches that it holds. */
export class VerifierSlot {
  readonly #createWorker: () => Worker;
  readonly #events: SlotEvents;
  #worker: Worker | undefined;
  #batches: (readonly PendingJob[])[] = [];
  #deathsWithoutAnswer = 0;
  #restartTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(createWorker: () => Worker, events: SlotEvents) {
    this.#createWorker = createWorker;
    this.#events = events;
    this.#start();
  }

  /** Whether a worker is there. */
  get isUp(): boolean {
    return this.#worker !== undefined;
  }

  /** Whether another batch may be run. */
  get hasRoom(): boolean {
    return this.#worker !== undefined && this.#batches.length < MAX_BATCHES_PER_WORKER;
  }

  /** How many jobs the worker holds. */
  get jobs(): number {
    return this.#batches.reduce((sum, batch) => sum + batch.length, 0);
  }

  /** Gives `batch` to the worker. Only while `hasRoom`. */
  run(batch: readonly PendingJob[]): void {
    const records = new Uint8Array(batch.length * RECORD_BYTES);
    for (const [index, job] of batch.entries()) records.set(job.record, index * RECORD_BYTES);
    this.#batches.push(batch);
    this.#worker?.postMessage(records, [records.buffer]);
  }

  /** Ends the worker for good. Take the outstanding jobs first: nothing will settle them. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#restartTimer);
    await this.#worker?.terminate();
  }

  /** Takes the outstanding jobs from the slot. */
  takeOutstanding(): readonly PendingJob[] {
    const outstanding = this.#batches.flat();
    this.#batches = [];
    return outstanding;
  }

  #start(): void {
    let worker: Worker;
    try {
      worker = this.#createWorker();
    } catch (cause) {
      this.#scheduleStart();
      this.#events.onStartFailure(cause);
      return;
    }
    this.#worker = worker;
    let cause: unknown = new Error('a verification worker ended');
    worker.on('message', (verdicts: Uint8Array) => this.#onVerdicts(verdicts));
    worker.on('error', (error: unknown) => {
      cause = error;
    });
    worker.on('exit', () => this.#onExit(cause));
  }

  #onVerdicts(verdicts: Uint8Array): void {
    this.#deathsWithoutAnswer = 0;
    const batch = this.#batches.shift();
    if (batch !== undefined) this.#events.onVerdicts(batch, verdicts);
  }

  #onExit(cause: unknown): void {
    this.#worker = undefined;
    if (this.#closed) return;
    const outstanding = this.takeOutstanding();
    this.#scheduleStart();
    this.#events.onDeath(outstanding, cause);
  }

  /** A worker that has worked is replaced at once. One that never did would only die again: wait. */
  #scheduleStart(): void {
    const deaths = this.#deathsWithoutAnswer++;
    const delayMs =
      deaths === 0 ? 0 : Math.min(MIN_RESTART_DELAY_MS * 2 ** (deaths - 1), MAX_RESTART_DELAY_MS);
    this.#restartTimer = setTimeout(() => {
      this.#start();
      if (this.isUp) this.#events.onRestart();
    }, delayMs);
  }
}
