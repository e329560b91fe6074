/** What people type becomes a question to the index, or an error that says what to change. */
import { describe, expect, it } from 'vitest';
import type { SearchInput } from '../../../../src/shared/contract/search.ts';
import { SEARCH_WORDS_MAX, parseSearch } from '../../../../src/main/console/search/searchQuery.ts';

const NOTHING: SearchInput = {
  text: '',
  supervisor: null,
  kinds: [],
  fromMs: null,
  toMs: null,
  fromHeight: null,
  toHeight: null,
  before: null,
  limit: 50,
};
const parse = (text: string, more: Partial<SearchInput> = {}) => parseSearch({ ...NOTHING, text, ...more });

describe('the text', () => {
  it('is words, of which the last may be unfinished', () => {
    expect(parse('  Quarterly REP').query.pieces).toEqual([
      { kind: 'word', word: 'quarterly', isPrefix: false },
      { kind: 'word', word: 'rep', isPrefix: true },
    ]);
    expect(parse('rep ').query.pieces).toEqual([{ kind: 'word', word: 'rep', isPrefix: false }]);
    expect(parse('采购合同2024').query.pieces).toEqual([
      { kind: 'unspaced', characters: ['采', '购', '合', '同'] },
      { kind: 'word', word: '2024', isPrefix: true },
    ]);
    expect(parse('one one one').query.pieces).toHaveLength(2);
  });

  it.each([
    ['4120', 4_120],
    ['4,120', 4_120],
    ['#4120', 4_120],
    [' 1 234 567 ', 1_234_567],
    ['4120 report', null],
    ['41a', null],
    ['1234567890123456', null],
  ])('%j names the height %j', (text, height) => {
    expect(parse(text).height).toBe(height);
  });

  it.each([
    ['beef', 'beef'],
    ['BEEF 0123', 'beef0123'],
    ['a3f1…', 'a3f1'],
    ['2024', '2024'],
    ['bee', null],
    ['beef report', null],
    ['ab'.repeat(32), 'ab'.repeat(32)],
    ['ab'.repeat(33), null],
  ])('%j names the digits %j', (text, digits) => {
    expect(parse(text).digits).toBe(digits);
  });

  it('without a letter or digit, or with too many words, is refused', () => {
    expect(() => parse('!? …')).toThrow(expect.objectContaining({ code: 'search.nothingToFind' }));
    const words = Array.from({ length: SEARCH_WORDS_MAX + 1 }, (_, at) => `w${at}`).join(' ');
    expect(() => parse(words)).toThrow(expect.objectContaining({ code: 'search.tooManyWords' }));
    expect(parse('').query.pieces).toEqual([]);
  });
});

describe('the filters', () => {
  it('are taken as they are, and what is not set is left out', () => {
    expect(parse('').query).toEqual({ pieces: [], limit: 50 });
    const before = { height: 7, index: 1 };
    expect(
      parse('', { supervisor: 'ab'.repeat(32), kinds: ['document'], fromMs: 1, toHeight: 9, before }).query,
    ).toEqual({
      pieces: [],
      limit: 50,
      supervisor: 'ab'.repeat(32),
      kinds: ['document'],
      fromMs: 1,
      toHeight: 9,
      before,
    });
  });

  it('that end before they begin are refused', () => {
    expect(() => parse('', { fromMs: 2, toMs: 1 })).toThrow(
      expect.objectContaining({ code: 'search.emptyTimeRange' }),
    );
    expect(() => parse('', { fromHeight: 2, toHeight: 1 })).toThrow(
      expect.objectContaining({ code: 'search.emptyHeightRange' }),
    );
  });
});
