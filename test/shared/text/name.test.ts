import { describe, expect, it } from 'vitest';
import { NAME_LENGTH_MAX, assertName, isName, tidyName } from '../../../src/shared/text/name.ts';
import { caught } from '../../support/errors.ts';

const ZWSP = '\u200b';

describe('names', () => {
  it.each([
    'Ada Lovelace',
    'Śląskie Towarzystwo, oddz. 2',
    "O'Brien & Söhne (Wien)",
    '清华大学（北京）',
    '上海 ABC 研究所 3',
    '東京データ研究所',
    '한국 Lab 1',
    'Академия наук',
    'Ελληνική Εταιρεία',
    'جامعة القاهرة',
    'हिन्दी विश्वविद्यालय',
    'Nguyễn Văn Ân',
    '7',
  ])('%s is one', (name) => {
    expect(() => assertName(name)).not.toThrow();
    expect(isName(name)).toBe(true);
  });

  it.each([
    ['', 'name.empty'],
    ['x'.repeat(NAME_LENGTH_MAX + 1), 'name.tooLong'],
    ['Ada\u0000', 'name.hidden'],
    ['Ada\nLovelace', 'name.hidden'],
    ['Ada\tLovelace', 'name.hidden'],
    ['\u202eadA', 'name.hidden'],
    ['A\u2066da\u2069', 'name.hidden'],
    [`A${ZWSP}da`, 'name.hidden'],
    ['A\u200dda', 'name.hidden'],
    // Joiners and selectors choose the picture of an emoji: two such names look alike.
    ['Lab \u2764\ufe0f', 'name.hidden'],
    ['A\u00adda', 'name.hidden'],
    ['Ada\u00a0Lovelace', 'name.hidden'],
    ['Ada\u3164', 'name.hidden'],
    ['Ada\ue000', 'name.hidden'],
    ['Ada\ud800', 'name.hidden'],
    [' Ada', 'name.spaces'],
    ['Ada ', 'name.spaces'],
    ['Ada  Lovelace', 'name.spaces'],
    // "e" and an accent of its own, which is not how "é" is kept.
    ['Cafe\u0301', 'name.form'],
    ['\ud835\udc00da', 'name.form'],
    ['Ａda', 'name.form'],
    ['Lab ²', 'name.form'],
    [`x\u0323\u0332\u0333\u0347`, 'name.form'],
    // Cyrillic е, Greek ο, Cherokee Ꭺ, Armenian օ among Latin letters.
    ['Acm\u0435', 'name.scripts'],
    ['G\u03bfogle', 'name.scripts'],
    ['\u13aada', 'name.scripts'],
    ['G\u0585ogle', 'name.scripts'],
    ['\u0410\u0441\u0435 Bank', 'name.scripts'],
    ['\u6e05\u0435', 'name.scripts'],
    ['\u{10330}', 'name.scripts'],
  ])('%j is none: %s', (name, code) => {
    expect(caught(() => assertName(name)).code).toBe(code);
    expect(isName(name)).toBe(false);
  });

  it('names the character that does not show', () => {
    expect(caught(() => assertName('a\u202eb')).data).toEqual({ character: 'U+202E' });
  });

  it('names the scripts that do not belong together', () => {
    expect(caught(() => assertName('Acm\u0435')).data).toMatchObject({ scripts: 'Latin, Cyrillic' });
  });

  it('are kept composed and without spaces around them', () => {
    expect(tidyName('  Cafe\u0301 ')).toBe('Café');
    expect(isName(tidyName('  Cafe\u0301 '))).toBe(true);
  });
});
