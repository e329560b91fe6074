/**
 * Follows a replica that lacks many blocks: since when, from which height, and how long the rest is likely to take.
 * @module
 */
import { ON_THEIR_WAY_MAX, type CatchUpView } from '../../../shared/contract/model.ts';

/** The pace is that of so many milliseconds: long enough to be calm, short enough to follow a line that slows down. */
export const PACE_SPAN_MS = 15_000;
/** A pace over less time says nothing, in milliseconds. */
const PACE_SPAN_MIN_MS = 1_000;
/** Most looks that are kept: two a second over the span, and some more. */
const LOOKS_MAX = 64;
/** Longest rest that is told, in milliseconds: beyond a month nobody can say. */
const REST_MAX_MS = 31 * 24 * 3_600_000;

interface Look {
  readonly atMs: number;
  /** Blocks that were missing. */
  readonly missing: number;
}

export class CatchUp {
  #begun: { readonly fromHeight: number; readonly sinceMs: number } | null = null;
  /** Oldest first. */
  #looks: Look[] = [];

  /** What is known now, by the replica's height and the height that a quorum attests. */
  look(tipHeight: number, attestedHeight: number, nowMs: number): void {
    const missing = attestedHeight - tipHeight;
    if (missing <= ON_THEIR_WAY_MAX) {
      this.#begun = null;
      this.#looks = [];
      return;
    }
    this.#begun ??= { fromHeight: tipHeight, sinceMs: nowMs };
    this.#looks.push({ atMs: nowMs, missing });
    const fromMs = nowMs - PACE_SPAN_MS;
    // A clock that was set back would leave looks of the future behind.
    this.#looks = this.#looks.filter(({ atMs }) => atMs >= fromMs && atMs <= nowMs).slice(-LOOKS_MAX);
  }

  /** `null` while nothing much is missing. */
  get view(): CatchUpView | null {
    return this.#begun === null ? null : { ...this.#begun, restMs: this.#restMs() };
  }

  /** By how fast the gap closes: what the others add meanwhile counts too. */
  #restMs(): number | null {
    const first = this.#looks[0];
    const last = this.#looks.at(-1);
    if (first === undefined || last === undefined || last.atMs - first.atMs < PACE_SPAN_MIN_MS) return null;
    const closed = first.missing - last.missing;
    if (closed <= 0) return null;
    return Math.min(REST_MAX_MS, Math.round((last.missing * (last.atMs - first.atMs)) / closed));
  }
}
