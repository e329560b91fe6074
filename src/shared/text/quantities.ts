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

/** `bytes` with its unit, in steps of 1,024: `1.4 MiB`. */
export function formatBytes(bytes: number, language: Language): string {
  let value = bytes;
  let unit = 0;
  while (value >= BYTES_PER_UNIT && unit < UNITS.length - 1) {
    value /= BYTES_PER_UNIT;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value);
  return `${number} ${UNITS[unit] ?? ''}`;
}

/** `durationMs` in the largest unit that fits, up to hours: `12 seconds`. */
export function formatDuration(durationMs: number, language: Language): string {
  const SECOND_MS = 1_000;
  const MINUTE_MS = 60 * SECOND_MS;
  const HOUR_MS = 60 * MINUTE_MS;
  const [value, unit] =
    durationMs < SECOND_MS
      ? ([durationMs, 'millisecond'] as const)
      : durationMs < MINUTE_MS
        ? ([durationMs / SECOND_MS, 'second'] as const)
        : durationMs < HOUR_MS
          ? ([durationMs / MINUTE_MS, 'minute'] as const)
          : ([durationMs / HOUR_MS, 'hour'] as const);
  const digits = unit === 'millisecond' || value >= 10 ? 0 : 1;
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit,
    unitDisplay: 'long',
    maximumFractionDigits: digits,
  }).format(value);
}

/** `timeMs` (since 1970, UTC) as date and time to the second, in the time zone of this machine. */
export function formatTime(timeMs: number, language: Language): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' }).format(timeMs);
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
