/** A view that does not work is left, and the next one begins with all that may have become final. */
import { describe, expect, it } from 'vitest';
import { makeGenesis, TestChain, makeBlock, makeRequest, signStatement } from '../support/ledger.ts';
import { expectGolden } from '../support/golden.ts';
import { makeViewChange, signViewChange } from '../support/evidence.ts';
import { START_MS, Simulation } from '../support/simulation.ts';
import type { NewViewMessage } from '../../src/main/consensus/messages.ts';
import { newViewStatement, type SignedViewChange } from '../../src/main/ledger/viewChange.ts';
import {
  expectConvicted,
  expectFinalEverywhere,
  expectInStep,
  expectNobodyConvicted,
  linesWith,
  stableHeights,
  views,
} from './observe.ts';

const network = makeGenesis();

describe('a silent primary', () => {
  it('is passed the request, then suspected, then replaced', async () => {
    const simulation = new Simulation({ network, faulty: { 0: {} }, persistentClients: false });
    const sent = simulation.submit();
    simulation.run(2_500);
    expect(sent.finality).toMatchObject({ how: 'certified', height: 1 });
    expect(views(simulation)).toEqual([1, 1, 1]);
    expectInStep(simulation);
    expectFinalEverywhere(simulation, [sent.request]);
    expectNobodyConvicted(simulation);
    expect(linesWith(simulation, 'suspects')).toEqual([]);
    await expectGolden('silent-primary', simulation.transcript.lines);
  });
});

describe('an equivocating primary', () => {
  it('is convicted by its two orders and replaced at once, and nothing that it ordered is lost', async () => {
    const simulation = new Simulation({ network, faulty: { 0: {} }, persistentClients: false });
    simulation.run(10);
    const chain = new TestChain(network);
    const faulty = simulation.faulty.get(0)!;
    const [left, right] = ['left', 'right'].map((title) => {
      const request = makeRequest(network, { timestampMs: START_MS, title });
      simulation.transcript.nameRequest(request.id, title);
      return makeBlock(chain.header(), chain.state, [request], START_MS + 1);
    });
    for (const to of [1, 2]) faulty.send(to, faulty.order(left!));
    faulty.send(3, faulty.order(right!));
    // r3 alone has the request of the block that was taken off: after a while it passes it on.
    simulation.run(2_500);
    expectConvicted(
      simulation,
      0,
      [left!, right!].map(({ header: { epoch, height, hash } }) => ({
        type: 'order',
        epoch,
        view: 0,
        height,
        hash,
      })),
    );
    expect(views(simulation)).toEqual([1, 1, 1]);
    expectInStep(simulation);
    expectFinalEverywhere(simulation, [...left!.requests, ...right!.requests]);
    await expectGolden('equivocating-primary', simulation.transcript.lines);
  });
});

describe('a primary that opens its view twice', () => {
  it('with different histories for different replicas is convicted by both, and the next view loses nothing', async () => {
    // r0 orders block 1 and is cut off: r2 has the block, r3 has not. r1 takes over, and lies.
    const gathered = new Map<number, SignedViewChange>();
    const chain = new TestChain(network);
    const openings: NewViewMessage[] = [];
    const takeOver = (simulation: Simulation) => {
      const [ofTwo, ofThree] = [gathered.get(2)!, gathered.get(3)!];
      const liar = simulation.faulty.get(1)!;
      // With its own claim to hold block 1 there are two, and block 1 is chosen; without it there is nothing.
      const histories = [ofTwo.viewChange.chain, []];
      for (const claim of histories) {
        const own = signViewChange(network, 1, makeViewChange(1, { chain: claim }));
        const newView = { epoch: 0, view: 1, viewChanges: [own, ofTwo, ofThree] };
        const signature = signStatement(network, 1, newViewStatement(newView));
        openings.push({ type: 'newView', newView, signature });
      }
      simulation.isolate(0, false);
      liar.send(2, openings[0]!);
      liar.send(3, openings[1]!);
      // In the empty history of r3 it orders another block of the same height.
      const request = makeRequest(network, { timestampMs: START_MS, title: 'other' });
      simulation.transcript.nameRequest(request.id, 'other');
      liar.send(3, liar.order(makeBlock(chain.header(), chain.state, [request], START_MS + 2_000), 1));
    };
    const simulation = new Simulation({
      network,
      persistentClients: false,
      faulty: {
        1: {
          onMessage: (_self, from, message) => {
            if (message.type !== 'viewChange' || message.viewChange.view !== 1) return;
            const { viewChange, signature } = message;
            gathered.set(from, { replica: from, viewChange, signature });
            if (gathered.has(2) && gathered.has(3) && openings.length === 0) takeOver(simulation);
          },
        },
      },
    });
    simulation.interfere = (_from, to, message) =>
      to === 3 &&
      ((message.type === 'orderedRequest' && message.view === 0) ||
        (message.type === 'orders' && message.orders.every(({ view }) => view === 0)))
        ? 'drop'
        : undefined;
    const sent = simulation.submit();
    simulation.run(5);
    simulation.isolate(0);
    simulation.run(2_400);
    // Both were believed, each by one.
    expect(linesWith(simulation, 'r2 enters view 1 at 1, by newView').length).toBe(1);
    expect(linesWith(simulation, 'r3 enters view 1 at 0, by newView').length).toBe(1);
    expect(linesWith(simulation, 'leaves view 1 for 2: equivocation').length).toBe(2);
    expectConvicted(
      simulation,
      1,
      openings.map(({ newView }) => newViewStatement(newView)),
    );
    expect(views(simulation)).toEqual([2, 2, 2]);
    expectFinalEverywhere(simulation, [sent.request]);
    expect(sent.finality).toMatchObject({ how: 'certified', height: 1 });
    await expectGolden('two-new-views', simulation.transcript.lines);
  });
});

describe('a new primary that stops', () => {
  type Moment = 'before signing' | 'before sending' | 'after sending to some';

  /** r1 stops in the midst of opening view 1. */
  function stopWhileOpening(simulation: Simulation, moment: Moment): void {
    const { store } = simulation.replicas[1]!;
    if (moment === 'after sending to some') {
      let sent = 0;
      simulation.interfere = (from, _to, { type }) => {
        if (from !== 1 || type !== 'newView' || !simulation.replicas[1]!.isUp) return undefined;
        sent++;
        if (sent === 3) simulation.stop(1);
        return sent === 3 ? 'drop' : undefined;
      };
    }
    expect(simulation.runUntil(() => store.opening !== null, 3_000)).toBe(true);
    if (moment === 'before signing') {
      expect(store.opening!.signature).toBe(null);
      simulation.stop(1);
      return;
    }
    if (moment === 'before sending') {
      simulation.replicas[1]!.plannedStop = { commit: store.commits, moment: 'after' };
    }
    expect(simulation.runUntil(() => !simulation.replicas[1]!.isUp, 100)).toBe(true);
    expect(store.opening!.signature).not.toBe(null);
  }

  it.each(['before signing', 'before sending', 'after sending to some'] as const)(
    '%s its new view: when it is back, it opens the view in the very same way',
    async (moment) => {
      const simulation = new Simulation({ network, faulty: { 0: {} }, persistentClients: false });
      const sent = simulation.submit();
      stopWhileOpening(simulation, moment);
      const { opening } = simulation.stores[1]!;
      const decided = newViewStatement(opening!.newView);
      expect(linesWith(simulation, 'r1 -> all newView').length).toBe(
        moment === 'after sending to some' ? 1 : 0,
      );
      simulation.run(100);
      const said = new Set<string>();
      simulation.interfere = (from, _to, message) => {
        if (from === 1 && message.type === 'newView')
          said.add(newViewStatement(message.newView).contentDigest);
        return undefined;
      };
      simulation.restart(1);
      simulation.run(3_000);
      expect([...said]).toEqual([decided.contentDigest]);
      expect(views(simulation)).toEqual([1, 1, 1]);
      expectInStep(simulation);
      expectFinalEverywhere(simulation, [sent.request]);
      expectNobodyConvicted(simulation);
      await expectGolden(`new-primary-stops-${moment.replaceAll(' ', '-')}`, simulation.transcript.lines);
    },
  );

  it.each(['before signing', 'before sending', 'after sending to some'] as const)(
    '%s its new view, and does not come back: the view after it begins',
    (moment) => {
      const simulation = new Simulation({ network, persistentClients: false });
      simulation.run(5);
      simulation.replicas[0]!.pause(true);
      const sent = simulation.submit();
      stopWhileOpening(simulation, moment);
      simulation.replicas[0]!.pause(false);
      expect(simulation.runUntil(() => sent.finality !== null, 20_000)).toBe(true);
      simulation.run(1_000);
      for (const index of [0, 2, 3]) expect(simulation.stores[index]!.position.view).toBeGreaterThan(0);
      simulation.restart(1);
      simulation.run(5_000);
      expectInStep(simulation);
      expectFinalEverywhere(simulation, [sent.request]);
      expectNobodyConvicted(simulation);
    },
  );
});

describe('a partition', () => {
  it('into halves makes nothing final on either side; healed, they agree and nothing is lost', async () => {
    const simulation = new Simulation({ network, persistentClients: false });
    const before = simulation.submit();
    simulation.run(400);
    expect(before.finality).toMatchObject({ how: 'fast', height: 1 });
    for (const left of [0, 1]) for (const right of [2, 3]) simulation.cut(left, right);
    const during = [simulation.submit([0, 1]), simulation.submit([2, 3])];
    simulation.run(2_200);
    // In one half the primary goes on, and one suspects it; the other half wants a view that it cannot have alone.
    expect(during.map(({ finality }) => finality)).toEqual([null, null]);
    expect(stableHeights(simulation)).toEqual([1, 1, 1, 1]);
    expect(views(simulation)).toEqual([0, 0, '0 to 1', '0 to 1']);
    for (const left of [0, 1]) for (const right of [2, 3]) simulation.cut(left, right, false);
    simulation.run(4_000);
    expect(views(simulation)).toEqual([1, 1, 1, 1]);
    expectInStep(simulation);
    expectFinalEverywhere(simulation, [before.request, ...during.map(({ request }) => request)]);
    expectNobodyConvicted(simulation);
    expect(linesWith(simulation, 'suspects')).toEqual([]);
    await expectGolden('partition', simulation.transcript.lines);
  });
});
