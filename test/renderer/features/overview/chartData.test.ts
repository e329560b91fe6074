import { describe, expect, it } from 'vitest';
import {
  GAP_MS,
  chartData,
  figuresOf,
  nearest,
  niceTop,
} from '../../../../src/renderer/features/overview/charts/chartData.ts';
import { LINE_STYLES } from '../../../../src/renderer/features/overview/charts/lineStyles.ts';
import type { HistoryPoint } from '../../../../src/shared/contract/model.ts';

const point = (atMs: number, requestsPerSecond = 1): HistoryPoint => ({
  atMs,
  requestsPerSecond,
  checkpointDistance: 3,
  acceptedMs: null,
  finalMs: { median: atMs, p95: 2 * atMs },
});
const rate = ({ requestsPerSecond }: HistoryPoint): number => requestsPerSecond;

describe('chart data', () => {
  it('has the points of the span, a value for each line', () => {
    const points = [0, 1_000, 2_000, 3_000, 4_000].map((atMs) => point(atMs));
    const data = chartData(
      points,
      [rate, (one) => one.acceptedMs?.median ?? null, (one) => one.finalMs?.median ?? null],
      1_000,
      3_000,
    );
    expect(data).toEqual({
      timesMs: [1_000, 2_000, 3_000],
      lines: [
        [1, 1, 1],
        [null, null, null],
        [1_000, 2_000, 3_000],
      ],
    });
  });

  it('shows as a gap what is a gap, and not what is only late', () => {
    const points = [point(0), point(GAP_MS), point(2 * GAP_MS + 1)];
    expect(chartData(points, [rate], 0, 60_000)).toEqual({
      timesMs: [0, GAP_MS, GAP_MS + 1_000, 2 * GAP_MS + 1],
      lines: [[1, 1, null, 1]],
    });
  });

  it('is empty without points', () => {
    expect(chartData([], [rate], 0, 60_000)).toEqual({ timesMs: [], lines: [[]] });
    expect(figuresOf([], [], 0)).toEqual({ current: null, least: null, greatest: null });
    expect(nearest([], 5)).toBeNull();
  });
});

describe('figures', () => {
  it('are the current, the least and the greatest value', () => {
    const figures = figuresOf([0, 1_000, 2_000, 3_000], [4, null, 0, 2], 3_500);
    expect(figures).toEqual({ current: 2, least: 0, greatest: 4 });
  });

  it('have no current value once nothing comes any more, or the line has ended', () => {
    expect(figuresOf([0, 1_000], [4, 2], 1_001 + GAP_MS).current).toBeNull();
    expect(figuresOf([0, 1_000], [4, null], 1_000)).toEqual({ current: null, least: 4, greatest: 4 });
  });
});

it('finds the nearest time', () => {
  expect([-9, 0, 400, 600, 2_600, 9_999].map((atMs) => nearest([0, 1_000, 3_000], atMs))).toEqual([
    0, 0, 0, 1, 2, 2,
  ]);
});

it('ends scales at round values that are not below the greatest', () => {
  expect([null, 0, 0.3, 1, 1.1, 4, 6, 10, 64, 101, 2_345].map(niceTop)).toEqual([
    1, 1, 1, 1, 2, 5, 10, 10, 100, 200, 5_000,
  ]);
});

it('tells lines apart without colour', () => {
  expect(new Set(LINE_STYLES.map(({ dash }) => dash.join(' '))).size).toBe(LINE_STYLES.length);
});
