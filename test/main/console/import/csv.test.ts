import fc from 'fast-check';
import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { parseAssessments } from '../../../../src/main/console/import/parseAssessments.ts';
import { isFormula } from '../../../../src/main/console/import/formula.ts';
import type { Table } from '../../../../src/main/console/import/table.ts';
import { COLUMNS_MAX, RECORDS_MAX } from '../../../../src/main/ledger/payload.ts';
import { ASSESSMENTS_FILE_BYTES_MAX } from '../../../../src/shared/contract/channels.ts';
import { caught } from '../../../support/errors.ts';
import { textArbitrary } from '../../../support/encodings.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const csv = (text: string): Table => parseAssessments({ name: 'a.csv', bytes: bytesOf(text) });
const refused = (text: string) => caught(() => csv(text));

describe('CSV', () => {
  it('is read with each delimiter and each line end, and cells stay text', () => {
    const expected = {
      columns: ['name', 'score'],
      records: [
        ['Ada', '1.10'],
        ['Grace', ''],
      ],
    };
    for (const delimiter of [',', ';', '\t', '|']) {
      for (const end of ['\n', '\r\n', '\r']) {
        const text = [`name${delimiter}score`, `Ada${delimiter}1.10`, `Grace${delimiter}`, ''].join(end);
        expect(csv(text)).toEqual(expected);
        expect(csv(text.trimEnd() + (delimiter === '\t' ? '\t' : ''))).toEqual(expected);
        expect(csv(text + end + end)).toEqual(expected);
      }
    }
  });

  it('may have quotes around anything', () => {
    expect(csv('"a, b","c ""d"""\n"line\none",\n,"x"\n')).toEqual({
      columns: ['a, b', 'c "d"'],
      records: [
        ['line\none', ''],
        ['', 'x'],
      ],
    });
  });

  it('takes the delimiter that divides the header most, outside of quotes', () => {
    expect(csv('"a,b,c";d\n1,5;2\n').records).toEqual([['1,5', '2']]);
    expect(csv('a;b,c\n1;2,3\n').columns).toEqual(['a;b', 'c']);
    expect(csv('only\nx;y\n').records).toEqual([['x;y']]);
  });

  it('keeps blanks as they are', () => {
    expect(csv('a ,b\n 1,\u00a02 \n')).toEqual({ columns: ['a ', 'b'], records: [[' 1', '\u00a02 ']] });
  });

  it('ignores blank lines at its end, and takes them nowhere else', () => {
    expect(csv('a\nx\n\n\n').records).toEqual([['x']]);
    expect(refused('a,b\n1,2\n\n\n3,4\n')).toMatchObject({
      code: 'import.ragged',
      data: { row: 3, expected: 2, actual: 0 },
    });
    expect(refused('a\nx\n\ny\n')).toMatchObject({ code: 'import.ragged', data: { row: 3, expected: 1 } });
    expect(refused('\na,b\n1,2\n')).toMatchObject({ code: 'import.ragged', data: { row: 1 } });
    // In a table of one column an empty cell is written in quotes, so that it is no blank line.
    expect(csv('a\nx\n""\ny\n""\n').records).toEqual([['x'], [''], ['y'], ['']]);
  });

  it('comes back from what a writer made of any table', () => {
    const cell = textArbitrary(12).filter((text) => !hasControl(text) && !isFormula(text));
    const column = cell.filter((text) => text.trim() !== '');
    const table = fc
      .uniqueArray(column, { minLength: 1, maxLength: 5, selector: (text) => text.trim() })
      .chain((columns) =>
        fc.record({
          columns: fc.constant(columns),
          records: fc.array(fc.array(cell, { minLength: columns.length, maxLength: columns.length }), {
            minLength: 1,
            maxLength: 8,
          }),
        }),
      );
    const dialect = fc.record({
      delimiter: fc.constantFrom(',', ';', '\t', '|'),
      newline: fc.constantFrom('\n', '\r\n', '\r'),
    });
    fc.assert(
      fc.property(table, dialect, fc.boolean(), ({ columns, records }, { delimiter, newline }, mark) => {
        // A writer that does not quote everything writes a lone empty cell as a blank line.
        const text = Papa.unparse([columns, ...records], { delimiter, newline, quotes: true });
        expect(csv((mark ? '\ufeff' : '') + text)).toEqual({ columns, records });
      }),
      { numRuns: 1_000 },
    );
  });
});

function hasControl(text: string): boolean {
  return /\p{Cc}/u.test(text.replace(/[\t\r\n\u0080-\u009f]/g, ''));
}

describe('SECURITY 15: CSV is refused', () => {
  it.each<[what: string, text: string, code: string, data: object]>([
    ['without anything', '', 'import.empty', {}],
    ['with blanks alone', ' \n\n', 'import.empty', {}],
    ['with a header alone', 'a,b\n', 'import.empty', {}],
    ['with a short row', 'a,b\n1,2\n3\n', 'import.ragged', { row: 3, expected: 2, actual: 1 }],
    ['with a long row', 'a,b\n1,2,3\n', 'import.ragged', { row: 2, expected: 2, actual: 3 }],
    ['with a quote that never closes', 'a,b\n1,"2\n3,4\n', 'import.syntax', { row: 2 }],
    ['with something behind a quote', 'a,b\n1,"2" x\n', 'import.syntax', { row: 2 }],
    ['with a blank behind a quote', 'a,b\n"1" ,2\n', 'import.syntax', { row: 2 }],
    ['with a quote in a bare cell', 'a,b\n1,5" disk\n', 'import.syntax', { row: 2 }],
    ['with line ends of two kinds', 'a,b\r\n1,2\n3,4\r\n', 'import.syntax', { row: 2 }],
    ['with line ends of two kinds, otherwise', 'a\nx\r\ny\n', 'import.syntax', { row: 2 }],
    ['with a column without a name', 'a,,c\n1,2,3\n', 'import.header', { column: 2 }],
    ['with a column named by blanks', 'a, \n1,2\n', 'import.header', { column: 2 }],
    ['with one name twice', 'a,b,a\n1,2,3\n', 'import.header', { column: 3 }],
    ['with one name twice but for blanks', 'a,a \n1,2\n', 'import.header', { column: 2 }],
    ['with a name that is too long', `${'x'.repeat(256)}\n1\n`, 'import.header', { column: 1 }],
    ['with a control character', 'a\n\u0000\n', 'import.cell', { row: 2, column: 'a' }],
    ['with a control character in a name', 'a\u0007,b\n1,2\n', 'import.header', { column: 1 }],
    ['with a cell that is too long', `a\n${'x'.repeat(32_768)}\n`, 'import.cell', { row: 2, column: 'a' }],
    ['with a mark of byte order in a cell', 'a\n\ufeffx\n', 'import.cell', { row: 2 }],
    ['with a formula', 'a,b\n1,=1+1\n', 'import.formula', { row: 2, column: 'b', cell: '=1+1' }],
    ['with a formula for a name', '@a\n1\n', 'import.formula', { row: 1, column: '@a' }],
  ])('%s', (_what, text, code, data) => {
    expect(refused(text)).toMatchObject({ code, data: { name: 'a.csv', ...data } });
  });

  it('with more columns or records than a batch can have', () => {
    const row = (cells: number): string => Array.from({ length: cells }, (_, index) => `c${index}`).join(',');
    expect(csv(`${row(COLUMNS_MAX)}\n${row(COLUMNS_MAX)}\n`).columns).toHaveLength(COLUMNS_MAX);
    expect(refused(`${row(COLUMNS_MAX + 1)}\n${row(COLUMNS_MAX + 1)}\n`)).toMatchObject({
      code: 'import.header',
      data: { column: COLUMNS_MAX + 1 },
    });
    expect(csv(`a\n${'x\n'.repeat(RECORDS_MAX)}`).records).toHaveLength(RECORDS_MAX);
    expect(refused(`a\n${'x\n'.repeat(RECORDS_MAX + 7)}`)).toMatchObject({
      code: 'import.tooManyRows',
      data: { rows: RECORDS_MAX + 7, maxRows: RECORDS_MAX },
    });
  });

  it('when it is too large, before it is read', () => {
    const bytes = new Uint8Array(ASSESSMENTS_FILE_BYTES_MAX + 1).fill(0xff);
    expect(caught(() => parseAssessments({ name: 'a.csv', bytes }))).toMatchObject({
      code: 'import.tooLarge',
      data: { sizeBytes: bytes.length, maxBytes: ASSESSMENTS_FILE_BYTES_MAX },
    });
  });

  it('when it was made to keep a parser busy', { timeout: 60_000 }, () => {
    const SIZE = ASSESSMENTS_FILE_BYTES_MAX - 10;
    const filled = (piece: string): string => piece.repeat(Math.floor(SIZE / piece.length));
    for (const text of [
      filled('"'),
      filled(',"'),
      `a\n"${filled('x')}`,
      `a\n${filled('""')}`,
      `a\n${filled('\n')}x`,
      filled(','),
      `a\n${filled(`+${'1'.repeat(32_000)}x\n`)}`,
      `a\n${filled(`-${' '.repeat(32_000)}x\n`)}`,
    ]) {
      expect(refused(text).code).toMatch(/^import\./);
    }
  });
});

describe('formulas', () => {
  it.each([
    '=1+1',
    '=cmd|"/c calc"!A1',
    '@SUM(A1)',
    '+A1',
    '-A1',
    '+cmd|x',
    '-2+3+cmd|x',
    '+1+SUM(A1)',
    ' =1',
    '\u00a0=1',
    '\t=1',
    '\tx',
    '\rx',
    '\nx',
    '＝1+1',
    '＠x',
    '＋A1',
    '－A1',
    '-none',
    '- see below',
    '+"x"',
  ])('%j is one', (text) => {
    expect(isFormula(text)).toBe(true);
  });

  it.each([
    '',
    '0',
    '-1',
    '+1',
    '-1.5',
    '-1,234.50',
    "-1'234.50",
    '-1 234,50',
    '-1.5e-7',
    '+5%',
    '-5 %',
    '-',
    '--',
    '+49 30 1234-567',
    '+1 (555) 010-0199',
    '-.5',
    'a=b',
    'a+b',
    'x@example.org',
    '1-2',
    '审查',
  ])('%j is none', (text) => {
    expect(isFormula(text)).toBe(false);
  });
});
