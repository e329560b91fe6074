/**
 * The handshake: who is at the other end of this TLS connection.
 *
 * 1. TCP, TLS 1.3, WebSocket upgrade (any path, no sub-protocol, no extensions). Certificates prove nothing.
 * 2. Both sides export 32 bytes of keying material from TLS (RFC 8446, section 7.5) with the label
 *    `EXPORTER-countersign-1` and an empty context. They are equal at the two ends of one TLS connection and
 *    unlike those of any other.
 * 3. The initiator sends `hello`. The initiator is a client, or of two replicas the one with the lower public key.
 * 4. The responder checks, in this order: form, version, network, the key's place in the peer book, the proof. It
 *    answers `refused` and closes, or answers `welcome`; from then on it takes the initiator for who it says.
 * 5. The initiator checks that the welcome comes from the key it dialled, and its proof, or closes.
 *    Until then it sends nothing but its hello.
 *
 * A proof is the ed25519 signature over
 *
 * ```text
 * digest("countersign/handshake/1",
 *   CBOR [signer text, networkId bytes(32), exporter bytes(32), own key bytes(32), other key bytes(32) | null])
 * ```
 *
 * with signer "initiator replica" in a hello and "responder replica" in a welcome, own key that of the
 * signer, other key that of the side it is meant for, or null for a client. Since both ends of a
 * connection derive the exporter by themselves, a proof recorded elsewhere (replay) or asked for by someone in
 * the middle who ends TLS on both sides (relay) fails here.
 *
 * Messages are laid out in `handshakeMessages.ts`, refusals in `refusals.ts`.
 * @module
 */
import { encode, hexBytes, nullable, oneOf, record, type Codec } from '../../shared/encoding/codec.ts';
import { toHex, type Hex } from '../../shared/encoding/hex.ts';
import { CountersignError, fromPlainError, type PlainError } from '../../shared/errors.ts';
import { DIGEST_BYTES, HANDSHAKE_DOMAIN, PUBLIC_KEY_BYTES, digest } from '../ledger/hash.ts';
import {
  PROTOCOL_VERSION,
  decodeHello,
  decodeReply,
  encodeHello,
  encodeReply,
  type Hello,
} from './handshakeMessages.ts';
import { dials, type PeerBook } from './peerBook.ts';
import { errorOfRefusal, refusalOf } from './refusals.ts';

/** A replica's own key. */
export interface ReplicaIdentity {
  readonly publicKey: Hex;
  /**
   * The ed25519 signature over `digest(HANDSHAKE_DOMAIN, content)`: it can stand for nothing but a proof. May throw when
   * the key cannot be used.
   */
  prove(content: Uint8Array): Hex;
}

/** Whether `signature` is that of `publicKey` over `digest`. Must never reject for bytes of the right lengths. */
export type Verify = (signature: Hex, digest: Uint8Array, publicKey: Hex) => Promise<boolean>;

/** Bytes of TLS keying material in each proof. */
export const EXPORTER_BYTES = 32;

/** What one side knows during a handshake. */
export interface Party {
  readonly networkId: Hex;
  /** Null for a client. */
  readonly identity: ReplicaIdentity | null;
  readonly verify: Verify;
  readonly maxHandshakeBytes: number;
}

/** A responder also knows the peer book. */
export interface Responder extends Party {
  readonly identity: ReplicaIdentity;
  readonly book: PeerBook;
}

/** Who has connected. */
export type Initiator =
  { readonly role: 'client' } | { readonly role: 'replica'; readonly index: number; readonly publicKey: Hex };

type Signer = 'initiator replica' | 'responder replica';

interface Statement {
  readonly signer: Signer;
  readonly networkId: Hex;
  readonly exporter: Hex;
  readonly ownKey: Hex;
  readonly otherKey: Hex | null;
}

const statement: Codec<Statement> = record<Statement>({
  signer: oneOf(['initiator replica', 'responder replica']),
  networkId: hexBytes(DIGEST_BYTES),
  exporter: hexBytes(EXPORTER_BYTES),
  ownKey: hexBytes(PUBLIC_KEY_BYTES),
  otherKey: nullable(hexBytes(PUBLIC_KEY_BYTES)),
});

/** What a proof is the signature of, before it is hashed. */
export function proofContent(
  signer: Signer,
  networkId: Hex,
  exporter: Uint8Array,
  ownKey: Hex,
  otherKey: Hex | null,
): Uint8Array {
  return encode(statement, { signer, networkId, exporter: toHex(exporter), ownKey, otherKey });
}

/** What a proof signs. */
export function proofDigest(...parts: Parameters<typeof proofContent>): Uint8Array {
  return digest(HANDSHAKE_DOMAIN, proofContent(...parts));
}

/** The initiator's hello, meant for the replica with `responderKey`. Throws what `sign` throws. */
export function makeHello(party: Party, exporter: Uint8Array, responderKey: Hex): Uint8Array {
  const { networkId, identity } = party;
  const common = { version: PROTOCOL_VERSION, networkId };
  if (identity === null) return encodeHello({ ...common, role: 'client', publicKey: null, proof: null });
  const { publicKey } = identity;
  const proof = identity.prove(
    proofContent('initiator replica', networkId, exporter, publicKey, responderKey),
  );
  return encodeHello({ ...common, role: 'replica', publicKey, proof });
}

/** The responder's check of a hello. Throws the `handshake.*` error to refuse it with. */
export async function checkHello(
  responder: Responder,
  exporter: Uint8Array,
  bytes: Uint8Array,
): Promise<Initiator> {
  const hello = decodeHello(bytes, responder.maxHandshakeBytes);
  if (hello.networkId !== responder.networkId) {
    const data = { expected: responder.networkId, actual: hello.networkId };
    throw new CountersignError('handshake.wrongNetwork', data);
  }
  return hello.role === 'client' ? clientOf(hello) : replicaOf(responder, exporter, hello);
}

function clientOf(hello: Hello): Initiator {
  if (hello.publicKey !== null || hello.proof !== null) throw malformed('a client has no key and no proof');
  return { role: 'client' };
}

async function replicaOf(responder: Responder, exporter: Uint8Array, hello: Hello): Promise<Initiator> {
  const { publicKey, proof } = hello;
  if (publicKey === null || proof === null) throw malformed('a replica has a key and a proof');
  const peer = responder.book.withKey(publicKey);
  if (peer === undefined) throw new CountersignError('handshake.unknownReplica', { publicKey });
  const ownKey = responder.identity.publicKey;
  const signed = proofDigest('initiator replica', responder.networkId, exporter, publicKey, ownKey);
  if (!(await responder.verify(proof, signed, publicKey))) {
    throw new CountersignError('handshake.badProof', { publicKey });
  }
  if (!dials(publicKey, ownKey)) throw malformed('the replica with the lower key dials');
  return { role: 'replica', index: peer.index, publicKey };
}

/** The responder's welcome to an initiator that `checkHello` accepted. Throws what `sign` throws. */
export function makeWelcome(responder: Responder, exporter: Uint8Array, initiator: Initiator): Uint8Array {
  const { publicKey } = responder.identity;
  const otherKey = initiator.role === 'replica' ? initiator.publicKey : null;
  const content = proofContent('responder replica', responder.networkId, exporter, publicKey, otherKey);
  return encodeReply({ kind: 'welcome', publicKey, proof: responder.identity.prove(content) });
}

/** The responder's refusal for a `tellable` reason. */
export function makeRefused(error: PlainError): Uint8Array {
  return encodeReply({ kind: 'refused', ...refusalOf(error) });
}

/** Thrown by `checkReply` when it was the responder that refused, for the reason it told. */
export class RefusedByResponder extends Error {
  readonly reason: PlainError;

  constructor(reason: PlainError) {
    super(fromPlainError(reason).message);
    this.name = 'RefusedByResponder';
    this.reason = reason;
  }
}

/**
 * The initiator's check of the reply, expected from the replica with `responderKey`.
 * Throws `RefusedByResponder`, or a `handshake.*` error when the responder is not what it should be.
 */
export async function checkReply(
  party: Party,
  exporter: Uint8Array,
  responderKey: Hex,
  bytes: Uint8Array,
): Promise<void> {
  const reply = decodeReply(bytes, party.maxHandshakeBytes);
  if (reply.kind === 'refused') throw new RefusedByResponder(seenFromHere(errorOfRefusal(reply)));
  if (reply.publicKey !== responderKey) {
    const data = { expected: responderKey, actual: reply.publicKey };
    throw new CountersignError('handshake.wrongReplica', data);
  }
  const ownKey = party.identity?.publicKey ?? null;
  const signed = proofDigest('responder replica', party.networkId, exporter, responderKey, ownKey);
  if (!(await party.verify(reply.proof, signed, responderKey))) {
    throw new CountersignError('handshake.badProof', { publicKey: responderKey });
  }
}

/** A responder says what it expected of the initiator: here, the other side is the responder. */
function seenFromHere({ code, data }: PlainError): PlainError {
  const { expected, actual } = data;
  const isMirrored = code === 'handshake.version' || code === 'handshake.wrongNetwork';
  if (!isMirrored || expected === undefined || actual === undefined) return { code, data };
  return { code, data: { ...data, expected: actual, actual: expected } };
}

function malformed(problem: string): CountersignError {
  return new CountersignError('handshake.malformed', { problem });
}
