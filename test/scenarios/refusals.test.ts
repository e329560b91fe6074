/** Requests that no replica takes, each with the reason that its client is told. */
import { expect, it } from 'vitest';
import { makeGenesis, makeRequest } from '../support/ledger.ts';
import type { SignedRequest } from '../../src/main/ledger/request.ts';
import { START_MS, Simulation } from '../support/simulation.ts';
import { tipHeights, views } from './observe.ts';

const DAY_MS = 86_400_000;
const network = makeGenesis({ limits: { maxRequestAgeMs: 3 * DAY_MS, maxClockSkewMs: 300_000 } });

/** A request of a supervisor whom the genesis does not name, valid in all else (defect 2 of the prototype). */
function ofStranger(): SignedRequest {
  const wider = makeGenesis({ supervisors: 3 });
  const known = new Set(network.genesis.supervisors.map(({ publicKey }) => publicKey));
  const supervisor = wider.genesis.supervisors.findIndex(({ publicKey }) => !known.has(publicKey));
  return makeRequest({ ...wider, networkId: network.networkId }, { timestampMs: START_MS, supervisor });
}

it.each([
  ['request.unknownSupervisor', ofStranger()],
  ['request.wrongNetwork', makeRequest(makeGenesis({ name: 'another' }), { timestampMs: START_MS })],
  ['request.tooOld', makeRequest(network, { timestampMs: START_MS - 3 * DAY_MS - 1 })],
  ['request.fromFuture', makeRequest(network, { timestampMs: START_MS + 310_000 })],
])('%s', (code, request) => {
  const simulation = new Simulation({ network, persistentClients: false });
  const sent = simulation.client.submit(request);
  simulation.run(1_000);
  expect([...sent.refusals.values()].map((error) => error.code)).toEqual([code, code, code, code]);
  expect(sent.finality).toBe(null);
  expect(tipHeights(simulation)).toEqual([0, 0, 0, 0]);
});

it('a signature that does not hold is dropped before agreement sees it', () => {
  const simulation = new Simulation({ network, persistentClients: false });
  const { bytes, ...request } = simulation.request();
  const forged = bytes.slice();
  forged[forged.length - 1]! ^= 1;
  simulation.client.submit({ ...request, bytes: forged });
  simulation.run(1_000);
  expect(tipHeights(simulation)).toEqual([0, 0, 0, 0]);
});

it('a full pool says so', () => {
  const consensus = { maxPoolRequests: 2 };
  const simulation = new Simulation({ network, persistentClients: false, consensus });
  simulation.stop(0);
  const sent = [simulation.submit(), simulation.submit(), simulation.submit()];
  simulation.run(100);
  expect(sent.map(({ refusals }) => refusals.get(1)?.code)).toEqual([
    undefined,
    undefined,
    'request.poolFull',
  ]);
});

it('a request that nobody ever ordered leaves the pool when it is too old for any block', () => {
  const limits = { maxRequestAgeMs: 10_000, maxClockSkewMs: 1_000 };
  const simulation = new Simulation({ network: makeGenesis({ limits }), persistentClients: false });
  // r1 cannot pass it on to the primary, and suspects it alone.
  simulation.isolate(1);
  const sent = simulation.submit([1]);
  simulation.run(9_000);
  expect(simulation.replicas[1]!.consensus.holdings.pendingRequests).toBe(1);
  simulation.run(4_000);
  expect(simulation.replicas[1]!.consensus.holdings.pendingRequests).toBe(0);
  expect(sent.refusals.get(1)?.code).toBe('request.tooOld');
  expect(views(simulation)).toEqual([0, 0, 0, 0]);
  expect(tipHeights(simulation)).toEqual([0, 0, 0, 0]);
});
