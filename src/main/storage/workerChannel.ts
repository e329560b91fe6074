/**
 * The calling side of a store's worker: numbered calls, answered in order, bounded in number.
 *
 * A worker that dies is never restarted here. What it was doing may or may not have become durable, so every open
 * call rejects, every later one too, and the host, which is told, stops what stands on it and starts that again from
 * what is on disk.
 * @module
 */
import type { Worker } from 'node:worker_threads';
import { CountersignError, fromPlainError } from '../../shared/errors.ts';
import type { OnProgress } from './progress.ts';
import type { Answer, Call, Report } from './rpc.ts';

/** Most reads that wait for an answer: many more than a console has, and few enough to be answered in a second. */
export const READS_WAITING_MAX = 256;
/** Most commits that wait: agreement groups its steps, so more than a few mean that the disk cannot keep up. */
export const COMMITS_WAITING_MAX = 64;

type Lane = 'read' | 'commit';
const LANE_MAX: Readonly<Record<Lane, number>> = { read: READS_WAITING_MAX, commit: COMMITS_WAITING_MAX };

type AnyFunction = (...args: never[]) => unknown;
type ArgsOf<F> = F extends AnyFunction ? Parameters<F> : never;
type ResultOf<F> = F extends AnyFunction ? ReturnType<F> : never;

interface Waiting {
  readonly lane: Lane;
  readonly onProgress: OnProgress | undefined;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Told once when a store's worker has ended by itself: `storage.failed` with the path and the reason. */
export type OnStoreDied = (error: CountersignError<'storage.failed'>) => void;

/** Calls the methods `M` of a worker. */
export class WorkerChannel<M extends object> {
  readonly #path: string;
  readonly #worker: Worker;
  readonly #onDied: OnStoreDied;
  readonly #waiting = new Map<number, Waiting>();
  readonly #counts: Record<Lane, number> = { read: 0, commit: 0 };
  #lastId = 0;
  #ended: CountersignError | undefined;
  #closing: Promise<void> | undefined;

  /** `path` is the store's file, for errors. The channel owns `worker` from here on. */
  constructor(path: string, worker: Worker, onDied: OnStoreDied = () => undefined) {
    this.#path = path;
    this.#worker = worker;
    this.#onDied = onDied;
    worker.on('message', (message: Answer | Report) => {
      if ('progress' in message) this.#waiting.get(message.id)?.onProgress?.(message.progress);
      else this.#answered(message);
    });
    worker.on('messageerror', (error) => this.#died(`its answer cannot be read: ${error.message}`));
    worker.on('error', (error) => {
      this.#died(`its worker failed: ${error instanceof Error ? error.message : String(error)}`);
    });
    worker.on('exit', (code) => this.#died(`its worker ended with code ${code}`));
  }

  /**
   * Calls a method. `transfer` lists buffers among the arguments that may be handed over instead of copied.
   * `onProgress` is told how far a long call has come.
   * Rejects with the method's error; with `storage.failed` where too many calls wait or the worker has died.
   */
  async call<K extends keyof M & string>(
    method: K,
    args: ArgsOf<M[K]>,
    {
      lane = 'read',
      transfer = [],
      onProgress,
    }: {
      readonly lane?: Lane;
      readonly transfer?: readonly ArrayBuffer[];
      readonly onProgress?: OnProgress | undefined;
    } = {},
  ): Promise<ResultOf<M[K]>> {
    if (this.#ended !== undefined) throw this.#ended;
    if (this.#closing !== undefined) throw new CountersignError('stopped', { what: this.#path });
    if (this.#counts[lane] >= LANE_MAX[lane]) {
      throw this.#failure(`more than ${LANE_MAX[lane]} calls wait for it`);
    }
    return (await this.#post(method, args, lane, transfer, onProgress)) as ResultOf<M[K]>;
  }

  /** Lets the worker finish what it was asked and end. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  /** Ends the worker at once, whatever it is doing. */
  async terminate(): Promise<void> {
    this.#ended ??= new CountersignError('stopped', { what: this.#path });
    await this.#worker.terminate();
  }

  async #close(): Promise<void> {
    // A dead worker has nothing left to close.
    if (this.#ended !== undefined) return;
    try {
      await this.#post('close', [], 'read', [], undefined);
    } finally {
      this.#ended ??= new CountersignError('stopped', { what: this.#path });
      await this.#worker.terminate();
    }
  }

  async #post(
    method: string,
    args: readonly unknown[],
    lane: Lane,
    transfer: readonly ArrayBuffer[],
    onProgress: OnProgress | undefined,
  ): Promise<unknown> {
    const id = ++this.#lastId;
    const call: Call = { id, method, args };
    this.#worker.postMessage(call, [...transfer]);
    this.#counts[lane] += 1;
    return await new Promise<unknown>((resolve, reject) =>
      this.#waiting.set(id, { lane, onProgress, resolve, reject }),
    );
  }

  #answered(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    if (waiting === undefined) return;
    this.#waiting.delete(answer.id);
    this.#counts[waiting.lane] -= 1;
    if ('error' in answer) waiting.reject(fromPlainError(answer.error));
    else waiting.resolve(answer.result);
  }

  #died(problem: string): void {
    const wasUp = this.#ended === undefined;
    const error = this.#failure(problem);
    this.#ended ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
    if (wasUp) this.#onDied(error);
  }

  #failure(problem: string): CountersignError<'storage.failed'> {
    return new CountersignError('storage.failed', { path: this.#path, problem });
  }
}
