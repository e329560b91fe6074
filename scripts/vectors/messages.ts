/**
 * Vectors of every message between replicas and with clients.
 * @module
 */
import {
  encodeMessage,
  peerMessageCodec,
  toClientCodec,
  toReplicaCodec,
  type PeerMessage,
  type ToClientMessage,
  type ToReplicaMessage,
  type ViewChangeMessage,
} from '../../src/main/consensus/messages.ts';
import { buildReceipt, encodeReceipt } from '../../src/main/ledger/receipt.ts';
import { viewTag } from '../../src/main/ledger/statement.ts';
import type { Codec } from '../../src/shared/encoding/codec.ts';
import { newViewStatement, viewChangeStatement } from '../../src/main/ledger/viewChange.ts';
import { makeEvidence, signedBy } from '../../test/support/evidence.ts';
import { twoChanges } from '../../test/support/epochs.ts';
import { makeCheckpointCertificate, signStatement } from '../../test/support/ledger.ts';
import { EVIDENCE, makeChain, missing, network } from './network.ts';
import { NEW_VIEW, VIEW_CHANGES } from './viewChanges.ts';

/** At least one message of each type: a new type without one does not compile. */
type Samples<M extends { readonly type: string }> = {
  readonly [T in M['type']]: readonly [
    Extract<M, { readonly type: T }>,
    ...Extract<M, { readonly type: T }>[],
  ];
};

const { chain, blocks } = makeChain();
const header = chain.header(2);
const { epoch, height, hash, stateDigest } = header;
const requests = blocks[1] ?? missing('block');
const [request = missing('request')] = requests;
const view = 5;
const certificate = makeCheckpointCertificate(network, header, view);
const tag = viewTag(network.networkId, epoch, view);
const position = { epoch, view, height, hash };
const RUN_TOKEN = '0123456789abcdef';
const order = {
  view,
  header,
  references: requests.map(({ timestampMs, id }) => ({ timestampMs, id })),
  bodies: [request.bytes],
  evidence: [],
  signature: signStatement(network, 1, { type: 'order', ...position }),
};
const receipt = buildReceipt({
  request,
  header,
  ids: requests.map(({ id }) => id),
  headersAbove: [],
  certificate,
  below: chain.stateAt(1),
  registryChanges: [],
});

const peer: Samples<PeerMessage> = {
  request: [{ type: 'request', request: request.bytes }],
  orderedRequest: [
    { type: 'orderedRequest', ...order },
    { type: 'orderedRequest', ...order, bodies: [], evidence: EVIDENCE },
  ],
  localCommit: [
    {
      type: 'localCommit',
      ...position,
      signature: signStatement(network, 2, { type: 'localCommit', ...position }),
    },
  ],
  checkpointVote: [
    {
      type: 'checkpointVote',
      ...position,
      stateDigest,
      signature: signStatement(network, 3, { type: 'checkpointVote', ...position, stateDigest }),
    },
  ],
  stable: [{ type: 'stable', certificate }],
  beacon: [{ type: 'beacon', epoch, view, target: 6, stableHeight: 2, tipHeight: 300, participating: true }],
  getRequests: [{ type: 'getRequests', ids: requests.map(({ id }) => id) }],
  requests: [
    { type: 'requests', requests: requests.map(({ bytes }) => bytes) },
    { type: 'requests', requests: [] },
  ],
  getOrders: [{ type: 'getOrders', fromHeight: 3 }],
  orders: [{ type: 'orders', orders: [order] }],
  getHeaders: [{ type: 'getHeaders', fromHeight: 1 }],
  headers: [{ type: 'headers', headers: [chain.header(1), header], certificate }],
  getBlock: [{ type: 'getBlock', height, hash }],
  block: [
    { type: 'block', height, hash, requests: requests.map(({ bytes }) => bytes), evidence: [] },
    { type: 'block', height, hash, requests: [], evidence: EVIDENCE },
  ],
  viewChange: VIEW_CHANGES.map((viewChange) => ({
    type: 'viewChange' as const,
    viewChange,
    signature: signStatement(network, 1, viewChangeStatement(viewChange)),
  })) as [ViewChangeMessage, ...ViewChangeMessage[]],
  newView: [
    { type: 'newView', newView: NEW_VIEW, signature: signStatement(network, 1, newViewStatement(NEW_VIEW)) },
  ],
  getNewView: [{ type: 'getNewView', view }],
  suspect: [{ type: 'suspect', epoch, view }],
  evidence: [
    { type: 'evidence', evidence: makeEvidence(network, 2, 'localCommit') },
    { type: 'evidence', evidence: makeEvidence(network, 2, 'viewChange') },
  ],
  recall: [
    {
      type: 'recall',
      epoch,
      token: RUN_TOKEN,
      statements: [
        signedBy(network, 0, { type: 'order', ...position }),
        signedBy(network, 0, { type: 'localCommit', ...position }),
        signedBy(network, 0, { type: 'checkpointVote', ...position, stateDigest }),
        signedBy(network, 0, viewChangeStatement(VIEW_CHANGES[0])),
        signedBy(network, 0, newViewStatement(NEW_VIEW)),
      ],
    },
    { type: 'recall', epoch, token: RUN_TOKEN, statements: [] },
  ],
  getRecall: [{ type: 'getRecall', epoch, token: RUN_TOKEN }],
};

const toReplica: Samples<ToReplicaMessage> = {
  request: [{ type: 'request', request: request.bytes }],
  commit: [{ type: 'commit', height, hash, tag }],
  getReceipt: [{ type: 'getReceipt', requestId: request.id }],
  getStatus: [{ type: 'getStatus' }],
  getEpochChange: [{ type: 'getEpochChange', epoch: 1 }],
  evidence: [{ type: 'evidence', evidence: makeEvidence(network, 2, 'order') }],
};

const toClient: Samples<ToClientMessage> = {
  response: [{ type: 'response', requestId: request.id, epoch, height, hash, tag }],
  refusal: [
    {
      type: 'refusal',
      requestId: request.id,
      error: { code: 'request.tooOld', data: { timestampMs: 5, oldestMs: 1_767_225_600_000 } },
    },
    { type: 'refusal', requestId: request.id, error: { code: 'console.badToken', data: {} } },
    {
      type: 'refusal',
      requestId: request.id,
      error: { code: 'request.unknownSupervisor', data: { supervisor: request.supervisor } },
    },
  ],
  final: [{ type: 'final', requestId: request.id, height, hash }],
  receipt: [{ type: 'receipt', requestId: request.id, receipt: encodeReceipt(receipt) }],
  status: [
    {
      type: 'status',
      epoch: 2,
      tipHeight: 300,
      stableHeight: 256,
      connectedReplicas: 4,
      participating: true,
    },
  ],
  epochChange: [
    { type: 'epochChange', epoch: 1, change: twoChanges().changes[1] ?? missing('change') },
    { type: 'epochChange', epoch: 2, change: null },
  ],
};

function vectorsOf<M>(codec: Codec<M>, samples: Readonly<Record<string, readonly M[]>>): unknown[] {
  return Object.values(samples)
    .flat()
    .map((message) => ({ message, bytes: encodeMessage(codec, message) }));
}

export function messageVectors(): unknown {
  return {
    description:
      'Every message with its fields and its bytes. Byte strings are hex. A header travels without its hash, ' +
      'which is shown here beside its fields.',
    betweenReplicas: vectorsOf(peerMessageCodec, peer),
    clientToReplica: vectorsOf(toReplicaCodec, toReplica),
    replicaToClient: vectorsOf(toClientCodec, toClient),
  };
}
