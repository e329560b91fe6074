import { describe, expect, it } from 'vitest';
import { makeGenesis, TestChain } from '../../../support/ledger.ts';
import { NetworkWatch } from '../../../../src/main/console/operator/networkWatch.ts';
import { peersDetail } from '../../../../src/main/console/operator/peersView.ts';
import { membershipOf } from '../../../../src/main/consensus/config.ts';
import { FIRST_POSITION } from '../../../../src/main/consensus/effects.ts';
import type { PeerEntry, PeerStatus } from '../../../../src/main/network/index.ts';
import type { ReplicaStatus } from '../../../../src/main/replica/replica.ts';
import { peersSchema, type PeersView } from '../../../../src/shared/contract/peers.ts';
import type { PlainError } from '../../../../src/shared/errors.ts';

const network = makeGenesis();
const { genesis } = network;
const UNREACHABLE: PlainError = {
  code: 'network.unreachable',
  data: { address: 'b:1', problem: 'ECONNREFUSED' },
};
const MALFORMED: PlainError = {
  code: 'message.malformed',
  data: { from: 'replica 1', type: 'order', problem: 'is short' },
};

function link(index: number, change: Partial<PeerStatus> = {}): PeerStatus {
  const { publicKey, name } = genesis.replicas[index] ?? { publicKey: 'ff'.repeat(32), name: 'New one' };
  return {
    index,
    name,
    publicKey,
    address: 'b:1',
    state: 'connected',
    since: 7,
    roundTripMs: 2,
    clockOffsetMs: -41,
    bytesIn: 10,
    bytesOut: 20,
    messagesIn: 1,
    messagesOut: 2,
    lastMessageAtMs: 9,
    lastError: null,
    isDialled: true,
    failedDials: 0,
    nextDialAtMs: null,
    troubles: [],
    ...change,
  };
}

function view(
  change: (status: ReplicaStatus) => ReplicaStatus = (status) => status,
  own: PeerEntry | null = null,
): PeersView {
  const down = link(1, {
    state: 'down',
    failedDials: 3,
    nextDialAtMs: 99,
    lastError: UNREACHABLE,
    troubles: [{ error: UNREACHABLE, count: 3, lastAtMs: 5 }],
  });
  const said = (participating: boolean) => ({
    view: 0,
    target: 0,
    tipHeight: 4,
    stableHeight: 1,
    participating,
  });
  const status: ReplicaStatus = {
    standing: {
      position: FIRST_POSITION,
      primary: 1,
      tipHeight: 3,
      tipTimeMs: 5,
      stable: {
        height: 0,
        hash: new TestChain(network).header().hash,
        certificate: null,
        executedDigest: '',
        executedCount: 0,
        registryDigest: '',
      },
      pendingRequests: 0,
      eager: false,
      catchingUp: false,
      evidence: [],
      learner: null,
      listening: false,
      peers: new Map([
        [1, said(true)],
        [2, said(false)],
      ]),
    },
    membership: membershipOf(genesis, genesis.replicas[0]!.publicKey),
    admission: 'member',
    ownEntry: genesis.replicas[0]!,
    network: {
      peers: [down, link(2), link(3)],
      guests: [link(4)],
      clients: 2,
      refusals: { 'admission.rate': 2, 'handshake.version': 3 },
      closings: {},
    },
    connectedReplicas: 3,
    halted: null,
    badMessages: { replicas: new Map(), clients: {} },
  };
  const watch = new NetworkWatch(() => 50);
  watch.take({ type: 'badMessage', from: 'replica 1', error: MALFORMED });
  watch.take({ type: 'refusedGuest', address: '192.0.2.1:5', error: UNREACHABLE });
  const source = { status: change(status), own, watch, startedAtMs: 1, nowMs: 100 };
  // What crosses to a page must keep to the contract.
  return peersSchema.parse(peersDetail(source));
}

describe('the peers as a page shows them', () => {
  it('say who does what', () => {
    expect(view().members.map(({ role, self }) => [role, self])).toEqual([
      ['backup', true],
      ['primary', false],
      ['learner', false],
      ['backup', false],
    ]);
    expect(view().guests.map(({ role, name }) => [role, name])).toEqual([['guest', 'New one']]);
  });

  it('have no primary while they look for one', () => {
    const changing = view((status) => ({
      ...status,
      standing: { ...status.standing, position: { ...FIRST_POSITION, mode: 'changing' } },
    }));
    expect(changing.members.map(({ role }) => role)).not.toContain('primary');
  });

  it('put this replica last, and outside, where it is no member', () => {
    const own = { publicKey: 'ee'.repeat(32), name: 'Stranger', host: 'localhost', port: 9 };
    const asOutsider = (status: ReplicaStatus): ReplicaStatus => ({
      ...status,
      membership: membershipOf(genesis, own.publicKey),
      admission: 'proposed',
      ownEntry: null,
    });
    expect(view(asOutsider, own).members.at(-1)).toMatchObject({
      role: 'outside',
      self: true,
      name: 'Stranger',
    });
  });

  it('say why one is away, how often it was tried, and when again', () => {
    const [, away] = view().members;
    expect(away).toMatchObject({
      state: 'down',
      dialledHere: true,
      failedDials: 3,
      nextDialAtMs: 99,
      lastError: UNREACHABLE,
      troubles: [
        { error: MALFORMED, count: 1, lastAtMs: 50 },
        { error: UNREACHABLE, count: 3, lastAtMs: 5 },
      ],
    });
  });

  it('count who was not let in, and the clients', () => {
    expect(view()).toMatchObject({
      refused: 5,
      clients: 2,
      knocks: [{ host: '192.0.2.1', count: 1, firstAtMs: 50, lastAtMs: 50 }],
    });
  });
});
