/**
 * The timers of agreement. They run on the monotonic clock: a wall clock that is set moves none of them.
 *
 * A process that stood still, because its machine slept or because it was stopped, finds that it has waited for a long
 * time while it cannot know what the others did: what they sent lies unread. A wait at whose end somebody would be
 * suspected then begins again (PROTOCOL.md, "Suspicion"), so that a sleep moves no view.
 * @module
 */
import type { TimerName } from '../consensus/effects.ts';

/**
 * From how late on a timer shows that this process stood still, in milliseconds. Half of the shortest patience: a busy
 * process is late by far less.
 */
export const STOOD_STILL_MS = 1_000;

/** Those at whose end the primary is suspected, or a view is given up. */
const PATIENCE: ReadonlySet<TimerName> = new Set(['awaitOrder', 'awaitStable', 'newView']);

interface Waiting {
  readonly handle: NodeJS.Timeout;
  readonly delayMs: number;
  /** Whether it has begun again already. Once is enough: who is always late must not be patient for ever. */
  readonly isSecond: boolean;
}

export class AgreementTimers {
  readonly #onTimer: (timer: TimerName) => void;
  readonly #waiting = new Map<TimerName, Waiting>();
  #isClosed = false;

  /** @param onTimer - told when a timer is over; then it waits no more */
  constructor(onTimer: (timer: TimerName) => void) {
    this.#onTimer = onTimer;
  }

  /** Starts a timer, in place of the one of this name. `delayMs`: from now on, 0 or more. */
  set(timer: TimerName, delayMs: number): void {
    this.#start(timer, delayMs, false);
  }

  clear(timer: TimerName): void {
    clearTimeout(this.#waiting.get(timer)?.handle);
    this.#waiting.delete(timer);
  }

  /** The machine has slept: where the clock stood still meanwhile, no timer shows it. Waits begin again, once each. */
  wake(): void {
    for (const [timer, { delayMs, isSecond }] of this.#waiting) {
      if (PATIENCE.has(timer) && !isSecond) this.#start(timer, delayMs, true);
    }
  }

  /** Ends them all, for good. */
  close(): void {
    this.#isClosed = true;
    for (const { handle } of this.#waiting.values()) clearTimeout(handle);
    this.#waiting.clear();
  }

  #start(timer: TimerName, delayMs: number, isSecond: boolean): void {
    this.clear(timer);
    if (this.#isClosed) return;
    const dueMs = performance.now() + delayMs;
    const handle = setTimeout(() => {
      const hasStoodStill = performance.now() - dueMs >= STOOD_STILL_MS;
      if (hasStoodStill && PATIENCE.has(timer) && !isSecond) return this.#start(timer, delayMs, true);
      this.#waiting.delete(timer);
      this.#onTimer(timer);
    }, delayMs);
    this.#waiting.set(timer, { handle, delayMs, isSecond });
  }
}
