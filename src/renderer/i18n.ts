/**
 * The words of the console in every language.
 * @module
 */
import { createI18n } from 'vue-i18n';
import type { Language } from '../shared/text/quantities.ts';
import en from './locales/en.json';
import zhCN from './locales/zh-CN.json';

/** All words; `zh-CN` must have the keys of `en`. */
const messages: Record<Language, typeof en> = { en, 'zh-CN': zhCN };

export const i18n = createI18n({
  legacy: false,
  locale: 'en',
  fallbackLocale: 'en',
  messages,
});

/** Switches all words at once, without a reload. */
export function speak(language: Language): void {
  i18n.global.locale.value = language;
  document.documentElement.lang = language;
}

/** The words of `key` in a language, whichever the page speaks. `count` chooses the plural form. */
export function wordsIn(
  language: Language,
  key: string,
  named: Readonly<Record<string, string>> = {},
  count?: number,
): string {
  const { t } = i18n.global;
  if (count === undefined) return t(key, named, { locale: language });
  const text = new Intl.NumberFormat(language).format(count);
  return t(key, { ...named, count: text }, { locale: language, plural: count });
}
