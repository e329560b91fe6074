/** What leaves a replica that was made to misbehave, and what leaves it again when it is healed. */
import * as ed25519 from '@noble/ed25519';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { membershipOf } from '../../../../src/main/consensus/config.ts';
import { messageChecks } from '../../../../src/main/consensus/verification.ts';
import type {
  LocalCommitMessage,
  OrderedRequestMessage,
  PeerMessage,
  ToClientMessage,
} from '../../../../src/main/consensus/messages.ts';
import { verifySync } from '../../../../src/main/keys/verifier.ts';
import { isLinked } from '../../../../src/main/ledger/block.ts';
import { evidenceChecks, evidenceOf } from '../../../../src/main/ledger/evidence.ts';
import { faultOrderSchema } from '../../../../src/main/replica/faults/fault.ts';
import { FaultyOutlet } from '../../../../src/main/replica/faults/faultyOutlet.ts';
import { SLOW_MESSAGES_MAX } from '../../../../src/main/replica/faults/slow.ts';
import type { Outlet } from '../../../../src/main/replica/outlet.ts';
import { toHex } from '../../../../src/shared/encoding/hex.ts';
import { TestChain, makeGenesis, signStatement } from '../../../support/ledger.ts';

const network = makeGenesis();
const { genesis, networkId } = network;

type Sent =
  | { to: number | 'all' | 'guests'; message: PeerMessage }
  | { clients: readonly number[]; message: ToClientMessage };

class Recorder implements Outlet {
  readonly sent: Sent[] = [];
  toPeer(to: number, message: PeerMessage): void {
    this.sent.push({ to, message });
  }
  toPeers(message: PeerMessage): void {
    this.sent.push({ to: 'all', message });
  }
  toGuests(message: PeerMessage): void {
    this.sent.push({ to: 'guests', message });
  }
  toClients(clients: readonly number[], message: ToClientMessage): void {
    this.sent.push({ clients, message });
  }
  take(): Sent[] {
    return this.sent.splice(0);
  }
}

/** The way out of the replica with this index, and what comes out of it. */
function make(index: number): { outlet: FaultyOutlet; recorder: Recorder } {
  const { publicKey } = genesis.replicas[index]!;
  const recorder = new Recorder();
  const outlet = new FaultyOutlet(recorder, membershipOf(genesis, publicKey), {
    sign: (digest) => toHex(ed25519.sign(digest, network.replicaSeeds[index]!)),
  });
  return { outlet, recorder };
}

const suspect = (view: number): PeerMessage => ({ type: 'suspect', epoch: 0, view });
const status: ToClientMessage = {
  type: 'status',
  epoch: 0,
  tipHeight: 1,
  stableHeight: 1,
  connectedReplicas: 4,
  participating: true,
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function sendAll(outlet: Outlet): void {
  outlet.toPeer(2, suspect(1));
  outlet.toPeers(suspect(2));
  outlet.toClients([7], status);
}

const ALL_SENT: Sent[] = [
  { to: 2, message: suspect(1) },
  { to: 'all', message: suspect(2) },
  { clients: [7], message: status },
];

describe('without a fault, and after one', () => {
  it('everything leaves as it is', () => {
    const { outlet, recorder } = make(0);
    sendAll(outlet);
    expect(recorder.take()).toEqual(ALL_SENT);
    outlet.become({ kind: 'silence' });
    outlet.become(null);
    sendAll(outlet);
    expect(recorder.take()).toEqual(ALL_SENT);
  });
});

describe('silence', () => {
  it('nothing leaves, to nobody', () => {
    const { outlet, recorder } = make(0);
    outlet.become({ kind: 'silence' });
    sendAll(outlet);
    vi.advanceTimersByTime(1_000_000);
    expect(recorder.take()).toEqual([]);
  });
});

describe('slow', () => {
  it('everything leaves late by the same time, in order', () => {
    const { outlet, recorder } = make(0);
    outlet.become({ kind: 'slow', delayMs: 700 });
    sendAll(outlet);
    vi.advanceTimersByTime(300);
    outlet.toPeers(suspect(3));
    vi.advanceTimersByTime(399);
    expect(recorder.take()).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(recorder.take()).toEqual(ALL_SENT);
    vi.advanceTimersByTime(300);
    expect(recorder.take()).toEqual([{ to: 'all', message: suspect(3) }]);
  });

  it('what is held back leaves at once when it is healed, before what comes then', () => {
    const { outlet, recorder } = make(0);
    outlet.become({ kind: 'slow', delayMs: 700 });
    sendAll(outlet);
    outlet.become(null);
    outlet.toPeers(suspect(3));
    expect(recorder.take()).toEqual([...ALL_SENT, { to: 'all', message: suspect(3) }]);
    vi.advanceTimersByTime(1_000);
    expect(recorder.take()).toEqual([]);
  });

  it('holds back so much and no more, and nothing after its end', () => {
    const { outlet, recorder } = make(0);
    outlet.become({ kind: 'slow', delayMs: 700 });
    for (let view = 0; view < SLOW_MESSAGES_MAX + 3; view++) outlet.toPeers(suspect(view));
    vi.advanceTimersByTime(700);
    const sent = recorder.take();
    expect([sent.length, sent[0]]).toEqual([SLOW_MESSAGES_MAX, { to: 'all', message: suspect(3) }]);
    sendAll(outlet);
    outlet.dispose();
    vi.advanceTimersByTime(1_000);
    expect([recorder.take(), vi.getTimerCount()]).toEqual([[], 0]);
  });
});

describe('equivocate', () => {
  const chain = new TestChain(network);
  const orders = [1, 2, 3].map((): OrderedRequestMessage => {
    const { block, order } = chain.append();
    const references = block.requests.map(({ timestampMs, id }) => ({ timestampMs, id }));
    const { view, signature } = order!;
    return {
      type: 'orderedRequest',
      view,
      header: block.header,
      references,
      bodies: [],
      evidence: [],
      signature,
    };
  });
  const statementOf = ({ view, header: { epoch, height, hash }, signature }: OrderedRequestMessage) => ({
    statement: { type: 'order', epoch, view, height, hash } as const,
    signature,
  });
  const holds = (message: PeerMessage, from: number): boolean =>
    messageChecks(membershipOf(genesis, ''), from, message)!.every((check) => verifySync(check));

  it('as primary: each half of the others gets a chain of its own, valid and signed, and the two are proof', () => {
    const { outlet, recorder } = make(0);
    outlet.become({ kind: 'equivocate' });
    for (const order of orders) outlet.toPeers(order);
    const sent = recorder.take() as { to: number; message: OrderedRequestMessage }[];
    const got = (index: number) => sent.filter(({ to }) => to === index).map(({ message }) => message);
    expect(got(1)).toEqual(orders);
    expect(got(3)).toEqual(got(2));
    const twins = got(2);
    for (const [at, twin] of twins.entries()) {
      expect(holds(twin, 0)).toBe(true);
      expect({ ...twin.header, hash: '', previousHash: '', timeMs: 0 }).toEqual({
        ...orders[at]!.header,
        hash: '',
        previousHash: '',
        timeMs: 0,
      });
      expect(isLinked(twins[at - 1]?.header ?? chain.header(0), twin.header)).toBe(true);
      const evidence = evidenceOf(0, statementOf(orders[at]!), statementOf(twin))!;
      const keys = genesis.replicas.map(({ publicKey }) => publicKey);
      expect(evidenceChecks(networkId, keys, evidence)!.every((check) => verifySync(check))).toBe(true);
    }
  });

  it('as a backup: each localCommit has a second beside it, and the two are proof', () => {
    const statement = {
      type: 'localCommit',
      epoch: 0,
      view: 0,
      height: 1,
      hash: chain.header(1).hash,
    } as const;
    const { outlet, recorder } = make(2);
    outlet.become({ kind: 'equivocate' });
    const commit: LocalCommitMessage = { ...statement, signature: signStatement(network, 2, statement) };
    outlet.toPeers(commit);
    outlet.toPeers(suspect(1));
    const [one, other, third] = recorder.take() as { to: 'all'; message: LocalCommitMessage }[];
    expect([one!.message, third!.message]).toEqual([commit, suspect(1)]);
    expect([holds(one!.message, 2), holds(other!.message, 2)]).toEqual([true, true]);
    const signed = ({ signature, ...rest }: LocalCommitMessage) => ({ statement: rest, signature });
    expect(evidenceOf(2, signed(one!.message), signed(other!.message))).toBeDefined();
  });
});

describe('what a parent may ask for', () => {
  it.each([
    [{ type: 'fault', fault: null }, true],
    [{ type: 'fault', fault: { kind: 'slow', delayMs: 60_000 } }, true],
    [{ type: 'fault', fault: { kind: 'slow', delayMs: 60_001 } }, false],
    [{ type: 'fault', fault: { kind: 'slow' } }, false],
    [{ type: 'fault', fault: { kind: 'silence', delayMs: 1 } }, false],
    [{ type: 'fault', fault: { kind: 'stop' } }, false],
    [{ type: 'fault' }, false],
    ['stop', false],
  ])('%j: %s', (order, isOne) => {
    expect(faultOrderSchema.safeParse(order).success).toBe(isOne);
  });
});
