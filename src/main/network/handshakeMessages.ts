/**
 * The three messages of the handshake, each one binary WebSocket message in canonical CBOR.
 *
 * ```text
 * hello    initiator -> responder   [version uint, networkId bytes(32), role "replica" | "client",
 *                                    publicKey bytes(32) | null, proof bytes(64) | null]
 * welcome  responder -> initiator   [1, publicKey bytes(32), proof bytes(64)]
 * refused  responder -> initiator   [2, code text, [[name text, value text | uint], ...]]
 * ```
 *
 * A replica's hello carries key and proof, a client's has null for both. `refused` and the place of the version
 * stay as they are in every later version, so that two versions can tell each other what is wrong.
 * @module
 */
import {
  decode,
  encode,
  hexBytes,
  list,
  nullable,
  oneOf,
  record,
  text,
  uint,
  union,
  type Codec,
  type Item,
} from '../../shared/encoding/codec.ts';
import type { Hex } from '../../shared/encoding/hex.ts';
import { CountersignError, hasCode } from '../../shared/errors.ts';
import { DIGEST_BYTES, PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from '../ledger/hash.ts';
import { REFUSAL_MAX_ENTRIES, REFUSAL_TEXT_MAX_CHARS, type Refusal, type RefusalEntry } from './refusals.ts';

/** The version of everything that replicas and clients say to each other. */
export const PROTOCOL_VERSION = 1;

/** What the initiator of a connection wants to be. */
export type Role = 'replica' | 'client';

/** The initiator says who it is and which network it means. */
export interface Hello {
  readonly version: number;
  readonly networkId: Hex;
  readonly role: Role;
  readonly publicKey: Hex | null;
  readonly proof: Hex | null;
}

/** The responder proves who it is. */
export interface Welcome {
  readonly publicKey: Hex;
  readonly proof: Hex;
}

/** The answer to a hello. */
export type Reply = ({ readonly kind: 'welcome' } & Welcome) | ({ readonly kind: 'refused' } & Refusal);

const CODE_MAX_CHARS = 64;
const NAME_MAX_CHARS = 64;

const hello: Codec<Hello> = record<Hello>({
  version: uint(),
  networkId: hexBytes(DIGEST_BYTES),
  role: oneOf(['replica', 'client']),
  publicKey: nullable(hexBytes(PUBLIC_KEY_BYTES)),
  proof: nullable(hexBytes(SIGNATURE_BYTES)),
});

/** A hello of any version: only its first element is looked at. */
const anyHello: Codec<{ readonly version: number; readonly rest: readonly Item[] }> = {
  toItem: ({ version, rest }) => [version, ...rest],
  fromItem: (item, at) => {
    const [version, ...rest] = Array.isArray(item) ? (item as Item[]) : [];
    return { version: uint().fromItem(version, at), rest };
  },
};

const entryValue: Codec<string | number> = {
  toItem: (value) => value,
  fromItem: (item, at) =>
    typeof item === 'number' ? uint().fromItem(item, at) : text(REFUSAL_TEXT_MAX_CHARS).fromItem(item, at),
};
const entry: Codec<RefusalEntry> = record<RefusalEntry>({ name: text(NAME_MAX_CHARS), value: entryValue });
const welcome: Codec<Welcome> = record<Welcome>({
  publicKey: hexBytes(PUBLIC_KEY_BYTES),
  proof: hexBytes(SIGNATURE_BYTES),
});
const refused: Codec<Refusal> = record<Refusal>({
  code: text(CODE_MAX_CHARS),
  data: list(entry, REFUSAL_MAX_ENTRIES),
});
const reply: Codec<Reply> = union<Reply, 'kind'>('kind', { welcome: [1, welcome], refused: [2, refused] });

/** The bytes of a hello. */
export function encodeHello(value: Hello): Uint8Array {
  return encode(hello, value);
}

/** Reads a hello. Throws `handshake.version` for another version, else `handshake.malformed`. */
export function decodeHello(bytes: Uint8Array, maxBytes: number): Hello {
  return orMalformed(() => {
    const { version } = decode(anyHello, bytes, maxBytes);
    if (version !== PROTOCOL_VERSION) {
      throw new CountersignError('handshake.version', { expected: PROTOCOL_VERSION, actual: version });
    }
    return decode(hello, bytes, maxBytes);
  });
}

/** The bytes of a welcome or a refusal. */
export function encodeReply(value: Reply): Uint8Array {
  return encode(reply, value);
}

/** Reads a welcome or a refusal. Throws `handshake.malformed`. */
export function decodeReply(bytes: Uint8Array, maxBytes: number): Reply {
  return orMalformed(() => decode(reply, bytes, maxBytes));
}

function orMalformed<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (hasCode(error, 'handshake.version')) throw error;
    const problem = error instanceof Error ? error.message : String(error);
    throw new CountersignError('handshake.malformed', { problem });
  }
}
