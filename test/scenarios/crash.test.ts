/** Replicas that stop at any moment, start again from what was durable, and contradict nothing that they said. */
import { describe, expect, it } from 'vitest';
import { makeGenesis } from '../support/ledger.ts';
import { Simulation, type SimulationSetup } from '../support/simulation.ts';
import type { PlannedStop } from '../support/simulation/replica.ts';
import { linesWith, observe, ofType } from './observe.ts';

const REQUESTS = 7;
const DOWN_MS = 150;
const setup: SimulationSetup = {
  network: makeGenesis({ limits: { checkpointDistance: 3, maxBlockRequests: 1 } }),
  noticeMs: 20,
};

/** A short run with checkpoints by distance, by commit and by idle time. `prepare` may plan a stop. */
function shortRun(prepare: (simulation: Simulation) => void = () => undefined): Simulation {
  const simulation = new Simulation(setup);
  prepare(simulation);
  for (let request = 0; request < REQUESTS; request++) {
    simulation.submit();
    simulation.run(request === 3 ? 300 : 6);
  }
  simulation.run(DOWN_MS);
  const restart = () => {
    for (const { index, isUp } of simulation.correct) if (!isUp) simulation.restart(index);
  };
  // Whatever was planned for later than the run lasted happens in the rest of it.
  for (let round = 0; round < 40; round++) {
    restart();
    simulation.run(DOWN_MS);
  }
  return simulation;
}

function expectAllFinal(simulation: Simulation): void {
  const unsettled = [...simulation.client.sent.values()].filter(({ finality }) => finality === null);
  expect(unsettled.map(({ request }) => simulation.transcript.request(request.id))).toEqual([]);
  for (const store of simulation.stores) {
    expect(store.stable.height).toBe(store.tip.height);
    expect(store.tip.hash).toBe(simulation.stores[0]!.tip.hash);
    expect(store.blocks.flatMap(({ block }) => block.requests).length).toBe(REQUESTS);
  }
  expect(linesWith(simulation, 'suspects')).toEqual([]);
}

describe('the crash matrix', () => {
  const undisturbed = shortRun();

  it('has something to stop', () => {
    expectAllFinal(undisturbed);
    expect(Math.min(...undisturbed.stores.map(({ commits }) => commits))).toBeGreaterThan(15);
  });

  it.each([
    ['primary', 0],
    ['backup', 2],
  ])('%s stops at each of its durable writes, before it or right after it', (_role, victim) => {
    for (let commit = 0; commit < undisturbed.stores[victim]!.commits; commit++) {
      for (const moment of ['before', 'after'] as const) {
        const plannedStop: PlannedStop = { commit, moment };
        const simulation = shortRun(({ replicas }) => {
          replicas[victim]!.plannedStop = plannedStop;
        });
        expect(linesWith(simulation, `r${String(victim)} stops`).length).toBe(1);
        expectAllFinal(simulation);
      }
    }
  });

  it.each([
    ['primary', 0],
    ['backup', 2],
  ])('%s stops in the midst of sending', (_role, victim) => {
    const messages = observeCount(victim);
    for (let stopAt = 0; stopAt < messages; stopAt += 3) {
      let sent = 0;
      const simulation = shortRun((started) => {
        started.interfere = (from) => {
          if (from !== victim) return undefined;
          if (sent++ === stopAt) started.stop(victim);
          return started.replicas[victim]!.isUp ? undefined : 'drop';
        };
      });
      expect(linesWith(simulation, `r${String(victim)} stops`).length).toBe(1);
      expectAllFinal(simulation);
    }
  });

  /** How many messages a replica sends while requests come in. */
  function observeCount(victim: number): number {
    const simulation = new Simulation(setup);
    const seen = observe(simulation);
    for (let request = 0; request < REQUESTS; request++) {
      simulation.submit();
      simulation.run(request === 3 ? 300 : 6);
    }
    return seen.filter(({ from }) => from === victim).length;
  }
});

describe('a primary that stops', () => {
  it('with a block on disk whose order never left signs that very block when it is back', () => {
    const simulation = new Simulation({ persistentClients: false });
    simulation.run(5);
    const primary = simulation.replicas[0]!;
    // The first write is its position, the second the block, the third the signature of its order.
    primary.plannedStop = { commit: 1, moment: 'after' };
    const first = simulation.submit();
    simulation.run(50);
    expect(primary.isUp).toBe(false);
    const { hash } = simulation.stores[0]!.tip;
    const seen = observe(simulation);
    simulation.restart(0);
    const second = simulation.submit();
    simulation.run(400);
    const orders = ofType(seen, 'orderedRequest').filter(({ to }) => to === 1);
    expect(orders.map(({ message }) => message.header.height)).toEqual([1, 2]);
    expect(orders[0]!.message.header.hash).toBe(hash);
    expect(orders[0]!.message.references.map(({ id }) => id)).toEqual([first.request.id]);
    expect(orders[1]!.message.references.map(({ id }) => id)).toEqual([second.request.id]);
    expect(simulation.stores.map(({ stable }) => stable.height)).toEqual([2, 2, 2, 2]);
  });

  it('with a signed order on disk that never left: the others ask for it', () => {
    const simulation = new Simulation({ persistentClients: false });
    simulation.run(5);
    simulation.replicas[0]!.plannedStop = { commit: 2, moment: 'after' };
    simulation.submit();
    simulation.run(50);
    expect(simulation.replicas[0]!.isUp).toBe(false);
    expect(simulation.stores[0]!.block(1)!.order).not.toBe(null);
    simulation.restart(0);
    simulation.run(3_000);
    expect(simulation.stores.map(({ stable }) => stable.height)).toEqual([1, 1, 1, 1]);
  });
});

describe('all replicas at once', () => {
  it('stop after a fast answer: it is still there when they are back', () => {
    const simulation = new Simulation({ consensus: { checkpointIdleMs: 100_000 } });
    const sent = simulation.submit();
    simulation.run(50);
    expect(sent.finality?.how).toBe('fast');
    for (const { index } of simulation.replicas) simulation.stop(index);
    for (const { index } of simulation.replicas) simulation.restart(index);
    simulation.run(500);
    for (const store of simulation.stores) expect(store.contains(1, sent.finality!.hash)).toBe(true);
  });
});
