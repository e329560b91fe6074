/**
 * Starting again what a helper's death has stopped (SECURITY.md 13). What is durable is whole: a store whose worker died
 * is opened again, and everything that stood on it. Anything else that stops a replica (a full disk, a broken rule)
 * stays as it is until a person has looked.
 * @module
 */
import { fromPlainError, toPlainError, type PlainError } from '../../../shared/errors.ts';
import type { ConsoleEvent } from '../events.ts';
import type { Stages } from './stages.ts';

/** What a helper's death is called: of a store's worker, and of a replica in a process of its own. */
const DEATHS: readonly string[] = ['storage.failed', 'replica.ended'];
/** Pause before the first start, in milliseconds; it doubles with each one more. */
export const REVIVAL_PAUSE_MS = 500;
/** So many starts within `REVIVAL_SPAN_MS`, and no more: what dies again and again needs a person. */
export const REVIVALS_MAX = 5;
export const REVIVAL_SPAN_MS = 10 * 60_000;

export interface RevivalOptions {
  readonly stages: Pick<Stages, 'enterPhase' | 'fail'>;
  readonly log: (event: ConsoleEvent) => void;
  /** Closes what ran, and runs it again. */
  readonly again: () => Promise<void>;
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number;
}

export class Revival {
  readonly #options: RevivalOptions;
  #startedAtMs: number[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: RevivalOptions) {
    this.#options = options;
  }

  /** What ran has stopped by itself, or could not be started. It is started again soon, or has failed. Can be told more than once. */
  halted(error: PlainError): void {
    if (this.#isClosed || this.#timer !== undefined) return;
    const { stages, log } = this.#options;
    log({ kind: 'failed', what: 'running the replica', error });
    const pauseMs = DEATHS.includes(error.code) ? this.#nextPauseMs() : null;
    if (pauseMs === null) {
      stages.fail(fromPlainError(error));
      return;
    }
    stages.enterPhase('again');
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#options.again().catch((failure: unknown) => this.halted(toPlainError(failure)));
    }, pauseMs);
  }

  /** Starts nothing any more. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** `null` where there were too many starts of late. */
  #nextPauseMs(): number | null {
    const nowMs = (this.#options.now ?? performance.now.bind(performance))();
    this.#startedAtMs = this.#startedAtMs.filter((atMs) => nowMs - atMs < REVIVAL_SPAN_MS);
    const count = this.#startedAtMs.length;
    if (count >= REVIVALS_MAX) return null;
    this.#startedAtMs.push(nowMs);
    return REVIVAL_PAUSE_MS * 2 ** count;
  }
}
