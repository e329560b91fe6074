/** A primary that lies: it is found out, and no correct replica follows it where another could contradict. */
import { describe, expect, it } from 'vitest';
import type { ConsensusOptions } from '../../src/main/consensus/config.ts';
import type { Block, BlockHeader } from '../../src/main/ledger/block.ts';
import { hashed } from '../../src/main/ledger/block.ts';
import type { SignedRequest } from '../../src/main/ledger/request.ts';
import type { Statement } from '../../src/main/ledger/statement.ts';
import { TestChain, makeBlock, makeGenesis, makeRequest } from '../support/ledger.ts';
import { START_MS, Simulation } from '../support/simulation.ts';
import type { Script, ScriptedReplica } from '../support/simulation/scripted.ts';
import {
  expectConvicted,
  expectFinalEverywhere,
  expectInStep,
  expectNobodyConvicted,
  linesWith,
  observe,
  ofType,
  stableHeights,
  tipHeights,
  views,
} from './observe.ts';

const network = makeGenesis({ limits: { maxClockSkewMs: 10_000 } });

/** A network whose primary does nothing by itself, and blocks that it could have made. */
function withFaultyPrimary(script: Script = {}, consensus: Partial<ConsensusOptions> = {}) {
  const simulation = new Simulation({ network, faulty: { 0: script }, persistentClients: false, consensus });
  simulation.run(10);
  const chain = new TestChain(network);
  const faulty = simulation.faulty.get(0)!;
  let requests = 0;
  const request = () =>
    makeRequest(network, { timestampMs: START_MS, title: `made by the primary ${String(++requests)}` });
  const block = (ofRequests: readonly SignedRequest[] = [request()], timeMs = START_MS + 1) =>
    makeBlock(chain.header(), chain.state, ofRequests, timeMs);
  return { simulation, chain, faulty, request, block };
}

/** The faulty primary takes part in certifying `block`, as a correct one would. */
function certify(faulty: ScriptedReplica, { header }: Block): void {
  const { epoch, height, hash, stateDigest } = header;
  const commit = { type: 'localCommit', epoch, view: 0, height, hash } as const;
  const vote = { type: 'checkpointVote', epoch, view: 0, height, hash, stateDigest } as const;
  faulty.broadcast({ ...commit, signature: faulty.sign(commit) });
  faulty.broadcast({ ...vote, signature: faulty.sign(vote) });
}

/** What the primary of view 0 signs to order a block. */
function orderOf({ header: { epoch, height, hash } }: Block): Statement {
  return { type: 'order', epoch, view: 0, height, hash };
}

/** The primary of view 1 has taken over; a request that comes now becomes final there. */
function expectReplaced(simulation: Simulation): void {
  expect(views(simulation)).toEqual([1, 1, 1]);
  const sent = simulation.submit();
  simulation.run(1_000);
  expect(sent.finality).not.toBe(null);
  expectFinalEverywhere(simulation, [sent.request]);
  expectInStep(simulation);
}

/** Nobody can compare two orders, before `delayMs` have passed: what shows them is late. */
function holdUpProof(simulation: Simulation, delayMs: number): void {
  simulation.interfere = (_from, _to, { type }) =>
    type === 'orders' || type === 'evidence' ? { delayMs } : undefined;
}

describe('a primary that orders two blocks at one height', () => {
  it('is convicted by whoever sees both, and replaced at once; the second is not accepted', () => {
    const { simulation, faulty, block } = withFaultyPrimary();
    const [one, other] = [block(), block()];
    for (const to of [1, 2, 3]) {
      faulty.send(to, faulty.order(one));
      faulty.send(to, faulty.order(other));
    }
    simulation.run(100);
    expect(linesWith(simulation, 'leaves view 0 for 1: equivocation').length).toBe(3);
    expect(linesWith(simulation, 'enters view 1 at 1, by newView').length).toBe(3);
    simulation.run(400);
    expectConvicted(simulation, 0, [orderOf(one), orderOf(other)]);
    for (const { store } of simulation.correct) {
      expect(store.contains(1, one.header.hash)).toBe(true);
      expect(store.block(2)!.block.requests).toEqual([]);
    }
    expectFinalEverywhere(simulation, one.requests);
    expect(stableHeights(simulation)).toEqual([2, 2, 2]);
    expectReplaced(simulation);
  });

  it('also while neither can be accepted yet, and by a single one who has seen both', () => {
    const { simulation, chain, faulty, block, request } = withFaultyPrimary();
    const parent = block();
    chain.append(parent.requests);
    const above = [1, 2].map((step) =>
      makeBlock(chain.header(), chain.state, [request()], chain.header().timeMs + step),
    );
    for (const order of above) faulty.send(1, faulty.order(order));
    simulation.run(100);
    expect(linesWith(simulation, 'leaves view 0 for 1: equivocation').length).toBe(3);
    expect(linesWith(simulation, 'enters view 1 at 0, by newView').length).toBe(3);
    simulation.run(400);
    expectConvicted(simulation, 0, above.map(orderOf));
    expect(stableHeights(simulation)).toEqual([1, 1, 1]);
    expectReplaced(simulation);
  });

  it('one to some and the other to others: found out when they certify, and both requests become final', () => {
    const { simulation, faulty, block } = withFaultyPrimary();
    const [lonely, shared] = [block(), block()];
    faulty.send(1, faulty.order(lonely));
    faulty.send(2, faulty.order(shared));
    faulty.send(3, faulty.order(shared));
    simulation.run(200);
    expectNobodyConvicted(simulation);
    simulation.run(1_000);
    expectConvicted(simulation, 0, [orderOf(lonely), orderOf(shared)]);
    expect(linesWith(simulation, 'leaves view 0 for 1: equivocation').length).toBe(3);
    expect(linesWith(simulation, 'rolled back').length).toBe(1);
    expect(linesWith(simulation, 'r1 rolled back to 0').length).toBe(1);
    for (const { store } of simulation.correct) expect(store.contains(1, shared.header.hash)).toBe(true);
    expectFinalEverywhere(simulation, [...shared.requests, ...lonely.requests]);
    expectReplaced(simulation);
  });

  it('certifies one of them with the rest: the deceived replica leaves the other, and signs nothing twice', () => {
    const { simulation, faulty, block } = withFaultyPrimary();
    const [lonely, shared] = [block(), block()];
    const seen = observe(simulation, (_from, _to, { type }) =>
      type === 'orders' || type === 'evidence' ? { delayMs: 6_000 } : undefined,
    );
    faulty.send(1, faulty.order(lonely));
    faulty.send(2, faulty.order(shared));
    faulty.send(3, faulty.order(shared));
    simulation.run(300);
    // By now r1 has signed a localCommit for its block, after the idle time.
    expect(linesWith(simulation, 'r1 -> all localCommit: block 1 ').length).toBeGreaterThan(0);
    certify(faulty, shared);
    simulation.run(100);
    expect(stableHeights(simulation)).toEqual([0, 1, 1]);
    simulation.run(4_000);
    expect(stableHeights(simulation)).toEqual([1, 1, 1]);
    expect(views(simulation)).toEqual([0, 0, 0]);
    expect(simulation.stores[1]!.tip.hash).toBe(shared.header.hash);
    const commits = ofType(seen, 'localCommit').filter(
      ({ from, message }) => from === 1 && message.view === 0,
    );
    expect(new Set(commits.map(({ message }) => message.hash))).toEqual(new Set([lonely.header.hash]));
    // What shows both orders arrives: however late, it convicts. What was left behind is ordered again.
    simulation.interfere = null;
    simulation.run(6_000);
    expectConvicted(simulation, 0, [orderOf(lonely), orderOf(shared)]);
    expectFinalEverywhere(simulation, [...shared.requests, ...lonely.requests]);
    expectReplaced(simulation);
  });

  it.each(['before', 'after'] as const)(
    'also when the deceived replica stops at its durable writes, %s them: it has left all of it or nothing',
    (moment) => {
      const stableAtStop = [0, 1, 2].map((commit) => {
        const { simulation, chain, faulty, block, request } = withFaultyPrimary();
        holdUpProof(simulation, 20_000);
        const lonely = block();
        const shared = chain.append([request()], 0, 60_001).block;
        const above = chain.append([request()]).block;
        faulty.send(1, faulty.order(lonely));
        for (const to of [2, 3]) {
          faulty.send(to, faulty.order(shared));
          faulty.send(to, faulty.order(above));
        }
        simulation.run(300);
        certify(faulty, above);
        simulation.run(100);
        const victim = simulation.replicas[1]!;
        victim.plannedStop = { commit: victim.store.commits + commit, moment };
        simulation.runUntil(() => !victim.isUp, 4_000);
        const { stable, tip } = victim.store;
        expect([0, 2]).toContain(stable.height);
        expect(tip.hash).toBe((stable.height === 0 ? lonely : above).header.hash);
        // All that could make it sign now: it is alone, the idle time ends. The monitor sees every signature.
        simulation.isolate(1);
        if (!victim.isUp) simulation.restart(1);
        for (const other of [0, 2, 3]) victim.notice(other, false);
        simulation.run(3_000);
        simulation.isolate(1, false);
        simulation.run(6_000);
        expect(stableHeights(simulation)).toEqual([2, 2, 2]);
        for (const { store } of simulation.correct) expect(store.tip.hash).toBe(above.header.hash);
        expectNobodyConvicted(simulation);
        return stable.height;
      });
      // The write that leaves is one of them: it was caught on this side of it, or on that.
      expect(stableAtStop[0]).toBe(moment === 'before' ? 0 : 2);
      expect(stableAtStop).toContain(2);
    },
  );
});

describe('a block that breaks a rule', () => {
  /** The block with a changed header, signed as it is. */
  const altered = ({ header, requests }: Block, change: Partial<BlockHeader>): Block => ({
    header: hashed({ ...header, ...change }),
    requests,
    evidence: [],
  });

  /** Certain for each, without being proof for others: f+1 of them change the view, and nothing was accepted. */
  function expectGivenUp(simulation: Simulation, { header: { height, hash } }: Block): void {
    expect(linesWith(simulation, `suspects r0: badBlock at ${String(height)}`).length).toBe(3);
    for (const { store } of simulation.correct) {
      expect(store.contains(height, hash)).toBe(false);
      expect(store.blockByHash(height, hash)).toBe(undefined);
    }
    expect(linesWith(simulation, 'leaves view 0 for 1').length).toBe(3);
    expectNobodyConvicted(simulation);
    expectReplaced(simulation);
    expectNobodyConvicted(simulation);
  }

  it.each([
    ['a state digest of its own', (block: Block) => altered(block, { stateDigest: 'ab'.repeat(32) })],
    [
      'a time that does not increase',
      (block: Block) => altered(block, { timeMs: network.genesis.createdAtMs }),
    ],
    ['another parent', (block: Block) => altered(block, { previousHash: 'ab'.repeat(32) })],
  ])('with %s is refused, and its primary given up', (_what, change) => {
    const { simulation, faulty, block } = withFaultyPrimary();
    const bad = change(block());
    faulty.broadcast(faulty.order(bad));
    simulation.run(100);
    expectGivenUp(simulation, bad);
    // There was nothing wrong with its request, unless for the time of that block.
    const isTooYoung = bad.header.timeMs < START_MS - network.genesis.limits.maxClockSkewMs;
    expectFinalEverywhere(simulation, isTooYoung ? [] : bad.requests);
  });

  it('is no reason for the others, where one alone has seen it', () => {
    const { simulation, faulty, block } = withFaultyPrimary();
    faulty.send(2, faulty.order(altered(block(), { stateDigest: 'ab'.repeat(32) })));
    simulation.run(1_000);
    expect(linesWith(simulation, 'r2 suspects r0: badBlock at 1').length).toBe(1);
    expect(linesWith(simulation, 'suspects').length).toBe(1);
    expect(views(simulation)).toEqual([0, 0, 0]);
    expect(tipHeights(simulation)).toEqual([0, 0, 0]);
  });

  it.each([
    ['a wrong Merkle root', (block: Block) => altered(block, { requestsRoot: 'ab'.repeat(32) })],
    ['a wrong number of requests', (block: Block) => altered(block, { requestCount: 2 })],
  ])('with %s is refused as the doing of whoever sent it', (_what, change) => {
    const { simulation, faulty, block } = withFaultyPrimary();
    faulty.broadcast(faulty.order(change(block())));
    simulation.run(100);
    expect(tipHeights(simulation)).toEqual([0, 0, 0]);
    expect(linesWith(simulation, 'suspects r0: badReferences at 1').length).toBe(3);
    expect(views(simulation)).toEqual([0, 0, 0]);
    // The valid one at the same height is still welcome: the refused one left nothing behind.
    const valid = block();
    faulty.broadcast(faulty.order(valid));
    simulation.run(100);
    expect(tipHeights(simulation)).toEqual([1, 1, 1]);
  });

  it.each([
    ['was executed before', (first: Block) => first.requests],
    ['is in it twice', (_first: Block, again: SignedRequest) => [again, again] as readonly SignedRequest[]],
  ])('with a request that %s is refused, and its primary given up', (_what, requestsOf) => {
    const { simulation, chain, faulty, block } = withFaultyPrimary();
    const first = chain.append(1).block;
    faulty.broadcast(faulty.order(first));
    simulation.run(100);
    expect(tipHeights(simulation)).toEqual([1, 1, 1]);
    const [again] = chain.requests(1);
    const bad = block(requestsOf(first, again!), first.header.timeMs + 1);
    faulty.broadcast(faulty.order(bad));
    simulation.run(100);
    expectGivenUp(simulation, bad);
    expectFinalEverywhere(simulation, [...new Set([...first.requests, ...bad.requests])]);
  });

  it('with a request that is too old for it is refused, and its primary given up', () => {
    const { simulation, faulty, block } = withFaultyPrimary();
    const timestampMs = START_MS - network.genesis.limits.maxRequestAgeMs - 1_000;
    const bad = block([makeRequest(network, { timestampMs })]);
    faulty.broadcast(faulty.order(bad));
    simulation.run(100);
    expect(tipHeights(simulation)).toEqual([0, 0, 0]);
    expectGivenUp(simulation, bad);
  });

  it('with a request of an unknown supervisor is refused, and its primary given up', () => {
    const { simulation, faulty, block } = withFaultyPrimary();
    const wider = makeGenesis({ supervisors: 3 });
    const known = new Set(network.genesis.supervisors.map(({ publicKey }) => publicKey));
    const supervisor = wider.genesis.supervisors.findIndex(({ publicKey }) => !known.has(publicKey));
    const stranger = makeRequest(
      { ...wider, networkId: network.networkId },
      { timestampMs: START_MS, supervisor },
    );
    const bad = block([stranger]);
    faulty.broadcast(faulty.order(bad));
    simulation.run(100);
    expect(tipHeights(simulation)).toEqual([0, 0, 0]);
    expectGivenUp(simulation, bad);
  });

  it('with a request whose signature does not hold never reaches agreement', () => {
    const { simulation, faulty, block, request } = withFaultyPrimary();
    const { bytes, ...rest } = request();
    const forged = bytes.slice();
    forged[forged.length - 1]! ^= 1;
    faulty.broadcast(faulty.order(block([{ ...rest, bytes: forged }])));
    simulation.run(1_000);
    expect(tipHeights(simulation)).toEqual([0, 0, 0]);
    expect(simulation.correct.map(({ refusedMessages }) => refusedMessages)).toEqual([1, 1, 1]);
  });

  it('too far in the future to be waited for changes the view, and convicts nobody', () => {
    const { simulation, faulty, block, request } = withFaultyPrimary();
    faulty.broadcast(faulty.order(block([request()], START_MS + 3_600_000)));
    simulation.run(1_500);
    expect(simulation.correct.map(({ store }) => store.position.view)).toEqual([0, 0, 0]);
    simulation.run(2_000);
    expect(simulation.correct.map(({ store }) => store.position.view)).toEqual([1, 1, 1]);
    expectNobodyConvicted(simulation);
  });

  it('far in the future is held, accuses nobody, and is accepted when its time comes', () => {
    const asked: number[] = [];
    const { simulation, faulty, block, request } = withFaultyPrimary(
      {
        onMessage: (self, from, { type }) => {
          if (type !== 'getRequests') return;
          asked.push(from);
          self.send(from, { type: 'requests', requests: future.requests.map(({ bytes }) => bytes) });
        },
      },
      { viewTimeoutMs: 20_000 },
    );
    const future = block([request()], START_MS + 15_000);
    faulty.broadcast(faulty.order(future));
    simulation.run(1_000);
    expect(tipHeights(simulation)).toEqual([0, 0, 0]);
    expect(linesWith(simulation, 'ms ahead').length).toBeGreaterThan(0);
    // Its bodies are not kept before: each replica fetches them when the block may be accepted.
    expect(asked).toEqual([]);
    simulation.run(7_000);
    expect(linesWith(simulation, 'suspects')).toEqual([]);
    expect(tipHeights(simulation)).toEqual([1, 1, 1]);
    expect(asked.toSorted()).toEqual([1, 2, 3]);
    expect(views(simulation)).toEqual([0, 0, 0]);
    expectNobodyConvicted(simulation);
  });
});

describe('a replica that passes on an order', () => {
  /** r1 is faulty; the primary's order reaches r2 by way of r1 first. */
  function passedOn(change: (self: ScriptedReplica, simulation: Simulation) => void) {
    const simulation = new Simulation({ network, faulty: { 1: {} }, persistentClients: false });
    simulation.run(10);
    simulation.interfere = (from, to, { type }) =>
      from === 0 && to === 2 && type === 'orderedRequest' ? { delayMs: 50 } : undefined;
    simulation.submit();
    simulation.run(10);
    change(simulation.faulty.get(1)!, simulation);
    simulation.run(200);
    return simulation;
  }

  const orderAtPrimary = (simulation: Simulation) => {
    const { block, order } = simulation.stores[0]!.block(1)!;
    const references = block.requests.map(({ timestampMs, id }) => ({ timestampMs, id }));
    return {
      type: 'orderedRequest',
      ...order!,
      header: block.header,
      references,
      bodies: [],
      evidence: [],
    } as const;
  };

  it('with references of its own is suspected in place of the primary, whose order is accepted', () => {
    const run = passedOn((self, simulation) => {
      const order = orderAtPrimary(simulation);
      self.send(2, { ...order, references: [{ timestampMs: START_MS, id: 'ab'.repeat(32) }] });
    });
    expect(linesWith(run, 'r2 suspects r1: badReferences at 1').length).toBe(1);
    expect(linesWith(run, 'suspects').length).toBe(1);
    expect(views(run)).toEqual([0, 0, 0]);
    expect(tipHeights(run)).toEqual([1, 1, 1]);
  });

  it('with false timestamps hinders nobody: an id stands for one request', () => {
    const run = passedOn((self, simulation) => {
      const order = orderAtPrimary(simulation);
      const references = order.references.map(({ id }) => ({ timestampMs: 1, id }));
      self.send(2, { ...order, references });
    });
    expect(linesWith(run, 'suspects')).toEqual([]);
    expect(tipHeights(run)).toEqual([1, 1, 1]);
    expect(linesWith(run, 'r2 writes append block 1')[0]).toMatch(/^ {4}2\d ms/);
  });
});
