/**
 * Slows down guessing at a passphrase. One wrong one is a slip of the hand; from the second on each costs a wait that
 * doubles, up to a bound. Whoever has the file can guess elsewhere: this is for whoever has only the program.
 * @module
 */
import { CountersignError, hasCode } from '../../../shared/errors.ts';

/** Wrong passphrases in a row that cost no wait. */
const FREE_FAILURES = 1;
/** The first wait, in milliseconds. It doubles with every further wrong passphrase. */
export const FIRST_WAIT_MS = 1_000;
/** The longest wait, in milliseconds. */
export const WAIT_MAX_MS = 5 * 60_000;

export class AttemptGuard {
  readonly #monotonicMs: () => number;
  #failures = 0;
  #openAtMs = -Infinity;
  #turn: Promise<unknown> = Promise.resolve();

  /** `monotonicMs`: a clock that never goes back, whatever is done to the time of day. */
  constructor(monotonicMs: () => number = () => performance.now()) {
    this.#monotonicMs = monotonicMs;
  }

  /**
   * Runs `attempt` after all others, so that guesses at the same time gain nothing; `key.wrongPassphrase` from it
   * counts. Throws `key.tooManyAttempts` while one has to wait: then the passphrase was not tried.
   */
  async attempt<T>(attempt: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(async () => await this.#attempt(attempt));
    this.#turn = result.catch(() => undefined);
    return await result;
  }

  async #attempt<T>(attempt: () => Promise<T>): Promise<T> {
    const waitMs = Math.ceil(this.#openAtMs - this.#monotonicMs());
    if (waitMs > 0) throw new CountersignError('key.tooManyAttempts', { waitMs });
    try {
      const value = await attempt();
      this.#failures = 0;
      return value;
    } catch (error) {
      if (hasCode(error, 'key.wrongPassphrase')) this.#failed();
      throw error;
    }
  }

  #failed(): void {
    this.#failures += 1;
    const counted = this.#failures - FREE_FAILURES;
    if (counted < 1) return;
    // Past the bound the power would grow without end.
    const doublings = Math.min(counted - 1, Math.ceil(Math.log2(WAIT_MAX_MS / FIRST_WAIT_MS)));
    this.#openAtMs = this.#monotonicMs() + Math.min(FIRST_WAIT_MS * 2 ** doublings, WAIT_MAX_MS);
  }
}
