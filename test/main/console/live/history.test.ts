import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LiveFeed } from '../../../../src/main/console/live/feed.ts';
import { History } from '../../../../src/main/console/live/history.ts';
import {
  LATENCY_SAMPLES_MAX,
  LATENCY_SPAN_MS,
  LATENCY_UNDER_WAY_MAX,
  Latency,
  quantile,
} from '../../../../src/main/console/live/latency.ts';
import { Sampler, type Standing } from '../../../../src/main/console/live/sampler.ts';
import { HISTORY_POINTS_MAX, historyPointSchema } from '../../../../src/shared/contract/history.ts';
import type { Delta, HistoryPoint } from '../../../../src/shared/contract/model.ts';

const point = (atMs: number): HistoryPoint => ({
  atMs,
  requestsPerSecond: 0,
  checkpointDistance: 0,
  acceptedMs: null,
  finalMs: null,
});
const times = (points: readonly HistoryPoint[]): number[] => points.map(({ atMs }) => atMs);

describe('history', () => {
  it('keeps the newest points, however many come', () => {
    const history = new History();
    for (let atMs = 1; atMs <= 5 * HISTORY_POINTS_MAX + 7; atMs++) history.add(point(atMs));
    const last = 5 * HISTORY_POINTS_MAX + 7;
    expect(times(history.points)).toEqual(
      Array.from({ length: HISTORY_POINTS_MAX }, (_, index) => last - HISTORY_POINTS_MAX + 1 + index),
    );
  });

  it('goes on rising where the clock was set back', () => {
    const history = new History();
    for (const atMs of [1_000, 2_000, 3_000, 1_500, 2_500, 2_500]) history.add(point(atMs));
    expect(times(history.points)).toEqual([1_000, 1_500, 2_500]);
  });

  it('is told as it grows, each point once, and kept while nobody listens', () => {
    const feed = new LiveFeed();
    feed.point(point(1));
    const deltas: Delta[] = [];
    feed.subscribe((delta) => deltas.push(delta));
    feed.point(point(2));
    feed.point(point(3));
    feed.flush();
    expect(deltas.map(({ changes }) => changes)).toEqual([
      [
        { topic: 'history', value: point(2) },
        { topic: 'history', value: point(3) },
      ],
    ]);
    expect(times(feed.history.points)).toEqual([1, 2, 3]);
  });
});

describe('latency', () => {
  it('measures from sending to accepted and to final', () => {
    const latency = new Latency();
    latency.begin();
    latency.take({ requestId: 'a', state: 'sent' }, 1_000);
    latency.take({ requestId: 'a', state: 'sent' }, 1_010);
    latency.take({ requestId: 'a', state: 'accepted' }, 1_040);
    latency.take({ requestId: 'a', state: 'accepted' }, 1_090);
    expect(latency.accepted(1_100)).toEqual({ median: 40, p95: 40 });
    expect(latency.final(1_100)).toBeNull();
    latency.take({ requestId: 'a', state: 'final' }, 1_700);
    latency.take({ requestId: 'a', state: 'final' }, 1_900);
    expect(latency.final(1_900)).toEqual({ median: 700, p95: 700 });
  });

  it('counts what is final at once as accepted by then, and what is refused as neither', () => {
    const latency = new Latency();
    latency.begin();
    for (const requestId of ['a', 'b']) latency.take({ requestId, state: 'sent' }, 0);
    latency.take({ requestId: 'a', state: 'final' }, 30);
    latency.take({ requestId: 'b', state: 'refused' }, 50);
    expect(latency.accepted(60)).toEqual({ median: 30, p95: 30 });
    expect(latency.final(60)).toEqual({ median: 30, p95: 30 });
  });

  it('does not measure what an earlier run of the program sent', () => {
    const latency = new Latency();
    latency.take({ requestId: 'old', state: 'sent' }, 0);
    latency.begin();
    latency.take({ requestId: 'old', state: 'sent' }, 5);
    latency.take({ requestId: 'old', state: 'accepted' }, 10);
    latency.take({ requestId: 'never seen', state: 'final' }, 10);
    expect(latency.accepted(10)).toBeNull();
    expect(latency.final(10)).toBeNull();
  });

  it('forgets what lies before the span, and keeps no more than so many', () => {
    const latency = new Latency();
    latency.begin();
    for (let index = 0; index < 3 * LATENCY_SAMPLES_MAX; index++) {
      latency.take({ requestId: String(index), state: 'sent' }, 0);
      latency.take({ requestId: String(index), state: 'final' }, index);
    }
    const nowMs = 3 * LATENCY_SAMPLES_MAX;
    expect(latency.final(nowMs)?.median).toBe(2.5 * LATENCY_SAMPLES_MAX - 1);
    expect(latency.final(nowMs + LATENCY_SPAN_MS)).toBeNull();
  });

  it('remembers so many requests under way, the newest', () => {
    const latency = new Latency();
    latency.begin();
    for (let index = 0; index <= LATENCY_UNDER_WAY_MAX; index++) {
      latency.take({ requestId: String(index), state: 'sent' }, index);
    }
    latency.take({ requestId: '0', state: 'accepted' }, LATENCY_UNDER_WAY_MAX);
    expect(latency.accepted(LATENCY_UNDER_WAY_MAX)).toBeNull();
    latency.take({ requestId: '1', state: 'accepted' }, LATENCY_UNDER_WAY_MAX);
    expect(latency.accepted(LATENCY_UNDER_WAY_MAX)?.median).toBe(LATENCY_UNDER_WAY_MAX - 1);
  });

  it('takes the least value that so many do not exceed', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
    expect([0, 0.5, 0.95, 1].map((part) => quantile(hundred, part))).toEqual([1, 50, 95, 100]);
    expect(quantile([7], 0.95)).toBe(7);
  });
});

describe('sampler', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function sampled(): {
    points: HistoryPoint[];
    stand: (standing: Standing | null) => void;
    sampler: Sampler;
  } {
    const points: HistoryPoint[] = [];
    let standing: Standing | null = { acceptedRequests: 100, tipHeight: 10, stableHeight: 8 };
    const sampler = new Sampler({
      feed: { point: (value) => points.push(value) },
      latency: { accepted: () => ({ median: 1, p95: 2 }), final: () => null },
      standing: () => standing,
      now: () => Date.now(),
    });
    return { points, stand: (next) => (standing = next), sampler };
  }

  it('takes a point a second: what came since the one before, and where the replica stands', () => {
    const { points, stand, sampler } = sampled();
    stand({ acceptedRequests: 112, tipHeight: 14, stableHeight: 8 });
    vi.advanceTimersByTime(1_000);
    vi.advanceTimersByTime(1_000);
    expect(points.map((one) => [one.requestsPerSecond, one.checkpointDistance])).toEqual([
      [12, 6],
      [0, 6],
    ]);
    for (const one of points) expect(historyPointSchema.parse(one)).toEqual(one);
    expect(points[0]).toMatchObject({ acceptedMs: { median: 1, p95: 2 }, finalMs: null });
    sampler.close();
    vi.advanceTimersByTime(5_000);
    expect(points).toHaveLength(2);
  });

  it('leaves a gap while the replica does not run, and counts nothing of it', () => {
    const { points, stand } = sampled();
    vi.advanceTimersByTime(1_000);
    stand(null);
    vi.advanceTimersByTime(3_000);
    stand({ acceptedRequests: 900, tipHeight: 20, stableHeight: 20 });
    vi.advanceTimersByTime(1_000);
    stand({ acceptedRequests: 905, tipHeight: 20, stableHeight: 20 });
    vi.advanceTimersByTime(1_000);
    expect(points.map(({ requestsPerSecond }) => requestsPerSecond)).toEqual([0, 5]);
    expect((points[1]?.atMs ?? 0) - (points[0]?.atMs ?? 0)).toBe(5_000);
  });
});
