/**
 * Keeps a page from asking over and over: whoever has just said no several times is not asked again for a while.
 * @module
 */
import { CountersignError } from '../../../shared/errors.ts';

/** Confirmations that may end without being confirmed within `REFUSED_WITHIN_MS` before the next one has to wait. */
export const REFUSED_MAX = 5;
/** In milliseconds. */
export const REFUSED_WITHIN_MS = 60_000;

export class AskLimit {
  /** Milliseconds of a clock that never goes back. */
  readonly #clock: () => number;
  #refusedAtMs: number[] = [];

  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  /** Throws `confirm.tooOften`. */
  requireRoom(): void {
    const nowMs = this.#clock();
    this.#refusedAtMs = this.#refusedAtMs.filter((atMs) => nowMs - atMs < REFUSED_WITHIN_MS);
    const [oldestMs] = this.#refusedAtMs;
    if (oldestMs === undefined || this.#refusedAtMs.length < REFUSED_MAX) return;
    const waitMs = Math.ceil(oldestMs + REFUSED_WITHIN_MS - nowMs);
    throw new CountersignError('confirm.tooOften', { waitMs });
  }

  /** One was opened, and not confirmed. */
  refused(): void {
    this.#refusedAtMs.push(this.#clock());
  }

  /** One was confirmed: somebody is there who means it. */
  confirmed(): void {
    this.#refusedAtMs = [];
  }
}
