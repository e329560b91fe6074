/**
 * The messages of agreement, between replicas and with clients. Each is an array in the canonical encoding: its
 * number, then its fields in the order given here. `docs/PROTOCOL.md` describes them byte by byte.
 * @module
 */
import {
  bool,
  byteString,
  decode,
  encode,
  hexBytes,
  list,
  nullable,
  record,
  uint,
  union,
  type Codec,
} from '../../shared/encoding/codec.ts';
import type { Hex } from '../../shared/encoding/hex.ts';
import { plainErrorCodec } from '../../shared/encoding/plainError.ts';
import type { PlainError } from '../../shared/errors.ts';
import { headerCodec, type HashedHeader } from '../ledger/block.ts';
import { epochChangeCodec, type EpochChange } from '../ledger/epochChange.ts';
import { DIGEST_BYTES, SIGNATURE_BYTES } from '../ledger/hash.ts';
import { RECEIPT_BYTES_CEILING } from '../ledger/receipt.ts';
import { REQUEST_BYTES_CEILING } from '../ledger/request.ts';
import { evidenceCodec, evidenceListCodec, type Evidence } from '../ledger/evidence.ts';
import { quorumSizes, windowOf, type Genesis } from '../ledger/genesis.ts';
import {
  VIEW_TAG_BYTES,
  checkpointCertificateCodec,
  signedStatementCodec,
  type CheckpointCertificate,
  type CheckpointVoteStatement,
  type LocalCommitStatement,
  type SignedStatement,
} from '../ledger/statement.ts';
import {
  newViewBytesMax,
  newViewCodec,
  viewChangeCodec,
  type NewView,
  type ViewChange,
} from '../ledger/viewChange.ts';

/** A signed request, still as bytes: the edge parses and verifies it before agreement sees it. */
export interface RequestMessage {
  readonly type: 'request';
  readonly request: Uint8Array;
}

/** Names a request in an order: by timestamp and id, as it is found again where it was checked on arrival. */
export interface RequestReference {
  readonly timestampMs: number;
  readonly id: Hex;
}

/** The primary's order, slim (seed note "Sending" 3): header, references, and only the bodies others may lack. */
export interface OrderedRequestMessage {
  readonly type: 'orderedRequest';
  readonly view: number;
  readonly header: HashedHeader;
  readonly references: readonly RequestReference[];
  /** Signed requests that did not reach the primary by broadcast. */
  readonly bodies: readonly Uint8Array[];
  /** All the evidence that the block records. */
  readonly evidence: readonly Evidence[];
  /** The primary's, over the `OrderStatement`. */
  readonly signature: Hex;
}

export type LocalCommitMessage = LocalCommitStatement & { readonly signature: Hex };
export type CheckpointVoteMessage = CheckpointVoteStatement & { readonly signature: Hex };

/** A stable checkpoint, for a replica that missed it. */
export interface StableMessage {
  readonly type: 'stable';
  readonly certificate: CheckpointCertificate;
}

/** Where the sender stands; sent now and then, so that laggards ask. */
export interface BeaconMessage {
  readonly type: 'beacon';
  readonly epoch: number;
  readonly view: number;
  /** The highest view for which the sender signed a view change. */
  readonly target: number;
  readonly stableHeight: number;
  readonly tipHeight: number;
  /** Whether the sender takes part in agreement, rather than only following as a learner. */
  readonly participating: boolean;
}

/** Asks for signed requests by id. */
export interface GetRequestsMessage {
  readonly type: 'getRequests';
  readonly ids: readonly Hex[];
}
export interface RequestsMessage {
  readonly type: 'requests';
  readonly requests: readonly Uint8Array[];
}

/** Asks for the orders above the last stable checkpoint, from a height on. */
export interface GetOrdersMessage {
  readonly type: 'getOrders';
  readonly fromHeight: number;
}
export interface OrdersMessage {
  readonly type: 'orders';
  readonly orders: readonly Omit<OrderedRequestMessage, 'type'>[];
}

/** Asks for the headers from a height up to the next stable checkpoint. */
export interface GetHeadersMessage {
  readonly type: 'getHeaders';
  readonly fromHeight: number;
}
export interface HeadersMessage {
  readonly type: 'headers';
  readonly headers: readonly HashedHeader[];
  /** Certifies the last header. */
  readonly certificate: CheckpointCertificate;
}

/** Asks for the content of one block, on the chain of the one asked or taken off it again (rule G1). */
export interface GetBlockMessage {
  readonly type: 'getBlock';
  readonly height: number;
  readonly hash: Hex;
}
export interface BlockMessage {
  readonly type: 'block';
  readonly height: number;
  readonly hash: Hex;
  readonly requests: readonly Uint8Array[];
  readonly evidence: readonly Evidence[];
}

/** The sender has waited too long for progress in a view, which it has not left yet (rule V1). */
export interface SuspectMessage {
  readonly type: 'suspect';
  readonly epoch: number;
  readonly view: number;
}

/** The sender leaves all views below the one it names (rule V2). */
export interface ViewChangeMessage {
  readonly type: 'viewChange';
  readonly viewChange: ViewChange;
  readonly signature: Hex;
}

/** The primary of a view opens it (rule V4), or a replica in that view passes it on to one that lags. */
export interface NewViewMessage {
  readonly type: 'newView';
  readonly newView: NewView;
  /** The primary's. */
  readonly signature: Hex;
}

/** Asks for what brought the one asked into its view, where that is at least `view`. */
export interface GetNewViewMessage {
  readonly type: 'getNewView';
  readonly view: number;
}

/** Proof that a replica is faulty (`ledger/evidence.ts`); from a client too (rule K3). */
export interface EvidenceMessage {
  readonly type: 'evidence';
  readonly evidence: Evidence;
}

/** Asks for the last of what the sender itself has signed, as far as the one asked knows. */
export interface GetRecallMessage {
  readonly type: 'getRecall';
  readonly epoch: number;
  /** Differs in every run of the sender, so that it knows an answer to this run from one to an earlier run. */
  readonly token: Hex;
}

/** The answer: the last of each kind that the one who asked has signed; none where the sender knows of none. */
export interface RecallMessage {
  readonly type: 'recall';
  readonly epoch: number;
  /** Of the question. */
  readonly token: Hex;
  readonly statements: readonly SignedStatement[];
}

/** From a client with 2f+1 <= CP < 3f+1 equal responses (seed note "When commit is sent"). */
export interface CommitMessage {
  readonly type: 'commit';
  readonly height: number;
  readonly hash: Hex;
  readonly tag: Hex;
}

/** To a client: this replica has accepted the block that holds its request (one of the CP). */
export interface ResponseMessage {
  readonly type: 'response';
  readonly requestId: Hex;
  /** In which the replica has accepted it: it counts among the answers of this epoch alone (rule E3). */
  readonly epoch: number;
  readonly height: number;
  readonly hash: Hex;
  /** Stands for the view, which is not exposed. */
  readonly tag: Hex;
}

/** To a client: this replica will not take its request, and why. */
export interface RefusalMessage {
  readonly type: 'refusal';
  readonly requestId: Hex;
  readonly error: PlainError;
}

/** To a client: a stable checkpoint covers the block that holds its request. */
export interface FinalMessage {
  readonly type: 'final';
  readonly requestId: Hex;
  readonly height: number;
  readonly hash: Hex;
}

/** From a client: asks for the receipt of a final request. The answer is a `receipt` or a `refusal`. */
export interface GetReceiptMessage {
  readonly type: 'getReceipt';
  readonly requestId: Hex;
}
export interface ReceiptMessage {
  readonly type: 'receipt';
  readonly requestId: Hex;
  /** Canonical bytes of the receipt (`ledger/receipt.ts`). */
  readonly receipt: Uint8Array;
}

/** From a client: asks where the replica stands. */
export interface GetStatusMessage {
  readonly type: 'getStatus';
}
export interface StatusMessage {
  readonly type: 'status';
  /** That the replica is in: a later one than the client knows of can be asked for by `getEpochChange`. */
  readonly epoch: number;
  readonly tipHeight: number;
  readonly stableHeight: number;
  /** Replicas that this one is connected with, itself included. */
  readonly connectedReplicas: number;
  /** Whether it takes part in agreement, rather than only following. */
  readonly participating: boolean;
}

/** From a client: asks for the proof of who takes part in the epoch after `epoch`. */
export interface GetEpochChangeMessage {
  readonly type: 'getEpochChange';
  readonly epoch: number;
}
export interface EpochChangeMessage {
  readonly type: 'epochChange';
  /** Of the question. */
  readonly epoch: number;
  /** `null` where the replica has none: that epoch has not ended, as far as it knows. */
  readonly change: EpochChange | null;
}

export type PeerMessage =
  | RequestMessage
  | OrderedRequestMessage
  | LocalCommitMessage
  | CheckpointVoteMessage
  | StableMessage
  | BeaconMessage
  | GetRequestsMessage
  | RequestsMessage
  | GetOrdersMessage
  | OrdersMessage
  | GetHeadersMessage
  | HeadersMessage
  | GetBlockMessage
  | BlockMessage
  | SuspectMessage
  | ViewChangeMessage
  | NewViewMessage
  | GetNewViewMessage
  | EvidenceMessage
  | RecallMessage
  | GetRecallMessage;
export type ToReplicaMessage =
  | RequestMessage
  | CommitMessage
  | GetReceiptMessage
  | GetStatusMessage
  | GetEpochChangeMessage
  | EvidenceMessage;
export type ToClientMessage =
  ResponseMessage | RefusalMessage | FinalMessage | ReceiptMessage | StatusMessage | EpochChangeMessage;

/** Most orders, headers or requests in one answer. The window L of a network is at most this. */
export const LIST_MAX = 65_535;
/** Most ids in one order: `GenesisLimits.maxBlockRequests` is at most this. */
const IDS_MAX = 65_535;

/** Length of the token that tells the runs of a replica apart, in bytes. */
export const RUN_TOKEN_BYTES = 8;

/** Most statements in one `recall`: the last of each kind. */
export const RECALL_MAX = 8;

const hash = hexBytes(DIGEST_BYTES);
const signature = hexBytes(SIGNATURE_BYTES);
const requestBytes = byteString(REQUEST_BYTES_CEILING);
const ids = list(hash, IDS_MAX);
const position = { epoch: uint(), view: uint(), height: uint(), hash };

const orderCodec = record<Omit<OrderedRequestMessage, 'type'>>({
  view: uint(),
  header: headerCodec,
  references: list(record<RequestReference>({ timestampMs: uint(), id: hash }), IDS_MAX),
  bodies: list(requestBytes, IDS_MAX),
  evidence: evidenceListCodec,
  signature,
});
const evidenceMessageCodec = record<Omit<EvidenceMessage, 'type'>>({ evidence: evidenceCodec });
const requestCodec = record<Omit<RequestMessage, 'type'>>({ request: requestBytes });

/** Messages between replicas. */
export const peerMessageCodec: Codec<PeerMessage> = union<PeerMessage, 'type'>('type', {
  request: [1, requestCodec],
  orderedRequest: [2, orderCodec],
  localCommit: [3, record({ ...position, signature })],
  checkpointVote: [4, record({ ...position, stateDigest: hash, signature })],
  stable: [5, record({ certificate: checkpointCertificateCodec })],
  beacon: [
    6,
    record({
      epoch: uint(),
      view: uint(),
      target: uint(),
      stableHeight: uint(),
      tipHeight: uint(),
      participating: bool,
    }),
  ],
  getRequests: [7, record({ ids })],
  requests: [8, record({ requests: list(requestBytes, IDS_MAX) })],
  getOrders: [9, record({ fromHeight: uint() })],
  orders: [10, record({ orders: list(orderCodec, LIST_MAX) })],
  getHeaders: [11, record({ fromHeight: uint() })],
  headers: [12, record({ headers: list(headerCodec, LIST_MAX, 1), certificate: checkpointCertificateCodec })],
  getBlock: [13, record({ height: uint(), hash })],
  block: [
    14,
    record({ height: uint(), hash, requests: list(requestBytes, IDS_MAX), evidence: evidenceListCodec }),
  ],
  viewChange: [15, record({ viewChange: viewChangeCodec, signature })],
  newView: [16, record({ newView: newViewCodec, signature })],
  getNewView: [17, record({ view: uint() })],
  suspect: [18, record({ epoch: uint(), view: uint() })],
  evidence: [19, evidenceMessageCodec],
  recall: [
    20,
    record({
      epoch: uint(),
      token: hexBytes(RUN_TOKEN_BYTES),
      statements: list(signedStatementCodec, RECALL_MAX),
    }),
  ],
  getRecall: [21, record({ epoch: uint(), token: hexBytes(RUN_TOKEN_BYTES) })],
});

/** Messages from a client to a replica. */
export const toReplicaCodec: Codec<ToReplicaMessage> = union<ToReplicaMessage, 'type'>('type', {
  request: [1, requestCodec],
  commit: [32, record({ height: uint(), hash, tag: hexBytes(VIEW_TAG_BYTES) })],
  getReceipt: [33, record({ requestId: hash })],
  getStatus: [34, record({})],
  getEpochChange: [35, record({ epoch: uint() })],
  evidence: [19, evidenceMessageCodec],
});

/** Messages from a replica to a client. */
export const toClientCodec: Codec<ToClientMessage> = union<ToClientMessage, 'type'>('type', {
  response: [
    48,
    record({ requestId: hash, epoch: uint(), height: uint(), hash, tag: hexBytes(VIEW_TAG_BYTES) }),
  ],
  refusal: [49, record({ requestId: hash, error: plainErrorCodec })],
  final: [50, record({ requestId: hash, height: uint(), hash })],
  receipt: [51, record({ requestId: hash, receipt: byteString(RECEIPT_BYTES_CEILING) })],
  status: [
    52,
    record({
      epoch: uint(),
      tipHeight: uint(),
      stableHeight: uint(),
      connectedReplicas: uint(),
      participating: bool,
    }),
  ],
  epochChange: [53, record({ epoch: uint(), change: nullable(epochChangeCodec) })],
});

/** Bytes of one message beside the requests in it: positions, ids and signatures of the largest answer. */
const MESSAGE_OVERHEAD_BYTES = 4 * 1024 * 1024;

/**
 * Largest message of a network, in bytes: one full block and what goes around it, or a new view of replicas whose
 * windows are full.
 */
export function maxMessageBytes({ limits, replicas }: Pick<Genesis, 'limits' | 'replicas'>): number {
  const { q } = quorumSizes(replicas.length);
  const newViewBytes = newViewBytesMax(q, windowOf(limits));
  return Math.max(limits.maxBlockBytes + MESSAGE_OVERHEAD_BYTES, newViewBytes);
}

/** Canonical bytes of a message. Messages are checked on the way out as on the way in. */
export function encodeMessage<M>(codec: Codec<M>, message: M): Uint8Array {
  return encode(codec, message);
}

/** The message that `bytes` encode. Throws `encoding.tooLarge` or `encoding.invalid`. */
export function decodeMessage<M>(codec: Codec<M>, bytes: Uint8Array, maxBytes: number): M {
  return decode(codec, bytes, maxBytes);
}
