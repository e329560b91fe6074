/**
 * One sender's share of the verifier: so many of its signatures are verified at a time, and the rest waits here. A
 * flood of one sender, or of many clients, never fills the verifier's queue, where it would keep out what correct
 * replicas say.
 * @module
 */
import type { Hex } from '../../shared/encoding/hex.ts';
import type { SignatureVerifier } from './inbox.ts';

/** Share of a replica. With those of all 30 others and of all clients it fits into the verifier's queue. */
export const REPLICA_JOBS_MAX = 1_536;
/** Share of a client. */
export const CLIENT_JOBS_MAX = 64;

export class VerifierShare implements SignatureVerifier {
  readonly #verifier: SignatureVerifier;
  readonly #maxJobs: number;
  #running = 0;
  /** Those that wait, from `#first` on: a list whose head is taken off one by one would be copied each time. */
  #waiting: (() => void)[] = [];
  #first = 0;

  constructor(verifier: SignatureVerifier, maxJobs: number) {
    this.#verifier = verifier;
    this.#maxJobs = maxJobs;
  }

  async verify(signature: Hex, digest: Uint8Array, publicKey: Hex): Promise<boolean> {
    if (this.#running < this.#maxJobs) this.#running++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await this.#verifier.verify(signature, digest, publicKey);
    } finally {
      this.#passOn();
    }
  }

  /** The place of one that is done goes to the one that has waited longest. */
  #passOn(): void {
    const next = this.#waiting[this.#first];
    if (next === undefined) {
      this.#running--;
      return;
    }
    this.#first++;
    if (this.#first === this.#waiting.length) {
      this.#waiting = [];
      this.#first = 0;
    }
    next();
  }
}
