/** Many short runs with faults from a seed: nothing is ever lost or contradicted, and in the end all is final. */
import { expect, it } from 'vitest';
import { makeGenesis } from '../support/ledger.ts';
import { Random } from '../support/simulation/random.ts';
import { Simulation } from '../support/simulation.ts';

const SEEDS = Number(process.env['SEEDS'] ?? 200);
const FIRST_SEED = Number(process.env['FIRST_SEED'] ?? 1);
const FAULTY_MS = 4_000;
const HEALED_MS = 60_000;
const limits = { checkpointDistance: 4, maxBlockRequests: 4 };
const networks = [4, 7].map((replicas) => makeGenesis({ replicas, limits }));

/** What a seed stands for. */
function optionsOf(seed: number) {
  const random = new Random(seed * 7_919);
  return {
    seed,
    network: networks[random.chance(0.7) ? 0 : 1]!,
    loss: random.pick([0, 0.02, 0.1, 0.3]),
    duplication: random.pick([0, 0.1, 0.5]),
    delayMs: random.pick<[number, number]>([
      [1, 1],
      [1, 5],
      [1, 40],
      [20, 200],
    ]),
    diskMs: random.pick([0, 1, 5]),
    noticeMs: random.pick([null, 20, 500]),
    clientTimeoutMs: random.pick([100, 400]),
    clockSkewMs: random.chance(0.3) ? [0, 1, 2, 3, 4, 5, 6].map(() => random.integer(-2_000, 2_000)) : [],
    requests: random.integer(5, 40),
    stops: random.pick([0, 1, 3, 8]),
    partitions: random.pick([0, 0, 1, 3]),
  };
}

/** Plans requests, stops and partitions over the faulty time, at most f replicas down at once. */
function plan(simulation: Simulation, options: ReturnType<typeof optionsOf>): void {
  const { agenda, random, network } = simulation;
  const { n, f } = simulation.membership(0).sizes;
  for (let request = 0; request < options.requests; request++) {
    agenda.plan(random.integer(0, FAULTY_MS), () => {
      const some = network.replicaSeeds.map((_seed, index) => index).filter(() => random.chance(0.7));
      simulation.submit(random.chance(0.2) ? some : undefined);
    });
  }
  for (let stop = 0; stop < options.stops; stop++) {
    const index = random.integer(0, n - 1);
    const downMs = random.integer(1, 2_000);
    agenda.plan(random.integer(0, FAULTY_MS), () => {
      const replica = simulation.replicas[index]!;
      if (!replica.isUp || n - simulation.up.length >= f) return;
      if (random.chance(0.5)) simulation.stop(index);
      else {
        const moment = random.pick(['before', 'after'] as const);
        replica.plannedStop = { commit: replica.store.commits + random.integer(0, 3), moment };
      }
      agenda.plan(downMs, () => {
        replica.plannedStop = null;
        if (!replica.isUp) simulation.restart(index);
      });
    });
  }
  for (let partition = 0; partition < options.partitions; partition++) {
    const [one, other] = [random.integer(0, n - 1), random.integer(0, n - 1)];
    if (one === other) continue;
    agenda.plan(random.integer(0, FAULTY_MS), () => simulation.cut(one, other));
    agenda.plan(random.integer(0, FAULTY_MS), () => simulation.cut(one, other, false));
  }
}

/** Whether every request is final, at its client and at every replica, and all replicas stand at one block. */
function isSettled(simulation: Simulation): boolean {
  const sent = [...simulation.client.sent.values()];
  if (sent.some(({ finality }) => finality === null)) return false;
  const [first, ...others] = simulation.stores;
  if (first!.tip.height !== first!.stable.height) return false;
  return others.every(
    ({ tip, stable }) => tip.hash === first!.tip.hash && stable.height === first!.stable.height,
  );
}

function explore(seed: number): string {
  const options = optionsOf(seed);
  const simulation = new Simulation(options);
  try {
    plan(simulation, options);
    simulation.run(FAULTY_MS);
    simulation.heal();
    const settled = simulation.runUntil(() => isSettled(simulation), HEALED_MS);
    if (!settled) throw new Error('not everything became final after the network healed');
    const executed = simulation.stores[0]!.blocks.flatMap(({ block }) => block.requests.map(({ id }) => id));
    expect(executed.toSorted()).toEqual([...simulation.client.sent.keys()].toSorted());
  } catch (error) {
    const tail = simulation.transcript.lines.slice(-60).join('\n');
    const { network, ...rest } = options;
    const shown = JSON.stringify({ ...rest, replicas: network.replicaSeeds.length });
    throw new Error(`seed ${String(seed)} failed: ${shown}\n${tail}\n`, { cause: error });
  }
  return simulation.transcript.hash;
}

it(`keeps every promise over ${String(SEEDS)} seeds`, () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) explore(seed);
});

it('does the same again for the same seed', () => {
  for (const seed of [3, 17, 101]) expect(explore(seed)).toBe(explore(seed));
});
