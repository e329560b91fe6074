/**
 * Has what takes long done on a thread of its own, one job after another, so that the thread of the replica stays free.
 *
 * The thread is started for the first job. One that dies fails the job that it had, and the next job starts another:
 * a job that kills its thread is not tried again.
 * @module
 */
import type { Worker } from 'node:worker_threads';
import { CountersignError, fromPlainError } from '../../../shared/errors.ts';
import type { AsideAnswer, AsideCall, AsideJobs, AsideKind, AsideOutput } from './asideJobs.ts';

/** Most jobs that wait: each may hold a file of megabytes, and a person waits for it. */
export const ASIDE_WAITING_MAX = 8;

interface Waiting {
  readonly call: AsideCall;
  readonly transfer: readonly ArrayBuffer[];
  readonly resolve: (output: AsideOutput) => void;
  readonly reject: (error: unknown) => void;
}

export class AsideDesk {
  readonly #createWorker: () => Worker;
  readonly #queue: Waiting[] = [];
  #worker: Worker | null = null;
  #current: Waiting | null = null;
  #isClosed = false;

  /** @param createWorker - starts a worker that runs `aside.worker.ts` */
  constructor(createWorker: () => Worker) {
    this.#createWorker = createWorker;
  }

  /**
   * The output of a job. `transfer`: buffers of the input that may be handed over instead of copied. Rejects with what it
   * fails with; with `console.tooBusy` where too many wait, with `console.workFailed` where its thread died, and with
   * `stopped` once the desk is closed.
   */
  async run<K extends AsideKind>(
    kind: K,
    input: AsideJobs[K]['input'],
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<AsideJobs[K]['output']> {
    if (this.#isClosed) throw stopped();
    if (this.#queue.length >= ASIDE_WAITING_MAX) {
      throw new CountersignError('console.tooBusy', { waiting: this.#queue.length });
    }
    const { promise, resolve, reject } = Promise.withResolvers<AsideOutput>();
    this.#queue.push({ call: { kind, input } as AsideCall, transfer, resolve, reject });
    this.#next();
    return await promise;
  }

  /** Ends the thread at once. What waits rejects with `stopped`. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { reject } of this.#queue.splice(0)) reject(stopped());
    this.#current?.reject(stopped());
    this.#current = null;
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }

  #next(): void {
    if (this.#current !== null || this.#isClosed) return;
    const next = this.#queue.shift();
    if (next === undefined) return;
    this.#current = next;
    try {
      this.#worker ??= this.#start();
      this.#worker.postMessage(next.call, [...next.transfer]);
    } catch (error) {
      this.#settle(({ reject }) => reject(failed(error)));
    }
  }

  #start(): Worker {
    const worker = this.#createWorker();
    let cause: unknown = new Error('the thread ended');
    worker.on('message', (answer: AsideAnswer) => {
      if (worker !== this.#worker) return;
      this.#settle(({ resolve, reject }) => {
        if ('error' in answer) reject(fromPlainError(answer.error));
        else resolve(answer.output);
      });
    });
    worker.on('error', (error: unknown) => {
      cause = error;
    });
    worker.on('exit', () => {
      if (worker !== this.#worker) return;
      this.#worker = null;
      this.#settle(({ reject }) => reject(failed(cause)));
    });
    return worker;
  }

  #settle(tell: (job: Waiting) => void): void {
    const job = this.#current;
    this.#current = null;
    if (job !== null) tell(job);
    this.#next();
  }
}

function failed(cause: unknown): CountersignError<'console.workFailed'> {
  const problem = cause instanceof Error ? cause.message : String(cause);
  return new CountersignError('console.workFailed', { problem }, { cause });
}

function stopped(): CountersignError<'stopped'> {
  return new CountersignError('stopped', { what: 'Countersign' });
}
