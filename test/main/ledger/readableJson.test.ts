import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readableJson } from '../../../src/main/ledger/readableJson.ts';

describe('readable JSON', () => {
  it('is JSON of the same value, the same each time', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = readableJson(value);
        expect(JSON.stringify(JSON.parse(text))).toBe(JSON.stringify(value));
        expect(readableJson(JSON.parse(text))).toBe(text);
      }),
    );
  });

  it('has each row of a table in one line, and every other value in lines of its own', () => {
    const value = {
      list: ['a', 'b'],
      rows: [['x', { number: '1' }, null], [1]],
      deep: [[[1]], { a: 1 }],
      none: [],
      empty: {},
    };
    expect(readableJson(value).split('\n')).toEqual([
      '{',
      '  "list": [',
      '    "a",',
      '    "b"',
      '  ],',
      '  "rows": [',
      '    ["x",{"number":"1"},null],',
      '    [1]',
      '  ],',
      '  "deep": [',
      '    [',
      '      [1]',
      '    ],',
      '    {',
      '      "a": 1',
      '    }',
      '  ],',
      '  "none": [],',
      '  "empty": {}',
      '}',
    ]);
  });

  it('leaves out what has no value, as JSON does', () => {
    expect(readableJson({ a: undefined, b: 1 })).toBe('{\n  "b": 1\n}');
  });
});
