/**
 * How long ago, in words.
 * @module
 */
import type { Language } from '../../shared/text/quantities.ts';

const STEPS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;
const MS_PER_SECOND = 1_000;
/** Each is made once: that takes much longer than to use it, and a busy list shows many times. */
const formats = new Map<Language, Intl.RelativeTimeFormat>();
/** The page's clock ticks once a second, so what has just happened can seem to lie ahead by a little more. */
const AHEAD_BY_TICKING_MS = 2_000;

/** `timeMs` as seen at `nowMs`: `2 minutes ago`. */
export function relativeTime(timeMs: number, nowMs: number, language: Language): string {
  const aheadMs = timeMs - nowMs;
  const shownMs = aheadMs > 0 && aheadMs <= AHEAD_BY_TICKING_MS ? 0 : aheadMs;
  const seconds = Math.round(shownMs / MS_PER_SECOND);
  const step = STEPS.find(([, length]) => Math.abs(seconds) >= length);
  const format = formats.get(language) ?? new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  formats.set(language, format);
  return step === undefined
    ? format.format(seconds, 'second')
    : format.format(Math.trunc(seconds / step[1]), step[0]);
}

/** The time left as minutes and seconds: `4:05`. */
export function countdown(leftMs: number): string {
  const seconds = Math.max(0, Math.ceil(leftMs / MS_PER_SECOND));
  return `${String(Math.floor(seconds / 60))}:${String(seconds % 60).padStart(2, '0')}`;
}
