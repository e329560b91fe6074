/**
 * Whether the clock of this computer is the network's, by what cannot be the doing of f faulty replicas: the times of
 * more than f other replicas, as their pings tell them, or the time of a block that a quorum has certified. Where nothing
 * is evident nothing is said: an idle network with nobody connected has no time.
 * @module
 */
import type { ClockView } from '../../../shared/contract/clock.ts';
import { CLOCK_OFFSET_MAX_MS } from '../../../shared/contract/peers.ts';
import type { GenesisLimits } from '../../ledger/genesis.ts';

export interface ClockEvidence {
  /** How far the clocks of other members of the epoch are ahead of this one, in milliseconds, of those that are known. */
  readonly offsetsMs: readonly number[];
  /** f: how many of them may be lying. */
  readonly f: number;
  /** Of the newest block that a quorum has certified, or of the genesis; `null` where it is not known. */
  readonly certifiedTimeMs: number | null;
  /** By the clock of this computer. Both times: milliseconds since 1970 in UTC. */
  readonly nowMs: number;
  readonly limits: Pick<GenesisLimits, 'maxClockSkewMs' | 'maxRequestAgeMs'>;
}

/** What is evident of the clock of this computer; `null` where nothing speaks against it. */
export function clockView(evidence: ClockEvidence): ClockView | null {
  const { certifiedTimeMs, nowMs, limits } = evidence;
  const aheadMs = attestedAheadMs(evidence);
  if (aheadMs !== null) {
    return { shownBy: 'replicas', aheadMs, blockTimeMs: null, refused: isRefused(aheadMs, limits) };
  }
  if (certifiedTimeMs === null) return null;
  // The primary that made it may have been so far ahead of the others, who took it all the same.
  const earlierMs = certifiedTimeMs - nowMs;
  if (earlierMs <= limits.maxClockSkewMs) return null;
  return {
    shownBy: 'block',
    aheadMs: earlierMs,
    blockTimeMs: certifiedTimeMs,
    refused: isRefused(earlierMs, limits),
  };
}

/** By how much more than f others are ahead at least, or behind; `null` where neither is so, or both are. */
function attestedAheadMs({ offsetsMs, f }: ClockEvidence): number | null {
  const sorted = offsetsMs.toSorted((left, right) => left - right);
  const behindMs = sorted[f] ?? 0;
  const aheadMs = sorted[sorted.length - 1 - f] ?? 0;
  const isBehind = behindMs < -CLOCK_OFFSET_MAX_MS;
  const isAhead = aheadMs > CLOCK_OFFSET_MAX_MS;
  // With both they disagree among themselves: that shows nothing of this clock.
  if (isBehind === isAhead) return null;
  return isAhead ? aheadMs : behindMs;
}

/** PROTOCOL.md, section 6: a request is too old for a block, or comes from its future. */
function isRefused(aheadMs: number, limits: ClockEvidence['limits']): boolean {
  return aheadMs > limits.maxRequestAgeMs || -aheadMs > limits.maxClockSkewMs;
}
