/** How a text falls apart into what can be looked for. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addTerms,
  fold,
  joinedMarks,
  marksOf,
  piecesOf,
  runsOf,
  termsOf,
  TERM_CHARS_MAX,
} from '../../../src/shared/text/searchWords.ts';

const termsIn = (text: string): string[] => {
  const terms = new Set<string>();
  addTerms(terms, text);
  return [...terms];
};
const marked = (text: string, query: string): string[] =>
  joinedMarks(marksOf(text, piecesOf(query)).flat()).map(({ start, end }) => text.slice(start, end));

describe('one spelling', () => {
  it.each([
    ['Résumé', 'resume'],
    ['ＡＢＣ１２', 'abc12'],
    ['İstanbul', 'istanbul'],
    ['ﬁle', 'file'],
    ['①', '1'],
    ['pass\u200Bword', 'password'],
    ['한국어', '한국어'],
    ['ガ', 'ガ'],
    ['👍', ''],
  ])('of %s is %s', (text, folded) => {
    expect(fold(text)).toBe(folded);
  });
});

describe('the terms of a text', () => {
  it('are words, and pairs of neighbours where no spaces part words', () => {
    expect(termsIn('Audit-report 2026.pdf')).toEqual(['audit', 'report', '2026', 'pdf']);
    expect(termsIn('采购合同2024年')).toEqual(['采购', '购合', '合同', '同', '2024', '年']);
    expect(termsIn('👍 !?')).toEqual([]);
    expect(termsIn('x'.repeat(300))).toEqual(['x'.repeat(TERM_CHARS_MAX)]);
  });

  it('have all that a query for a part of the text asks for', () => {
    const letters = fc.constantFrom(
      '合',
      '同',
      '审',
      'é',
      'E',
      'ß',
      '1',
      ' ',
      '-',
      '𠮷',
      'ガ',
      '\u0301',
      '\u200D',
      'ไ',
    );
    const text = fc.array(letters, { maxLength: 14 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, text, text, (before, within, after) => {
        const terms = termsIn(`${before} ${within} ${after}`);
        for (const { term, isPrefix } of piecesOf(within).flatMap(termsOf)) {
          expect(terms.some((one) => (isPrefix ? one.startsWith(term) : one === term))).toBe(true);
        }
      }),
    );
  });
});

describe('marks', () => {
  it('cover what matches: the beginning of a word, a whole one, characters next to each other', () => {
    expect(marked('Quarterly reports', 'quarterly rep')).toEqual(['Quarterly', 'rep']);
    expect(marked('Résumé', 'resu')).toEqual(['Résu']);
    expect(marked('采购合同与合同书', '合同')).toEqual(['合同', '合同']);
    expect(marked('合合合', '合合')).toEqual(['合合合']);
    expect(marked('report', 'port')).toEqual([]);
    // A decomposed accent changes the length: the whole word is marked.
    expect(marked('re\u0301sume\u0301', 'resu')).toEqual(['re\u0301sume\u0301']);
  });

  it('lie within the text, in order, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (text, query) => {
        for (const ofPiece of marksOf(text, piecesOf(query))) {
          for (const { start, end } of ofPiece) {
            expect(start).toBeGreaterThanOrEqual(0);
            expect(end).toBeGreaterThan(start);
            expect(end).toBeLessThanOrEqual(text.length);
          }
        }
        let end = 0;
        for (const run of runsOf(text)) {
          for (const part of run.kind === 'word' ? [run] : run.characters) {
            expect(part.start).toBeGreaterThanOrEqual(end);
            end = part.end;
          }
        }
      }),
    );
  });
});
