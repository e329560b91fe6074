/**
 * The calling side of a store's worker: numbered calls, answered in order, bounded in number.
 *
 * A worker that dies is never restarted here. What it was doing may or may not have become durable, so every open
 * call rejects, every later one too, and the host stops the replica and starts it again from what is on disk.
 * @module
 */
import type { Worker } from 'node:worker_threads';
import { CountersignError, fromPlainError } from '../../shared/errors.ts';
import type { Answer, Call } from './rpc.ts';

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
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Calls the methods `M` of a worker. */
export class WorkerChannel<M extends object> {
  readonly #path: string;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #counts: Record<Lane, number> = { read: 0, commit: 0 };
  #lastId = 0;
  #ended: CountersignError | undefined;
  #closing: Promise<void> | undefined;

  /** `path` is the store's file, for errors. The channel owns `worker` from here on. */
  constructor(path: string, worker: Worker) {
    this.#path = path;
    this.#worker = worker;
    worker.on('message', (answer: Answer) => this.#answered(answer));
    worker.on('messageerror', (error) => this.#died(`its answer cannot be read: ${error.message}`));
    worker.on('error', (error) => {
      this.#died(`its worker failed: ${error instanceof Error ? error.message : String(error)}`);
    });
    worker.on('exit', (code) => this.#died(`its worker ended with code ${code}`));
  }

  /**
   * Calls a method. `transfer` lists buffers among the arguments that may be handed over instead of copied.
   * Rejects with the method's error; with `storage.failed` where too many calls wait or the worker has died.
   */
  async call<K extends keyof M & string>(
    method: K,
    args: ArgsOf<M[K]>,
    {
      lane = 'read',
      transfer = [],
    }: { readonly lane?: Lane; readonly transfer?: readonly ArrayBuffer[] } = {},
  ): Promise<ResultOf<M[K]>> {
    if (this.#ended !== undefined) throw this.#ended;
    if (this.#closing !== undefined) throw new CountersignError('stopped', { what: this.#path });
    if (this.#counts[lane] >= LANE_MAX[lane]) {
      throw this.#failure(`more than ${LANE_MAX[lane]} calls wait for it`);
    }
    return (await this.#post(method, args, lane, transfer)) as ResultOf<M[K]>;
  }

  /** Lets the worker finish what it was asked and end. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  /** Ends the worker at once, whatever it is doing. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  async #close(): Promise<void> {
    // A dead worker has nothing left to close.
    if (this.#ended !== undefined) return;
    try {
      await this.#post('close', [], 'read', []);
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
  ): Promise<unknown> {
    const id = ++this.#lastId;
    const call: Call = { id, method, args };
    this.#worker.postMessage(call, [...transfer]);
    this.#counts[lane] += 1;
    return await new Promise<unknown>((resolve, reject) => this.#waiting.set(id, { lane, resolve, reject }));
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
    this.#ended ??= this.#failure(problem);
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
  }

  #failure(problem: string): CountersignError<'storage.failed'> {
    return new CountersignError('storage.failed', { path: this.#path, problem });
  }
}
