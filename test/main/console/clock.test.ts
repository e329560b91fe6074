/**
 * A console whose computer's clock is set: while it runs, and by years before it starts. All its replicas run in this
 * process and have that clock.
 */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ItemView, ReplicaView } from '../../../src/shared/contract/model.ts';
import { PASSPHRASE, SETUP, TestConsole, endAll } from './support.ts';

const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;
const timeout = 120_000;

/** By how much the clock is set. */
let byMs = 0;
beforeEach(() => {
  byMs = 0;
  const real = Date.now.bind(Date);
  vi.spyOn(Date, 'now').mockImplementation(() => real() + byMs);
});
afterEach(async () => {
  await endAll();
  vi.restoreAllMocks();
});

async function replica({ app }: TestConsole): Promise<ReplicaView> {
  const { replica: view } = await app.handle('session.snapshot', {});
  if (view === null) throw new Error('no replica runs');
  return view;
}

let drafts = 0;
/** Signs another batch; what became of it. */
async function sign(on: TestConsole): Promise<ItemView> {
  drafts += 1;
  const text = `name,score\r\nAda,${String(drafts)}\r\n`;
  const draft = await on.draft('assessments', { name: `batch ${String(drafts)}.csv`, text });
  const items = [{ id: draft.id, shownHash: draft.contentHash }];
  const { results } = await on.app.handle('item.sign', { items, passphrase: PASSPHRASE });
  expect(results).toEqual([{ id: draft.id, error: null }]);
  return await on.item(
    draft.id,
    ({ receiptReady, state }) => receiptReady || ['refused', 'expired'].includes(state),
  );
}

describe('the clock is set', () => {
  it('by an hour, forth and back, while it runs: requests go on, in the same view', { timeout }, async () => {
    const console = await TestConsole.start();
    await console.app.handle('setup.try', SETUP);
    expect(await sign(console)).toMatchObject({ state: 'final' });
    const { view } = await replica(console);
    for (const setMs of [-HOUR_MS, 0, HOUR_MS, 0]) {
      byMs = setMs;
      const startedMs = performance.now();
      expect(await sign(console), `set by ${String(setMs)} ms`).toMatchObject({ state: 'final' });
      // No timer waits for an hour to pass again.
      expect(performance.now() - startedMs).toBeLessThan(20_000);
    }
    expect(await replica(console)).toMatchObject({ view, connected: 4, mode: 'normal' });
    expect(console.events.filter(({ kind }) => kind === 'failed' || kind === 'internal')).toEqual([]);
  });

  it(
    'to years before the last block: told and refused in words, and nothing is damaged',
    { timeout },
    async () => {
      const first = await TestConsole.start();
      await first.app.handle('setup.try', SETUP);
      expect((await replica(first)).clock).toBeNull();
      const final = await sign(first);
      expect(final).toMatchObject({ state: 'final', height: 1 });
      await first.app.stop();

      byMs = -3 * YEAR_MS;
      const early = await TestConsole.start(first.directory);
      expect(early.app.stage.name).toBe('running');
      const { clock, tipHeight } = await replica(early);
      expect(tipHeight).toBe(1);
      expect(clock).toMatchObject({ shownBy: 'block', refused: true });
      expect(clock?.aheadMs).toBeGreaterThan(3 * YEAR_MS - HOUR_MS);
      // Signed all the same, it is refused in words, and nobody is blamed for it.
      expect(await sign(early)).toMatchObject({ state: 'expired', error: { code: 'request.tooOld' } });
      expect(await replica(early)).toMatchObject({ view: 0, mode: 'normal', tipHeight: 1 });
      await early.app.stop();

      byMs = 0;
      const right = await TestConsole.start(first.directory);
      expect(await replica(right)).toMatchObject({ clock: null, tipHeight: 1, learner: null });
      const { items } = await right.app.handle('session.snapshot', {});
      expect(items.find(({ id }) => id === final.id)).toMatchObject({ state: 'final', receiptReady: true });
      expect(await sign(right)).toMatchObject({ state: 'final', height: 2 });
    },
  );

  it('to years ahead of the last block: it works, and the way back is told', { timeout }, async () => {
    const first = await TestConsole.start();
    await first.app.handle('setup.try', SETUP);
    expect(await sign(first)).toMatchObject({ state: 'final' });
    await first.app.stop();

    byMs = 3 * YEAR_MS;
    const late = await TestConsole.start(first.directory);
    // An idle network has no time of its own: nothing is evident.
    expect((await replica(late)).clock).toBeNull();
    expect(await sign(late)).toMatchObject({ state: 'final', height: 2 });
    await late.app.stop();

    byMs = 0;
    const back = await TestConsole.start(first.directory);
    expect((await replica(back)).clock).toMatchObject({ shownBy: 'block', refused: true });
    expect(await replica(back)).toMatchObject({ tipHeight: 2, stableHeight: 2 });
  });
});
