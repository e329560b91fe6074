/** Confirmations are asked for one at a time, end once, and sign nothing after their end. */
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { Confirmation } from '../../../../src/main/console/confirm/confirmer.ts';
import { REFUSED_MAX, REFUSED_WITHIN_MS } from '../../../../src/main/desktop/confirm/askLimit.ts';
import { ConfirmDesk } from '../../../../src/main/desktop/confirm/confirmDesk.ts';
import type { WindowSide } from '../../../../src/main/desktop/confirm/round.ts';
import { answerSchema } from '../../../../src/shared/contract/bridge.ts';
import { CONFIRM_CHANNEL_NAMES, type ConfirmView } from '../../../../src/shared/contract/confirm.ts';
import { CountersignError } from '../../../../src/shared/errors.ts';
import { ERROR_CATALOGUES } from '../../../../src/shared/locales/errorWords.ts';

const HASH = 'ab'.repeat(32);
const VIEW: ConfirmView = {
  purpose: 'sign',
  items: [],
  network: { networkId: HASH, name: 'Trial', fingerprint: 'a b c' },
  key: { publicKey: HASH, name: 'Ada', unlocked: false, registered: true },
  waiting: 0,
  stableHeight: 0,
  clock: null,
};
const DECISION = { ids: ['1'], passphrase: 'secret', later: false };
const error = (
  code: 'confirm.screenLocked' | 'confirm.interrupted' | 'confirm.cancelled',
): CountersignError => new CountersignError(code, {});

class Bench {
  nowMs = 0;
  readonly windows: { side: WindowSide; closed: boolean; fronts: number }[] = [];
  readonly desk = new ConfirmDesk({
    clock: () => this.nowMs,
    openWindow: (side) => {
      const window = { side, closed: false, fronts: 0 };
      this.windows.push(window);
      return {
        front: () => {
          window.fronts += 1;
        },
        close: () => {
          window.closed = true;
        },
      };
    },
  });
  broken: (error: CountersignError) => void = () => undefined;
  readonly confirm = vi.fn<Confirmation['confirm']>(async () => [{ id: '1', error: null }]);
  readonly confirmation: Confirmation = {
    view: () => VIEW,
    item: async () => await Promise.reject(new CountersignError('draft.notFound', { id: '1' })),
    confirm: async (decision, signal) => await this.confirm(decision, signal),
    onBroken: (listener) => {
      this.broken = listener;
      return () => {
        this.broken = () => undefined;
      };
    },
  };

  /** The outcome, or the code of the error; once its window is open. */
  async ask(): Promise<{ outcome: Promise<unknown> }> {
    const outcome = this.desk
      .ask(async () => this.confirmation)
      .catch((problem: unknown) => (problem as CountersignError).code);
    await new Promise((resolve) => setImmediate(resolve));
    return { outcome };
  }

  get window() {
    return this.windows.at(-1)!;
  }
}

describe('SECURITY 8: a confirmation', () => {
  it('is signed by what the window says, and ends', async () => {
    const bench = new Bench();
    const { outcome } = await bench.ask();
    const answer = await bench.window.side.answer('confirm', DECISION);
    expect(answer).toEqual({ ok: true, output: { results: [{ id: '1', error: null }] } });
    expect(await outcome).toEqual([{ id: '1', error: null }]);
    expect(bench.window.closed).toBe(true);
    expect(bench.confirm.mock.calls[0]?.[0]).toEqual(DECISION);
  });

  it.each([
    [
      'the window is closed',
      'confirm.cancelled',
      (b: Bench) => b.window.side.ended(error('confirm.cancelled')),
    ],
    [
      'its process ends',
      'confirm.interrupted',
      (b: Bench) => b.window.side.ended(error('confirm.interrupted')),
    ],
    ['the screen is locked', 'confirm.screenLocked', (b: Bench) => b.desk.end(error('confirm.screenLocked'))],
    [
      'the item changes',
      'draft.notFound',
      (b: Bench) => b.broken(new CountersignError('draft.notFound', { id: '1' })),
    ],
    [
      'the program quits',
      'stopped',
      (b: Bench) => b.desk.close(new CountersignError('stopped', { what: 'Countersign' })),
    ],
  ] as const)('where %s ends with %s: nothing is signed, then or later', async (_when, code, happen) => {
    const bench = new Bench();
    const { outcome } = await bench.ask();
    const { window } = bench;
    happen(bench);
    expect(await outcome).toBe(code);
    expect(window.closed).toBe(true);
    expect(await window.side.answer('confirm', DECISION)).toMatchObject({ ok: false, error: { code } });
    expect(bench.confirm).not.toHaveBeenCalled();
  });

  it('that ends while the key is derived aborts it, and says what came of it', async () => {
    const bench = new Bench();
    const { outcome } = await bench.ask();
    const derived = Promise.withResolvers<undefined>();
    bench.confirm.mockImplementation(async (_decision, signal) => {
      await derived.promise;
      signal.throwIfAborted();
      return [{ id: '1', error: null }];
    });
    const answer = bench.window.side.answer('confirm', DECISION);
    bench.window.side.ended(error('confirm.cancelled'));
    derived.resolve(undefined);
    expect(await answer).toMatchObject({ ok: false, error: { code: 'confirm.cancelled' } });
    expect(await outcome).toBe('confirm.cancelled');
  });

  it('tells what was signed before it ended', async () => {
    const bench = new Bench();
    const { outcome } = await bench.ask();
    const rest = { code: 'confirm.cancelled', data: {} };
    const results = [
      { id: '1', error: null },
      { id: '2', error: rest },
    ];
    bench.confirm.mockResolvedValue(results);
    const answer = bench.window.side.answer('confirm', DECISION);
    bench.window.side.ended(error('confirm.cancelled'));
    await answer;
    expect(await outcome).toEqual(results);
  });

  it('can be tried again after a wrong passphrase, one try at a time', async () => {
    const bench = new Bench();
    const { outcome } = await bench.ask();
    bench.confirm.mockRejectedValueOnce(new CountersignError('key.wrongPassphrase', {}));
    const [first, second] = await Promise.all([
      bench.window.side.answer('confirm', DECISION),
      bench.window.side.answer('confirm', DECISION),
    ]);
    expect(first).toMatchObject({ error: { code: 'key.wrongPassphrase' } });
    expect(second).toMatchObject({ error: { code: 'confirm.busy' } });
    expect(bench.window.closed).toBe(false);
    expect(await bench.window.side.answer('confirm', DECISION)).toMatchObject({ ok: true });
    expect(await outcome).toEqual([{ id: '1', error: null }]);
    expect(await bench.window.side.answer('confirm', DECISION)).toMatchObject({ ok: false });
    expect(bench.confirm).toHaveBeenCalledTimes(2);
  });

  it('stays to show what went wrong, and is not carried out again', async () => {
    const bench = new Bench();
    const { outcome } = await bench.ask();
    bench.confirm.mockResolvedValue([{ id: '1', error: { code: 'key.revoked', data: {} } }]);
    await bench.window.side.answer('confirm', DECISION);
    expect(await bench.window.side.answer('confirm', DECISION)).toMatchObject({
      error: { code: 'confirm.busy' },
    });
    expect(bench.window.closed).toBe(false);
    await bench.window.side.answer('cancel', {});
    expect(await outcome).toMatchObject([{ error: { code: 'key.revoked' } }]);
  });
});

describe('a page that asks over and over', () => {
  it('gets one window, which comes to the front now and then', async () => {
    const bench = new Bench();
    await bench.ask();
    for (let again = 0; again < 100; again++) expect(await (await bench.ask()).outcome).toBe('confirm.busy');
    expect(bench.windows).toHaveLength(1);
    expect(bench.window.fronts).toBe(1);
    bench.nowMs += 2_000;
    await bench.ask();
    expect(bench.window.fronts).toBe(2);
  });

  it('has to wait after some were cancelled, and not after one was confirmed', async () => {
    const bench = new Bench();
    const cancelOne = async (): Promise<unknown> => {
      const { outcome } = await bench.ask();
      bench.window.side.ended(error('confirm.cancelled'));
      return await outcome;
    };
    for (let count = 1; count < REFUSED_MAX; count++) expect(await cancelOne()).toBe('confirm.cancelled');
    const { outcome } = await bench.ask();
    await bench.window.side.answer('confirm', DECISION);
    expect(await outcome).toHaveLength(1);
    for (let count = 0; count < REFUSED_MAX; count++) expect(await cancelOne()).toBe('confirm.cancelled');
    const opened = bench.windows.length;
    for (let again = 0; again < 100; again++) expect(await cancelOne()).toBe('confirm.tooOften');
    expect(bench.windows).toHaveLength(opened);
    bench.nowMs += REFUSED_WITHIN_MS;
    expect(await cancelOne()).toBe('confirm.cancelled');
  });

  it('that names what cannot be confirmed opens no window', async () => {
    const bench = new Bench();
    const open = async (): Promise<Confirmation> =>
      await Promise.reject(new CountersignError('draft.notFound', { id: '1' }));
    await expect(bench.desk.ask(open)).rejects.toMatchObject({ code: 'draft.notFound' });
    expect(bench.windows).toHaveLength(0);
    // And leaves the way free for the next one.
    await bench.ask();
    expect(bench.windows).toHaveLength(1);
  });

  it('is not asked any more once the program quits, and what was being prepared is not shown', async () => {
    const bench = new Bench();
    const prepared = Promise.withResolvers<Confirmation>();
    const asked = bench.desk.ask(async () => await prepared.promise);
    bench.desk.close(new CountersignError('stopped', { what: 'Countersign' }));
    prepared.resolve(bench.confirmation);
    await expect(asked).rejects.toMatchObject({ code: 'stopped' });
    await expect(bench.desk.ask(async () => bench.confirmation)).rejects.toMatchObject({ code: 'stopped' });
    expect(bench.windows).toHaveLength(0);
  });
});

describe('SECURITY 6: the calls of the window', () => {
  it.each(CONFIRM_CHANNEL_NAMES)('%s answers anything with a typed answer', async (channel) => {
    const value = fc.oneof(
      fc.anything(),
      fc.record(
        {
          ids: fc.oneof(fc.anything(), fc.array(fc.string())),
          passphrase: fc.oneof(fc.anything(), fc.string()),
          later: fc.oneof(fc.boolean(), fc.anything()),
          id: fc.oneof(fc.string(), fc.anything()),
          firstRecord: fc.oneof(fc.nat(), fc.anything()),
          recordCount: fc.oneof(fc.nat(), fc.anything()),
        },
        { requiredKeys: [] },
      ),
    );
    await fc.assert(
      fc.asyncProperty(value, async (input) => {
        const bench = new Bench();
        bench.confirm.mockRejectedValue(new CountersignError('key.wrongPassphrase', {}));
        await bench.ask();
        const answer = answerSchema.parse(await bench.window.side.answer(channel, input));
        if (answer.ok) return;
        const known: readonly string[] = Object.keys(ERROR_CATALOGUES.en);
        expect(known).toContain(answer.error.code);
        expect(answer.error.code).not.toBe('internal');
      }),
      { numRuns: 200 },
    );
  });

  it('says nothing of the passphrase in an error', async () => {
    const bench = new Bench();
    await bench.ask();
    const answer = await bench.window.side.answer('confirm', { ...DECISION, passphrase: ['secret'] });
    expect(JSON.stringify(answer)).not.toContain('secret');
  });
});
