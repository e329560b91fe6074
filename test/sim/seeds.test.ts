/** Many seeds: nothing that must not happen happens, and everything comes right once the network heals. */
import { describe, expect, it } from 'vitest';
import { planOf } from './plan.ts';
import { run } from './run.ts';
import { resultOf, sim } from './support/cli.ts';

const MINUTE_MS = 60_000;
const SEEDS = 2_000;

describe('the rules of agreement', () => {
  it(`hold over ${String(SEEDS)} seeds, and every run comes right`, { timeout: 10 * MINUTE_MS }, async () => {
    const ended = await sim('--seeds', String(SEEDS), '--json');
    const { seeds, violations, converged, failures } = resultOf(ended);
    const expected = { seeds: SEEDS, violations: 0, converged: SEEDS, failures: [] };
    expect({ seeds, violations, converged, failures }, ended.stdout).toEqual(expected);
    expect(ended.code).toBe(0);
  });
});

describe('a primary with two faces', () => {
  it('is always found out, and nobody else is accused', { timeout: 10 * MINUTE_MS }, () => {
    for (let seed = 1; seed <= 40; seed++) {
      const plan = planOf(seed, 4);
      const calm = { loss: 0, duplication: 0, delayMs: [1, 5], diskMs: 1, viewTimeoutMs: 120 } as const;
      const nothing = { faults: [], clients: [], clockSkewMs: [] };
      const byzantine = [{ replica: 0, behaviours: ['twoFaced'], split: 1 << (1 + (seed % 3)) }] as const;
      const { outcome } = run({ ...plan, ...calm, ...nothing, byzantine });
      expect(outcome).toMatchObject({ violation: null, converged: true, accused: [0] });
    }
  });
});

describe('a seed', () => {
  it('does the same every time', { timeout: 10 * MINUTE_MS }, () => {
    for (let seed = 5_000; seed < 5_200; seed++) {
      const plan = planOf(seed);
      expect(planOf(seed)).toEqual(plan);
      expect(run(plan).outcome).toEqual(run(plan).outcome);
    }
  });

  it(
    'does the same when a line is kept for each event, and read from JSON',
    { timeout: 10 * MINUTE_MS },
    () => {
      for (let seed = 6_000; seed < 6_030; seed++) {
        const plan = planOf(seed);
        const again = JSON.parse(JSON.stringify(plan)) as typeof plan;
        expect(run(again, true).outcome).toEqual(run(plan).outcome);
      }
    },
  );

  it('is another one than the next', { timeout: 10 * MINUTE_MS }, () => {
    const hashes = Array.from({ length: 50 }, (_, seed) => run(planOf(seed)).outcome.traceHash);
    expect(new Set(hashes).size).toBe(50);
  });
});
