/**
 * A replica whose messages are all late by the same time, and in order.
 * @module
 */
import type { PeerMessage, ToClientMessage } from '../../consensus/messages.ts';
import type { Outlet } from '../outlet.ts';

/** Most messages that wait: some seconds of full load. The oldest gives way, as on a line that is cut. */
export const SLOW_MESSAGES_MAX = 10_000;

interface Waiting {
  readonly dueMs: number;
  readonly send: () => void;
}

/** Holds back every message by `delayMs`. */
export class SlowOutlet implements Outlet {
  readonly #outlet: Outlet;
  readonly #delayMs: number;
  readonly #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(outlet: Outlet, delayMs: number) {
    this.#outlet = outlet;
    this.#delayMs = delayMs;
  }

  toPeer(index: number, message: PeerMessage): void {
    this.#hold(() => this.#outlet.toPeer(index, message));
  }

  toPeers(message: PeerMessage): void {
    this.#hold(() => this.#outlet.toPeers(message));
  }

  toGuests(message: PeerMessage): void {
    this.#hold(() => this.#outlet.toGuests(message));
  }

  toClients(clientIds: readonly number[], message: ToClientMessage): void {
    this.#hold(() => this.#outlet.toClients(clientIds, message));
  }

  /** Lets go of everything that waits, at once and in order. */
  release(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (const { send } of this.#waiting.splice(0)) send();
  }

  /** Forgets what waits. */
  dispose(): void {
    this.#waiting.length = 0;
    this.release();
  }

  #hold(send: () => void): void {
    this.#waiting.push({ dueMs: performance.now() + this.#delayMs, send });
    if (this.#waiting.length > SLOW_MESSAGES_MAX) this.#waiting.shift();
    this.#wake();
  }

  #wake(): void {
    const [next] = this.#waiting;
    if (next === undefined || this.#timer !== null) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        const nowMs = performance.now();
        const due = this.#waiting.findIndex(({ dueMs }) => dueMs > nowMs);
        for (const { send } of this.#waiting.splice(0, due === -1 ? this.#waiting.length : due)) send();
        this.#wake();
      },
      Math.max(0, next.dueMs - performance.now()),
    );
  }
}
