/**
 * Ed25519 keys: making them, signing digests, and refusing public keys that are not plain prime-order points.
 *
 * @noble/ed25519 makes, checks and uses keys. It never verifies a signature for this program: verifiers disagree
 * on edge cases, so `verifier.ts` is the only one (see `test/vectors/ed25519.json`).
 *
 * JavaScript numbers inside @noble/ed25519 cannot be erased, so traces of a private scalar can stay in memory
 * until the garbage collector reuses it. Buffers of our own are zeroed.
 * @module
 */
import { hash, randomBytes } from 'node:crypto';
import { getPublicKey, hashes, Point, sign } from '@noble/ed25519';
import { CountersignError, hasCode, invariant } from '../../shared/errors.ts';
import { isHex, toHex, type Hex } from '../../shared/encoding/hex.ts';

/** Length of a private key: the seed of RFC 8032, section 5.1.5. */
export const SEED_BYTES = 32;
/** Length of a public key. */
export const PUBLIC_KEY_BYTES = 32;
/** Length of a signature. */
export const SIGNATURE_BYTES = 64;
/** Length of what is signed. Only digests are signed, so that every statement has a domain of its own. */
export const DIGEST_BYTES = 32;

// The library leaves the hash of its synchronous interface to its user.
hashes.sha512 = (message) => new Uint8Array(hash('sha512', message, 'buffer'));

/** A new private key from the operating system's random source. */
export function generateSeed(): Uint8Array {
  return new Uint8Array(randomBytes(SEED_BYTES));
}

/** The public key of the private key `seed`. */
export function publicKeyOf(seed: Uint8Array): Hex {
  assertLength('seed', seed, SEED_BYTES);
  return toHex(getPublicKey(seed));
}

/** The signature of `digest` by `seed`. The same input always gives the same signature (RFC 8032). */
export function signDigest(digest: Uint8Array, seed: Uint8Array): Hex {
  assertLength('digest', digest, DIGEST_BYTES);
  assertLength('seed', seed, SEED_BYTES);
  return toHex(sign(digest, seed));
}

/**
 * Throws unless `publicKey` is the canonical encoding of a point of prime order, as every honestly made key is.
 *
 * Called before a key enters the registry. A key of small order accepts signatures that nobody made, and a key
 * with a torsion component lets its owner make signatures about which verifiers disagree.
 *
 * Throws `key.invalid` for anything but 32 bytes in lowercase hex, and `key.weak` for a bad point.
 */
export function assertStrongPublicKey(publicKey: Hex): void {
  if (!isHex(publicKey, PUBLIC_KEY_BYTES)) {
    throw new CountersignError('key.invalid', { problem: 'a public key is 32 bytes in lowercase hex' });
  }
  const point = decodePoint(publicKey);
  if (point.isSmallOrder()) throw weak('the point has small order');
  if (!point.isTorsionFree()) throw weak('the point has a torsion component');
}

/** Whether `assertStrongPublicKey` lets the key pass. */
export function isStrongPublicKey(publicKey: Hex): boolean {
  try {
    assertStrongPublicKey(publicKey);
    return true;
  } catch (error) {
    if (hasCode(error, 'key.weak') || hasCode(error, 'key.invalid')) return false;
    throw error;
  }
}

function decodePoint(publicKey: Hex): Point {
  let point: Point;
  try {
    point = Point.fromHex(publicKey);
  } catch (error) {
    throw weak('it is not the canonical encoding of a point on the curve', { cause: error });
  }
  // The library is strict already. Encoding the point again makes that certain.
  if (point.toHex() !== publicKey) throw weak('it is not the canonical encoding of its point');
  return point;
}

function weak(problem: string, options?: ErrorOptions): CountersignError<'key.weak'> {
  return new CountersignError('key.weak', { problem }, options);
}

function assertLength(title: string, bytes: Uint8Array, lengthBytes: number): void {
  invariant(
    bytes.length === lengthBytes,
    `a ${title} has ${String(lengthBytes)} bytes`,
    () => `it has ${String(bytes.length)} bytes`,
  );
}
