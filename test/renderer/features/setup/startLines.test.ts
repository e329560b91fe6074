/** The lines of the page that shows a start, and an estimate in round figures. */
import { describe, expect, it } from 'vitest';
import { roundedRestMs } from '../../../../src/renderer/features/overview/rest.ts';
import { startLines } from '../../../../src/renderer/features/setup/startLines.ts';
import { startingStage } from '../../fixture/data.ts';

const phases = (change: Parameters<typeof startingStage>[0]): string[] =>
  startLines(startingStage(change)).map(({ phase, state }) => `${phase} ${state}`);

describe('the lines of a start', () => {
  it('are done, current and later, in the order of the phases', () => {
    expect(phases({ phase: 'verifyLog', done: [{ phase: 'lock', tookMs: 3 }] })).toEqual([
      'lock done',
      'keys later',
      'genesis later',
      'verifyLog current',
      'replay later',
      'join later',
      'inbox later',
    ]);
  });

  it('have what only some starts have once it begins', () => {
    expect(phases({ phase: 'make', done: [] })[0]).toBe('make current');
    expect(phases({ phase: 'replicas', done: [] })).toContain('replicas current');
  });
});

describe('an estimate', () => {
  it.each([
    [0, 5_000],
    [5_001, 10_000],
    [59_000, 60_000],
    [61_000, 120_000],
    [3_600_001, 4_200_000],
  ])('of %i ms reads as %i ms', (restMs, shown) => {
    expect(roundedRestMs(restMs)).toBe(shown);
  });
});
