/**
 * How long the requests that this console sent took to be accepted and to be final, by the clock of this machine alone.
 * @module
 */
import type { Took } from '../../../shared/contract/model.ts';
import type { Hex } from '../../../shared/encoding/hex.ts';
import type { Progress } from '../../client/tracking.ts';

/** Span over which requests are taken together, in milliseconds: as for the rate. */
export const LATENCY_SPAN_MS = 10_000;
/** Most requests that are taken together, the newest: many more than a person signs within the span. */
export const LATENCY_SAMPLES_MAX = 1_000;
/** Most requests under way whose start is remembered: as many as the client follows. */
export const LATENCY_UNDER_WAY_MAX = 10_000;

const MEDIAN = 0.5;
const MOST = 0.95;

interface UnderWay {
  /** By the monotonic clock; `null` where it was sent before the program started. */
  readonly sentMs: number | null;
  accepted: boolean;
}

/** What is needed of the client's findings. */
export type Found = Pick<Progress, 'requestId' | 'state'>;

export class Latency {
  readonly #accepted = new RecentTimes();
  readonly #final = new RecentTimes();
  /** In the order in which they were sent. */
  readonly #underWay = new Map<Hex, UnderWay>();
  #measuring = false;

  /** From now on, a request that is new here has just been sent. Before, it was sent by an earlier run of the program. */
  begin(): void {
    this.#measuring = true;
  }

  /** Takes in what the client found. `nowMs`: of a clock that is never set. */
  take({ requestId, state }: Found, nowMs: number): void {
    if (state === 'sent') {
      this.#sent(requestId, nowMs);
      return;
    }
    const known = this.#underWay.get(requestId);
    if (known === undefined) return;
    // What is final at once has been accepted by then.
    if (state !== 'refused' && !known.accepted) this.#note(this.#accepted, known, nowMs);
    known.accepted = true;
    if (state === 'final') this.#note(this.#final, known, nowMs);
    if (state !== 'accepted') this.#underWay.delete(requestId);
  }

  /** Of the requests that were accepted within the span before `nowMs`. */
  accepted(nowMs: number): Took | null {
    return this.#accepted.took(nowMs);
  }

  /** Of the requests that became final within the span before `nowMs`. */
  final(nowMs: number): Took | null {
    return this.#final.took(nowMs);
  }

  #sent(requestId: Hex, nowMs: number): void {
    // Objections and a change of the replicas leave a request, or bring it back to, where it was sent.
    if (this.#underWay.has(requestId)) return;
    this.#underWay.set(requestId, { sentMs: this.#measuring ? nowMs : null, accepted: false });
    const [oldest] = this.#underWay.keys();
    if (this.#underWay.size > LATENCY_UNDER_WAY_MAX && oldest !== undefined) this.#underWay.delete(oldest);
  }

  #note(times: RecentTimes, { sentMs }: UnderWay, nowMs: number): void {
    if (sentMs !== null) times.add(nowMs - sentMs, nowMs);
  }
}

/** Times of the last `LATENCY_SPAN_MS`. */
class RecentTimes {
  /** Oldest first. */
  #times: { readonly atMs: number; readonly tookMs: number }[] = [];

  add(tookMs: number, atMs: number): void {
    this.#times.push({ atMs, tookMs });
    if (this.#times.length >= 2 * LATENCY_SAMPLES_MAX) this.#times = this.#times.slice(-LATENCY_SAMPLES_MAX);
  }

  took(nowMs: number): Took | null {
    this.#times = this.#times
      .filter(({ atMs }) => atMs > nowMs - LATENCY_SPAN_MS)
      .slice(-LATENCY_SAMPLES_MAX);
    const sorted = this.#times.map(({ tookMs }) => tookMs).sort((left, right) => left - right);
    if (sorted.length === 0) return null;
    return { median: quantile(sorted, MEDIAN), p95: quantile(sorted, MOST) };
  }
}

/** The least of `sorted` (ascending, not empty) that `part` (0 to 1) of them do not exceed. */
export function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? NaN;
}
