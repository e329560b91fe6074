/**
 * The words that the system shows for the program: menus, boxes, the tray, notifications. All others are the page's.
 * @module
 */
import { LANGUAGES, numberFormat, type Language } from '../../shared/text/quantities.ts';
import english from './locales/en.json' with { type: 'json' };
import chinese from './locales/zh-CN.json' with { type: 'json' };

/** Every word, by its place. */
export type Words = typeof english;

/** All words. A word that one language lacks does not compile. */
export const WORDS: Readonly<Record<Language, Words>> = { en: english, 'zh-CN': chinese };

/** A sentence for one and for any other number. */
export interface PluralWords {
  readonly one: string;
  readonly other: string;
}

/** The language for a locale as the system names it, such as `zh-Hans-CN`. */
export function languageOf(locale: string): Language {
  return /^zh\b/i.test(locale) ? 'zh-CN' : 'en';
}

/** The language that a person has chosen, or the system's. */
export function chosenLanguage(chosen: string, locale: string): Language {
  return LANGUAGES.find((language) => language === chosen) ?? languageOf(locale);
}

/** `sentence` with its `{names}` replaced. */
export function fill(sentence: string, values: Readonly<Record<string, string>>): string {
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? '') : whole,
  );
}

/** The sentence for `count` things, with `{count}` replaced. */
export function fillCount(words: PluralWords, count: number, language: Language): string {
  const form = new Intl.PluralRules(language).select(count) === 'one' ? words.one : words.other;
  return fill(form, { count: numberFormat(language, {}).format(count) });
}
