/** The set of replicas changes while the network works (PROTOCOL.md, rules, 10). */
import { describe, expect, it } from 'vitest';
import { Changes, type PlannedChange } from '../support/simulation/changes.ts';
import { expectGolden } from '../support/golden.ts';
import { newKey } from '../support/registry.ts';
import { Simulation, type SimulationSetup } from '../support/simulation.ts';

const FIFTH = 4;

function networkWith(changes: readonly PlannedChange[], setup: SimulationSetup = {}) {
  const simulation = new Simulation({ joiners: [newKey(1)], ...setup });
  return { simulation, changes: new Changes(simulation, changes) };
}

/** Where each replica stands: its epoch, its stable height, and whether it is a member. */
function standings({ replicas }: Simulation) {
  return replicas.map(({ store, membership }) => [
    store.position.epoch,
    store.stable.height,
    membership.ownIndex >= 0,
  ]);
}

describe('a replica that joins', () => {
  it('follows from an empty disk, and takes part when it is admitted', async () => {
    const { simulation, changes } = networkWith([{ atMs: 0, kind: 'add', replica: FIFTH }]);
    expect(simulation.replicas[FIFTH]!.consensus.standing.learner).toBe('notMember');
    simulation.run(1_500);
    expect(changes.left).toBe(0);
    expect(standings(simulation)).toEqual(simulation.replicas.map(() => [1, 2, true]));
    expect(simulation.replicas[FIFTH]!.consensus.standing).toMatchObject({ learner: null, listening: false });
    const sent = simulation.submit();
    simulation.run(500);
    // All five have accepted it.
    expect(sent.finality?.how).toBe('fast');
    expect(sent.responses.size).toBe(5);
    await expectGolden('replica-joins', simulation.transcript.lines);
  });

  it('is not needed for anything before it is in step', () => {
    const { simulation } = networkWith([{ atMs: 100, kind: 'add', replica: FIFTH }]);
    simulation.stop(FIFTH);
    simulation.run(1_500);
    const sent = simulation.submit();
    // Four of five are a quorum, after a change of the view where the fifth is its primary.
    simulation.run(6_000);
    expect(sent.finality?.how).toBe('certified');
    simulation.restart(FIFTH);
    simulation.run(3_000);
    expect(standings(simulation)).toEqual(simulation.replicas.map(() => [1, 3, true]));
  });
});

describe('a replica that is removed', () => {
  it('goes on as one that follows, and signs nothing', () => {
    const { simulation } = networkWith([
      { atMs: 0, kind: 'add', replica: FIFTH },
      { atMs: 0, kind: 'remove', replica: 2 },
    ]);
    simulation.run(3_000);
    simulation.submit();
    simulation.run(3_000);
    expect(standings(simulation)).toEqual([0, 1, 2, 3, 4].map((index) => [2, 5, index !== 2]));
    expect(simulation.replicas[2]!.consensus.standing.learner).toBe('notMember');
  });
});

describe('a replica under a new key', () => {
  it('takes the place of the one before', () => {
    const { simulation } = networkWith([{ atMs: 0, kind: 'rotate', replica: 0, next: FIFTH }]);
    simulation.run(2_000);
    expect(standings(simulation).map(([epoch, , isMember]) => [epoch, isMember])).toEqual(
      [false, true, true, true, true].map((isMember) => [1, isMember]),
    );
  });
});

describe('a change of an address', () => {
  it('begins an epoch of the same keys', () => {
    const { simulation } = networkWith([{ atMs: 0, kind: 'update', replica: 1 }]);
    simulation.run(1_500);
    expect(simulation.newest).toMatchObject({ epoch: 1, sizes: { n: 4 } });
    expect(simulation.newest.replicas.find(({ name }) => name === 'replica 1')?.port).toBe(50_000);
  });
});
