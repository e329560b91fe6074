/** View changes and new views that are wrong in any way: refused, bounded in memory, and harmless. */
import { describe, expect, it } from 'vitest';
import { encodeMessage, maxMessageBytes, peerMessageCodec } from '../../src/main/consensus/messages.ts';
import type { PeerMessage } from '../../src/main/consensus/messages.ts';
import {
  newViewStatement,
  type SignedViewChange,
  type ViewChange,
} from '../../src/main/ledger/viewChange.ts';
import { makeViewChange, signViewChange } from '../support/evidence.ts';
import {
  TestChain,
  makeCheckpointCertificate,
  makeCommitCertificate,
  makeGenesis,
  signStatement,
} from '../support/ledger.ts';
import { Packet } from '../support/simulation/packet.ts';
import { Simulation } from '../support/simulation.ts';
import { expectFinalEverywhere, expectInStep, expectNobodyConvicted, linesWith, views } from './observe.ts';

const limits = { checkpointDistance: 4 };
const network = makeGenesis({ limits });
const WINDOW_BLOCKS = 8;
const foreign = makeGenesis({ limits, name: 'another' });

/** The faulty replica, also the primary of view 3, which its new views are for. */
const LIAR = 3;
const FAR_VIEW = 2 ** 40 - 1;

const chain = new TestChain(network);
const headers = Array.from({ length: WINDOW_BLOCKS + 1 }, () => chain.append(1).block.header);
const [first, second] = [headers[0]!, headers[1]!];

const viewChange = (content: ViewChange, signer = LIAR): PeerMessage => {
  const { signature } = signViewChange(network, signer, content);
  return { type: 'viewChange', viewChange: content, signature };
};

const member = (replica: number, content = makeViewChange(LIAR), signer = replica): SignedViewChange => ({
  ...signViewChange(network, signer, content),
  replica,
});

/** The members are signed with everybody's keys, so that nothing but what is tried is wrong. */
const newView = (viewChanges: readonly SignedViewChange[], signer = LIAR, view = LIAR): PeerMessage => {
  const content = { epoch: 0, view, viewChanges };
  return {
    type: 'newView',
    newView: content,
    signature: signStatement(network, signer, newViewStatement(content)),
  };
};

const tooFew = (certificate: ReturnType<typeof makeCommitCertificate>) => ({
  ...certificate,
  signatures: certificate.signatures.slice(1),
});

/** Sends `bytes` or messages to all others; then a request becomes final as if nothing had been. */
function withLies(lies: readonly (PeerMessage | Uint8Array)[]): Simulation {
  const simulation = new Simulation({ network, faulty: { [LIAR]: {} }, persistentClients: false });
  simulation.run(5);
  for (const lie of lies) {
    const packet = lie instanceof Uint8Array ? Packet.ofBytes(lie) : Packet.of(lie);
    for (const to of [0, 1, 2]) simulation.carry(LIAR, to, packet);
    simulation.run(2);
  }
  for (const { consensus } of simulation.correct) {
    expect(consensus.holdings.viewChanges).toBeLessThanOrEqual(1);
    expect(consensus.holdings.evidence).toBe(0);
  }
  const sent = simulation.submit();
  simulation.run(1_000);
  expectFinalEverywhere(simulation, [sent.request]);
  expect(views(simulation)).toEqual([0, 0, 0]);
  expectInStep(simulation);
  expectNobodyConvicted(simulation);
  return simulation;
}

describe('refused at the edge:', () => {
  const valid = encodeMessage(peerMessageCodec, viewChange(makeViewChange(1, { chain: [first] })));
  const validNewView = encodeMessage(peerMessageCodec, newView([0, 1, 2].map((replica) => member(replica))));
  const foreignHeader = new TestChain(foreign).append(1).block.header;
  const stableElsewhere = makeCheckpointCertificate(foreign, foreignHeader, 0);
  const forged = 'ab'.repeat(64);

  it.each<[string, PeerMessage | Uint8Array]>([
    ['a view change that is cut short', valid.slice(0, -1)],
    ['a view change with something after it', Uint8Array.of(...valid, 0)],
    ['more bytes than any message has', new Uint8Array(maxMessageBytes(network.genesis) + 1)],
    [
      'a forged signature',
      { ...(viewChange(makeViewChange(1)) as object), signature: forged } as PeerMessage,
    ],
    ['the signature of another replica', viewChange(makeViewChange(1), 1)],
    ['a stable checkpoint of another network', viewChange(makeViewChange(1, { stable: stableElsewhere }))],
    [
      'a commit certificate of another network',
      viewChange(
        makeViewChange(1, {
          commit: makeCommitCertificate(foreign, foreignHeader, 0),
          chain: [foreignHeader],
        }),
      ),
    ],
    [
      'a commit certificate of too few',
      viewChange(
        makeViewChange(1, { commit: tooFew(makeCommitCertificate(network, first, 0)), chain: [first] }),
      ),
    ],
    ['a new view that is cut short', validNewView.slice(0, -1)],
    [
      'a new view that its primary has not signed',
      newView(
        [0, 1, 2].map((replica) => member(replica)),
        2,
      ),
    ],
    ['a new view for the view of another primary', newView([member(0)], LIAR, 2)],
    [
      'a new view with a member that another has signed',
      newView([member(0), member(1), member(2, makeViewChange(LIAR), LIAR)]),
    ],
    [
      'a new view with a member that brings a certificate of too few',
      newView([
        member(0),
        member(1),
        member(
          2,
          makeViewChange(LIAR, { commit: tooFew(makeCommitCertificate(network, first, 0)), chain: [first] }),
        ),
      ]),
    ],
  ])('%s', (_what, lie) => {
    const simulation = withLies([lie]);
    expect(simulation.correct.map(({ refusedMessages }) => refusedMessages)).toEqual([1, 1, 1]);
    expect(linesWith(simulation, 'suspects')).toEqual([]);
    for (const { consensus } of simulation.correct) expect(consensus.holdings.viewChanges).toBe(0);
  });

  it('members that are not in order, or are repeated: nobody can even encode them', () => {
    for (const order of [
      [1, 0, 2],
      [0, 1, 1],
    ]) {
      expect(() => encodeMessage(peerMessageCodec, newView(order.map((replica) => member(replica))))).toThrow(
        /distinct replicas in increasing order/,
      );
    }
    // The same bytes with two members exchanged are refused as well.
    const swapped = validNewView.slice();
    const at = (replica: number) => {
      const { signature } = member(replica);
      return Buffer.from(validNewView).indexOf(Buffer.from(signature, 'hex'));
    };
    const SIGNATURE_BYTES = 64;
    swapped.set(validNewView.slice(at(1), at(1) + SIGNATURE_BYTES), at(0));
    swapped.set(validNewView.slice(at(0), at(0) + SIGNATURE_BYTES), at(1));
    const simulation = withLies([swapped]);
    expect(simulation.correct.map(({ refusedMessages }) => refusedMessages)).toEqual([1, 1, 1]);
  });
});

describe('suspected of whoever signed it:', () => {
  const stable = makeCheckpointCertificate(network, second, 0);
  it.each<[string, ViewChange]>([
    ['a last normal view that is not below the view', makeViewChange(3, { lastNormalView: 3 })],
    ['a chain that does not start at the stable checkpoint', makeViewChange(3, { chain: [second] })],
    ['a chain with a hole', makeViewChange(3, { chain: [first, headers[2]!] })],
    ['a chain longer than the window', makeViewChange(3, { chain: headers })],
    [
      'a certificate of the view itself',
      makeViewChange(3, { stable: makeCheckpointCertificate(network, first, 3) }),
    ],
    [
      'a commit certificate below the stable checkpoint',
      makeViewChange(3, { stable, commit: makeCommitCertificate(network, first, 0), commitHeaders: [first] }),
    ],
    [
      'a commit certificate whose headers lead elsewhere',
      makeViewChange(3, { commit: makeCommitCertificate(network, second, 0), commitHeaders: [first] }),
    ],
    ['headers of no certificate', makeViewChange(3, { commitHeaders: [first] })],
  ])('%s', (_what, content) => {
    const asViewChange = withLies([viewChange(content)]);
    expect(linesWith(asViewChange, 'suspects r3: badViewChange').length).toBe(3);
    for (const { consensus } of asViewChange.correct) expect(consensus.holdings.viewChanges).toBe(0);
    const asMember = withLies([newView([member(0), member(1), member(2, content)])]);
    expect(linesWith(asMember, 'suspects r3: badNewView').length).toBe(3);
    expect(linesWith(asMember, 'suspects').length).toBe(3);
  });

  it.each<[string, PeerMessage]>([
    ['a new view of too few', newView([member(0), member(1)])],
    ['a new view of too many', newView([0, 1, 2, 3].map((replica) => member(replica)))],
    [
      'a new view with a member for another view',
      newView([member(0), member(1), member(2, makeViewChange(2))]),
    ],
  ])('%s', (_what, lie) => {
    const simulation = withLies([lie]);
    expect(linesWith(simulation, 'suspects r3: badNewView').length).toBe(3);
    expect(linesWith(simulation, 'suspects').length).toBe(3);
  });
});

describe('a single replica that wants away', () => {
  it('to a view that is far, or to a hundred of them, moves nobody and takes no room', () => {
    const far = viewChange(makeViewChange(FAR_VIEW));
    const many = Array.from({ length: 100 }, (_, index) => viewChange(makeViewChange(index + 1)));
    for (const lies of [[far], many, [far, ...many]]) {
      const simulation = withLies(lies);
      for (const { consensus } of simulation.correct) expect(consensus.holdings.viewChanges).toBe(1);
      expect(linesWith(simulation, 'suspects')).toEqual([]);
      expect(linesWith(simulation, 'leaves view')).toEqual([]);
    }
  });
});
