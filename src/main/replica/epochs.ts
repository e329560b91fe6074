/**
 * One replica over all epochs: when an epoch ends, its agreement has nothing more to do, and another one starts from
 * what is durable, under the next set of replicas and perhaps under another of this replica's keys (PROTOCOL.md, E2).
 * @module
 */
import { invariant, toPlainError } from '../../shared/errors.ts';
import { membershipAt } from '../consensus/config.ts';
import type { DurableState, LastingLearnerReason } from '../consensus/effects.ts';
import type { SignGuard } from '../keys/guard/signGuard.ts';
import type { Genesis } from '../ledger/genesis.ts';
import { admissionOf, guestsAt } from './guests.ts';
import { Replica, type ReplicaEvent, type ReplicaOptions } from './replica.ts';

/** One of a replica's keys, by its guard. */
export interface OwnKey {
  readonly guard: SignGuard;
  /** Why nothing may be signed under it. */
  readonly learner?: LastingLearnerReason;
}

export interface EpochsOptions extends Omit<ReplicaOptions, 'guard' | 'learner' | 'onEvent'> {
  /** The replica's keys, oldest first: at least one. The caller closes their guards, after `stop`. */
  readonly keys: readonly OwnKey[];
  /** Told of everything worth showing or counting, of all epochs. Must not throw. */
  readonly onEvent: (event: ReplicaEvent) => void;
}

export class Epochs {
  readonly #options: EpochsOptions;
  #replica: Replica | null = null;
  #work: Promise<void> = Promise.resolve();
  #isStopped = false;

  private constructor(options: EpochsOptions) {
    this.#options = options;
  }

  /** Starts from what has just been loaded from the store. Throws what `Replica.startFrom` throws. */
  static async start(options: EpochsOptions, durable: DurableState): Promise<Epochs> {
    const epochs = new Epochs(options);
    await epochs.#begin(durable);
    return epochs;
  }

  /** The replica of this epoch; after its end, of the last one until the next has begun. */
  get replica(): Replica {
    invariant(this.#replica !== null, 'epochs begin with a replica', () => 'there is none yet');
    return this.#replica;
  }

  /** See `Replica.wake`. */
  wake(): void {
    this.#replica?.wake();
  }

  /** Leaves the network and ends. The store and the guards are the caller's to close. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#work;
    await this.#replica?.stop();
  }

  #goOn(): void {
    this.#work = this.#work.then(async () => {
      await this.replica.stop();
      if (this.#isStopped) return;
      try {
        const { membership, admission } = (await this.#begin(await this.#options.store.load())).status();
        this.#options.onEvent({ type: 'membership', epoch: membership.epoch, admission });
      } catch (error) {
        // What is durable is whole: whoever runs it can start it again.
        this.#options.onEvent({ type: 'halted', error: toPlainError(error) });
      }
    });
  }

  async #begin(durable: DurableState): Promise<Replica> {
    const { keys, ...options } = this.#options;
    const onEvent = (event: ReplicaEvent): void => {
      options.onEvent(event);
      if (event.type === 'epochEnded') this.#goOn();
    };
    const key = keyFor(options.genesis, durable, keys);
    this.#replica = await Replica.startFrom({ ...options, ...key, onEvent }, durable);
    return this.#replica;
  }
}

/** The key that takes part in the epoch, or else the one that is to, or was let in last, or the newest. */
function keyFor(
  genesis: Genesis,
  durable: Pick<DurableState, 'position' | 'stable' | 'stableBlock' | 'registryRequests'>,
  keys: readonly OwnKey[],
): OwnKey {
  const { replicas } = membershipAt(genesis, durable, '');
  const guests = guestsAt(genesis, durable.registryRequests, durable.stable.height);
  const rank = ({ guard }: OwnKey): number =>
    RANKS.indexOf(admissionOf(replicas, guests, guard.publicKey).admission);
  const [best] = keys.toReversed().sort((left, right) => rank(left) - rank(right));
  invariant(best !== undefined, 'a replica has a key', () => 'it has none');
  return best;
}

const RANKS = ['member', 'proposed', 'removed', 'unknown'] as const;
