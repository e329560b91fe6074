/**
 * Sizes, times and hashes as people read them, the same in the console and on the command line.
 * @module
 */

/** The languages that Countersign speaks. */
export const LANGUAGES = ['en', 'zh-CN'] as const;
export type Language = (typeof LANGUAGES)[number];

const BYTES_PER_UNIT = 1024;
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
const HASH_CHARS = 64;
const SHOWN_AT_EACH_END = 8;

// To make a formatter takes a hundred times as long as to use it, and pages that follow a busy network use many.
const numberFormats = new Map<string, Intl.NumberFormat>();
const timeFormats = new Map<string, Intl.DateTimeFormat>();

/** A formatter of numbers, made once for each language and form. */
export function numberFormat(language: Language, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  return kept(numberFormats, language, options, () => new Intl.NumberFormat(language, options));
}

/** A formatter of times, made once for each language and form. */
export function timeFormat(language: Language, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return kept(timeFormats, language, options, () => new Intl.DateTimeFormat(language, options));
}

function kept<T>(formats: Map<string, T>, language: Language, options: object, make: () => T): T {
  const key = `${language} ${JSON.stringify(options)}`;
  const known = formats.get(key);
  if (known !== undefined) return known;
  const made = make();
  formats.set(key, made);
  return made;
}

/** `bytes` with its unit, in steps of 1,024: `1.4 MiB`. */
export function formatBytes(bytes: number, language: Language): string {
  let value = bytes;
  let unit = 0;
  while (value >= BYTES_PER_UNIT && unit < UNITS.length - 1) {
    value /= BYTES_PER_UNIT;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  const number = numberFormat(language, { maximumFractionDigits: digits }).format(value);
  return `${number} ${UNITS[unit] ?? ''}`;
}

/** `durationMs` in the largest unit that fits, up to years: `12 seconds`. Hours up to two days, days up to two years. */
export function formatDuration(durationMs: number, language: Language): string {
  const SECOND_MS = 1_000;
  const MINUTE_MS = 60 * SECOND_MS;
  const HOUR_MS = 60 * MINUTE_MS;
  const DAY_MS = 24 * HOUR_MS;
  const YEAR_MS = 365.25 * DAY_MS;
  const [value, unit] =
    durationMs < SECOND_MS
      ? ([durationMs, 'millisecond'] as const)
      : durationMs < MINUTE_MS
        ? ([durationMs / SECOND_MS, 'second'] as const)
        : durationMs < HOUR_MS
          ? ([durationMs / MINUTE_MS, 'minute'] as const)
          : durationMs < 2 * DAY_MS
            ? ([durationMs / HOUR_MS, 'hour'] as const)
            : durationMs < 2 * YEAR_MS
              ? ([durationMs / DAY_MS, 'day'] as const)
              : ([durationMs / YEAR_MS, 'year'] as const);
  const digits = unit === 'millisecond' || value >= 10 ? 0 : 1;
  return numberFormat(language, {
    style: 'unit',
    unit,
    unitDisplay: 'long',
    maximumFractionDigits: digits,
  }).format(value);
}

/** `durationMs` in short, for a table or an axis: `12 ms`, `1.4 s`. */
export function formatShortDuration(durationMs: number, language: Language): string {
  const SECOND_MS = 1_000;
  const [value, unit] =
    durationMs < SECOND_MS
      ? ([durationMs, 'millisecond'] as const)
      : ([durationMs / SECOND_MS, 'second'] as const);
  const digits = value < 10 && value > 0 ? 1 : 0;
  return numberFormat(language, {
    style: 'unit',
    unit,
    unitDisplay: 'short',
    maximumFractionDigits: digits,
  }).format(value);
}

/** The time of day of `timeMs` (since 1970, UTC), in the time zone of this machine. */
export function formatClock(timeMs: number, language: Language, precision: 'minute' | 'second'): string {
  return timeFormat(language, { timeStyle: precision === 'second' ? 'medium' : 'short' }).format(timeMs);
}

/** `timeMs` (since 1970, UTC) as date and time to the second, in the time zone of this machine. */
export function formatTime(timeMs: number, language: Language): string {
  return timeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' }).format(timeMs);
}

/** A hash or key by its first and last digits: `a1b2c3d4…99aabbcc`. Shorter hex stays whole. */
export function shortHash(hash: string): string {
  if (hash.length <= 2 * SHOWN_AT_EACH_END + 1) return hash;
  return `${hash.slice(0, SHOWN_AT_EACH_END)}…${hash.slice(-SHOWN_AT_EACH_END)}`;
}

/** Whether `text` looks like a hash or key of 32 bytes. */
export function looksLikeHash(text: string): boolean {
  return text.length === HASH_CHARS && /^[0-9a-f]+$/.test(text);
}
