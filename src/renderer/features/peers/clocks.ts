/**
 * What the page of the peers says of clocks.
 * @module
 */
import { CLOCK_OFFSET_MAX_MS, type PeerDetail, type PeersView } from '../../../shared/contract/peers.ts';

/** Whether a clock is so far off that somebody should set it. */
export function isClockOff({ clockOffsetMs }: PeerDetail): boolean {
  return clockOffsetMs !== null && Math.abs(clockOffsetMs) > CLOCK_OFFSET_MAX_MS;
}

/**
 * By how much this machine's own clock is likely to be off, in ms: the median offset, where most of the others whose clock
 * is known are off in the same direction. `null` where it is not, or fewer than two are known.
 */
export function ownClockOffMs({ members }: PeersView): number | null {
  const known = members.flatMap((peer) => (peer.clockOffsetMs === null ? [] : [peer]));
  const off = known.filter(isClockOff).map(({ clockOffsetMs }) => clockOffsetMs ?? 0);
  for (const sign of [1, -1]) {
    const same = off.filter((offsetMs) => Math.sign(offsetMs) === sign).sort((left, right) => left - right);
    if (same.length >= 2 && 2 * same.length > known.length) return same[Math.floor(same.length / 2)] ?? null;
  }
  return null;
}
