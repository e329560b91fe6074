import { describe, expect, it } from 'vitest';
import { isLimit, lineOf, linesFor } from '../../../src/renderer/features/diagnostics/counters.ts';
import {
  askForLines,
  linesSince,
  NO_LINES,
  withAnswer,
  type LogAnswer,
} from '../../../src/renderer/features/diagnostics/logLines.ts';
import { LOG_ENTRIES_MAX } from '../../../src/shared/contract/diagnostics.ts';
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
});

describe('what is known of the log', () => {
  const of = (log: string, entries: LogAnswer['entries']): LogAnswer => ({ log, entries, dropped: 0 });
  /** A program with this log. */
  const program =
    (log: string, entries = lines) =>
    (after: number): Promise<LogAnswer> =>
      Promise.resolve(
        of(
          log,
          entries.filter(({ number }) => number > after),
        ),
      );

  it('follows without a double, the newest of them', () => {
    const known = withAnswer(NO_LINES, of('one', lines.slice(0, 4)));
    const more = withAnswer(known, of('one', lines.slice(2, 6)));
    expect(more.entries).toEqual(lines.slice(0, 6));
    expect(linesSince(known, more)).toBe(2);
    const many = Array.from({ length: LOG_ENTRIES_MAX }, (_, at) => ({ ...lines[0]!, number: 7 + at }));
    expect(withAnswer(more, of('one', many)).entries).toEqual(many);
  });

  it('starts over with the log of a program that has started again, whatever its lines are numbered', async () => {
    const known = withAnswer(NO_LINES, await askForLines(program('one'), NO_LINES));
    expect(known.entries).toEqual(lines);
    const asked: number[] = [];
    const again = program('two', [...lines, { ...lines[0]!, number: lines.length + 1 }]);
    const answer = await askForLines((after) => {
      asked.push(after);
      return again(after);
    }, known);
    expect(asked).toEqual([lines.length, 0]);
    const restarted = withAnswer(known, answer);
    expect(restarted.entries.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(linesSince(known, restarted)).toBe(10);
    // And then goes on with it.
    expect((await askForLines(program('two', lines.slice(0, 3)), restarted)).entries).toEqual([]);
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
