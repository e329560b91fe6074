/** How long replicas wait for their primary, and what they do not hold against it (rules K2, V1 and 11). */
import { describe, expect, it } from 'vitest';
import { makeGenesis } from '../support/ledger.ts';
import { Simulation } from '../support/simulation.ts';
import {
  expectFinalEverywhere,
  expectInStep,
  expectNobodyConvicted,
  linesWith,
  observe,
  ofType,
  views,
} from './observe.ts';

describe('the wait for a primary', () => {
  it('doubles with every one that is dead, up to its limit', () => {
    const simulation = new Simulation({
      network: makeGenesis({ replicas: 10 }),
      faulty: { 0: {}, 1: {}, 2: {} },
      simulatedSignatures: true,
      persistentClients: false,
      consensus: { viewTimeoutMs: 2_000, maxViewTimeoutMs: 5_000 },
    });
    const sent = simulation.submit();
    expect(simulation.runUntil(() => sent.finality !== null, 30_000)).toBe(true);
    simulation.run(1_000);
    const leftAtMs = [1, 2, 3].map((view) => {
      const lines = linesWith(simulation, `leaves view 0 for ${String(view)}`);
      expect(lines.length).toBe(7);
      return Number.parseInt(lines[0]!, 10);
    });
    const waitsMs = leftAtMs.map((atMs, index) => atMs - (leftAtMs[index - 1] ?? 0));
    // In virtual time; each wait begins when a quorum has been seen, some messages later.
    for (const [index, expectedMs] of [2_000, 4_000, 5_000].entries()) {
      expect(waitsMs[index]).toBeGreaterThanOrEqual(expectedMs);
      expect(waitsMs[index]).toBeLessThan(expectedMs + 20);
    }
    expect(views(simulation)).toEqual([3, 3, 3, 3, 3, 3, 3]);
    expectFinalEverywhere(simulation, [sent.request]);
    expectNobodyConvicted(simulation);
  });
});

describe('a primary that is slow', () => {
  /** All that the primary sends takes `delayMs` longer, for a while. */
  function slowPrimary(delayMs: number): Simulation {
    const simulation = new Simulation({ persistentClients: false });
    simulation.run(5);
    simulation.interfere = (from) => (from === 0 ? { delayMs } : undefined);
    const sent = [simulation.submit(), simulation.submit()];
    simulation.run(6_000);
    simulation.heal();
    simulation.run(8_000);
    expectFinalEverywhere(
      simulation,
      sent.map(({ request }) => request),
    );
    expectInStep(simulation);
    expectNobodyConvicted(simulation);
    expect(linesWith(simulation, 'suspects')).toEqual([]);
    return simulation;
  }

  it('but within the patience of the others stays', () => {
    const simulation = slowPrimary(700);
    expect(linesWith(simulation, 'leaves view')).toEqual([]);
    expect(linesWith(simulation, 'all suspect')).toEqual([]);
    expect(views(simulation)).toEqual([0, 0, 0, 0]);
  });

  it('beyond it is replaced, and convicted of nothing', () => {
    const simulation = slowPrimary(3_000);
    expect(linesWith(simulation, 'leaves view 0 for 1').length).toBeGreaterThanOrEqual(3);
    expect(simulation.stores[0]!.position.view).toBeGreaterThan(0);
  });
});

describe('a client', () => {
  it('that reaches a single backup is served all the same: it passes the request on (K2)', () => {
    const simulation = new Simulation({ persistentClients: false });
    const seen = observe(simulation);
    const sent = simulation.submit([2]);
    simulation.run(900);
    expect(simulation.stores[0]!.tip.height).toBe(0);
    simulation.run(600);
    expect(ofType(seen, 'request').map(({ from, to }) => [from, to])).toEqual([[2, 0]]);
    expectFinalEverywhere(simulation, [sent.request]);
    simulation.run(5_000);
    expect(ofType(seen, 'suspect')).toEqual([]);
    expect(views(simulation)).toEqual([0, 0, 0, 0]);
    expectInStep(simulation);
  });

  it('that tells every replica something else moves nobody, and all that it signed is ordered once', () => {
    const simulation = new Simulation({ persistentClients: false });
    const seen = observe(simulation);
    const sent = [0, 1, 2, 3].map((replica) => simulation.submit([replica]));
    const elsewhere = 'cd'.repeat(32);
    for (let time = 0; time < 20; time++) {
      for (const tag of ['ef'.repeat(8), '00'.repeat(8)]) {
        simulation.client.commit(time + 1, elsewhere, tag);
        simulation.client.commit(Number.MAX_SAFE_INTEGER - time, elsewhere, tag);
      }
      simulation.run(200);
    }
    simulation.run(3_000);
    expect(ofType(seen, 'suspect')).toEqual([]);
    expect(linesWith(simulation, 'suspects')).toEqual([]);
    expect(views(simulation)).toEqual([0, 0, 0, 0]);
    expectFinalEverywhere(
      simulation,
      sent.map(({ request }) => request),
    );
    expectInStep(simulation);
    expectNobodyConvicted(simulation);
  });

  it('that floods for one supervisor does not hold up the request of another', () => {
    const simulation = new Simulation({
      network: makeGenesis({ limits: { maxBlockRequests: 5 } }),
      persistentClients: false,
      simulatedSignatures: true,
      consensus: { maxPoolRequestsPerSupervisor: 100 },
    });
    simulation.run(5);
    const flood = Array.from({ length: 300 }, () => simulation.submit());
    simulation.run(2);
    const { height } = simulation.stores[0]!.tip;
    const other = simulation.client.submit(simulation.request({ supervisor: 1, title: 'other' }));
    const before = simulation.replicas[0]!.consensus.holdings.pendingRequests;
    expect(before).toBeGreaterThan(50);
    simulation.run(30);
    // It is in one of the next few blocks, those that are built until it arrives, and before most of the flood.
    expect(other.finality?.how).toBe('fast');
    expect(other.finality!.height).toBeLessThanOrEqual(height + 5);
    simulation.run(3_000);
    expect(simulation.stores[0]!.tip.height).toBeGreaterThanOrEqual(20);
    const refused = flood.filter(({ refusals }) => refusals.get(0)?.code === 'request.poolFull');
    expect(refused.length).toBeGreaterThanOrEqual(100);
    expectFinalEverywhere(simulation, [other.request]);
    expect(views(simulation)).toEqual([0, 0, 0, 0]);
    expectInStep(simulation);
  });
});
