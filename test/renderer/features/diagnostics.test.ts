import { describe, expect, it } from 'vitest';
import {
  appendLines,
  isLimit,
  lineOf,
  linesFor,
} from '../../../src/renderer/features/diagnostics/counters.ts';
import { logEntries } from '../fixture/operator.ts';

const lines = logEntries(1_000_000);

describe('the lines of the log', () => {
  it('are found by level and by words, in any order and case', () => {
    expect(linesFor(lines, 'debug', '')).toHaveLength(lines.length);
    expect(linesFor(lines, 'warn', '').map(({ level }) => level)).toEqual(['warn', 'warn', 'error']);
    expect(linesFor(lines, 'debug', 'TIMEOUT view.ch').map(({ event }) => event)).toEqual(['view.changing']);
    expect(linesFor(lines, 'error', 'timeout')).toEqual([]);
  });

  it('are read as one line', () => {
    expect(lineOf(lines[6]!)).toBe('view.changing view=4 target=5 cause=timeout');
  });

  it('follow one another without a double, the newest of them', () => {
    expect(appendLines(lines.slice(0, 4), lines.slice(2, 6), 100)).toEqual(lines.slice(0, 6));
    expect(appendLines(lines.slice(0, 4), lines.slice(4), 3)).toEqual(lines.slice(-3));
  });
});

describe('a code that is counted', () => {
  it.each([
    ['admission.rate', true],
    ['handshake.timeout', true],
    ['handshake.wrongNetwork', false],
  ])('%s says that a limit was hit: %s', (code, expected) => {
    expect(isLimit(code)).toBe(expected);
  });
});
