/** Requests come in, the primary orders them, everybody accepts and answers. */
import { describe, expect, it } from 'vitest';
import { expectGolden } from '../support/golden.ts';
import { makeGenesis } from '../support/ledger.ts';
import { START_MS, Simulation } from '../support/simulation.ts';
import {
  executions,
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

describe('the normal case', () => {
  it('is final by the fast path after one order, and stable after the idle time', async () => {
    const simulation = new Simulation();
    const seen = observe(simulation);
    const sent = simulation.submit();
    simulation.run(200);
    expect(sent.responses.size).toBe(4);
    expect(sent.finality).toMatchObject({ how: 'fast', height: 1 });
    expect(ofType(seen, 'localCommit')).toEqual([]);
    expect(stableHeights(simulation)).toEqual([0, 0, 0, 0]);
    simulation.run(300);
    expect(stableHeights(simulation)).toEqual([1, 1, 1, 1]);
    expect(sent.finals.size).toBe(4);
    await expectGolden('normal-case', simulation.transcript.lines);
  });

  it('works with seven replicas', () => {
    const simulation = new Simulation({ network: makeGenesis({ replicas: 7 }) });
    const sent = simulation.submit();
    simulation.run(500);
    expect(sent.finality).toMatchObject({ how: 'fast', height: 1 });
    expect(stableHeights(simulation)).toEqual([1, 1, 1, 1, 1, 1, 1]);
  });
});

describe('slim orders', () => {
  it('carry no body that the client sent to all', () => {
    const simulation = new Simulation();
    const seen = observe(simulation);
    simulation.submit();
    simulation.run(50);
    expect(ofType(seen, 'orderedRequest').map(({ to, message }) => [to, message.bodies.length])).toEqual([
      [1, 0],
      [2, 0],
      [3, 0],
    ]);
    expect(ofType(seen, 'getRequests')).toEqual([]);
    expect(tipHeights(simulation)).toEqual([1, 1, 1, 1]);
  });

  it('carry the body of a request that only a replica passed on', async () => {
    const simulation = new Simulation({ persistentClients: false });
    const seen = observe(simulation);
    // The client reaches r1 alone. When it sends again, r1 passes the request on to the primary.
    simulation.interfereWithClients = (_client, replica, direction) =>
      direction === 'toReplica' && replica !== 1 ? 'drop' : undefined;
    const sent = simulation.submit();
    simulation.run(50);
    expect(tipHeights(simulation)).toEqual([0, 0, 0, 0]);
    simulation.client.resend(sent);
    simulation.run(50);
    expect(ofType(seen, 'orderedRequest').map(({ message }) => message.bodies.length)).toEqual([1, 1, 1]);
    expect(ofType(seen, 'getRequests')).toEqual([]);
    expect(tipHeights(simulation)).toEqual([1, 1, 1, 1]);
    await expectGolden('forwarded-request', simulation.transcript.lines);
  });
});

describe('a missing body', () => {
  // No checkpoint comes in between: what is stable is fetched as a block, not as bodies.
  const patient = { checkpointIdleMs: 10_000 };

  it('is waited for, then fetched once from the primary', async () => {
    const simulation = new Simulation({ persistentClients: false });
    const seen = observe(simulation);
    simulation.submit([0, 1, 2]);
    simulation.run(25);
    expect(tipHeights(simulation)).toEqual([1, 1, 1, 0]);
    expect(ofType(seen, 'getRequests')).toEqual([]);
    simulation.run(100);
    expect(ofType(seen, 'getRequests').map(({ from, to }) => [from, to])).toEqual([[3, 0]]);
    expect(tipHeights(simulation)).toEqual([1, 1, 1, 1]);
    await expectGolden('missing-body', simulation.transcript.lines);
  });

  it('is fetched elsewhere when the primary does not answer', () => {
    const simulation = new Simulation({ persistentClients: false, consensus: patient });
    const seen = observe(simulation, (from, to, { type }) =>
      from === 0 && to === 3 && type === 'requests' ? 'drop' : undefined,
    );
    simulation.submit([0, 1, 2]);
    simulation.run(700);
    expect(ofType(seen, 'getRequests').map(({ to }) => to)).toEqual([0, 1]);
    expect(tipHeights(simulation)).toEqual([1, 1, 1, 1]);
  });

  it('is fetched however many other requests arrive in the meantime', () => {
    const simulation = new Simulation({ persistentClients: false, consensus: patient });
    const seen = observe(simulation, (from, to, { type }) =>
      from === 0 && to === 3 && type === 'requests' ? 'drop' : undefined,
    );
    simulation.submit([0, 1, 2]);
    for (let time = 0; time < 100; time++) {
      simulation.run(9);
      simulation.submit();
    }
    // Asked for after the grace and again after the retry: not put off by each arrival, not asked of one alone.
    const first = simulation.client.sent.values().next().value!.request.id;
    const asked = ofType(seen, 'getRequests').filter(({ message }) => message.ids.includes(first));
    expect(asked.map(({ to }) => to)).toEqual([0, 1]);
    simulation.run(300);
    expect(new Set(tipHeights(simulation)).size).toBe(1);
  });

  it('that comes from the client during the grace is not fetched', () => {
    const simulation = new Simulation({ persistentClients: false });
    const seen = observe(simulation);
    const sent = simulation.submit([0, 1, 2]);
    simulation.run(15);
    simulation.client.resend(sent);
    simulation.run(200);
    expect(ofType(seen, 'getRequests')).toEqual([]);
    expect(tipHeights(simulation)).toEqual([1, 1, 1, 1]);
  });
});

describe('requests that cross on their way', () => {
  it('make nobody suspect anybody (defect 4 of the prototype)', async () => {
    const simulation = new Simulation({ persistentClients: false });
    const seen = observe(simulation);
    const [first, second] = [simulation.request(), simulation.request()];
    const clients = new Map([
      [first, simulation.client],
      [second, simulation.addClient(false)],
    ]);
    for (const [replica, pair] of [
      [first, second],
      [second, first],
      [first, second],
      [second, first],
    ].entries()) {
      for (const request of pair) {
        clients.get(request)!.submit(request, [replica]);
        simulation.run(0.25);
      }
    }
    simulation.run(400);
    expect(linesWith(simulation, 'suspects')).toEqual([]);
    expect(ofType(seen, 'suspect')).toEqual([]);
    expect(views(simulation)).toEqual([0, 0, 0, 0]);
    expectNobodyConvicted(simulation);
    expectInStep(simulation);
    expectFinalEverywhere(simulation, [first, second]);
    expect([...executions(simulation, 3)]).toEqual([
      [first.id, 1],
      [second.id, 1],
    ]);
    await expectGolden('crossing-requests', simulation.transcript.lines);
  });

  it('in one millisecond both go in, once (defect 5 of the prototype)', () => {
    const simulation = new Simulation();
    const timestampMs = START_MS;
    const pair = [simulation.request({ timestampMs }), simulation.request({ timestampMs })];
    for (const request of pair) simulation.client.submit(request);
    simulation.run(400);
    expect(linesWith(simulation, 'suspects')).toEqual([]);
    for (let replica = 0; replica < 4; replica++) {
      expect([...executions(simulation, replica).values()]).toEqual([1, 1]);
    }
    expect([...simulation.client.sent.values()].map(({ finality }) => finality?.how)).toEqual([
      'fast',
      'fast',
    ]);
  });
});

describe('a request that comes again', () => {
  it('is answered from the cache while it is tentative, and never executed twice', () => {
    const simulation = new Simulation({ persistentClients: false });
    const sent = simulation.submit();
    simulation.run(50);
    const before = new Map(sent.responses);
    sent.responses.clear();
    simulation.client.resend(sent);
    simulation.run(50);
    expect(sent.responses).toEqual(before);
    expect([...executions(simulation, 0).values()]).toEqual([1]);
    expect(tipHeights(simulation)).toEqual([1, 1, 1, 1]);
  });

  it('is answered as final once a stable checkpoint covers it, to another client too', () => {
    const simulation = new Simulation({ persistentClients: false });
    const { request } = simulation.submit();
    simulation.run(500);
    expect(stableHeights(simulation)).toEqual([1, 1, 1, 1]);
    const other = simulation.addClient(false);
    const again = other.submit(request);
    simulation.run(50);
    expect(again.finality).toMatchObject({ how: 'certified', height: 1 });
    expect(tipHeights(simulation)).toEqual([1, 1, 1, 1]);
  });

  it('is still known after a restart of every replica', () => {
    const simulation = new Simulation({ persistentClients: false });
    const sent = simulation.submit();
    simulation.run(500);
    for (let replica = 0; replica < 4; replica++) {
      simulation.stop(replica);
      simulation.restart(replica);
    }
    simulation.run(50);
    simulation.client.resend(sent);
    simulation.run(500);
    expect([...executions(simulation, 0).values()]).toEqual([1]);
  });
});
