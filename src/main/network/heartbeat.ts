/**
 * Pings: is the other side alive, how far away is it, and what time does it have.
 * @module
 */
import { ClockOffset, timedPing } from './clockOffset.ts';
import type { NetworkLimits } from './limits.ts';

/** From how much on the wall clock has been set, and not only steered, between two pings, in milliseconds. */
const CLOCK_SET_MS = 1_000;

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
  #payload = '';
  #roundTripMs: number | null = null;
  readonly #clock = new ClockOffset();
  /** How far the wall clock was from the monotonic one when the last ping came. */
  #shiftMs = Number.NaN;
  readonly #now: () => number;

  /** @param now - milliseconds since 1970 in UTC */
  constructor(limits: NetworkLimits, handlers: HeartbeatHandlers, now: () => number = Date.now) {
    this.#limits = limits;
    this.#handlers = handlers;
    this.#now = now;
  }

  /** Time from the last answered ping to its pong in ms, or null before the first pong. */
  get roundTripMs(): number | null {
    return this.#roundTripMs;
  }

  /** See `ClockOffset`. */
  get clockOffsetMs(): number | null {
    return this.#clock.offsetMs;
  }

  start(): void {
    this.#ping();
    this.#timer = setInterval(() => this.#beat(), this.#limits.pingIntervalMs);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Asks at once whether the other side lives, unless it owes an answer already: a ping to a dead one ends the wait. */
  probe(): void {
    if (this.#timer !== null && this.#missed === 0 && this.#handlers.isListening()) this.#ping();
  }

  /** Anything received shows that the other side lives. */
  onSignOfLife(): void {
    this.#missed = 0;
  }

  onPong(payload: Buffer): void {
    this.#missed = 0;
    if (payload.toString() !== this.#payload) return;
    this.#roundTripMs = performance.now() - this.#sentAtMs;
    this.#clock.onRoundTrip(this.#roundTripMs);
  }

  /** The other side's ping. */
  onPeerPing(payload: Buffer): void {
    const nowMs = this.#now();
    const shiftMs = nowMs - performance.now();
    if (Math.abs(shiftMs - this.#shiftMs) > CLOCK_SET_MS) this.#clock.forgetPings();
    this.#shiftMs = shiftMs;
    this.#clock.onPing(payload.toString('latin1'), nowMs);
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
    this.#payload = timedPing(this.#sequence, this.#now());
    this.#handlers.onPing(this.#payload);
  }
}
