/**
 * The replicas of every epoch so far, for whatever names a replica by its place among those of an epoch.
 * @module
 */
import type { ReplicaEntry } from '../../../shared/domain/registry.ts';
import type { Genesis } from '../../ledger/genesis.ts';
import { replicasIn } from '../../replica/epochHistory.ts';
import type { LedgerStore } from '../../storage/index.ts';

export class ReplicaSets {
  readonly #genesis: Genesis;
  readonly #store: LedgerStore;
  readonly #sets = new Map<number, readonly ReplicaEntry[]>();

  private constructor(genesis: Genesis, store: LedgerStore) {
    this.#genesis = genesis;
    this.#store = store;
    this.#sets.set(0, genesis.replicas);
  }

  /** Reads those up to `epoch`, in which the local replica is. Throws what the store throws. */
  static async open(genesis: Genesis, store: LedgerStore, epoch: number): Promise<ReplicaSets> {
    const sets = new ReplicaSets(genesis, store);
    for (let at = 1; at <= epoch; at++) await sets.read(at);
    return sets;
  }

  /** Those of an epoch that has been read. */
  of(epoch: number): readonly ReplicaEntry[] | undefined {
    return this.#sets.get(epoch);
  }

  /** Those of an epoch that the local replica has come to. Throws what the store throws, and `invariant.broken`. */
  async read(epoch: number): Promise<readonly ReplicaEntry[]> {
    const known = this.#sets.get(epoch);
    if (known !== undefined) return known;
    const replicas = await replicasIn(this.#store, this.#genesis, epoch);
    this.#sets.set(epoch, replicas);
    return replicas;
  }
}
