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
