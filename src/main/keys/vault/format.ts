/**
 * The bytes of a vault, and of an encrypted backup, which is a vault in another place.
 *
 * | part | bytes |
 * |---|---|
 * | magic | `CSVAULT` and a zero byte |
 * | version | 2, big-endian |
 * | length of the header | 4, big-endian |
 * | header | canonical CBOR: when it was sealed, cost and salt, key check, nonce, keychain, public part of each key |
 * | length of the secret part | 4, big-endian |
 * | secret part | the private keys under AES-256-GCM; where the header names a keychain, wrapped by that once more |
 * | checksum | SHA-256 of all before it |
 *
 * Everything in front of the secret part is authenticated with it. The checksum is no protection against anybody: it
 * tells damage from a wrong passphrase, and before any key is derived.
 * @module
 */
import { hash } from 'node:crypto';
import { CountersignError, hasCode } from '../../../shared/errors.ts';
import {
  byteString,
  decode,
  encode,
  equalBytes,
  hexBytes,
  list,
  nullable,
  oneOf,
  record,
  text,
  uint,
} from '../../../shared/encoding/codec.ts';
import type { Hex } from '../../../shared/encoding/hex.ts';
import { PUBLIC_KEY_BYTES, SEED_BYTES } from '../ed25519.ts';
import { CHECK_BYTES, SALT_BYTES, checkCost, type CostPolicy } from './cost.ts';

/** The version of the format that this program writes, and the newest that it reads. */
export const VAULT_VERSION = 1;
/** Largest vault that is read: `VAULT_KEYS_MAX` keys with the longest labels, and what a keychain adds. */
export const VAULT_BYTES_MAX = 64 * 1024;
/** Most keys of one vault. */
export const VAULT_KEYS_MAX = 32;
/** Longest label of a key, in UTF-16 code units. */
export const LABEL_CHARS_MAX = 255;
/** Longest name of a keychain, in UTF-16 code units. */
const KEYCHAIN_CHARS_MAX = 64;
const HEADER_BYTES_MAX = 48 * 1024;

/** Length of the nonce of AES-256-GCM. */
export const NONCE_BYTES = 12;
/** Length of its tag. */
export const TAG_BYTES = 16;
const MAGIC = Buffer.from('CSVAULT\0', 'latin1');
const VERSION_BYTES = 2;
const LENGTH_BYTES = 4;
const CHECKSUM_BYTES = 32;
const PREFIX_BYTES = MAGIC.length + VERSION_BYTES + LENGTH_BYTES;

/** What a key is for. */
export const KEY_PURPOSES = ['supervisor', 'replica'] as const;
export type KeyPurpose = (typeof KEY_PURPOSES)[number];

/** The public part of a key: anybody who has the file can read it, nobody can change it unnoticed. */
export interface VaultKey {
  readonly publicKey: Hex;
  /** What its owner calls it. */
  readonly label: string;
  readonly purpose: KeyPurpose;
  /** When it was made, or came into the vault. */
  readonly createdAtMs: number;
}

/** What a vault says of itself before it is opened. Of these, only what `checkCost` bounds costs anything. */
export interface VaultHeader {
  readonly sealedAtMs: number;
  readonly N: number;
  readonly r: number;
  readonly p: number;
  readonly salt: Uint8Array;
  readonly check: Uint8Array;
  readonly nonce: Uint8Array;
  /** The system's keychain that wraps the secret part once more; `null` where none does. */
  readonly keychain: string | null;
  readonly keys: readonly VaultKey[];
}

/** A vault taken apart. */
export interface VaultParts {
  readonly header: VaultHeader;
  /** What is authenticated with the secret part. */
  readonly associated: Uint8Array;
  readonly secret: Uint8Array;
}

const headerCodec = record<VaultHeader>({
  sealedAtMs: uint(),
  N: uint(),
  r: uint(),
  p: uint(),
  salt: byteString(SALT_BYTES),
  check: byteString(CHECK_BYTES),
  nonce: byteString(NONCE_BYTES),
  keychain: nullable(text(KEYCHAIN_CHARS_MAX)),
  keys: list(
    record<VaultKey>({
      publicKey: hexBytes(PUBLIC_KEY_BYTES),
      label: text(LABEL_CHARS_MAX),
      purpose: oneOf(KEY_PURPOSES),
      createdAtMs: uint(),
    }),
    VAULT_KEYS_MAX,
    1,
  ),
});

/** Everything in front of the secret part but its length: what is authenticated. */
export function associatedBytes(header: VaultHeader): Uint8Array {
  const bytes = encode(headerCodec, header);
  return Buffer.concat([
    MAGIC,
    number(VAULT_VERSION, VERSION_BYTES),
    number(bytes.length, LENGTH_BYTES),
    bytes,
  ]);
}

/** The whole file. */
export function joinVault(associated: Uint8Array, secret: Uint8Array): Uint8Array {
  const body = Buffer.concat([associated, number(secret.length, LENGTH_BYTES), secret]);
  return new Uint8Array(Buffer.concat([body, checksum(body)]));
}

/**
 * Takes a vault apart, without opening it. Nothing that it says costs more than its own length.
 *
 * Throws `vault.foreign` for anything else than a vault, `vault.newerVersion`, `vault.truncated`, `vault.damaged`,
 * and `vault.weakParameters` or `vault.costlyParameters` where its cost is out of bounds.
 */
export function splitVault(file: Uint8Array, policy: CostPolicy): VaultParts {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (!equalBytes(bytes.subarray(0, MAGIC.length), MAGIC.subarray(0, bytes.length))) {
    throw new CountersignError('vault.foreign', {});
  }
  requireBytes(bytes, PREFIX_BYTES);
  const version = bytes.readUIntBE(MAGIC.length, VERSION_BYTES);
  if (version > VAULT_VERSION) {
    throw new CountersignError('vault.newerVersion', { found: version, known: VAULT_VERSION });
  }
  if (version < VAULT_VERSION) throw damaged('there was never a version like its own');
  if (bytes.length > VAULT_BYTES_MAX) throw damaged('it is larger than any vault');

  const headerBytes = bytes.readUIntBE(PREFIX_BYTES - LENGTH_BYTES, LENGTH_BYTES);
  if (headerBytes > HEADER_BYTES_MAX) throw damaged('its header is larger than any header');
  const headerEnd = PREFIX_BYTES + headerBytes;
  requireBytes(bytes, headerEnd + LENGTH_BYTES);
  const secretBytes = bytes.readUIntBE(headerEnd, LENGTH_BYTES);
  if (secretBytes > VAULT_BYTES_MAX) throw damaged('its secret part is larger than any vault');
  const secretEnd = headerEnd + LENGTH_BYTES + secretBytes;
  requireBytes(bytes, secretEnd + CHECKSUM_BYTES);
  if (bytes.length > secretEnd + CHECKSUM_BYTES) throw damaged('something follows its end');

  const header = parseHeader(bytes.subarray(PREFIX_BYTES, headerEnd));
  // Before the checksum: who lowered the cost may have left it as it was, and is told what is wrong.
  checkCost(header, policy);
  if (!equalBytes(checksum(bytes.subarray(0, secretEnd)), bytes.subarray(secretEnd))) {
    throw damaged('its checksum does not match');
  }
  const secret = bytes.subarray(headerEnd + LENGTH_BYTES, secretEnd);
  if (header.keychain === null && secret.length !== header.keys.length * SEED_BYTES + TAG_BYTES) {
    throw damaged('its secret part does not fit its keys');
  }
  return { header, associated: bytes.subarray(0, headerEnd), secret };
}

function parseHeader(bytes: Uint8Array): VaultHeader {
  let header: VaultHeader;
  try {
    header = decode(headerCodec, bytes, HEADER_BYTES_MAX);
  } catch (error) {
    if (hasCode(error, 'encoding.invalid')) throw damaged('its header cannot be read', { cause: error });
    throw error;
  }
  const { salt, check, nonce, keys } = header;
  if (salt.length !== SALT_BYTES || check.length !== CHECK_BYTES || nonce.length !== NONCE_BYTES) {
    throw damaged('a part of its header has a wrong length');
  }
  if (new Set(keys.map(({ publicKey }) => publicKey)).size !== keys.length) {
    throw damaged('it names a key twice');
  }
  return header;
}

function requireBytes(bytes: Uint8Array, expectedBytes: number): void {
  if (bytes.length >= expectedBytes) return;
  throw new CountersignError('vault.truncated', { sizeBytes: bytes.length, expectedBytes });
}

function number(value: number, lengthBytes: number): Uint8Array {
  const bytes = Buffer.alloc(lengthBytes);
  bytes.writeUIntBE(value, 0, lengthBytes);
  return bytes;
}

function checksum(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer');
}

function damaged(problem: string, options?: ErrorOptions): CountersignError<'vault.damaged'> {
  return new CountersignError('vault.damaged', { problem }, options);
}
