/**
 * The words that the system shows for the program: menus and error boxes. All others are the page's.
 * @module
 */
import type { Language } from '../../shared/text/quantities.ts';
import english from './locales/en.json' with { type: 'json' };
import chinese from './locales/zh-CN.json' with { type: 'json' };

/** Every word, by its place. */
export type Words = typeof english;

/** All words. A word that one language lacks does not compile. */
export const WORDS: Readonly<Record<Language, Words>> = { en: english, 'zh-CN': chinese };

/** The language for a locale as the system names it, such as `zh-Hans-CN`. */
export function languageOf(locale: string): Language {
  return /^zh\b/i.test(locale) ? 'zh-CN' : 'en';
}
