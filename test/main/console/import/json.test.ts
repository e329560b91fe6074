import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAssessments } from '../../../../src/main/console/import/parseAssessments.ts';
import type { Table } from '../../../../src/main/console/import/table.ts';
import { isFormula } from '../../../../src/main/console/import/formula.ts';
import { COLUMNS_MAX, RECORDS_MAX } from '../../../../src/main/ledger/payload.ts';
import type { Cell } from '../../../../src/shared/domain/payload.ts';
import { caught } from '../../../support/errors.ts';
import { cellArbitrary } from '../../../support/payloads.ts';

const json = (text: string): Table =>
  parseAssessments({ name: 'a.json', bytes: new TextEncoder().encode(text) });
const refused = (text: string) => caught(() => json(text));

describe('JSON', () => {
  it('is an array of flat objects, or has one named records', () => {
    const list = '[{"name":"Ada","score":1.10,"passed":true,"note":null}]';
    const expected = {
      columns: ['name', 'score', 'passed', 'note'],
      records: [['Ada', { number: '1.10' }, true, null]],
    };
    expect(json(list)).toEqual(expected);
    expect(json(`{"records": ${list}}`)).toEqual(expected);
    expect(json(` \r\n${list}\n`)).toEqual(expected);
    expect(json(`\ufeff${list}`)).toEqual(expected);
  });

  it.each(['0', '-0', '1.10', '1e400', '-1.5E-7', '123456789012345678901234567890', '0.1000000000000000055'])(
    'keeps the number %s to the last digit',
    (literal) => {
      expect(json(`[{"a": ${literal} }]`).records).toEqual([[{ number: literal }]]);
    },
  );

  it('puts the columns in the order of their first appearance, and null where a record lacks one', () => {
    expect(json('[{"b":1,"a":2},{"c":3,"a":4}]')).toEqual({
      columns: ['b', 'a', 'c'],
      records: [
        [{ number: '1' }, { number: '2' }, null],
        [null, { number: '4' }, { number: '3' }],
      ],
    });
  });

  it('takes names of prototypes as names', () => {
    const table = json('[{"__proto__":"x","constructor":"y"},{"toString":true}]');
    expect(table).toEqual({
      columns: ['__proto__', 'constructor', 'toString'],
      records: [
        ['x', 'y', null],
        [null, null, true],
      ],
    });
    expect(refused('[{"__proto__":{"polluted":true}}]').code).toBe('import.cell');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('takes no object of the file for a number', () => {
    expect(refused('[{"a":{"number":"1"}}]').code).toBe('import.cell');
    expect(refused('[{"a":{"literal":"1"}}]').code).toBe('import.cell');
  });

  it('comes back from what a writer made of any table', () => {
    const isPlain = (cell: Cell): boolean =>
      typeof cell !== 'string' || (!isFormula(cell) && !/\p{Cc}/u.test(cell));
    const cell = cellArbitrary.filter(isPlain);
    const written = (value: Cell): string =>
      typeof value === 'object' && value !== null ? value.number : JSON.stringify(value);
    const columns = ['name', '评分', 'a "b"', '__proto__'];
    const records = fc.array(fc.tuple(cell, cell, cell, cell), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(records, (rows) => {
        const objects = rows.map(
          (row) => `{${row.map((value, at) => `${JSON.stringify(columns[at])}:${written(value)}`).join()}}`,
        );
        expect(json(`[${objects.join()}]`)).toEqual({ columns, records: rows });
      }),
      { numRuns: 500 },
    );
  });
});

describe('SECURITY 15: JSON is refused', () => {
  it.each<[what: string, text: string, code: string, data: object]>([
    ['without anything', '', 'import.empty', {}],
    ['without records', '[]', 'import.empty', {}],
    ['without columns', '[{},{}]', 'import.empty', {}],
    ['with a mistake, and its line', '[\n{"a":1},\n{"a" 2}]', 'import.syntax', { row: 3 }],
    ['cut off', '[{"a":1}', 'import.syntax', {}],
    ['as a value that is no table', '7', 'import.syntax', { row: 1 }],
    ['as an object with other fields', '{"records":[{"a":1}],"title":"x"}', 'import.syntax', { row: 1 }],
    ['as an object without records', '{"rows":[{"a":1}]}', 'import.syntax', { row: 1 }],
    ['with a record that is none', '[{"a":1},[2]]', 'import.syntax', { row: 3 }],
    ['with a number for a record', '[{"a":1},2]', 'import.syntax', { row: 3 }],
    ['with null for a record', '[null]', 'import.syntax', { row: 2 }],
    ['with an object in a cell', '[{"a":1},{"a":{"b":2}}]', 'import.cell', { row: 3, column: 'a' }],
    ['with an array in a cell', '[{"a":[]}]', 'import.cell', { row: 2, column: 'a' }],
    ['with a number without end', `[{"a":1${'0'.repeat(64)}}]`, 'import.cell', { row: 2, column: 'a' }],
    ['with half a surrogate pair', '[{"a":"\\ud800"}]', 'import.cell', { row: 2, column: 'a' }],
    ['with half a surrogate pair in a name', '[{"\\ud800":1}]', 'import.header', { column: 1 }],
    ['with a control character', '[{"a":"\\u0000"}]', 'import.cell', { row: 2, column: 'a' }],
    ['with a formula', '[{"a":"=1+1"}]', 'import.formula', { row: 2, column: 'a', cell: '=1+1' }],
    ['with a column without a name', '[{"":1}]', 'import.header', { column: 1 }],
  ])('%s', (_what, text, code, data) => {
    expect(refused(text)).toMatchObject({ code, data: { name: 'a.json', ...data } });
  });

  it('with more columns or records than a batch can have', () => {
    const object = Object.fromEntries(Array.from({ length: COLUMNS_MAX + 1 }, (_, at) => [`c${at}`, at]));
    expect(refused(JSON.stringify([object]))).toMatchObject({
      code: 'import.header',
      data: { column: COLUMNS_MAX + 1 },
    });
    const records = Array.from({ length: RECORDS_MAX + 1 }, () => ({ a: 1 }));
    expect(json(JSON.stringify(records.slice(1))).records).toHaveLength(RECORDS_MAX);
    expect(refused(JSON.stringify(records))).toMatchObject({
      code: 'import.tooManyRows',
      data: { rows: RECORDS_MAX + 1, maxRows: RECORDS_MAX },
    });
  });

  it.each([
    '['.repeat(1_000_000),
    '{"a":'.repeat(1_000_000),
    `[{"a":${'['.repeat(500_000)}${']'.repeat(500_000)}}]`,
  ])('when it is nested without end (%#)', (text) => {
    expect(refused(text).code).toMatch(/^import\.(syntax|cell)$/);
  });
});
