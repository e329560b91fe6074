/**
 * Keeps one link connected: dials, and dials again with growing pauses, for as long as it is not closed.
 * @module
 */
import type { ErrorCode, PlainError } from '../../shared/errors.ts';
import { backoffMs } from './backoff.ts';
import type { EstablishedSocket } from './connection.ts';
import { Dial } from './dial.ts';
import type { Party } from './handshake.ts';
import type { NetworkLimits } from './limits.ts';
import type { PeerLink } from './peerLink.ts';
import { addressText } from './peerBook.ts';

/** A failed attempt, for the log: told when its code differs from the one before. */
export type OnDialFailed = (index: number, error: PlainError) => void;

/** After these, dialling again at once would only do harm or be refused again. */
const SLOW_CODES: readonly ErrorCode[] = [
  'admission.badMessages',
  'admission.rate',
  'admission.tooManyConnections',
  'handshake.duplicate',
];

/** Dials one replica. */
export class Dialler {
  readonly #link: PeerLink;
  readonly #party: Party;
  readonly #limits: NetworkLimits;
  readonly #random: () => number;
  readonly #onFailed: OnDialFailed;
  #dial: Dial | null = null;
  #timer: NodeJS.Timeout | null = null;
  #failures = 0;
  #upSinceMs = 0;
  #lastCode: ErrorCode | null = null;
  /** When `retryNow` last did something, by `performance.now`. */
  #hurriedAtMs = -Infinity;
  /** Whether the pause that goes on was asked for by the other side, or protects it. */
  #isSlow = false;
  #isClosed = false;

  constructor(
    link: PeerLink,
    party: Party,
    limits: NetworkLimits,
    random: () => number,
    onFailed: OnDialFailed,
  ) {
    this.#link = link;
    this.#party = party;
    this.#limits = limits;
    this.#random = random;
    this.#onFailed = onFailed;
  }

  start(): void {
    this.#connect();
  }

  /**
   * The machine or its network is back: the pause before the next attempt ends now, and the pauses begin again with the
   * shortest. A connection, and an attempt under way, are left alone, and so is a pause that the other side has asked for. Within
   * `reconnectMaxMs` of the last time that it was heeded it does nothing: who calls it often dials hardly more often.
   */
  retryNow(): void {
    if (this.#isClosed || this.#isSlow) return;
    const nowMs = performance.now();
    if (nowMs - this.#hurriedAtMs < this.#limits.reconnectMaxMs) return;
    this.#hurriedAtMs = nowMs;
    this.#failures = 0;
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#connect();
  }

  /** Stops dialling. The connection, if there is one, is the link's to close. */
  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#dial?.abort();
  }

  #connect(): void {
    this.#timer = null;
    this.#isSlow = false;
    this.#link.dialsAt(null);
    this.#dial?.abort(); // a refused one may still be taking its leave
    try {
      this.#dial = new Dial(this.#link.peer, this.#party, this.#limits, {
        onAuthenticated: (socket) => this.#up(socket),
        onFailed: (error, isRefused) => this.#failed(error, isRefused),
      });
    } catch {
      const data = { address: addressText(this.#link.peer), problem: 'is not an address' };
      this.#failed({ code: 'network.unreachable', data }, false);
    }
  }

  #up(socket: EstablishedSocket): void {
    this.#dial = null;
    this.#lastCode = null;
    this.#upSinceMs = performance.now();
    this.#link.attach(socket, (reason) => this.#lost(reason));
  }

  #lost(reason: PlainError): void {
    // A connection that broke soon after it was made counts as one more failure, or both sides would spin.
    const hasLasted = performance.now() - this.#upSinceMs >= this.#limits.reconnectMaxMs;
    this.#failures = hasLasted ? 0 : this.#failures + 1;
    const isSlow = SLOW_CODES.includes(reason.code);
    if (isSlow) this.#link.dialFailed(reason, true);
    this.#again(isSlow);
  }

  #failed(error: PlainError, isRefused: boolean): void {
    if (this.#isClosed) return;
    this.#failures += 1;
    this.#link.dialFailed(error, isRefused);
    if (this.#lastCode !== error.code) this.#onFailed(this.#link.peer.index, error);
    this.#lastCode = error.code;
    this.#again(isRefused);
  }

  #again(isSlow: boolean): void {
    if (this.#isClosed) return;
    const { reconnectMinMs, reconnectMaxMs } = this.#limits;
    const failures = isSlow ? Infinity : this.#failures;
    const delayMs = backoffMs(failures, reconnectMinMs, reconnectMaxMs, this.#random);
    // One that is shut out is not called either.
    const shutOutMs = this.#link.refusal?.forMs ?? 0;
    const pauseMs = Math.max(delayMs, shutOutMs);
    this.#isSlow = isSlow || shutOutMs > 0;
    this.#link.dialsAt(Math.round(Date.now() + pauseMs));
    this.#timer = setTimeout(() => this.#connect(), pauseMs);
  }
}
