/** The timers of agreement: nobody is suspected for a sleep of one's own, and a wall clock that is set moves none. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AgreementTimers, STOOD_STILL_MS } from '../../../src/main/replica/agreementTimers.ts';
import type { TimerName } from '../../../src/main/consensus/effects.ts';

const PATIENCE: readonly TimerName[] = ['awaitOrder', 'awaitStable', 'newView'];
const OTHERS: readonly TimerName[] = ['bodies', 'catchUp', 'checkpoint', 'beacon', 'viewChange'];
const HOUR_MS = 3_600_000;

let over: TimerName[];
let timers: AgreementTimers;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  monotonicMs = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => monotonicMs);
  over = [];
  timers = new AgreementTimers((timer) => over.push(timer));
});
afterEach(() => {
  timers.close();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

let monotonicMs = 0;
/** The process runs for so long. */
function run(ms: number): void {
  for (let passedMs = 0; passedMs < ms; passedMs += 1) {
    monotonicMs += 1;
    vi.advanceTimersByTime(1);
  }
}
/** The process stands still for so long, on a machine whose monotonic clock goes on. */
function standStill(ms: number): void {
  monotonicMs += ms;
}

describe('the timers of agreement', () => {
  it.each([...PATIENCE, ...OTHERS])('%s is over after its time, once', (timer) => {
    timers.set(timer, 200);
    run(199);
    expect(over).toEqual([]);
    run(1);
    expect(over).toEqual([timer]);
    run(1_000);
    expect(over).toEqual([timer]);
  });

  it('are replaced by those of the same name, and cleared', () => {
    timers.set('awaitOrder', 200);
    timers.set('beacon', 200);
    run(100);
    timers.set('awaitOrder', 200);
    timers.clear('beacon');
    run(199);
    expect(over).toEqual([]);
    run(1);
    expect(over).toEqual(['awaitOrder']);
  });

  it.each(PATIENCE)('%s begins again where the process stood still', (timer) => {
    timers.set(timer, 2_000);
    run(1_500);
    standStill(15_000);
    run(500);
    expect(over).toEqual([]);
    run(1_999);
    expect(over).toEqual([]);
    run(1);
    expect(over).toEqual([timer]);
  });

  it('do so once: who is always late is not patient for ever', () => {
    timers.set('awaitStable', 2_000);
    standStill(15_000);
    run(2_000);
    standStill(15_000);
    run(2_000);
    expect(over).toEqual(['awaitStable']);
    // The next wait is a new one.
    timers.set('awaitStable', 2_000);
    standStill(15_000);
    run(2_000);
    expect(over).toEqual(['awaitStable']);
  });

  it.each(OTHERS)('%s does not: what it starts does no harm', (timer) => {
    timers.set(timer, 200);
    standStill(15_000);
    run(200);
    expect(over).toEqual([timer]);
  });

  it('are not taken in by a process that is merely busy', () => {
    timers.set('awaitOrder', 1_000);
    standStill(STOOD_STILL_MS - 1);
    run(1_000);
    expect(over).toEqual(['awaitOrder']);
  });

  it('begin again once where it is told of a sleep that no clock shows', () => {
    timers.set('awaitOrder', 2_000);
    timers.set('beacon', 1_800);
    run(1_500);
    timers.wake();
    run(300);
    expect(over).toEqual(['beacon']);
    run(1_000);
    for (let times = 0; times < 100; times++) timers.wake();
    run(700);
    expect(over).toEqual(['beacon', 'awaitOrder']);
  });

  it.each([-HOUR_MS, HOUR_MS, -24 * HOUR_MS, 365 * 24 * HOUR_MS])(
    'do not see that the wall clock is set by %i ms',
    (byMs) => {
      for (const timer of PATIENCE) timers.set(timer, 2_000);
      run(1_000);
      vi.setSystemTime(Date.now() + byMs);
      run(999);
      expect(over).toEqual([]);
      run(1);
      expect(over).toEqual(PATIENCE);
    },
  );

  it('end when it is closed, for good', () => {
    timers.set('awaitOrder', 200);
    timers.close();
    timers.set('beacon', 200);
    timers.wake();
    run(1_000);
    expect(over).toEqual([]);
  });
});
