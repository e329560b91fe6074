/**
 * A private key that can be used and forgotten, but not read.
 * @module
 */
import { CountersignError } from '../../shared/errors.ts';
import type { Hex } from '../../shared/encoding/hex.ts';
import { publicKeyOf, signDigest } from './ed25519.ts';

/** Signs with one private key until it is disposed of. */
export interface Signer {
  /** The public key that verifies what this signer signs. Stays readable after `dispose`. */
  readonly publicKey: Hex;
  /** The signature of a 32-byte digest. Throws `key.locked` after `dispose`. */
  sign(digest: Uint8Array): Hex;
  /** Erases the private key. Calling it again does nothing. */
  dispose(): void;
}

/** A signer for the private key `seed` (32 bytes). It keeps a copy: the caller may erase its own at once. */
export function createSigner(seed: Uint8Array): Signer {
  return new SeedSigner(seed);
}

class SeedSigner implements Signer {
  readonly publicKey: Hex;
  // A true private field: neither JSON.stringify nor util.inspect nor a structured clone can reach it.
  readonly #seed: Uint8Array;
  #locked = false;

  constructor(seed: Uint8Array) {
    this.publicKey = publicKeyOf(seed);
    this.#seed = Uint8Array.from(seed);
  }

  sign(digest: Uint8Array): Hex {
    if (this.#locked) throw new CountersignError('key.locked', { publicKey: this.publicKey });
    return signDigest(digest, this.#seed);
  }

  dispose(): void {
    this.#locked = true;
    this.#seed.fill(0);
  }
}
