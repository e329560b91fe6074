/**
 * Which deltas go to the window: none while nobody sees it, and no more than it keeps up with. Electron holds what a
 * page has not taken yet in this process, without a bound.
 * @module
 */
import type { Delta } from '../../../shared/contract/model.ts';

/** Deltas on their way to the window that its page has not said to have taken: two seconds of them. */
export const DELTAS_UNSEEN_MAX = 20;

export class WindowFlow {
  readonly #send: (delta: Delta) => void;
  /** Numbers of what was sent and not taken yet, in the order in which they were sent. */
  #unseen: number[] = [];
  /** The last one that was left out. Where it is not the only one, its number shows the page that it misses some. */
  #missed: Delta | null = null;

  constructor(send: (delta: Delta) => void) {
    this.#send = send;
  }

  tell(delta: Delta): void {
    if (this.#unseen.length >= DELTAS_UNSEEN_MAX) {
      this.#missed = delta;
      return;
    }
    this.#missed = null;
    this.#unseen.push(delta.sequence);
    this.#send(delta);
  }

  /** The page has taken every delta up to this number. */
  seen(sequence: number): void {
    this.#unseen = this.#unseen.filter((sent) => sent > sequence);
    if (this.#missed !== null) this.tell(this.#missed);
  }

  /** The page begins anew, or has gone: what was on its way to it counts no more. */
  reset(): void {
    this.#unseen = [];
    this.#missed = null;
  }
}
