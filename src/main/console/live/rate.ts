/**
 * How many things happened a second, over the last ten seconds.
 * @module
 */

/** Span over which the rate is taken, in seconds: steady enough to read, short enough to follow. */
export const RATE_SPAN_SECONDS = 10;
const SECOND_MS = 1_000;

export class Rate {
  /** Counts by second, since 1970. */
  readonly #counts = new Map<number, number>();

  add(count: number, nowMs: number): void {
    const second = Math.floor(nowMs / SECOND_MS);
    this.#forget(second);
    this.#counts.set(second, (this.#counts.get(second) ?? 0) + count);
  }

  perSecond(nowMs: number): number {
    this.#forget(Math.floor(nowMs / SECOND_MS));
    let sum = 0;
    for (const count of this.#counts.values()) sum += count;
    return sum / RATE_SPAN_SECONDS;
  }

  /** A clock that was set back leaves no second behind that would count for ever. */
  #forget(second: number): void {
    for (const known of this.#counts.keys()) {
      if (known <= second - RATE_SPAN_SECONDS || known > second) this.#counts.delete(known);
    }
  }
}
