import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DELTA_BLOCKS_MAX, DELTA_INTERVAL_MS, LiveFeed } from '../../../../src/main/console/live/feed.ts';
import { RATE_SPAN_SECONDS, Rate } from '../../../../src/main/console/live/rate.ts';
import type { BlockSummary, Delta } from '../../../../src/shared/contract/model.ts';

const block = (height: number, hash = String(height)): BlockSummary => ({
  height,
  hash,
  timeMs: height,
  requestCount: 1,
  stable: false,
});

function listen(): { feed: LiveFeed; deltas: Delta[] } {
  const feed = new LiveFeed();
  const deltas: Delta[] = [];
  feed.subscribe((delta) => deltas.push(delta));
  return { feed, deltas };
}

afterEach(() => {
  vi.useRealTimers();
});

describe('live feed', () => {
  it('tells no more than ten times a second, the latest of each thing, without a gap', () => {
    vi.useFakeTimers();
    const { feed, deltas } = listen();
    const atMs: number[] = [];
    feed.subscribe(() => atMs.push(performance.now()));
    for (let step = 0; step < 1_000; step++) {
      feed.publish({ topic: 'itemRemoved', id: String(step % 3) });
      feed.publish({ topic: 'network', value: null });
      vi.advanceTimersByTime(1);
    }
    vi.advanceTimersByTime(DELTA_INTERVAL_MS);
    expect(deltas.map(({ sequence }) => sequence)).toEqual(deltas.map((_delta, index) => index + 1));
    expect(deltas.length).toBeGreaterThan(8);
    for (let index = 1; index < atMs.length; index++) {
      expect((atMs[index] ?? 0) - (atMs[index - 1] ?? 0)).toBeGreaterThanOrEqual(DELTA_INTERVAL_MS);
    }
    for (const { changes } of deltas) expect(changes.length).toBeLessThanOrEqual(4);
  });

  it('puts blocks before checkpoints, newest first, and only so many', () => {
    const { feed, deltas } = listen();
    feed.checkpoint({ height: 5, hash: '5', atMs: 0 });
    for (let height = 1; height <= 300; height++) feed.block(block(height));
    feed.flush();
    const [blocks, checkpoint] = deltas[0]?.changes ?? [];
    expect(checkpoint).toMatchObject({ topic: 'checkpoint' });
    if (blocks?.topic !== 'blocks') throw new Error('expected blocks');
    expect(blocks.value.map(({ height }) => height)).toEqual(
      Array.from({ length: DELTA_BLOCKS_MAX }, (_, index) => 300 - index),
    );
  });

  it('drops what a new block has replaced', () => {
    const { feed, deltas } = listen();
    for (const [height, hash] of [
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
      [2, 'd'],
    ] as const)
      feed.block(block(height, hash));
    feed.flush();
    expect(deltas[0]?.changes).toEqual([{ topic: 'blocks', value: [block(2, 'd'), block(1, 'a')] }]);
  });

  it('tells what was taken off the chain before what came after it', () => {
    const { feed, deltas } = listen();
    for (const height of [3, 4, 5]) feed.block(block(height, 'a'));
    feed.rolledBack(4);
    feed.rolledBack(3);
    feed.block(block(4, 'b'));
    feed.rolledBack(4);
    feed.flush();
    feed.block(block(5, 'b'));
    feed.flush();
    expect(deltas.map(({ changes }) => changes)).toEqual([
      [
        { topic: 'rolledBack', height: 3 },
        { topic: 'blocks', value: [block(4, 'b'), block(3, 'a')] },
      ],
      [{ topic: 'blocks', value: [block(5, 'b')] }],
    ]);
  });

  it('leaves a gap where everything has changed, and tells nothing that nobody hears', () => {
    const { feed, deltas } = listen();
    feed.publish({ topic: 'network', value: null });
    feed.resynchronise();
    feed.publish({ topic: 'network', value: null });
    feed.close();
    expect(deltas.map(({ sequence }) => sequence)).toEqual([1, 3]);
    feed.publish({ topic: 'network', value: null });
    feed.flush();
    expect(feed.sequence).toBe(3);
  });

  it('ends an item with its removal, and begins it again after', () => {
    const { feed, deltas } = listen();
    feed.publish({ topic: 'itemRemoved', id: 'a' });
    feed.publish({ topic: 'key', value: null });
    feed.publish({ topic: 'itemRemoved', id: 'a' });
    feed.flush();
    expect(deltas[0]?.changes.map(({ topic }) => topic)).toEqual(['key', 'itemRemoved']);
  });
});

describe('rate', () => {
  it('is the naive count over the last ten seconds', () => {
    const happenings = fc.array(fc.record({ afterMs: fc.nat(4_000), count: fc.nat(100) }), { maxLength: 30 });
    fc.assert(
      fc.property(happenings, (list) => {
        const rate = new Rate();
        const seen: { second: number; count: number }[] = [];
        let nowMs = 0;
        for (const { afterMs, count } of list) {
          nowMs += afterMs;
          const second = Math.floor(nowMs / 1_000);
          rate.add(count, nowMs);
          seen.push({ second, count });
          const sum = seen
            .filter((happening) => happening.second > second - RATE_SPAN_SECONDS)
            .reduce((total, happening) => total + happening.count, 0);
          expect(rate.perSecond(nowMs)).toBe(sum / RATE_SPAN_SECONDS);
        }
      }),
    );
  });

  it('outlives a clock that is set back', () => {
    const rate = new Rate();
    rate.add(10, 1_000_000);
    expect(rate.perSecond(5_000)).toBe(0);
  });
});
