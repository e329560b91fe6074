/**
 * A remaining time as people say it: an estimate, so no finer than it can be.
 * @module
 */
const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** Rounded up: to 5 seconds below a minute, to a minute below an hour, else to 10 minutes. */
export function roundedRestMs(restMs: number): number {
  const stepMs = restMs < MINUTE_MS ? 5 * SECOND_MS : restMs < HOUR_MS ? MINUTE_MS : 10 * MINUTE_MS;
  return Math.max(1, Math.ceil(restMs / stepMs)) * stepMs;
}
