import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ConsoleEvent } from '../../../../src/main/console/events.ts';
import {
  REVIVALS_MAX,
  REVIVAL_PAUSE_MS,
  REVIVAL_SPAN_MS,
  Revival,
} from '../../../../src/main/console/start/revival.ts';
import { CountersignError, toPlainError } from '../../../../src/shared/errors.ts';

const DIED = toPlainError(
  new CountersignError('storage.failed', { path: 'ledger.sqlite', problem: 'its worker ended' }),
);
const FULL = toPlainError(new CountersignError('storage.full', { path: 'ledger.sqlite' }));

let nowMs: number;
let shown: string[];
let logged: ConsoleEvent[];
let starts: number;
let fails: Error | null;
let revival: Revival;

beforeEach(() => {
  vi.useFakeTimers();
  nowMs = 0;
  shown = [];
  logged = [];
  starts = 0;
  fails = null;
  revival = new Revival({
    stages: { enterPhase: (phase) => shown.push(phase), fail: () => shown.push('failed') },
    log: (event) => logged.push(event),
    again: async () => {
      starts += 1;
      await Promise.resolve();
      if (fails !== null) throw fails;
    },
    now: () => nowMs,
  });
});
afterEach(() => {
  revival.close();
  vi.useRealTimers();
});

const pass = async (ms: number): Promise<void> => {
  nowMs += ms;
  await vi.advanceTimersByTimeAsync(ms);
};

describe('SECURITY 13: what a store’s death has stopped', () => {
  it('is started again also where a replica’s own process has ended', async () => {
    revival.halted(
      toPlainError(new CountersignError('replica.ended', { path: 'replicas/1', problem: 'it said nothing' })),
    );
    await pass(REVIVAL_PAUSE_MS);
    expect(starts).toBe(1);
  });

  it('is started again after a pause, once, however often it is told', async () => {
    revival.halted(DIED);
    revival.halted(DIED);
    expect(shown).toEqual(['again']);
    expect(logged).toMatchObject([{ kind: 'failed', error: { code: 'storage.failed' } }]);
    await pass(REVIVAL_PAUSE_MS - 1);
    expect(starts).toBe(0);
    await pass(1);
    expect(starts).toBe(1);
  });

  it('is given up after too many in a short time, with pauses that grow', async () => {
    fails = new CountersignError('storage.failed', { path: 'ledger.sqlite', problem: 'again' });
    revival.halted(DIED);
    for (let count = 0; count < REVIVALS_MAX; count++) {
      expect(starts).toBe(count);
      await pass(REVIVAL_PAUSE_MS * 2 ** count - 1);
      expect(starts).toBe(count);
      await pass(1);
    }
    expect(starts).toBe(REVIVALS_MAX);
    expect(shown.at(-1)).toBe('failed');
    await pass(REVIVAL_SPAN_MS);
    expect(starts).toBe(REVIVALS_MAX);
  });

  it('counts afresh when the last time is long ago', async () => {
    for (let count = 0; count < 2 * REVIVALS_MAX; count++) {
      revival.halted(DIED);
      await pass(REVIVAL_SPAN_MS);
    }
    expect(starts).toBe(2 * REVIVALS_MAX);
    expect(shown).not.toContain('failed');
  });

  it('stays stopped where starting again changes nothing', async () => {
    revival.halted(FULL);
    await pass(REVIVAL_SPAN_MS);
    expect(shown).toEqual(['failed']);
    expect(starts).toBe(0);
  });

  it('fails with the reason of a start that fails', async () => {
    fails = new CountersignError('storage.full', { path: 'ledger.sqlite' });
    revival.halted(DIED);
    await pass(REVIVAL_PAUSE_MS);
    expect(shown).toEqual(['again', 'failed']);
  });

  it('is left alone on the way out', async () => {
    revival.halted(DIED);
    revival.close();
    revival.halted(DIED);
    await pass(REVIVAL_SPAN_MS);
    expect(starts).toBe(0);
  });
});
