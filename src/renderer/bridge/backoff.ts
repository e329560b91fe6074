/**
 * How long to wait before the next attempt to connect.
 * @module
 */

/** The first wait: short, because a restart of the server on the same machine takes about a second. */
export const RECONNECT_FIRST_MS = 250;
/** The longest wait: a person who starts the server again should not wait for the page. */
export const RECONNECT_LONGEST_MS = 5_000;
/** Share of a wait that chance may take away, so that many pages do not come back in one instant. */
const JITTER = 0.25;

/** Milliseconds before attempt number `attempt` (from 1); `chance` is from 0 up to 1. */
export function reconnectDelayMs(attempt: number, chance: number): number {
  const fullMs = Math.min(RECONNECT_FIRST_MS * 2 ** (attempt - 1), RECONNECT_LONGEST_MS);
  return Math.round(fullMs * (1 - JITTER * chance));
}
