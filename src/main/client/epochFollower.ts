/**
 * Follows the network through its epochs: whoever says that it is in a later one is asked for the proofs, change by
 * change, from the last set of replicas that is known on. Nobody is believed without them.
 *
 * One change is asked for at a time. Who does not prove what it says rests for a while, so that a liar costs little.
 * @module
 */
import { CountersignError, toPlainError, type PlainError } from '../../shared/errors.ts';
import { verifyEpochChange, type EpochChange, type ReplicaSet } from '../ledger/epochChange.ts';
import type { Genesis } from '../ledger/genesis.ts';
import type { SignatureCheck } from '../ledger/statement.ts';

export interface EpochFollowerOptions<Source> {
  readonly genesis: Genesis;
  /** The last set that is known for certain. */
  readonly from: ReplicaSet;
  readonly verify: (check: SignatureCheck) => Promise<boolean>;
  /** Asks for the end of an epoch; `null` where the source has no proof of it. May reject with anything. */
  readonly ask: (source: Source, epoch: number) => Promise<EpochChange | null>;
  /** A change is proven, and leads to `set`. Told in order of the epochs. */
  readonly onProven: (change: EpochChange, set: ReplicaSet) => void;
  /** Nothing later is claimed by anybody who does not rest: this is the set to work with. */
  readonly onArrived: (set: ReplicaSet) => void;
  readonly onFailed: (source: Source, error: PlainError) => void;
}

/** How long a source rests that did not prove what it said, in milliseconds. */
export const REST_AFTER_MS = 5_000;

export class EpochFollower<Source> {
  readonly #options: EpochFollowerOptions<Source>;
  /** In which epoch each source says that it is, where that is later than the known one. */
  readonly #claims = new Map<Source, number>();
  readonly #resting = new Map<Source, NodeJS.Timeout>();
  #set: ReplicaSet;
  #isWalking = false;
  #isClosed = false;

  constructor(options: EpochFollowerOptions<Source>) {
    this.#options = options;
    this.#set = options.from;
  }

  /** The last set that is proven. */
  get set(): ReplicaSet {
    return this.#set;
  }

  /** Whether a proof has been asked for. */
  get isWalking(): boolean {
    return this.#isWalking;
  }

  /** A source says that it is in `epoch`. */
  heard(source: Source, epoch: number): void {
    if (this.#isClosed || epoch <= this.#set.epoch) return;
    this.#claims.set(source, epoch);
    void this.#walk();
  }

  /** A source cannot be asked any more. */
  gone(source: Source): void {
    this.#claims.delete(source);
    clearTimeout(this.#resting.get(source));
    this.#resting.delete(source);
  }

  /** Nothing is told after this. */
  close(): void {
    this.#isClosed = true;
    for (const timer of this.#resting.values()) clearTimeout(timer);
    this.#resting.clear();
    this.#claims.clear();
  }

  async #walk(): Promise<void> {
    if (this.#isWalking) return;
    const source = this.#next();
    if (source === undefined) return;
    this.#isWalking = true;
    for (let next: Source | undefined = source; next !== undefined; next = this.#next()) {
      await this.#step(next);
      if (this.#isClosed) return;
    }
    this.#isWalking = false;
    this.#options.onArrived(this.#set);
  }

  /** Somebody who says more than is known, and does not rest. */
  #next(): Source | undefined {
    for (const [source, epoch] of this.#claims) {
      if (epoch <= this.#set.epoch) this.#claims.delete(source);
      else if (!this.#resting.has(source)) return source;
    }
    return undefined;
  }

  async #step(source: Source): Promise<void> {
    const { genesis, verify, ask, onProven, onFailed } = this.#options;
    const before = this.#set;
    try {
      const change = await ask(source, before.epoch);
      if (change === null) {
        const problem = 'is said to have come, without a proof';
        throw new CountersignError('epochChange.invalid', { epoch: before.epoch, problem });
      }
      const set = await verifyEpochChange(genesis, before, change, verify);
      if (this.#isClosed) return;
      this.#set = set;
      onProven(change, set);
    } catch (error) {
      if (this.#isClosed) return;
      // One that has gone meanwhile has no claim any more, and no rest to end.
      if (this.#claims.has(source)) this.#rest(source);
      onFailed(source, toPlainError(error));
    }
  }

  #rest(source: Source): void {
    const timer = setTimeout(() => {
      this.#resting.delete(source);
      void this.#walk();
    }, REST_AFTER_MS);
    this.#resting.set(source, timer);
  }
}
