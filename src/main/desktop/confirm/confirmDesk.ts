/**
 * Where confirmations are asked for: one at a time, and not over and over (SECURITY.md 8). It knows windows by what it
 * is given, and Electron not at all.
 * @module
 */
import { CountersignError } from '../../../shared/errors.ts';
import type { Confirmation, Confirmer } from '../../console/confirm/confirmer.ts';
import type { SignResult } from '../../console/items/signing.ts';
import { AskLimit } from './askLimit.ts';
import { Round, type OpenWindow } from './round.ts';

/** A page that asks while one is open brings its window to the front, but no more often than this, in milliseconds. */
const FRONT_INTERVAL_MS = 2_000;

export interface ConfirmDeskOptions {
  readonly openWindow: OpenWindow;
  /** Milliseconds of a clock that never goes back; `performance.now` unless given. */
  readonly clock?: () => number;
}

/** Why a confirmation that is being prepared came to its end. */
interface Asking {
  round: Round | null;
  ended: CountersignError | null;
}

export class ConfirmDesk implements Confirmer {
  readonly #options: ConfirmDeskOptions;
  readonly #clock: () => number;
  readonly #limit: AskLimit;
  #asking: Asking | null = null;
  #frontAtMs = -Infinity;
  /** Nothing is asked any more, and why. */
  #closed: CountersignError | null = null;

  constructor(options: ConfirmDeskOptions) {
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
    this.#limit = new AskLimit(this.#clock);
  }

  /** See `Confirmer`. Throws `confirm.busy` while one is open, `confirm.tooOften`, and why it was not confirmed. */
  async ask(open: () => Promise<Confirmation>): Promise<SignResult[]> {
    if (this.#closed !== null) throw this.#closed;
    if (this.#asking !== null) {
      this.#bringToFront(this.#asking.round);
      throw new CountersignError('confirm.busy', {});
    }
    this.#limit.requireRoom();
    const asking: Asking = { round: null, ended: null };
    this.#asking = asking;
    try {
      const round = new Round(await open());
      if (asking.ended !== null) throw asking.ended;
      asking.round = round;
      return await this.#run(round);
    } finally {
      this.#asking = null;
    }
  }

  /** Whether a confirmation is open, or about to be. */
  get isAsking(): boolean {
    return this.#asking !== null;
  }

  /** See `Confirmer`. */
  end(error: CountersignError): void {
    const asking = this.#asking;
    if (asking === null) return;
    asking.ended = error;
    asking.round?.end(error);
  }

  /** Ends the one that is open, and asks nothing any more. */
  close(error: CountersignError): void {
    this.#closed = error;
    this.end(error);
  }

  async #run(round: Round): Promise<SignResult[]> {
    try {
      const results = await round.run(this.#options.openWindow);
      this.#limit.confirmed();
      return results;
    } catch (error) {
      this.#limit.refused();
      throw error;
    }
  }

  #bringToFront(round: Round | null): void {
    const nowMs = this.#clock();
    if (round === null || nowMs - this.#frontAtMs < FRONT_INTERVAL_MS) return;
    this.#frontAtMs = nowMs;
    round.front();
  }
}
