/**
 * The one hash: SHA-256 (FIPS 180-4) with a domain in front, so that bytes hashed for one purpose can never stand
 * for another. This file alone of the pure layers may use `node:crypto`: hashing is a function of its input.
 * @module
 */
import { createHash } from 'node:crypto';
import { toHex, type Hex } from '../../shared/encoding/hex.ts';

/** Length of a digest, in bytes. */
export const DIGEST_BYTES = 32;

/** Length of an ed25519 public key, in bytes. */
export const PUBLIC_KEY_BYTES = 32;

/** Length of an ed25519 signature, in bytes. */
export const SIGNATURE_BYTES = 64;

/** Thirty-two zero bytes: stands where there is no hash. */
export const ZERO_HASH: Hex = '00'.repeat(DIGEST_BYTES);

/**
 * SHA-256 over the length of `domain` (one byte), `domain` in ASCII, and the parts in order.
 * The parts are not delimited: all but the last must have a fixed length.
 */
export function digest(domain: Domain, ...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256').update(prefixOf(domain));
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** `digest`, as hex. */
export function digestHex(domain: Domain, ...parts: readonly Uint8Array[]): Hex {
  return toHex(digest(domain, ...parts));
}

/** Every purpose for which bytes are hashed. */
export type Domain = `countersign/${string}/${number}`;

/** For what a replica signs to prove its key at the beginning of a connection (`network/handshake.ts`). */
export const HANDSHAKE_DOMAIN: Domain = 'countersign/handshake/1';

const prefixes = new Map<Domain, Uint8Array>();

function prefixOf(domain: Domain): Uint8Array {
  const known = prefixes.get(domain);
  if (known !== undefined) return known;
  const ascii = new TextEncoder().encode(domain);
  const prefix = new Uint8Array([ascii.length, ...ascii]);
  prefixes.set(domain, prefix);
  return prefix;
}
