import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { effectScope, nextTick, shallowRef, type EffectScope } from 'vue';
import { CALM_MS, useCalmBlocks } from '../../../../src/renderer/features/blocks/useCalmBlocks.ts';
import type { BlockSummary } from '../../../../src/shared/contract/model.ts';

const upTo = (height: number): BlockSummary[] => [
  { height, hash: String(height), timeMs: 0, requestCount: 1, stable: false },
];
const ROWS = 8;
let scope: EffectScope;
const source = shallowRef<readonly BlockSummary[]>([]);

beforeEach(() => {
  vi.useFakeTimers();
  scope = effectScope();
  source.value = upTo(100);
});
afterEach(() => {
  scope.stop();
  vi.useRealTimers();
});

function shownHeight(): () => number | undefined {
  const shown = scope.run(() => useCalmBlocks(() => source.value, ROWS))!;
  return () => shown.value[0]?.height;
}
async function become(height: number): Promise<void> {
  source.value = upTo(height);
  await nextTick();
}

it('shows at once what leaves some rows as they were, and what was taken back', async () => {
  const height = shownHeight();
  for (const next of [101, 108, 90]) {
    await become(next);
    expect(height()).toBe(next);
  }
});

it('shows the first blocks of all at once', async () => {
  source.value = [];
  const height = shownHeight();
  await become(5_000);
  expect(height()).toBe(5_000);
});

it('shows a few times a second what replaces all rows, and always the last of it', async () => {
  const height = shownHeight();
  const seen = new Set<number | undefined>();
  for (let step = 1; step <= 30; step++) {
    await become(100 + 100 * step);
    seen.add(height());
    vi.advanceTimersByTime(100);
  }
  // Three seconds.
  expect(seen.size).toBeLessThanOrEqual(3_000 / CALM_MS + 1);
  expect(seen.size).toBeGreaterThan(5);
  vi.advanceTimersByTime(CALM_MS);
  expect(height()).toBe(3_100);
});

it('ends with what it belongs to', async () => {
  const height = shownHeight();
  await become(1_000);
  scope.stop();
  vi.advanceTimersByTime(10 * CALM_MS);
  expect(height()).toBe(100);
});
