/** How far another clock is from this one, by the times in pings. */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ClockOffset, PINGS_KEPT_MAX, timedPing } from '../../../src/main/network/clockOffset.ts';
import { Heartbeat } from '../../../src/main/network/heartbeat.ts';
import { DEFAULT_LIMITS } from '../../../src/main/network/limits.ts';

/** Pings of a clock that is `aheadMs` ahead, each so long on its way. */
function after(aheadMs: number, tripsMs: readonly number[], roundTripMs: number | null): number | null {
  const clock = new ClockOffset();
  for (const [index, tripMs] of tripsMs.entries()) {
    const sentMs = 1_000_000 + index * 15_000;
    clock.onPing(timedPing(index, sentMs + aheadMs), sentMs + tripMs);
  }
  if (roundTripMs !== null) clock.onRoundTrip(roundTripMs);
  return clock.offsetMs;
}

describe('the offset of a clock', () => {
  it.each([
    [0, [10], 20],
    [90_000, [10, 400, 12], 20],
    [-90_000, [3_000, 10], 20],
  ])('of %i ms shows, however long some pings took', (aheadMs, tripsMs, roundTripMs) => {
    expect(after(aheadMs, tripsMs, roundTripMs)).toBe(aheadMs);
  });

  it('is unknown before a ping came, and before a round trip is known', () => {
    expect(after(0, [], 20)).toBeNull();
    expect(after(0, [10], null)).toBeNull();
  });

  it('is taken from the last pings alone: a clock that was set right shows so', () => {
    const clock = new ClockOffset();
    clock.onRoundTrip(0);
    clock.onPing('1 500000', 0);
    expect(clock.offsetMs).toBe(500_000);
    for (let count = 0; count < PINGS_KEPT_MAX; count++) clock.onPing('2 1000', 1_000);
    expect(clock.offsetMs).toBe(0);
  });

  it.each(['', '7', '7 ', 'a b', '7 -5', '7 1e9', '1 2 3', `7 ${'9'.repeat(16)}`, '7 1.5'])(
    'takes nothing from the payload "%s"',
    (payload) => {
      const clock = new ClockOffset();
      clock.onRoundTrip(1);
      clock.onPing(payload, 0);
      expect(clock.offsetMs).toBeNull();
    },
  );

  it('is measured anew as soon as the own clock is set, in either direction', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    let ownMs = 1_000_000;
    const handlers = { isListening: () => true, onPing: () => undefined, onDead: () => undefined };
    const heartbeat = new Heartbeat(DEFAULT_LIMITS, handlers, () => ownMs);
    heartbeat.start();
    onTestFinished(() => heartbeat.stop());
    heartbeat.onPong(Buffer.from('1 1000000'));
    let theirsMs = ownMs;
    const ping = (): number | null => {
      vi.advanceTimersByTime(DEFAULT_LIMITS.pingIntervalMs);
      ownMs += DEFAULT_LIMITS.pingIntervalMs;
      theirsMs += DEFAULT_LIMITS.pingIntervalMs;
      heartbeat.onPeerPing(Buffer.from(timedPing(1, theirsMs)));
      return heartbeat.clockOffsetMs;
    };
    for (let count = 0; count < PINGS_KEPT_MAX; count++) expect(ping()).toBe(0);
    for (const setMs of [3_600_000, -3_600_000, -3_600_000]) {
      ownMs += setMs;
      expect(ping()).toBe(theirsMs - ownMs);
    }
    // Steered by a time service it is a little off from ping to ping, and nothing is forgotten.
    ownMs += 40;
    expect(ping()).toBe(theirsMs - ownMs + 40);
  });

  it('is measured by two heartbeats that ping each other', () => {
    const beats: Heartbeat[] = [];
    const clocks = [1_000_000, 1_042_000];
    for (const side of [0, 1]) {
      beats.push(
        new Heartbeat(
          DEFAULT_LIMITS,
          {
            isListening: () => true,
            onPing: (payload) => {
              beats[1 - side]!.onPeerPing(Buffer.from(payload));
              beats[side]!.onPong(Buffer.from(payload));
            },
            onDead: () => undefined,
          },
          () => clocks[side]!,
        ),
      );
    }
    for (const beat of beats) beat.start();
    for (const beat of beats) beat.stop();
    expect(beats[0]!.roundTripMs).toBeGreaterThanOrEqual(0);
    expect(Math.abs(beats[0]!.clockOffsetMs! - 42_000)).toBeLessThan(1_000);
    expect(Math.abs(beats[1]!.clockOffsetMs! + 42_000)).toBeLessThan(1_000);
  });
});
