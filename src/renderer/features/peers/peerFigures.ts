/**
 * What the page of the peers works out of what it was told.
 * @module
 */
import type { PeerDetail, PeersView } from '../../../shared/contract/peers.ts';

/** Bytes per second between two answers. */
export interface Rates {
  readonly inPerSecond: number;
  readonly outPerSecond: number;
}

const MS_PER_SECOND = 1_000;

/**
 * How fast bytes came from and went to each replica, by public key, between two answers. Without an entry: one that was not
 * there before, or whose counts began anew.
 */
export function ratesBetween(before: PeersView | null, after: PeersView): ReadonlyMap<string, Rates> {
  const rates = new Map<string, Rates>();
  if (before === null || after.nowMs <= before.nowMs) return rates;
  const seconds = (after.nowMs - before.nowMs) / MS_PER_SECOND;
  const known = new Map(allOf(before).map((peer) => [peer.publicKey, peer]));
  for (const { publicKey, bytesIn, bytesOut } of allOf(after)) {
    const earlier = known.get(publicKey);
    if (earlier === undefined || bytesIn < earlier.bytesIn || bytesOut < earlier.bytesOut) continue;
    rates.set(publicKey, {
      inPerSecond: (bytesIn - earlier.bytesIn) / seconds,
      outPerSecond: (bytesOut - earlier.bytesOut) / seconds,
    });
  }
  return rates;
}

/** How many blocks a replica lacks of what a quorum has; `null` where it said nothing yet, 0 where it is in step. */
export function blocksBehind({ tipHeight }: PeerDetail, attestedHeight: number): number | null {
  return tipHeight === null ? null : Math.max(0, attestedHeight - tipHeight);
}

/** Whether this replica is connected with no other one at all. */
export function isAlone({ members }: PeersView): boolean {
  const others = members.filter(({ self }) => !self);
  return others.length > 0 && others.every(({ state }) => state !== 'connected');
}

function allOf({ members, guests }: PeersView): readonly PeerDetail[] {
  return [...members, ...guests];
}
