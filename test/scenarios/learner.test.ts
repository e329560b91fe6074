/** A replica that lost its disk, or got an older copy of it back, could contradict itself: it only learns. */
import { describe, expect, it } from 'vitest';
import type { PeerMessage } from '../../src/main/consensus/messages.ts';
import { expectGolden } from '../support/golden.ts';
import { makeGenesis } from '../support/ledger.ts';
import { Simulation } from '../support/simulation.ts';
import { expectFinalEverywhere, expectInStep, expectNobodyConvicted, linesWith, views } from './observe.ts';
import { RestorableReplica } from './restorable.ts';

const network = makeGenesis();

/** Messages under a replica's own signature for agreement. Anything else may be said by a learner. */
const SIGNED: ReadonlySet<PeerMessage['type']> = new Set([
  'orderedRequest',
  'localCommit',
  'checkpointVote',
  'viewChange',
  'newView',
  'suspect',
]);

function withRestorable(index = 3): { simulation: Simulation; restorable: RestorableReplica } {
  let restorable: RestorableReplica | undefined;
  const make = (world: Simulation) => (restorable = new RestorableReplica(world, index));
  const simulation = new Simulation({ network, persistentClients: false }, new Map([[index, make]]));
  return { simulation, restorable: restorable! };
}

/** Requests, each final before the next is sent. */
function submitAll(simulation: Simulation, count: number) {
  return Array.from({ length: count }, () => {
    const sent = simulation.submit();
    simulation.run(400);
    return sent;
  });
}

function expectSignsNothing({ sent }: RestorableReplica): void {
  expect(sent.length).toBeGreaterThan(0);
  expect(sent.filter(({ type }) => SIGNED.has(type)).map(({ type }) => type)).toEqual([]);
  const beacons = sent.filter((message) => message.type === 'beacon');
  expect(beacons.every(({ participating }) => !participating)).toBe(true);
}

describe('a replica whose disk is lost', () => {
  it('follows as a learner and signs nothing, and the others go on', async () => {
    const { simulation, restorable } = withRestorable();
    const before = submitAll(simulation, 2);
    expect(before.map(({ finality }) => finality?.how)).toEqual(['fast', 'fast']);
    restorable.stop();
    restorable.loseDisk('stateLost');
    simulation.run(100);
    restorable.start();
    simulation.run(3_000);
    expect(restorable.consensus.standing.learner).toBe('stateLost');
    expect(restorable.store.stable.height).toBe(2);
    const after = submitAll(simulation, 2);
    simulation.run(2_000);
    for (const { finality, responses } of after) {
      expect(finality?.how).toBe('certified');
      expect([...responses.keys()].toSorted()).toEqual([0, 1, 2]);
    }
    // It has every final block, and serves it.
    expect(restorable.store.stable.hash).toBe(simulation.stores[0]!.stable.hash);
    expect(restorable.store.tip.height).toBe(4);
    expectSignsNothing(restorable);
    expectFinalEverywhere(
      simulation,
      [...before, ...after].map(({ request }) => request),
    );
    expectInStep(simulation);
    expect(views(simulation)).toEqual([0, 0, 0]);
    expect(linesWith(simulation, 'suspects')).toEqual([]);
    expectNobodyConvicted(simulation);
    await expectGolden('disk-lost', simulation.transcript.lines);
  });

  it('signs nothing as the primary either: it is replaced, and everything goes on', () => {
    const { simulation, restorable } = withRestorable(0);
    const before = submitAll(simulation, 2);
    restorable.stop();
    restorable.loseDisk('stateLost');
    restorable.start();
    const after = [simulation.submit(), simulation.submit()];
    simulation.run(10_000);
    expectSignsNothing(restorable);
    expect(views(simulation)).toEqual([1, 1, 1]);
    expectFinalEverywhere(
      simulation,
      [...before, ...after].map(({ request }) => request),
    );
    expectInStep(simulation);
    expect(restorable.store.stable.hash).toBe(simulation.stores[1]!.stable.hash);
    expectNobodyConvicted(simulation);
  });
});

describe('a replica that starts from an older copy of its disk', () => {
  it('is reminded by the others of what it signed, and only learns from then on', () => {
    const { simulation, restorable } = withRestorable();
    const first = submitAll(simulation, 1);
    const backup = restorable.transactions;
    const second = submitAll(simulation, 2);
    restorable.stop();
    restorable.restoreBackup(backup);
    expect(restorable.store.stable.height).toBe(1);
    restorable.start();
    simulation.run(3_000);
    expect(restorable.consensus.standing.learner).toBe('stateOld');
    expect(restorable.store.learner?.reason).toBe('stateOld');
    const third = submitAll(simulation, 1);
    simulation.run(2_000);
    expectFinalEverywhere(
      simulation,
      [...first, ...second, ...third].map(({ request }) => request),
    );
    expectInStep(simulation);
    expect(restorable.store.stable.hash).toBe(simulation.stores[0]!.stable.hash);
    const sinceThen = restorable.sent.findIndex(
      (message) => message.type === 'beacon' && !message.participating,
    );
    expect(sinceThen).not.toBe(-1);
    expect(restorable.sent.slice(sinceThen).filter(({ type }) => SIGNED.has(type))).toEqual([]);
    expectNobodyConvicted(simulation);
  });

  it('stays one when it starts again', () => {
    const { simulation, restorable } = withRestorable();
    submitAll(simulation, 1);
    const backup = restorable.transactions;
    submitAll(simulation, 1);
    restorable.stop();
    restorable.restoreBackup(backup);
    restorable.start();
    simulation.run(2_000);
    restorable.stop();
    restorable.start();
    submitAll(simulation, 1);
    expect(restorable.consensus.standing.learner).toBe('stateOld');
    expectSignsNothing(restorable);
  });
});

describe('a replica that merely missed messages', () => {
  it('takes part again after a restart, whatever the others remind it of', () => {
    const { simulation, restorable } = withRestorable();
    const before = submitAll(simulation, 2);
    restorable.stop();
    const missed = submitAll(simulation, 3);
    restorable.start();
    simulation.run(3_000);
    expect(restorable.consensus.standing.learner).toBe(null);
    const after = submitAll(simulation, 1);
    simulation.run(2_000);
    expect(restorable.consensus.standing.learner).toBe(null);
    expect(after[0]!.responses.has(3)).toBe(true);
    expectFinalEverywhere(
      simulation,
      [...before, ...missed, ...after].map(({ request }) => request),
    );
    expect(restorable.store.stable.hash).toBe(simulation.stores[0]!.stable.hash);
  });

  it('takes part again after its line was cut', () => {
    const { simulation, restorable } = withRestorable();
    submitAll(simulation, 1);
    simulation.isolate(3);
    submitAll(simulation, 3);
    simulation.isolate(3, false);
    for (const other of simulation.up) {
      other.notice(3, false);
      other.notice(3, true);
      restorable.notice(other.index, true);
    }
    simulation.run(3_000);
    const after = submitAll(simulation, 1);
    expect(restorable.consensus.standing.learner).toBe(null);
    expect(after[0]!.responses.has(3)).toBe(true);
    expect(restorable.store.stable.hash).toBe(simulation.stores[0]!.stable.hash);
  });
});
