/**
 * Signatures of a run: real ed25519 ones, or simulated ones that cost a hash. Both bind key and digest, and nobody
 * without a key's seed can make one that holds. The rules of agreement never look inside a signature, so long runs
 * may use the cheap kind.
 * @module
 */
import { hash } from 'node:crypto';
import sodium from 'sodium-native';
import { verifySync } from '../../../src/main/keys/verifier.ts';
import type { SignatureCheck } from '../../../src/main/ledger/statement.ts';
import { toHex, type Hex } from '../../../src/shared/encoding/hex.ts';
import type { TestNetwork } from '../ledger.ts';
import type { SimulatedNode } from './world.ts';

export interface Signatures {
  /** The signature of `digest` by the key with the secret `seed`. */
  sign(seed: Uint8Array, digest: Uint8Array): Hex;
  isValid(check: SignatureCheck): boolean;
}

const CACHE_MAX = 200_000;
const verdicts = new Map<string, boolean>();

/** Whether the ed25519 signature is valid; verified once in a process, as equal input has an equal result. */
function isValid({ signature, digest, publicKey }: SignatureCheck): boolean {
  const key = `${signature}${toHex(digest)}${publicKey}`;
  const known = verdicts.get(key);
  if (known !== undefined) return known;
  if (verdicts.size >= CACHE_MAX) verdicts.clear();
  const verdict = verifySync({ signature, digest, publicKey });
  verdicts.set(key, verdict);
  return verdict;
}

function sign(seed: Uint8Array, digest: Uint8Array): Hex {
  const publicKey = Buffer.alloc(sodium.crypto_sign_PUBLICKEYBYTES);
  const secretKey = Buffer.alloc(sodium.crypto_sign_SECRETKEYBYTES);
  sodium.crypto_sign_seed_keypair(publicKey, secretKey, Buffer.from(seed));
  const signature = Buffer.alloc(sodium.crypto_sign_BYTES);
  sodium.crypto_sign_detached(signature, Buffer.from(digest), secretKey);
  return toHex(signature);
}

/** The signatures of the real program. */
export const realSignatures: Signatures = { sign, isValid };

/** A key that no genesis names: its signatures hold, and must count for nothing. */
export const STRANGER = { publicKey: '5b'.repeat(32), seed: new Uint8Array(32).fill(7) };

/** Keyed hashes, for the keys of one network and `others`: as long as real signatures, and as bound to key and digest. */
export function simulatedSignatures(network: TestNetwork, others: readonly SimulatedNode[] = []): Signatures {
  const secrets = new Map<Hex, string>();
  const { replicas, supervisors } = network.genesis;
  replicas.forEach(({ publicKey }, index) => secrets.set(publicKey, toHex(network.replicaSeeds[index]!)));
  supervisors.forEach(({ publicKey }, index) =>
    secrets.set(publicKey, toHex(network.supervisorSeeds[index]!)),
  );
  for (const { publicKey, seed } of others) secrets.set(publicKey, toHex(seed));
  secrets.set(STRANGER.publicKey, toHex(STRANGER.seed));
  const keyed = (secret: string, digest: Uint8Array) =>
    hash('sha512', secret + Buffer.from(digest.buffer, digest.byteOffset, digest.length).toString('latin1'));
  return {
    sign: (seed, digest) => keyed(toHex(seed), digest),
    isValid: ({ signature, digest, publicKey }) => {
      const secret = secrets.get(publicKey);
      return secret !== undefined && keyed(secret, digest) === signature;
    },
  };
}
