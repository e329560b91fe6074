/**
 * Real ed25519 signatures, each made once and verified once in a process: equal input has an equal result.
 * @module
 */
import sodium from 'sodium-native';
import { verifySync } from '../../../src/main/keys/verifier.ts';
import type { SignatureCheck } from '../../../src/main/ledger/statement.ts';
import { toHex, type Hex } from '../../../src/shared/encoding/hex.ts';

const CACHE_MAX = 200_000;
const verdicts = new Map<string, boolean>();

/** Whether the signature is valid. */
export function isValid({ signature, digest, publicKey }: SignatureCheck): boolean {
  const key = `${signature}${toHex(digest)}${publicKey}`;
  const known = verdicts.get(key);
  if (known !== undefined) return known;
  if (verdicts.size >= CACHE_MAX) verdicts.clear();
  const verdict = verifySync({ signature, digest, publicKey });
  verdicts.set(key, verdict);
  return verdict;
}

/** The signature of `digest` by the key with the secret `seed`. */
export function signatureOf(seed: Uint8Array, digest: Uint8Array): Hex {
  const publicKey = Buffer.alloc(sodium.crypto_sign_PUBLICKEYBYTES);
  const secretKey = Buffer.alloc(sodium.crypto_sign_SECRETKEYBYTES);
  sodium.crypto_sign_seed_keypair(publicKey, secretKey, Buffer.from(seed));
  const signature = Buffer.alloc(sodium.crypto_sign_BYTES);
  sodium.crypto_sign_detached(signature, Buffer.from(digest), secretKey);
  return toHex(signature);
}
