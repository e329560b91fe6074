/**
 * The console's own words, so that one flow is followed in every language.
 * @module
 */
import english from '../../../src/renderer/locales/en.json' with { type: 'json' };
import chinese from '../../../src/renderer/locales/zh-CN.json' with { type: 'json' };
import type { Language } from './browser.ts';

export const WORDS: Readonly<Record<Language, typeof english>> = { en: english, 'zh-CN': chinese };

/** The form for many, with its placeholders filled in. */
export function words(template: string, values: Readonly<Record<string, string | number>> = {}): string {
  const form = template.split(' | ').at(-1) ?? '';
  return form.replaceAll(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
