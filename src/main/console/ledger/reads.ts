/**
 * What a page reads of the ledger: blocks and requests, with the names of those who signed.
 * @module
 */
import { titleOf } from '../../../shared/domain/payload.ts';
import type {
  BlockDetail,
  BlockSummary,
  CertificateView,
  Member,
  RequestDetail,
  RequestSummary,
} from '../../../shared/contract/model.ts';
import type { ReplicaEntry } from '../../../shared/domain/registry.ts';
import type { Hex } from '../../../shared/encoding/hex.ts';
import { CountersignError } from '../../../shared/errors.ts';
import type { HashedHeader } from '../../ledger/block.ts';
import { networkIdOf, type Genesis } from '../../ledger/genesis.ts';
import type { SignedRequest } from '../../ledger/request.ts';
import type { CheckpointCertificate } from '../../ledger/statement.ts';
import type { LedgerStore } from '../../storage/index.ts';
import type { HandlerInput } from '../dispatch.ts';
import { contentView, type RegistryContents } from '../items/content.ts';
import { countOf } from '../items/payloadBytes.ts';
import { evidenceView } from '../live/evidenceBook.ts';
import { memberView } from '../live/networkView.ts';
import { blockSummary } from '../live/recentChain.ts';
import type { ReplicaSets } from '../live/replicaSets.ts';

/** Where the local replica stands. */
export interface Heights {
  readonly tip: number;
  readonly stable: number;
}

export interface LedgerReadsOptions {
  readonly genesis: Genesis;
  readonly sets: Pick<ReplicaSets, 'read'>;
  readonly store: LedgerStore;
  readonly heights: () => Heights;
  /** Who holds a key, or held it. */
  readonly member: (publicKey: Hex) => Member;
  /** What the registry says of a change. */
  readonly registry: RegistryContents;
}

export class LedgerReads {
  readonly #options: LedgerReadsOptions;

  constructor(options: LedgerReadsOptions) {
    this.#options = options;
  }

  /** Blocks below a height, or the newest, newest first. Genesis, which orders nothing, is not among them. */
  async blockPage({ beforeHeight, limit }: HandlerInput<'block.page'>): Promise<BlockSummary[]> {
    const { store, heights } = this.#options;
    const { tip, stable } = heights();
    const top = beforeHeight === null ? tip : Math.min(tip, beforeHeight - 1);
    if (top < 1) return [];
    const blocks = await store.blocks(Math.max(1, top - limit + 1), top, limit);
    return blocks.map(({ header }) => blockSummary(header, stable));
  }

  /** Throws `block.notFound`. */
  async block(height: number): Promise<BlockDetail> {
    const { store, genesis, sets, member } = this.#options;
    const accepted = await store.block(height);
    if (accepted === null) throw new CountersignError('block.notFound', { height });
    const { header, requests, evidence } = accepted.block;
    const checkpoint = await store.checkpointCovering(height);
    const replicas = await sets.read(header.epoch);
    return {
      block: this.#summary(header),
      previousHash: header.previousHash,
      requestsRoot: header.requestsRoot,
      evidenceDigest: header.evidenceDigest,
      stateDigest: header.stateDigest,
      epoch: header.epoch,
      requests: requests.map((request, index) => requestSummary(member, request, height, index)),
      evidence: evidence.map((one) => evidenceView(networkIdOf(genesis), replicas, one, height, null)),
      certificate: checkpoint?.certificate ? certificateView(replicas, checkpoint.certificate) : null,
    };
  }

  /** Throws `request.notFound`. */
  async request({ id, ...page }: HandlerInput<'request.get'>): Promise<RequestDetail> {
    const { store, member, registry } = this.#options;
    const located = await store.request(id);
    if (located === null) throw new CountersignError('request.notFound', { id });
    const { request, height, index } = located;
    const [header] = await store.headers(height, height);
    // Put back between the two reads: then it is not on the chain.
    if (header === undefined) throw new CountersignError('request.notFound', { id });
    const block = this.#summary(header);
    return {
      request: requestSummary(member, request, height, index),
      signature: request.signature,
      content: contentView(request.payload, page, registry, id),
      block,
      receiptReady: block.stable,
    };
  }

  #summary(header: HashedHeader): BlockSummary {
    return blockSummary(header, this.#options.heights().stable);
  }
}

function requestSummary(
  member: LedgerReadsOptions['member'],
  request: SignedRequest,
  height: number,
  index: number,
): RequestSummary {
  const { id, payload, timestampMs, supervisor, bytes } = request;
  return {
    id,
    kind: payload.kind,
    title: titleOf(payload),
    count: countOf(payload),
    timestampMs,
    supervisor: member(supervisor),
    height,
    index,
    sizeBytes: bytes.length,
  };
}

/** `replicas`: those of the certificate's epoch. */
function certificateView(
  replicas: readonly ReplicaEntry[],
  certificate: CheckpointCertificate,
): CertificateView {
  const { height, hash, view, stateDigest, signatures } = certificate;
  const signers = signatures.flatMap(({ replica }) => {
    const member = replicas[replica];
    return member === undefined ? [] : [{ ...memberView(member), index: replica }];
  });
  return { height, hash, view, stateDigest, signers };
}
