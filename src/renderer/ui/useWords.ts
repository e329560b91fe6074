/**
 * Words, numbers and times in the language of the page. All of it follows a change of language at once.
 * @module
 */
import { computed, type ComputedRef } from 'vue';
import { useI18n } from 'vue-i18n';
import { errorWords, type AnyError, type ErrorWords } from '../../shared/locales/errorWords.ts';
import {
  formatBytes,
  formatClock,
  formatDuration,
  formatShortDuration,
  formatTime,
  LANGUAGES,
  numberFormat,
  type Language,
} from '../../shared/text/quantities.ts';
import { relativeTime } from './relativeTime.ts';

type Named = Readonly<Record<string, string>>;

/** What `useWords` gives. */
export interface Words {
  readonly language: ComputedRef<Language>;
  readonly t: (key: string, named?: Named) => string;
  /** The form of `key` for `count`, which is at hand as `{count}`. */
  readonly plural: (key: string, count: number, named?: Named) => string;
  readonly number: (value: number, digits?: number) => string;
  /** Names one after another, as a sentence lists them. */
  readonly list: (names: readonly string[]) => string;
  readonly bytes: (bytes: number) => string;
  readonly duration: (durationMs: number) => string;
  /** In a narrow place: `12 ms`. */
  readonly shortDuration: (durationMs: number) => string;
  readonly time: (timeMs: number) => string;
  /** The time of day. */
  readonly clock: (timeMs: number, precision: 'minute' | 'second') => string;
  readonly relative: (timeMs: number, nowMs: number) => string;
  readonly error: (error: AnyError) => ErrorWords;
}

export function useWords(): Words {
  const { t, locale } = useI18n({ useScope: 'global' });
  const language = computed(() => LANGUAGES.find((known) => known === locale.value) ?? 'en');
  const number = (value: number, digits = 0): string =>
    numberFormat(language.value, { maximumFractionDigits: digits }).format(value);
  return {
    language,
    t: (key, named = {}) => t(key, named),
    plural: (key, count, named = {}) => t(key, { ...named, count: number(count) }, count),
    number,
    list: (names) => new Intl.ListFormat(language.value).format(names),
    bytes: (bytes) => formatBytes(bytes, language.value),
    duration: (durationMs) => formatDuration(durationMs, language.value),
    shortDuration: (durationMs) => formatShortDuration(durationMs, language.value),
    time: (timeMs) => formatTime(timeMs, language.value),
    clock: (timeMs, precision) => formatClock(timeMs, language.value, precision),
    relative: (timeMs, nowMs) => relativeTime(timeMs, nowMs, language.value),
    error: (error) => errorWords(error, language.value, { shortHashes: true }),
  };
}
