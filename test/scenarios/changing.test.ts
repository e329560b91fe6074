/** A replica that has left its view accepts nothing there, and enters nothing below what it signed for. */
import { describe, expect, it } from 'vitest';
import type { NewViewMessage } from '../../src/main/consensus/messages.ts';
import { evidenceOf } from '../../src/main/ledger/evidence.ts';
import {
  newViewStatement,
  viewChangeStatement,
  type SignedViewChange,
} from '../../src/main/ledger/viewChange.ts';
import { makeViewChange, signViewChange } from '../support/evidence.ts';
import { makeGenesis, signStatement } from '../support/ledger.ts';
import { Packet } from '../support/simulation/packet.ts';
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
import { RestorableReplica } from './restorable.ts';

const network = makeGenesis();

/** r3 alone has left view 0: it was cut off, and r2, faulty in this alone, agrees with its suspicion. */
function withOneChanging() {
  const make = (world: Simulation) => new RestorableReplica(world, 2);
  const simulation = new Simulation({ network, persistentClients: false }, new Map([[2, make]]));
  simulation.run(5);
  simulation.isolate(3);
  const lonely = simulation.submit([3]);
  simulation.run(2_100);
  simulation.isolate(3, false);
  simulation.carry(2, 3, Packet.of({ type: 'suspect', epoch: 0, view: 0 }));
  simulation.run(10);
  expect(views(simulation)).toEqual([0, 0, '0 to 1']);
  return { simulation, lonely };
}

describe('a single replica that leaves its view', () => {
  it('appends nothing that is ordered, follows what is stable, and is in step when the others move on', () => {
    const { simulation, lonely } = withOneChanging();
    const { store } = simulation.replicas[3]!;
    const before = store.position;
    const seen = observe(simulation);
    const during = Array.from({ length: 3 }, () => {
      const sent = simulation.submit();
      simulation.run(100);
      // The order has arrived: everybody else has the block.
      expect(simulation.stores[1]!.tip.height).toBeGreaterThan(store.tip.height);
      expect(store.tip.height).toBe(store.stable.height);
      simulation.run(3_000);
      return sent;
    });
    expect(ofType(seen, 'orderedRequest').filter(({ to }) => to === 3).length).toBe(3);
    for (const { finality } of during) expect(finality?.how).toBe('certified');
    // What is stable it has, although it is in no view; it has signed nothing but its view change.
    expect(store.stable.height).toBe(3);
    expect(store.position).toEqual(before);
    expect(views(simulation)).toEqual([0, 0, '0 to 1']);
    const signed = ['localCommit', 'checkpointVote', 'orderedRequest'] as const;
    for (const type of signed) expect(ofType(seen, type).filter(({ from }) => from === 3)).toEqual([]);
    expect(ofType(seen, 'viewChange').filter(({ from }) => from === 3).length).toBeGreaterThan(0);
    // The primary stands still, and the others move on.
    simulation.replicas[0]!.pause(true);
    const after = simulation.submit();
    simulation.run(5_000);
    simulation.replicas[0]!.pause(false);
    simulation.run(5_000);
    expect(views(simulation)).toEqual([1, 1, 1]);
    expectFinalEverywhere(
      simulation,
      [lonely, ...during, after].map(({ request }) => request),
    );
    expectInStep(simulation);
    expectNobodyConvicted(simulation);
  });

  it('says the very same again after a restart', () => {
    const { simulation } = withOneChanging();
    const seen = observe(simulation);
    const said = () =>
      ofType(seen, 'viewChange')
        .filter(({ from }) => from === 3)
        .map(({ message }) => ({
          digest: viewChangeStatement(message.viewChange).contentDigest,
          signature: message.signature,
        }));
    simulation.run(600);
    const before = said();
    expect(before.length).toBeGreaterThan(0);
    // A block becomes stable meanwhile: it does not change what was said.
    simulation.submit();
    simulation.run(3_000);
    expect(simulation.stores[3]!.stable.height).toBe(1);
    simulation.stop(3);
    simulation.restart(3);
    simulation.run(600);
    const after = said();
    expect(after.length).toBeGreaterThan(before.length);
    expect(new Set(after.map(({ digest }) => digest)).size).toBe(1);
    expect(new Set(after.map(({ signature }) => signature)).size).toBe(1);
    expect(views(simulation)).toEqual([0, 0, '0 to 1']);
  });
});

describe('a new view below the one that was signed for', () => {
  it('is entered by nobody (M11)', () => {
    // r0 is cut off. r1, the next primary, proves its own fault before it opens its view.
    const gathered = new Map<number, SignedViewChange>();
    let opening: NewViewMessage | undefined;
    const simulation = new Simulation({
      network,
      persistentClients: false,
      faulty: {
        1: {
          onMessage: (self, from, message) => {
            if (message.type !== 'viewChange' || message.viewChange.view !== 1) return;
            const { viewChange, signature } = message;
            gathered.set(from, { replica: from, viewChange, signature });
            if (gathered.size < 2 || opening !== undefined) return;
            const [one, other] = [0, 1].map((attempt) => {
              const own = signViewChange(network, 1, makeViewChange(1, attempt === 0 ? {} : { epoch: 0 }));
              const others = [...gathered.values()].toSorted((left, right) => left.replica - right.replica);
              const newView = { epoch: 0, view: 1, viewChanges: attempt === 0 ? [own, ...others] : [own] };
              const statement = newViewStatement(newView);
              return { newView, statement, signature: signStatement(network, 1, statement) };
            });
            opening = { type: 'newView', newView: one!.newView, signature: one!.signature };
            self.broadcast({ type: 'evidence', evidence: evidenceOf(1, one!, other!)! });
          },
        },
      },
    });
    simulation.run(5);
    simulation.isolate(0);
    const sent = simulation.submit([2, 3]);
    simulation.run(2_200);
    expect(views(simulation)).toEqual([0, '0 to 2', '0 to 2']);
    // It is a valid one, of view changes that they signed themselves; but they have signed for view 2 since.
    for (const to of [2, 3]) simulation.faulty.get(1)!.send(to, opening!);
    simulation.run(300);
    expect(views(simulation)).toEqual([0, '0 to 2', '0 to 2']);
    simulation.isolate(0, false);
    simulation.run(5_000);
    expect(linesWith(simulation, 'enters view 1')).toEqual([]);
    expect(linesWith(simulation, 'suspects')).toEqual([]);
    expect(views(simulation)).toEqual([2, 2, 2]);
    expectFinalEverywhere(simulation, [sent.request]);
    expectInStep(simulation);
    expect([...simulation.monitor.accused]).toEqual([1]);
  });
});
