/**
 * Keeps the guests of a replica as the registry has them at the stable checkpoint, and what it says of the replica
 * itself.
 * @module
 */
import type { ReplicaEntry } from '../../shared/domain/registry.ts';
import type { Hex } from '../../shared/encoding/hex.ts';
import type { Membership } from '../consensus/config.ts';
import type { StableCheckpoint } from '../consensus/effects.ts';
import type { Genesis } from '../ledger/genesis.ts';
import type { LedgerStore } from '../storage/index.ts';
import { admissionOf, guestsAt, type Admission, type Guest } from './guests.ts';

export interface GuestWatchOptions {
  readonly genesis: Genesis;
  readonly store: Pick<LedgerStore, 'registryRequests'>;
  readonly membership: Membership;
  /** What they are at the checkpoint that the replica starts from, and the registry's digest there. */
  readonly guests: readonly Guest[];
  readonly registryDigest: Hex;
  readonly onGuests: (entries: readonly ReplicaEntry[]) => void;
  /** What the registry says of this replica has changed. */
  readonly onAdmission: (admission: Admission) => void;
  readonly onReadFailed: (error: unknown) => void;
}

export class GuestWatch {
  readonly #options: GuestWatchOptions;
  #guests: readonly Guest[];
  #registryDigest: Hex;
  #reading: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(options: GuestWatchOptions) {
    this.#options = options;
    this.#guests = options.guests;
    this.#registryDigest = options.registryDigest;
  }

  /** Whom to let in. Members do: who is none itself has nothing that others would have to ask of it. */
  get entries(): readonly ReplicaEntry[] {
    return this.#options.membership.ownIndex < 0 ? [] : this.#guests.map(({ entry }) => entry);
  }

  /** Where this replica stands to the set of replicas. */
  get admission(): Admission {
    return this.#own.admission;
  }

  /** What the registry has or proposes for this replica; `null` where it knows nothing of it. */
  get ownEntry(): ReplicaEntry | null {
    return this.#own.entry;
  }

  get #own(): ReturnType<typeof admissionOf> {
    const { replicas, ownKey } = this.#options.membership;
    return admissionOf(replicas, this.#guests, ownKey);
  }

  /** The checkpoint is stable now: the guests are read again where the registry has changed. */
  stableAt({ height, registryDigest }: StableCheckpoint): void {
    if (registryDigest === this.#registryDigest || this.#isStopped) return;
    this.#registryDigest = registryDigest;
    // One after another, so that the last word is that of the highest checkpoint.
    this.#reading = this.#reading.then(
      async () => await this.#read(height).catch((error: unknown) => this.#options.onReadFailed(error)),
    );
  }

  /** The epoch has ended: what the registry says from here on is for the set that follows. Tells nothing any more. */
  end(): void {
    this.#isStopped = true;
  }

  /** Tells nothing any more; resolves when nothing is being read. */
  async stop(): Promise<void> {
    this.end();
    await this.#reading;
  }

  async #read(height: number): Promise<void> {
    const { genesis, store, onGuests, onAdmission } = this.#options;
    const requests = await store.registryRequests(height);
    if (this.#isStopped) return;
    const before = this.admission;
    this.#guests = guestsAt(genesis, requests, height);
    onGuests(this.entries);
    if (this.admission !== before) onAdmission(this.admission);
  }
}
