/**
 * Requests: what a supervisor signs, its id, and what makes it valid (seed note "Sending" 2: the source of a
 * request is not checked, only the supervisor's signature).
 * @module
 */
import { decode, encode, hexBytes, prefixed, record, uint, type Codec } from '../../shared/encoding/codec.ts';
import type { Payload } from '../../shared/domain/payload.ts';
import { fromHex, type Hex } from '../../shared/encoding/hex.ts';
import { DIGEST_BYTES, PUBLIC_KEY_BYTES, SIGNATURE_BYTES, digest, digestHex } from './hash.ts';
import { payloadCodec } from './payload.ts';

/** A request before it is signed. */
export interface Draft {
  /** The network it is meant for: a signature given to one network means nothing to another. */
  readonly networkId: Hex;
  /** When the supervisor signed it, in milliseconds since 1970 in UTC. */
  readonly timestampMs: number;
  /** The supervisor's ed25519 public key. */
  readonly supervisor: Hex;
  readonly payload: Payload;
}

/** A signed request with its id and its canonical bytes, both computed once. */
export interface SignedRequest extends Draft {
  readonly signature: Hex;
  /** Hash of the canonical bytes of the draft. */
  readonly id: Hex;
  /** Canonical bytes of the signed request, as on the wire and on disk. */
  readonly bytes: Uint8Array;
}

/** Layout version of requests. */
const REQUEST_VERSION = 1;

/** Limit for decoding where the genesis is not known, such as for a receipt: see `GENESIS_LIMITS.maxRequestBytes`. */
export const REQUEST_BYTES_CEILING = 16 * 1024 * 1024;

const draftFields = {
  networkId: hexBytes(DIGEST_BYTES),
  timestampMs: uint(),
  supervisor: hexBytes(PUBLIC_KEY_BYTES),
  payload: payloadCodec,
};
const draftCodec: Codec<Draft> = prefixed(REQUEST_VERSION, record<Draft>(draftFields));

type SignedFields = Draft & { readonly signature: Hex };
const signedCodec: Codec<SignedFields> = prefixed(
  REQUEST_VERSION,
  record<SignedFields>({ ...draftFields, signature: hexBytes(SIGNATURE_BYTES) }),
);

/** Canonical bytes of a draft: what its id is the hash of. */
export function encodeDraft(draft: Draft): Uint8Array {
  return encode(draftCodec, draft);
}

/** The id of a draft and of the request it becomes. */
export function requestId(draft: Draft): Hex {
  return digestHex('countersign/request/1', encodeDraft(draft));
}

/** The 32 bytes that a supervisor signs for the request `id` on the network `networkId`. */
export function requestSigningDigest(networkId: Hex, id: Hex): Uint8Array {
  return digest('countersign/request-signature/1', fromHex(networkId), fromHex(id));
}

/** The signed request of a draft. The signature is not checked here. */
export function signedRequest(draft: Draft, signature: Hex): SignedRequest {
  const fields: SignedFields = { ...draft, signature };
  return { ...fields, id: requestId(draft), bytes: encode(signedCodec, fields) };
}

/**
 * The signed request that `bytes` encode; its signature is not checked here.
 * Throws `encoding.tooLarge` or `encoding.invalid`.
 */
export function decodeRequest(bytes: Uint8Array, maxBytes: number): SignedRequest {
  const fields = decode(signedCodec, bytes, maxBytes);
  return { ...fields, id: requestId(fields), bytes };
}

/** The key under which a request's check is kept and found again: timestamp and id (seed note "Sending" 3). */
export function requestKey(request: Pick<SignedRequest, 'timestampMs' | 'id'>): string {
  return `${String(request.timestampMs)}:${request.id}`;
}
