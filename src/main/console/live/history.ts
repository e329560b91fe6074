/**
 * The points of the charts, kept for pages that are opened later.
 * @module
 */
import { HISTORY_POINTS_MAX, type HistoryPoint } from '../../../shared/contract/model.ts';

export class History {
  /** Oldest first. Cut when it has twice as many as are kept, so that adding a point costs next to nothing. */
  #points: HistoryPoint[] = [];

  /** The newest ones, oldest first, each later than the one before. */
  get points(): readonly HistoryPoint[] {
    return this.#points.slice(-HISTORY_POINTS_MAX);
  }

  /** A point later than the others: where the clock was set back, those from its time on are forgotten. */
  add(point: HistoryPoint): void {
    while ((this.#points.at(-1)?.atMs ?? -Infinity) >= point.atMs) this.#points.pop();
    this.#points.push(point);
    if (this.#points.length >= 2 * HISTORY_POINTS_MAX) this.#points = this.#points.slice(-HISTORY_POINTS_MAX);
  }
}
