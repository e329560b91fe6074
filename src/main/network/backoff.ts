/**
 * How long to wait before dialling again.
 * @module
 */

/**
 * The pause before attempt number `failures` + 1, in ms: doubles with each failure from `minMs` up to `maxMs`,
 * then is drawn from the upper half of that span, so that replicas that lost each other at one moment do not all
 * dial again at one moment.
 *
 * @param failures - attempts that failed in a row, 0 or more
 * @param random - from 0 (included) to 1 (excluded)
 */
export function backoffMs(failures: number, minMs: number, maxMs: number, random: () => number): number {
  const spanMs = Math.min(maxMs, minMs * 2 ** failures);
  return (spanMs / 2) * (1 + random());
}
