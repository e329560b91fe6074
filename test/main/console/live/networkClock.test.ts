/** What is evident of the clock of this computer: nothing that f faulty replicas could make up. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clockView, type ClockEvidence } from '../../../../src/main/console/live/networkClock.ts';
import { DEFAULT_LIMITS } from '../../../../src/main/ledger/genesis.ts';
import { clockSchema } from '../../../../src/shared/contract/clock.ts';
import { CLOCK_OFFSET_MAX_MS } from '../../../../src/shared/contract/peers.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const YEAR_MS = 365 * DAY_MS;
const NOW_MS = 1_800_000_000_000;

function look(change: Partial<ClockEvidence>): ReturnType<typeof clockView> {
  const view = clockView({
    offsetsMs: [],
    f: 1,
    certifiedTimeMs: NOW_MS - DAY_MS,
    nowMs: NOW_MS,
    limits: DEFAULT_LIMITS,
    ...change,
  });
  return clockSchema.nullable().parse(view);
}

describe('the clock of this computer, by the other replicas', () => {
  it.each<[readonly number[], number, boolean]>([
    [[60_000, 50_000], 50_000, false],
    [[0, 60_000, 50_000], 50_000, false],
    [[-60_000, -50_000, 0], -50_000, false],
    // Too far ahead for the others: what is signed would come from their future.
    [[-6 * MINUTE_MS, -7 * MINUTE_MS, -8 * MINUTE_MS], -7 * MINUTE_MS, true],
    [[2 * DAY_MS, 2 * DAY_MS, 2 * DAY_MS], 2 * DAY_MS, false],
    [[4 * DAY_MS, 4 * DAY_MS, 4 * DAY_MS], 4 * DAY_MS, true],
    [[3 * YEAR_MS, 3 * YEAR_MS, 0], 3 * YEAR_MS, true],
  ])('%j ms ahead of it: at least %i ms', (offsetsMs, aheadMs, refused) => {
    expect(look({ offsetsMs })).toEqual({ shownBy: 'replicas', aheadMs, blockTimeMs: null, refused });
  });

  it.each<[string, readonly number[]]>([
    ['nobody is known', []],
    ['one alone says so', [3 * YEAR_MS]],
    ['one of three says so', [3 * YEAR_MS, 0, 0]],
    ['one of three says so, in the other direction', [-3 * YEAR_MS, 10, 20]],
    ['they are close', [CLOCK_OFFSET_MAX_MS, CLOCK_OFFSET_MAX_MS, -CLOCK_OFFSET_MAX_MS]],
    ['they disagree among themselves', [DAY_MS, DAY_MS, -DAY_MS, -DAY_MS]],
  ])('nothing is evident where %s', (_, offsetsMs) => {
    expect(look({ offsetsMs })).toBeNull();
  });

  it('is not said to be off by any f replicas, whatever they say', () => {
    const honest = fc.array(fc.integer({ min: -CLOCK_OFFSET_MAX_MS, max: CLOCK_OFFSET_MAX_MS }), {
      maxLength: 20,
    });
    const lies = fc.array(fc.integer(), { maxLength: 10 });
    fc.assert(
      fc.property(honest, lies, (offsetsMs, lying) => {
        expect(look({ offsetsMs: [...offsetsMs, ...lying], f: lying.length })).toBeNull();
      }),
    );
  });

  it('is said to be off by no more than a correct one shows', () => {
    const offsets = fc.array(fc.integer({ min: CLOCK_OFFSET_MAX_MS + 1, max: YEAR_MS }), { minLength: 1 });
    fc.assert(
      fc.property(offsets, fc.array(fc.integer(), { maxLength: 10 }), (right, lying) => {
        const view = look({ offsetsMs: [...right, ...lying], f: lying.length });
        if (view !== null) expect(view.aheadMs).toBeLessThanOrEqual(Math.max(...right));
      }),
    );
  });
});

describe('the clock of this computer, by a certified block', () => {
  it('is evidently wrong before it, by more than a primary may be ahead', () => {
    const certifiedTimeMs = NOW_MS + DEFAULT_LIMITS.maxClockSkewMs;
    expect(look({ certifiedTimeMs })).toBeNull();
    expect(look({ certifiedTimeMs: certifiedTimeMs + 1 })).toEqual({
      shownBy: 'block',
      aheadMs: DEFAULT_LIMITS.maxClockSkewMs + 1,
      blockTimeMs: certifiedTimeMs + 1,
      refused: false,
    });
    expect(look({ certifiedTimeMs: NOW_MS + 3 * YEAR_MS })).toMatchObject({
      shownBy: 'block',
      refused: true,
    });
  });

  it('is not, however long ago the block was made: without requests there are none', () => {
    expect(look({ certifiedTimeMs: NOW_MS - 10 * YEAR_MS })).toBeNull();
    expect(look({ certifiedTimeMs: null })).toBeNull();
  });

  it('says less than what the replicas say now', () => {
    const offsetsMs = [DAY_MS, DAY_MS];
    expect(look({ offsetsMs, certifiedTimeMs: NOW_MS + YEAR_MS })).toMatchObject({ shownBy: 'replicas' });
  });
});
