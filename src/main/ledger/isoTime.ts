/**
 * Times as people write them. `Date` is out of bounds for the pure layers, because it also is a clock.
 * @module
 */

const SECOND_MS = 1_000;
const DAY_MS = 86_400 * SECOND_MS;
/** Days from 0000-03-01 to 1970-01-01 in the proleptic Gregorian calendar. */
const EPOCH_DAYS = 719_468;
const ERA_YEARS = 400;
const ERA_DAYS = 146_097;

/** `timeMs` in ISO 8601, in UTC, with milliseconds: `2026-01-01T00:00:00.000Z`. Years above 9999 have a sign. */
export function isoTime(timeMs: number): string {
  const days = Math.floor(timeMs / DAY_MS);
  const { year, month, day } = civilDate(days);
  const ofDayMs = timeMs - days * DAY_MS;
  const seconds = Math.floor(ofDayMs / SECOND_MS);
  const time = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const yearText = year > 9_999 ? `+${padded(year, 6)}` : padded(year, 4);
  const clock = time.map((part) => padded(part, 2)).join(':');
  return `${yearText}-${padded(month, 2)}-${padded(day, 2)}T${clock}.${padded(ofDayMs % SECOND_MS, 3)}Z`;
}

/** The date of a day counted from 1970-01-01: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
function civilDate(days: number): { year: number; month: number; day: number } {
  const shifted = days + EPOCH_DAYS;
  const era = Math.floor(shifted / ERA_DAYS);
  const dayOfEra = shifted - era * ERA_DAYS;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  // Years begin in March here, so that the leap day is the last one.
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return { year: era * ERA_YEARS + yearOfEra + (month <= 2 ? 1 : 0), month, day };
}

function padded(value: number, digits: number): string {
  return String(value).padStart(digits, '0');
}
