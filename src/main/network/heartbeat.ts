/**
 * Pings: is the other side alive, and how far away is it.
 * @module
 */
import type { NetworkLimits } from './limits.ts';

/** What a heartbeat needs of its connection. */
export interface HeartbeatHandlers {
  /** False while the connection is not read, when silence means nothing. */
  readonly isListening: () => boolean;
  readonly onPing: (payload: string) => void;
  /** The other side has missed too many pings. */
  readonly onDead: () => void;
}

/** Pings at once and then at each interval. */
export class Heartbeat {
  readonly #limits: NetworkLimits;
  readonly #handlers: HeartbeatHandlers;
  #timer: NodeJS.Timeout | null = null;
  #sequence = 0;
  #sentAtMs = 0;
  #missed = 0;
  #roundTripMs: number | null = null;

  constructor(limits: NetworkLimits, handlers: HeartbeatHandlers) {
    this.#limits = limits;
    this.#handlers = handlers;
  }

  /** Time from the last answered ping to its pong in ms, or null before the first pong. */
  get roundTripMs(): number | null {
    return this.#roundTripMs;
  }

  start(): void {
    this.#ping();
    this.#timer = setInterval(() => this.#beat(), this.#limits.pingIntervalMs);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Anything received shows that the other side lives. */
  onSignOfLife(): void {
    this.#missed = 0;
  }

  onPong(payload: Buffer): void {
    this.#missed = 0;
    if (payload.toString() === String(this.#sequence)) this.#roundTripMs = performance.now() - this.#sentAtMs;
  }

  #beat(): void {
    if (!this.#handlers.isListening()) return;
    if (this.#missed >= this.#limits.maxMissedPings) {
      this.stop();
      this.#handlers.onDead();
      return;
    }
    this.#ping();
  }

  #ping(): void {
    this.#missed += 1;
    this.#sequence += 1;
    this.#sentAtMs = performance.now();
    this.#handlers.onPing(String(this.#sequence));
  }
}
