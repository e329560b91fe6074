/** A search is its address; what was found is marked. */
import { heightOf } from '../../../src/renderer/features/blocks/destination.ts';
import { describe, expect, it } from 'vitest';
import {
  addressOfTerms,
  filterCount,
  inputOfTerms,
  isEmptySearch,
  NO_TERMS,
  termsOfAddress,
  type SearchTerms,
} from '../../../src/renderer/features/search/searchAddress.ts';
import { momentOf } from '../../../src/renderer/ui/minute.ts';
import { markedPieces } from '../../../src/renderer/ui/markedPieces.ts';
import { FIELD_CHARS_MAX, SEARCH_FIELDS, SEARCH_PAGE_MAX } from '../../../src/main/storage/index.ts';
import { FOUND_FIELDS, FOUND_PAGE_MAX, searchInputSchema } from '../../../src/shared/contract/search.ts';
import english from '../../../src/renderer/locales/en.json' with { type: 'json' };

const ALL: SearchTerms = {
  text: '合同 report',
  supervisor: 'ab'.repeat(32),
  kind: 'document',
  fromMs: 1_767_225_600_000,
  toMs: 1_767_225_659_999,
  fromHeight: 7,
  toHeight: 9,
};

describe('the address of a search', () => {
  it('gives the same search again', () => {
    expect(termsOfAddress(addressOfTerms(ALL))).toEqual(ALL);
    expect(addressOfTerms(NO_TERMS)).toEqual({});
    expect(termsOfAddress({})).toEqual(NO_TERMS);
    expect(addressOfTerms(ALL)['from']).toBe('2026-01-01T00:00:00.000Z');
  });

  it('leaves out what is wrong in it', () => {
    const query = {
      q: ['a', 'b'],
      supervisor: 'nobody',
      kind: 'any',
      from: 'yesterday',
      toHeight: '-1',
      to: null,
    };
    expect(termsOfAddress(query)).toEqual(NO_TERMS);
    expect(termsOfAddress({ q: 'x'.repeat(999) }).text.length).toBe(256);
  });

  it('becomes a call that the contract allows', () => {
    expect(searchInputSchema.parse(inputOfTerms(ALL, null, 50))).toMatchObject({ kinds: ['document'] });
    expect(searchInputSchema.parse(inputOfTerms(NO_TERMS, { height: 1, index: 0 }, 1)).kinds).toEqual([]);
    expect(isEmptySearch({ ...NO_TERMS, text: '  ' })).toBe(true);
    expect(isEmptySearch({ ...NO_TERMS, toHeight: 0 })).toBe(false);
    expect(filterCount(ALL)).toBe(6);
  });
});

describe('fields of the filters', () => {
  it('take heights as people write them, and times to the minute', () => {
    expect(heightOf('4,120')).toBe(4_120);
    expect(heightOf('')).toBeNull();
    expect(heightOf('-4')).toBeNull();
    const chosen = new Date(ALL.fromMs!);
    expect(momentOf(chosen, false)).toBe(ALL.fromMs);
    expect(momentOf(chosen, true)).toBe(ALL.toMs);
    expect(momentOf(new Date(ALL.toMs!), false)).toBe(ALL.fromMs);
    expect(momentOf(null, true)).toBeNull();
    expect(momentOf(new Date(-1), true)).toBeNull();
    expect(momentOf(new Date(Number.NaN), false)).toBeNull();
  });
});

describe('what was found', () => {
  it('is cut into pieces that are marked or not, and nothing is lost', () => {
    const marks = [
      { start: 0, end: 2 },
      { start: 5, end: 99 },
    ];
    expect(markedPieces('abcdefg', marks)).toEqual([
      { text: 'ab', marked: true },
      { text: 'cde', marked: false },
      { text: 'fg', marked: true },
    ]);
    expect(markedPieces('abc', [])).toEqual([{ text: 'abc', marked: false }]);
  });

  it('is named as the index names it, and has words', () => {
    expect(FOUND_FIELDS).toEqual(SEARCH_FIELDS);
    expect(FOUND_PAGE_MAX).toBe(SEARCH_PAGE_MAX);
    expect(Object.keys(english.search.field).sort()).toEqual([...FOUND_FIELDS].sort());
    expect(FIELD_CHARS_MAX).toBeLessThan(32_767);
  });
});
