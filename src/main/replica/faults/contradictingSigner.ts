/**
 * The one door past the sign guard: a replica of the embedded network that its operator tells to contradict itself, to
 * see what the others do (`equivocate.ts`). It opens the key a second time, when it is told to. Nothing else in
 * `replica/` signs by itself (`test/house/signing.test.ts`), and a replica of a real network has no way here: only
 * `childReplica.ts` makes one.
 * @module
 */
import { CountersignError } from '../../../shared/errors.ts';
import type { Hex } from '../../../shared/encoding/hex.ts';
import { loadSigner } from '../../keys/loadSigner.ts';
import type { Signer } from '../../keys/signer.ts';

/** Signs any digest, whatever it contradicts. */
export interface ContradictingSigner {
  sign(digest: Uint8Array): Hex;
}

/** A signer past the guard whose key is opened only when a fault needs it. */
export class LateSigner implements ContradictingSigner {
  readonly #keyPath: string;
  readonly #passphrase: string;
  #signer: Signer | null = null;

  constructor(keyPath: string, passphrase: string) {
    this.#keyPath = keyPath;
    this.#passphrase = passphrase;
  }

  /** Opens the key, unless it is open. Throws `key.*` and `file.*`. */
  async open(): Promise<void> {
    this.#signer ??= await loadSigner(this.#keyPath, this.#passphrase);
  }

  /** Throws `key.locked` before `open`. */
  sign(digest: Uint8Array): Hex {
    if (this.#signer === null) throw new CountersignError('key.locked', { publicKey: this.#keyPath });
    return this.#signer.sign(digest);
  }

  /** Forgets the key. */
  dispose(): void {
    this.#signer?.dispose();
  }
}
