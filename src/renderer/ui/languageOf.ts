/**
 * Which of its languages the program speaks to somebody.
 * @module
 */
import type { Language } from '../../shared/text/quantities.ts';

/** The first of the person's languages that the console speaks, or English. */
export function languageOf(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    if (tag.toLowerCase().startsWith('zh')) return 'zh-CN';
    if (tag.toLowerCase().startsWith('en')) return 'en';
  }
  return 'en';
}
