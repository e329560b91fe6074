import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isoTime } from '../../../src/main/ledger/isoTime.ts';

describe('isoTime', () => {
  it.each([
    [0, '1970-01-01T00:00:00.000Z'],
    [951_782_400_000, '2000-02-29T00:00:00.000Z'],
    [1_767_225_600_000 - 1, '2025-12-31T23:59:59.999Z'],
    [253_402_300_799_999, '9999-12-31T23:59:59.999Z'],
    [253_402_300_800_000, '+010000-01-01T00:00:00.000Z'],
  ])('%d is %s', (timeMs, text) => {
    expect(isoTime(timeMs)).toBe(text);
  });

  it('says what Date says', () => {
    const LATEST_DATE_MS = 8_640_000_000_000_000;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: LATEST_DATE_MS }), (timeMs) => {
        expect(isoTime(timeMs)).toBe(new Date(timeMs).toISOString());
      }),
      { numRuns: 20_000 },
    );
  });

  it('has words for every unsigned integer, also beyond what Date knows', () => {
    expect(isoTime(Number.MAX_SAFE_INTEGER)).toBe('+287396-10-12T08:59:00.991Z');
  });
});
