import { describe, expect, it } from 'vitest';
import { differenceOf, hexLines } from '../../../src/main/ledger/fileText.ts';

describe('lines of hex', () => {
  it('hold so many bytes each, and the rest in the last', () => {
    expect(hexLines('00112233445566', 3)).toEqual(['001122', '334455', '66']);
    expect(hexLines('', 3)).toEqual([]);
  });
});

describe('what was changed', () => {
  const rendered = 'a\nb\nc\n';
  it.each([
    [
      'a\r\nb\r\nc\r\n',
      'has other line ends than it was written with: send it as an attachment or an archive',
    ],
    ['a\nb\nc\n\n', 'has blanks or lines added or removed at its ends'],
    ['a\nx\nc\n', 'was changed: line 2 is not what the thing says'],
    ['a\nb\n', 'was changed: line 3 is not what the thing says'],
  ])('%j', (text, words) => {
    expect(differenceOf(text, rendered, 'the thing')).toBe(words);
  });
});
