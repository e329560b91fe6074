/**
 * How many notices a person is shown: a batch of a hundred requests becomes final at once, and nobody reads as many.
 * Pure: time comes in.
 * @module
 */

/** Most notices that are shown in one minute, the one that counts the others apart. */
export const NOTICES_PER_MINUTE_MAX = 6;

const MINUTE_MS = 60_000;

export class NoticeRate {
  /** When the last ones were shown, oldest first. */
  #shownAtMs: number[] = [];
  #leftOut = 0;

  /** Whether one more may be shown now; it counts as shown. Otherwise it is counted as left out. */
  take(nowMs: number): boolean {
    this.#forget(nowMs);
    if (this.#shownAtMs.length >= NOTICES_PER_MINUTE_MAX) {
      this.#leftOut += 1;
      return false;
    }
    this.#shownAtMs.push(nowMs);
    return true;
  }

  /** How many were left out, once there is room to say so; then they are forgotten. 0: nothing to say. */
  takeLeftOut(nowMs: number): number {
    this.#forget(nowMs);
    if (this.#leftOut === 0 || this.#shownAtMs.length >= NOTICES_PER_MINUTE_MAX) return 0;
    const count = this.#leftOut;
    this.#leftOut = 0;
    this.#shownAtMs.push(nowMs);
    return count;
  }

  #forget(nowMs: number): void {
    this.#shownAtMs = this.#shownAtMs.filter((atMs) => nowMs - atMs < MINUTE_MS);
  }
}
