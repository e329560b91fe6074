/**
 * Tables in CSV (RFC 4180), with the delimiter and the line ends of the file's header row. Nothing is repaired: a file
 * that two programs could read in two ways is refused, because a signature goes under what was read.
 *
 * A line without a single character is no record: at the end of the file it is ignored, and anywhere else it is an
 * error. An empty cell in a table of one column is therefore written as `""`.
 * @module
 */
import Papa from 'papaparse';
import { CountersignError } from '../../../shared/errors.ts';
import { FIRST_RECORD_ROW, checkColumns, checkCount, checkedText, type Table } from './table.ts';

/** What can stand between cells. Of two that divide the header row equally often, the first is meant. */
const DELIMITERS = [',', ';', '\t', '|'] as const;
type Delimiter = (typeof DELIMITERS)[number];
type LineEnd = '\r\n' | '\n' | '\r';

interface Dialect {
  readonly delimiter: Delimiter;
  readonly lineEnd: LineEnd;
}

/** The table in a CSV text. Cells stay text, whatever they look like. Throws the `import.*` errors. */
export function parseCsv(name: string, text: string): Table {
  const [columns, ...rows] = readRows(name, text, dialectOf(text));
  if (columns === undefined) throw new CountersignError('import.empty', { name });
  checkColumns(name, columns);
  checkCount(name, rows.length);
  const records = rows.map((cells, index) => {
    const row = index + FIRST_RECORD_ROW;
    if (cells.length !== columns.length) {
      throw new CountersignError('import.ragged', {
        name,
        row,
        expected: columns.length,
        actual: cells.length,
      });
    }
    return cells.map((cell, at) => checkedText(cell, { name, row, column: columns[at] ?? '' }));
  });
  return { columns, records };
}

/** Reads the header row as far as that is possible without knowing the delimiter: quotes hide what is in them. */
function dialectOf(text: string): Dialect {
  const counts = new Map<string, number>();
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '"') quoted = !quoted;
    if (quoted) continue;
    if (char === '\n') return { delimiter: mostFrequent(counts), lineEnd: '\n' };
    if (char === '\r') {
      return { delimiter: mostFrequent(counts), lineEnd: text.charAt(at + 1) === '\n' ? '\r\n' : '\r' };
    }
    counts.set(char, (counts.get(char) ?? 0) + 1);
  }
  return { delimiter: mostFrequent(counts), lineEnd: '\n' };
}

function mostFrequent(counts: ReadonlyMap<string, number>): Delimiter {
  const countOf = (delimiter: Delimiter): number => counts.get(delimiter) ?? 0;
  return DELIMITERS.reduce((best, next) => (countOf(next) > countOf(best) ? next : best));
}

/** All rows up to the last that has a character in it. */
function readRows(name: string, text: string, { delimiter, lineEnd }: Dialect): string[][] {
  const rows: string[][] = [];
  let blankLines = false;
  let start = 0;
  Papa.parse<string[]>(text, {
    delimiter,
    newline: lineEnd,
    skipEmptyLines: false,
    step: ({ data, errors, meta }) => {
      const row = rows.length + 1;
      const raw = withoutLineEnd(text.slice(start, meta.cursor), lineEnd);
      start = meta.cursor;
      if (raw === '') {
        blankLines = true;
        return;
      }
      if (blankLines) {
        const expected = rows[0]?.length ?? 1;
        throw new CountersignError('import.ragged', { name, row, expected, actual: 0 });
      }
      const problem = errors[0]?.message ?? rowProblem(raw, delimiter);
      if (problem !== undefined) throw new CountersignError('import.syntax', { name, row, problem });
      rows.push(data);
    },
  });
  return rows;
}

function withoutLineEnd(raw: string, lineEnd: LineEnd): string {
  return raw.endsWith(lineEnd) ? raw.slice(0, -lineEnd.length) : raw;
}

/** What RFC 4180 forbids, and what lenient readers each take in a way of their own. */
function rowProblem(raw: string, delimiter: Delimiter): string | undefined {
  let at = 0;
  while (at <= raw.length) {
    if (raw.charAt(at) === '"') {
      at = endOfQuotes(raw, at);
      if (at < raw.length && raw.charAt(at) !== delimiter) return 'something stands behind a quoted cell';
    } else {
      const next = raw.indexOf(delimiter, at);
      const end = next === -1 ? raw.length : next;
      const cell = raw.slice(at, end);
      if (cell.includes('"')) return 'a quote stands within a cell that is not quoted';
      if (/[\r\n]/.test(cell)) return 'the line ends are of different kinds';
      at = end;
    }
    at += 1;
  }
  return undefined;
}

/** The place behind the quote that closes the cell whose quote opens at `open`. Two quotes stand for one. */
function endOfQuotes(raw: string, open: number): number {
  let quote = raw.indexOf('"', open + 1);
  while (quote !== -1 && raw.charAt(quote + 1) === '"') quote = raw.indexOf('"', quote + 2);
  return quote === -1 ? raw.length : quote + 1;
}
