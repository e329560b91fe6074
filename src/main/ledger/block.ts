/**
 * Blocks: a header that binds everything, and the signed requests it orders.
 * @module
 */
import {
  decode,
  encode,
  hexBytes,
  nullable,
  prefixed,
  record,
  uint,
  type Codec,
} from '../../shared/encoding/codec.ts';
import type { Hex } from '../../shared/encoding/hex.ts';
import { evidenceDigest, type Evidence } from './evidence.ts';
import { networkIdOf, type Genesis } from './genesis.ts';
import { DIGEST_BYTES, digestHex } from './hash.ts';
import { merkleRoot } from './merkle.ts';
import type { SignedRequest } from './request.ts';

/** What a block's hash covers. */
export interface BlockHeader {
  /** Counts changes of the set of replicas (PROTOCOL.md, rules, 10). */
  readonly epoch: number;
  /** Genesis has height 0. */
  readonly height: number;
  /** Hash of the block below. For genesis: the network id. */
  readonly previousHash: Hex;
  /** Proposed by the primary, greater than the parent's, in milliseconds since 1970 in UTC. */
  readonly timeMs: number;
  readonly requestCount: number;
  /** Merkle root over the request ids in order (`merkle.ts`). */
  readonly requestsRoot: Hex;
  /** Digest of the evidence that the block records (`evidence.ts`). */
  readonly evidenceDigest: Hex;
  /** Digest of the ledger's state after this block (`state.ts`). */
  readonly stateDigest: Hex;
  /**
   * Digest of the set of replicas that follows, where this block changes it: it is the last of its epoch
   * (PROTOCOL.md, rule E1). `null` where the set stays.
   */
  readonly nextReplicas: Hex | null;
}

/** A header with its hash, computed once. */
export interface HashedHeader extends BlockHeader {
  readonly hash: Hex;
}

/** A whole block. `requests` are in the order in which they are executed. */
export interface Block {
  readonly header: HashedHeader;
  readonly requests: readonly SignedRequest[];
  /** What it records against replicas: at most one piece of evidence for each, in increasing order. */
  readonly evidence: readonly Evidence[];
}

const HEADER_VERSION = 2;

/** A header is under 216 bytes; this leaves room for a later version. */
export const HEADER_BYTES_MAX = 256;

const headerFields: { readonly [K in keyof BlockHeader]: Codec<BlockHeader[K]> } = {
  epoch: uint(),
  height: uint(),
  previousHash: hexBytes(DIGEST_BYTES),
  timeMs: uint(),
  requestCount: uint(),
  requestsRoot: hexBytes(DIGEST_BYTES),
  evidenceDigest: hexBytes(DIGEST_BYTES),
  stateDigest: hexBytes(DIGEST_BYTES),
  nextReplicas: nullable(hexBytes(DIGEST_BYTES)),
};
const bareHeaderCodec: Codec<BlockHeader> = prefixed(HEADER_VERSION, record<BlockHeader>(headerFields));

/** Headers as they travel: without the hash, which is computed on arrival. */
export const headerCodec: Codec<HashedHeader> = {
  toItem: (header, at) => bareHeaderCodec.toItem(header, at),
  fromItem: (item, at) => hashed(bareHeaderCodec.fromItem(item, at)),
};

/** The header with its hash. */
export function hashed(header: BlockHeader): HashedHeader {
  return { ...header, hash: digestHex('countersign/block/2', encode(bareHeaderCodec, header)) };
}

/** Canonical bytes of a header. */
export function encodeHeader(header: BlockHeader): Uint8Array {
  return encode(bareHeaderCodec, header);
}

/** The header that `bytes` encode. Throws `encoding.tooLarge` or `encoding.invalid`. */
export function decodeHeader(bytes: Uint8Array): HashedHeader {
  return decode(headerCodec, bytes, HEADER_BYTES_MAX);
}

/** The block of height 0. `stateDigest` is the digest of the state that the genesis describes. */
export function genesisHeader(genesis: Genesis, stateDigest: Hex): HashedHeader {
  return hashed({
    epoch: 0,
    height: 0,
    previousHash: networkIdOf(genesis),
    timeMs: genesis.createdAtMs,
    requestCount: 0,
    requestsRoot: merkleRoot([]),
    evidenceDigest: evidenceDigest([]),
    stateDigest,
    nextReplicas: null,
  });
}

/** Whether `child` is linked to `parent`: next height, its hash, a later time, and the epoch that follows from it. */
export function isLinked(parent: HashedHeader, child: BlockHeader): boolean {
  return (
    child.height === parent.height + 1 &&
    child.previousHash === parent.hash &&
    child.timeMs > parent.timeMs &&
    child.epoch === epochAfter(parent)
  );
}

/** Whether an epoch begins above this block: above genesis, and above a block that changes the set of replicas. */
export function beginsEpoch({ height, nextReplicas }: BlockHeader): boolean {
  return height === 0 || nextReplicas !== null;
}

/** The epoch of the block after this one: a block that changes the set of replicas is the last of its epoch. */
export function epochAfter({ epoch, nextReplicas }: BlockHeader): number {
  return nextReplicas === null ? epoch : epoch + 1;
}
