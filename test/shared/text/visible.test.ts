import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hidesSomething, visiblePieces, visibleText } from '../../../src/shared/text/visible.ts';

describe('visible text', () => {
  it.each([
    ['a\u202Eb', 'a‹U+202E›b'],
    ['a\u200Bb', 'a‹U+200B›b'],
    ['\u0000', '‹U+0000›'],
    ['tab\there', 'tab‹U+0009›here'],
    ['\uFEFFx', '‹U+FEFF›x'],
    ['a\u00A0b', 'a‹U+00A0›b'],
    ['\u{E0041}', '‹U+E0041›'],
    ['\uD800', '‹U+D800›'],
    ['a\u200Db', 'a‹U+200D›b'],
  ])('%j is shown as %s', (text, shown) => {
    expect(visibleText(text)).toBe(shown);
    expect(hidesSomething(text)).toBe(true);
  });

  it.each(['plain', '监督人 核准', 'é ü ß', 'שלום', '👩‍💻 ☺️', '12,3 %'])('%s stays as it is', (text) => {
    expect(visibleText(text)).toBe(text);
    expect(hidesSomething(text)).toBe(false);
  });

  it('keeps lines where the caller has several', () => {
    expect(visibleText('a\nb\tc', { layout: true })).toBe('a\nb\tc');
    expect(visibleText('a\rb', { layout: true })).toBe('a‹U+000D›b');
  });

  it('loses nothing: the pieces give back the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const again = visiblePieces(text)
          .map((piece) =>
            piece.hidden ? String.fromCodePoint(Number.parseInt(piece.text.slice(2), 16)) : piece.text,
          )
          .join('');
        expect(again).toBe(text);
        const plain = visiblePieces(text).filter((piece) => !piece.hidden);
        expect(plain.every((piece) => !/[\p{Cc}\u202A-\u202E\u2066-\u2069\u200B]/u.test(piece.text))).toBe(
          true,
        );
      }),
    );
  });
});
