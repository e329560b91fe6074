/**
 * One replica with everything it needs on this machine: its data directory, its key, its store, its verifier.
 *
 * Layout of a replica's data directory: `genesis.json`, `replica.pem` (the encrypted key), `ledger.sqlite`, `signed.log`
 * (what the sign guard remembers), `lock`. All but the lock are made when the network is. A replica without its ledger
 * has lost what it signed: it only learns. Without its guard's log it does so as well, once its ledger has begun. Later
 * keys have files of their own (`ownKeys.ts`).
 *
 * It runs over all epochs: as a member, or following the others before it is admitted and after it was removed.
 * @module
 */
import { closeAll } from '../../shared/closeAll.ts';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConsensusOptions } from '../consensus/config.ts';
import type { DurableState } from '../consensus/effects.ts';
import { networkIdOf, windowOf, type Genesis } from '../ledger/genesis.ts';
import { GENESIS_FILE_CHARS_MAX, parseGenesisFile } from '../ledger/genesisFile.ts';
import { isStrongPublicKey } from '../keys/ed25519.ts';
import type { PeerEntry } from '../network/index.ts';
import { openDataDirectory } from '../storage/dataDirectory.ts';
import { readTextFile, type LedgerStore, type OnProgress } from '../storage/index.ts';
import { openLedgerStore } from '../storage/openLedgerStore.ts';
import { createStoreWorker } from '../storage/storeWorker.ts';
import { Epochs, type OwnKey } from './epochs.ts';
import type { SignatureVerifier } from './inbox.ts';
import { lostKeys } from './lostState.ts';
import { REPLICA_KEY_FILE, guardPath, openOwnKeys, publicKeysOf, type NumberedKey } from './ownKeys.ts';
import type { Interpose, Replica, ReplicaEvent, ReplicaOptions } from './replica.ts';

export { REPLICA_KEY_FILE } from './ownKeys.ts';
export { STATE_LOST_FILE } from './lostState.ts';

/**
 * What a starting replica is doing, in order. `verifyLog`: checks the files of its ledger. `replay`: executes again what
 * lies above its stable checkpoint. `join`: listens, and calls the others.
 */
export type StartPhase = 'lock' | 'keys' | 'genesis' | 'verifyLog' | 'replay' | 'join';

export interface ReplicaNodeOptions {
  readonly directory: string;
  /** The replica's encrypted key; `replica.pem` in the directory unless given. */
  readonly keyPath?: string;
  /** Of the replica's key file. */
  readonly passphrase: string;
  readonly verifier: SignatureVerifier;
  /** See `ReplicaOptions`. */
  readonly listen?: ReplicaOptions['listen'];
  /** See `ReplicaOptions`. */
  readonly ownAddress?: ReplicaOptions['ownAddress'];
  readonly consensus?: Partial<ConsensusOptions>;
  readonly onPhase?: (phase: StartPhase) => void;
  /** How far a phase is, now and then, where it can take long. */
  readonly onProgress?: OnProgress;
  /** See `ReplicaOptions`. */
  readonly interpose?: Interpose;
}

/** Name of the genesis file in a data directory. */
export const GENESIS_FILE = 'genesis.json';

export class ReplicaNode {
  readonly genesis: Genesis;
  readonly store: LedgerStore;
  readonly #epochs: Epochs;
  readonly #ownAddress: ReplicaNodeOptions['ownAddress'];
  readonly #listeners: Set<(event: ReplicaEvent) => void>;
  readonly #release: () => Promise<void>;

  private constructor(
    genesis: Genesis,
    store: LedgerStore,
    epochs: Epochs,
    ownAddress: ReplicaNodeOptions['ownAddress'],
    listeners: Set<(event: ReplicaEvent) => void>,
    release: () => Promise<void>,
  ) {
    this.genesis = genesis;
    this.store = store;
    this.#epochs = epochs;
    this.#ownAddress = ownAddress;
    this.#listeners = listeners;
    this.#release = release;
  }

  /** The replica as it is in this epoch. Another one takes its place when the epoch ends: do not keep it. */
  get replica(): Replica {
    return this.#epochs.replica;
  }

  /** This replica as the registry has it, or else as it was told; `null` where nobody says. */
  get ownEntry(): PeerEntry | null {
    const { ownEntry, membership } = this.replica.status();
    if (ownEntry !== null || this.#ownAddress === undefined) return ownEntry;
    const { name = '', host, port } = this.#ownAddress;
    return { publicKey: membership.ownKey, name, host, port };
  }

  /**
   * Locks the data directory, opens what is in it and takes part in the network, or follows it. Throws the errors of those steps;
   * then nothing is left open.
   */
  static async start(options: ReplicaNodeOptions): Promise<ReplicaNode> {
    const { directory, passphrase, verifier, onPhase, onProgress } = options;
    const reported = onProgress === undefined ? {} : { onProgress };
    const opened: (() => Promise<void>)[] = [];
    const release = async (): Promise<void> => await closeAll(opened);
    try {
      onPhase?.('lock');
      const lock = await openDataDirectory(directory);
      opened.push(async () => await lock.release());
      onPhase?.('keys');
      const keys = await openOwnKeys(options.keyPath ?? join(directory, REPLICA_KEY_FILE), passphrase);
      opened.push(...keys.map(({ release }) => release));
      onPhase?.('genesis');
      const genesis = await readGenesis(join(directory, GENESIS_FILE));
      onPhase?.('verifyLog');
      const lost = await lostKeys(directory, publicKeysOf(keys));
      let epochs: Epochs | null = null;
      const store = await openLedgerStore({
        directory,
        genesis,
        createWorker: createStoreWorker,
        // Until there is a replica, whoever reads next is told.
        onDied: (error) => epochs?.replica.halt(error),
        ...reported,
      });
      opened.push(async () => await store.close());
      const owned: OwnKey[] = [];
      for (const key of keys) {
        const own = await openGuard({ directory, genesis, store, key, isLost: lost.has(key.key.publicKey) });
        opened.push(async () => await own.guard.close());
        owned.push(own);
      }
      onPhase?.('replay');
      const durable = await store.load(onProgress);
      onPhase?.('join');
      const listeners = new Set<(event: ReplicaEvent) => void>();
      const { listen, ownAddress, consensus, interpose } = options;
      const epochOptions = {
        genesis,
        keys: owned,
        store,
        verifier,
        ...(listen === undefined ? {} : { listen }),
        ...(ownAddress === undefined ? {} : { ownAddress }),
        ...(consensus === undefined ? {} : { consensus }),
        ...(interpose === undefined ? {} : { interpose }),
        onEvent: (event: ReplicaEvent) => {
          for (const listener of listeners) listener(event);
        },
      };
      epochs = await Epochs.start(epochOptions, durable);
      const started = epochs;
      opened.push(async () => await started.stop());
      return new ReplicaNode(genesis, store, started, ownAddress, listeners, release);
    } catch (error) {
      await release();
      throw error;
    }
  }

  /** Tells `listener` of everything that happens to the replica; returns a function that ends it. */
  subscribe(listener: (event: ReplicaEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** The machine has slept, or its network is back: connects again at once with the other replicas. */
  wake(): void {
    this.#epochs.wake();
  }

  /** Stops the replica, closes its store and unlocks its data directory. */
  async stop(): Promise<void> {
    await this.#release();
  }
}

/** The genesis in a file. Throws `file.notFound`, `file.unreadable`, `encoding.tooLarge` or `genesis.*`. */
export async function readGenesis(path: string): Promise<Genesis> {
  const text = await readTextFile(path, GENESIS_FILE_CHARS_MAX);
  return parseGenesisFile(text, { isStrongKey: isStrongPublicKey });
}

/** Whether a ledger is as it was made: nothing was ever signed on it. */
function isUntouched({ position, stable, chain, opening, rolledBack }: DurableState): boolean {
  const { view, target } = position;
  const isFirst = view === 0 && target === 0 && stable.height === 0;
  return isFirst && opening === null && chain.length === 0 && rolledBack.length === 0;
}

interface GuardParts {
  readonly directory: string;
  readonly genesis: Genesis;
  readonly store: LedgerStore;
  readonly key: NumberedKey;
  readonly isLost: boolean;
}

/** The guard of a key. One whose log is missing has one made only where nothing can have been signed under the key. */
async function openGuard({ directory, genesis, store, key, isLost }: GuardParts): Promise<OwnKey> {
  const path = guardPath(directory, key.number);
  const isNew = !(await exists(path)) && (isLost || isUntouched(await store.load()));
  const guard = await key.key.openGuard({
    path,
    networkId: networkIdOf(genesis),
    windowBlocks: windowOf(genesis.limits),
    isNew,
  });
  return isLost ? { guard, learner: 'stateLost' } : { guard };
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
