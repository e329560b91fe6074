/**
 * What a chart shows of the history: its lines with their gaps, and the figures beside them.
 * @module
 */
import { HISTORY_INTERVAL_MS, type HistoryPoint } from '../../../../shared/contract/model.ts';

const MINUTE_MS = 60_000;
/** Spans that a chart can show, in milliseconds; the longest is all that is kept. */
export const CHART_SPANS_MS = [MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS] as const;
export type ChartSpanMs = (typeof CHART_SPANS_MS)[number];

/** Two points further apart have nothing between them. A busy machine may be late by a second. */
export const GAP_MS = 3 * HISTORY_INTERVAL_MS;

/** What one line shows of a point; `null` where it has no value there. */
export type Pick = (point: HistoryPoint) => number | null;
export type Values = readonly (number | null)[];

export interface ChartData {
  /** Milliseconds since 1970 in UTC, rising. */
  readonly timesMs: readonly number[];
  /** One value for each of the times, for each line. */
  readonly lines: readonly Values[];
}

/** The points from `fromMs` to `toMs` as lines. A gap becomes a time of its own without values. */
export function chartData(
  points: readonly HistoryPoint[],
  picks: readonly Pick[],
  fromMs: number,
  toMs: number,
): ChartData {
  const shown: { readonly atMs: number; readonly point: HistoryPoint | null }[] = [];
  for (const point of points) {
    if (point.atMs < fromMs || point.atMs > toMs) continue;
    const last = shown.at(-1);
    if (last !== undefined && point.atMs - last.atMs > GAP_MS) {
      shown.push({ atMs: last.atMs + HISTORY_INTERVAL_MS, point: null });
    }
    shown.push({ atMs: point.atMs, point });
  }
  return {
    timesMs: shown.map(({ atMs }) => atMs),
    lines: picks.map((pick) => shown.map(({ point }) => point && pick(point))),
  };
}

/** The figures of one line. `null`: it has no value there. */
export interface Figures {
  readonly current: number | null;
  readonly least: number | null;
  readonly greatest: number | null;
}

/** One line beside its chart. */
export interface LineRow {
  readonly name: string;
  readonly figures: Figures;
  /** Its value at the time that is pointed at, or else now. */
  readonly shown: number | null;
}

/** `nowMs`: what lies before it by more than a gap is not current any more. */
export function figuresOf(timesMs: readonly number[], values: Values, nowMs: number): Figures {
  let least: number | null = null;
  let greatest: number | null = null;
  for (const value of values) {
    if (value === null) continue;
    least = least === null ? value : Math.min(least, value);
    greatest = greatest === null ? value : Math.max(greatest, value);
  }
  const isFresh = nowMs - (timesMs.at(-1) ?? -Infinity) <= GAP_MS;
  return { current: isFresh ? (values.at(-1) ?? null) : null, least, greatest };
}

/** The index of the time nearest to `atMs`; `null` where there is none. */
export function nearest(timesMs: readonly number[], atMs: number): number | null {
  let best: number | null = null;
  for (const [index, timeMs] of timesMs.entries()) {
    if (best === null || Math.abs(timeMs - atMs) < Math.abs((timesMs[best] ?? 0) - atMs)) best = index;
  }
  return best;
}

const STEPS = [1, 2, 5, 10];

/** The least of 1, 2 and 5 times a power of ten that is not below `greatest`: the upper end of a scale that begins at 0. */
export function niceTop(greatest: number | null): number {
  if (greatest === null || greatest <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(greatest));
  return power * (STEPS.find((step) => step * power >= greatest) ?? 10);
}
