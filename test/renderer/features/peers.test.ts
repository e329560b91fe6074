import { describe, expect, it } from 'vitest';
import { isClockOff, ownClockOffMs } from '../../../src/renderer/features/peers/clocks.ts';
import { blocksBehind, isAlone, ratesBetween } from '../../../src/renderer/features/peers/peerFigures.ts';
import { CLOCK_OFFSET_MAX_MS, type PeersView } from '../../../src/shared/contract/peers.ts';
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

describe('clocks', () => {
  const view = peersDetail(1_000_000, 'four');
  const [first] = view.members;
  /** The others' clocks are so far from this one. */
  const ownOff = (...offsets: (number | null)[]): number | null =>
    ownClockOffMs({
      ...view,
      members: offsets.map((clockOffsetMs) => ({ ...first!, clockOffsetMs })),
    });

  it('are warned of beyond the limit, in both directions', () => {
    const off = (clockOffsetMs: number | null): boolean => isClockOff({ ...first!, clockOffsetMs });
    expect([null, 0, CLOCK_OFFSET_MAX_MS, -CLOCK_OFFSET_MAX_MS].map(off)).toEqual([
      false,
      false,
      false,
      false,
    ]);
    expect([CLOCK_OFFSET_MAX_MS + 1, -CLOCK_OFFSET_MAX_MS - 1].map(off)).toEqual([true, true]);
  });

  it.each([
    [[null, 50_000, 51_000, 52_000], 51_000],
    [[null, -50_000, -51_000, 0], -50_000],
    [[null, 50_000, 0, 0], null],
    [[null, 50_000, -50_000, 0], null],
    [[null, 50_000, null, null], null],
    [[null, null, null, null], null],
  ])('with offsets %j this machine is off by %j', (offsets, expected) => {
    expect(ownOff(...offsets)).toBe(expected);
  });
});
