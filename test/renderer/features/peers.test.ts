import { describe, expect, it } from 'vitest';
import { blocksBehind, isAlone, ratesBetween } from '../../../src/renderer/features/peers/peerFigures.ts';
import type { PeersView } from '../../../src/shared/contract/peers.ts';
import { peersDetail } from '../fixture/peers.ts';

function later(view: PeersView, ms: number, bytes: number): PeersView {
  const members = view.members.map((peer) => ({
    ...peer,
    bytesIn: peer.bytesIn + bytes,
    bytesOut: peer.bytesOut + 2 * bytes,
  }));
  return { ...view, nowMs: view.nowMs + ms, members };
}

describe('the figures of the peers', () => {
  const view = peersDetail(1_000_000, 'four');
  const [first] = view.members;

  it('are bytes per second between two answers', () => {
    const rates = ratesBetween(view, later(view, 2_000, 4_096));
    expect(rates.get(first!.publicKey)).toEqual({ inPerSecond: 2_048, outPerSecond: 4_096 });
  });

  it('say nothing about one answer alone, the same moment twice, or counts that began anew', () => {
    expect(ratesBetween(null, view).size).toBe(0);
    expect(ratesBetween(view, view).size).toBe(0);
    expect(
      ratesBetween(later(view, 0, 4_096), { ...view, nowMs: view.nowMs + 1 }).has(first!.publicKey),
    ).toBe(false);
  });

  it('count how far a replica is behind a quorum, and never ahead', () => {
    expect(blocksBehind({ ...first!, tipHeight: 7 }, 9)).toBe(2);
    expect(blocksBehind({ ...first!, tipHeight: 11 }, 9)).toBe(0);
    expect(blocksBehind({ ...first!, tipHeight: null }, 9)).toBeNull();
  });

  it('know when this replica is alone', () => {
    expect(isAlone(view)).toBe(false);
    expect(isAlone(peersDetail(1_000_000, 'alone'))).toBe(true);
    expect(isAlone({ ...view, members: view.members.filter(({ self }) => self) })).toBe(false);
  });
});
