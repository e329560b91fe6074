import { describe, expect, it } from 'vitest';
import type { AcceptedBlock } from '../../../../src/main/consensus/effects.ts';
import { hashed, type Block, type BlockHeader } from '../../../../src/main/ledger/block.ts';
import type { SignedRequest } from '../../../../src/main/ledger/request.ts';
import { LedgerState } from '../../../../src/main/ledger/state.ts';
import {
  LoneReplica,
  NOW_MS,
  announced,
  makeBlocks,
  newViewMessage,
  orderMessage,
  sent,
} from '../../../support/consensus.ts';
import { makeViewChange } from '../../../support/evidence.ts';
import { TestChain, makeBlock, makeGenesis, makeRequest, signStatement } from '../../../support/ledger.ts';

const network = makeGenesis({ limits: { checkpointDistance: 4, maxBlockRequests: 4 } });
const genesis = new TestChain(network).header(0);
const good = makeBlocks(network, 'good', 3);

/** The block as the primary of view 0 orders it. */
function ordered(block: Block): AcceptedBlock {
  const { epoch, height, hash } = block.header;
  const signature = signStatement(network, 0, { type: 'order', epoch, view: 0, height, hash });
  return { block, order: { view: 0, signature } };
}

/** A first block of new requests that breaks a rule: `parts` of its header are wrong. */
function badBlock(name: string, parts: Partial<BlockHeader> = { stateDigest: '11'.repeat(32) }) {
  const requests = [0, 1, 2].map((index) =>
    makeRequest(network, { timestampMs: NOW_MS, title: `${name} ${String(index)}` }),
  );
  const block = makeBlock(genesis, new LedgerState(network.genesis), requests, NOW_MS);
  return ordered({ ...block, header: hashed({ ...block.header, ...parts }) });
}

/** A first block of one request by a supervisor whom the network does not know. */
function strangersBlock(): { readonly accepted: AcceptedBlock; readonly request: SignedRequest } {
  const wider = makeGenesis({ supervisors: 6 });
  const supervisor = wider.genesis.supervisors.findIndex(({ publicKey }) =>
    network.genesis.supervisors.every((known) => known.publicKey !== publicKey),
  );
  const request = makeRequest(
    { ...wider, networkId: network.networkId },
    { timestampMs: NOW_MS, supervisor },
  );
  return {
    accepted: ordered(makeBlock(genesis, new LedgerState(network.genesis), [request], NOW_MS)),
    request,
  };
}

function newView(view: number) {
  const viewChange = makeViewChange(view);
  return newViewMessage(network, [
    [0, viewChange],
    [1, viewChange],
    [2, viewChange],
  ]);
}

describe('an order that breaks a rule', () => {
  it('is not accepted, and its primary is suspected', () => {
    const replica = new LoneReplica(network, 3);
    const effects = replica.hearOrder(0, badBlock('bad'));
    expect(replica.standing.tipHeight).toBe(0);
    expect(announced(effects, 'suspicion')).toEqual([
      { type: 'suspicion', replica: 0, reason: 'badBlock', height: 1 },
    ]);
    expect(sent(effects, 'suspect')).toEqual([{ to: null, message: { type: 'suspect', epoch: 0, view: 0 } }]);
  });

  it('is kept to be compared: the next for its height is evidence', () => {
    const replica = new LoneReplica(network, 3);
    replica.hearOrder(0, badBlock('bad'));
    expect(replica.consensus.holdings.orders).toBe(1);
    replica.hearOrder(0, good[0]!);
    expect(replica.standing.evidence.map(({ evidence }) => evidence.replica)).toEqual([0]);
    expect(replica.standing.position).toMatchObject({ mode: 'changing', target: 1 });
  });

  it('is not judged a second time', () => {
    const replica = new LoneReplica(network, 3);
    replica.hearOrder(0, badBlock('bad'));
    const effects = replica.hearOrder(0, badBlock('bad'));
    expect(announced(effects, 'suspicion')).toEqual([]);
    expect(sent(replica.ring('bodies'), 'getRequests')).toEqual([]);
  });

  it('leaves nothing behind that grows: a hundred of them hold what one holds', () => {
    const replica = new LoneReplica(network, 3);
    for (let index = 0; index < 100; index++) replica.hearOrder(0, badBlock(`bad ${String(index)}`));
    const { orders, pendingRequests, evidence } = replica.consensus.holdings;
    expect(orders).toBe(1);
    expect(pendingRequests).toBeLessThanOrEqual(3);
    expect(evidence).toBe(1);
  });

  it('goes with its view', () => {
    const replica = new LoneReplica(network, 3);
    replica.hearOrder(0, badBlock('bad'));
    replica.hear(1, newView(1));
    expect(replica.consensus.holdings.orders).toBe(0);
    const [first] = makeBlocks(network, 'first', 1, [], 1);
    replica.hearOrder(1, first!);
    expect(replica.standing.tipHeight).toBe(1);
  });
});

describe('a body that no block may hold', () => {
  it('is refused with its order where its supervisor is unknown', () => {
    const replica = new LoneReplica(network, 3);
    const effects = replica.hearOrder(0, strangersBlock().accepted);
    expect(replica.standing.pendingRequests).toBe(0);
    expect(replica.standing.tipHeight).toBe(0);
    expect(announced(effects, 'suspicion')).toEqual([
      { type: 'suspicion', replica: 0, reason: 'badBlock', height: 1 },
    ]);
    // Neither asked for nor judged again.
    expect(sent(replica.ring('bodies'), 'getRequests')).toEqual([]);
    expect(announced(replica.hearOrder(0, strangersBlock().accepted), 'suspicion')).toEqual([]);
  });

  it('makes nobody suspect the next primary for not ordering it', () => {
    const replica = new LoneReplica(network, 3);
    replica.hearOrder(0, strangersBlock().accepted);
    replica.hear(1, newView(1));
    expect(replica.standing.position).toMatchObject({ view: 1, mode: 'normal' });
    expect(replica.timers.has('awaitOrder')).toBe(false);
    const effects = Array.from({ length: 3 }, () => replica.ring('awaitOrder')).flat();
    expect(sent(effects, 'suspect')).toEqual([]);
  });

  it('is refused where it is too old, and where it was signed too far ahead', () => {
    const { maxClockSkewMs, maxRequestAgeMs } = network.genesis.limits;
    for (const timestampMs of [NOW_MS + maxClockSkewMs + 1, NOW_MS - maxRequestAgeMs - 1]) {
      const replica = new LoneReplica(network, 3);
      const request = makeRequest(network, { timestampMs });
      const block = makeBlock(genesis, new LedgerState(network.genesis), [request], NOW_MS);
      replica.hearOrder(0, ordered(block));
      expect(replica.standing.pendingRequests).toBe(0);
      expect(sent(replica.ring('awaitOrder'), 'request')).toEqual([]);
    }
  });

  it('accuses nobody where the order itself lies ahead: a clock may be off', () => {
    const replica = new LoneReplica(network, 3);
    const { maxClockSkewMs } = network.genesis.limits;
    const timeMs = NOW_MS + maxClockSkewMs + 5_000;
    const request = makeRequest(network, { timestampMs: timeMs });
    const accepted = ordered(makeBlock(genesis, new LedgerState(network.genesis), [request], timeMs));
    const effects = replica.hearOrder(0, accepted);
    expect(announced(effects, 'suspicion')).toEqual([]);
    expect(announced(effects, 'clockSkew')).toEqual([{ type: 'clockSkew', skewMs: maxClockSkewMs + 5_000 }]);
    expect(replica.standing.pendingRequests).toBe(0);
    replica.nowMs += 10_000;
    replica.ring('beacon');
    replica.hear(0, { type: 'requests', requests: [request.bytes] }, [request]);
    expect(replica.standing.tipHeight).toBe(1);
  });
});

describe('an order', () => {
  it('does not count with other references than those of its header, whoever brings it', () => {
    const replica = new LoneReplica(network, 3);
    const order = orderMessage(good[0]!);
    const effects = replica.hear(2, { ...order, references: orderMessage(good[1]!).references });
    expect(announced(effects, 'suspicion')).toEqual([
      { type: 'suspicion', replica: 2, reason: 'badReferences', height: 1 },
    ]);
    expect(replica.consensus.holdings.orders).toBe(0);
    replica.hearOrder(0, good[0]!);
    expect(replica.standing.tipHeight).toBe(1);
  });

  it('waits for the one before it, which is asked for', () => {
    const replica = new LoneReplica(network, 3);
    replica.hearOrder(0, good[1]!);
    expect(replica.standing.tipHeight).toBe(0);
    expect(sent(replica.ring('bodies'), 'getOrders')).toEqual([
      { to: 0, message: { type: 'getOrders', fromHeight: 1 } },
    ]);
    replica.hearOrder(2, good[0]!);
    expect(replica.standing.tipHeight).toBe(2);
  });

  it('waits for its bodies, which are asked for, and for no others', () => {
    const replica = new LoneReplica(network, 3);
    replica.hear(0, orderMessage(good[0]!));
    expect(sent(replica.ring('bodies'), 'getRequests').map(({ to, message }) => [to, message.ids])).toEqual([
      [0, good[0]!.block.requests.map(({ id }) => id)],
    ]);
    replica.hear(2, { type: 'requests', requests: [] }, [
      ...good[1]!.block.requests,
      ...good[0]!.block.requests,
    ]);
    expect(replica.standing.tipHeight).toBe(1);
    expect(replica.standing.pendingRequests).toBe(0);
  });
});

it('an order of more than a block holds does not fill the pool', () => {
  const maxBlockBytes = 4_096;
  const narrow = makeGenesis({ limits: { maxBlockRequests: 64, maxBlockBytes, maxRequestBytes: 4_096 } });
  const chain = new TestChain(narrow);
  const accepted = chain.append(chain.requests(64, 'x'.repeat(1_000)));
  const replica = new LoneReplica(narrow, 1, { maxPoolBytes: 2_048 });
  const effects = replica.hearOrder(0, accepted);
  expect(announced(effects, 'suspicion')).toMatchObject([{ replica: 0, reason: 'badBlock', height: 1 }]);
  const [{ bytes }] = accepted.block.requests as [SignedRequest];
  expect(replica.standing.pendingRequests * bytes.length).toBeLessThanOrEqual(2_048 + maxBlockBytes);
});
