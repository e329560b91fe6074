/**
 * The registry as the ledger has it: at the last stable height, with its history, and what blocks above it would make
 * of it. Follows the local replica; what is final is folded in once and never read again.
 * @module
 */
import type { Member } from '../../../shared/contract/model.ts';
import type { SupervisorEntry } from '../../../shared/domain/registry.ts';
import type { Hex } from '../../../shared/encoding/hex.ts';
import type { Genesis } from '../../ledger/genesis.ts';
import { Registry } from '../../ledger/registry/registry.ts';
import {
  historyFrom,
  registryRequestOf,
  type PlacedRegistryRequest,
  type RegistryEvent,
} from '../../ledger/registry/replay.ts';
import type { ReplicaEvent } from '../../replica/replica.ts';
import type { LedgerStore } from '../../storage/index.ts';
import type { Heights } from '../ledger/reads.ts';
import { Memberships, type Membership } from './memberships.ts';
import { RegistryHistory } from './registryHistory.ts';

export interface RegistryBookOptions {
  readonly genesis: Genesis;
  readonly store: Pick<LedgerStore, 'registryRequests'>;
  /** Where the durable ledger stands. */
  readonly heights: () => Heights;
  readonly subscribe: (listener: (event: ReplicaEvent) => void) => () => void;
  /** The ledger could not be read. */
  readonly onFailure: (error: unknown) => void;
}

export class RegistryBook {
  readonly #options: RegistryBookOptions;
  readonly #listeners = new Set<() => void>();
  readonly #memberships: Memberships;
  readonly #history = new RegistryHistory();
  readonly #unsubscribe: () => void;
  #stable: Registry;
  #stableHeight = 0;
  /** The highest checkpoint that the replica has told of. */
  #announcedHeight = 0;
  #tip: Registry;
  #pending: readonly PlacedRegistryRequest[] = [];
  /** The highest block that was seen to have no change, or whose change is folded in. */
  #seenHeight = 0;
  #revision = 0;
  #isDue = false;
  #work: Promise<void> = Promise.resolve();

  private constructor(options: RegistryBookOptions) {
    this.#options = options;
    this.#memberships = new Memberships(options.genesis);
    this.#stable = Registry.ofGenesis(options.genesis);
    this.#tip = this.#stable;
    this.#unsubscribe = options.subscribe((event) => this.#event(event));
  }

  /** Reads all changes of the ledger. Throws `storage.*`. */
  static async open(options: RegistryBookOptions): Promise<RegistryBook> {
    const book = new RegistryBook(options);
    try {
      await book.#read();
    } catch (error) {
      await book.close();
      throw error;
    }
    return book;
  }

  /** At the last stable height. */
  get stable(): Registry {
    return this.#stable;
  }

  /** With what blocks above the stable height make of it. */
  get tip(): Registry {
    return this.#tip;
  }

  /** Changes of the registry in blocks above the stable height, lowest first. */
  get pending(): readonly PlacedRegistryRequest[] {
    return this.#pending;
  }

  get memberships(): Pick<Memberships, 'supervisors' | 'replicas'> {
    return this.#memberships;
  }

  get history(): RegistryHistory {
    return this.#history;
  }

  /** Grows with each change. */
  get revision(): number {
    return this.#revision;
  }

  /** The membership of a supervisor that counts or did once; `undefined` for a key that never did. */
  supervisor(publicKey: Hex): Membership<SupervisorEntry> | undefined {
    return this.#memberships.supervisors.get(publicKey);
  }

  /** Who holds a key, or held it: a key that the ledger never registered has no name. */
  member(publicKey: Hex): Member {
    const { supervisors, replicas } = this.#memberships;
    const entry = (supervisors.get(publicKey) ?? replicas.get(publicKey))?.entry;
    if (entry === undefined) return { publicKey, name: '', organisation: '' };
    return { publicKey, name: entry.name, organisation: entry.organisation };
  }

  /** Tells `listener` after each change; returns a function that ends it. It must not throw. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    await this.#work;
  }

  #event(event: ReplicaEvent): void {
    switch (event.type) {
      case 'accepted': {
        const { header, requests } = event.accepted.block;
        if (header.height === this.#seenHeight + 1 && registryRequestOf(requests) === undefined) {
          this.#seenHeight = header.height;
        } else this.#schedule();
        return;
      }
      case 'rolledBack':
        if (event.height < this.#seenHeight) this.#seenHeight = event.height;
        if (this.#pending.length > 0) this.#schedule();
        return;
      case 'stable': {
        const { height } = event.checkpoint;
        this.#announcedHeight = Math.max(this.#announcedHeight, height);
        const isExpiring = this.#stable.proposals.some(({ lastHeight }) => lastHeight <= height);
        if (this.#pending.length > 0 || isExpiring || height > this.#seenHeight) this.#schedule();
        return;
      }
      default:
        return;
    }
  }

  /** Reads once for all that happens meanwhile. */
  #schedule(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#work = this.#work.then(async () => {
      this.#isDue = false;
      await this.#read().catch((error: unknown) => this.#options.onFailure(error));
    });
  }

  async #read(): Promise<void> {
    const { store, heights } = this.#options;
    const { tip, stable: known } = heights();
    const stable = Math.max(known, this.#announcedHeight);
    const all = await store.registryRequests(tip);
    const settled = all.filter(({ height }) => height > this.#stableHeight && height <= stable);
    const pending = all.filter(({ height }) => height > stable);
    const before = this.#fingerprint();
    for (const event of historyFrom(this.#stable, settled, stable)) this.#fold(event);
    this.#stableHeight = Math.max(this.#stableHeight, stable);
    this.#pending = pending;
    this.#tip = historyFrom(this.#stable, pending, tip).at(-1)?.registry ?? this.#stable;
    this.#seenHeight = tip;
    if (this.#fingerprint() === before) return;
    this.#revision += 1;
    for (const listener of this.#listeners) listener();
  }

  #fold(event: RegistryEvent): void {
    this.#history.add(this.#stable, event);
    const place = { height: event.height, requestId: event.request?.id ?? null };
    for (const { proposal, outcome } of event.outcomes) {
      if (outcome === 'applied') this.#memberships.apply(proposal.change, place);
    }
    this.#stable = event.registry;
  }

  /** Differs where something shows that did not before. */
  #fingerprint(): string {
    return [this.#stable.digest, this.#tip.digest, ...this.#pending.map(({ id }) => id)].join();
  }
}
