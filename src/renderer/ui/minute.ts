/**
 * The moment that a field to the minute stands for.
 * @module
 */
const MINUTE_MS = 60_000;

/**
 * In milliseconds since 1970 in UTC: the first moment of the chosen minute or, as the end of a range, its last. `null`
 * where nothing was chosen, or something before 1970.
 */
export function momentOf(chosen: Date | null, isEnd: boolean): number | null {
  const minuteMs = chosen === null ? Number.NaN : Math.floor(chosen.getTime() / MINUTE_MS) * MINUTE_MS;
  if (!Number.isSafeInteger(minuteMs) || minuteMs < 0) return null;
  return isEnd ? minuteMs + MINUTE_MS - 1 : minuteMs;
}
