/**
 * One replica with everything it needs on this machine: its data directory, its key, its store, its verifier.
 *
 * Layout of a replica's data directory: `genesis.json`, `replica.pem` (the encrypted key), `ledger.sqlite`, `signed.log`
 * (what the sign guard remembers), `lock`. All but the lock are made when the network is. A replica without its ledger
 * has lost what it signed: it only learns. Without its guard's log it does so as well, once its ledger has begun.
 * @module
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConsensusOptions } from '../consensus/config.ts';
import type { DurableState } from '../consensus/effects.ts';
import { networkIdOf, windowOf, type Genesis } from '../ledger/genesis.ts';
import { GENESIS_FILE_CHARS_MAX, parseGenesisFile } from '../ledger/genesisFile.ts';
import { isStrongPublicKey } from '../keys/ed25519.ts';
import { GUARD_FILE, openReplicaKey } from '../keys/guard/openSignGuard.ts';
import { openDataDirectory } from '../storage/dataDirectory.ts';
import { lockKey, readTextFile, writeFileAtomic, type LedgerStore } from '../storage/index.ts';
import { LEDGER_FILE, openLedgerStore } from '../storage/openLedgerStore.ts';
import { createStoreWorker } from '../storage/storeWorker.ts';
import type { SignatureVerifier } from './inbox.ts';
import { Replica, type Interpose, type ReplicaEvent } from './replica.ts';

/** What a starting replica is doing, in order. */
export type StartPhase = 'lock' | 'keys' | 'genesis' | 'verifyLog' | 'connect';

export interface ReplicaNodeOptions {
  readonly directory: string;
  /** The replica's encrypted key; `replica.pem` in the directory unless given. */
  readonly keyPath?: string;
  /** Of the replica's key file. */
  readonly passphrase: string;
  readonly verifier: SignatureVerifier;
  readonly consensus?: Partial<ConsensusOptions>;
  readonly onPhase?: (phase: StartPhase) => void;
  /** See `ReplicaOptions`. */
  readonly interpose?: Interpose;
}

/** Name of the genesis file in a data directory. */
export const GENESIS_FILE = 'genesis.json';
/** Name of the file that stands in a data directory whose ledger was lost. */
export const STATE_LOST_FILE = 'state-lost';
/** Name of a replica's encrypted key file in its data directory. */
export const REPLICA_KEY_FILE = 'replica.pem';

export class ReplicaNode {
  readonly genesis: Genesis;
  readonly store: LedgerStore;
  readonly replica: Replica;
  readonly #listeners: Set<(event: ReplicaEvent) => void>;
  readonly #release: () => Promise<void>;

  private constructor(
    genesis: Genesis,
    store: LedgerStore,
    replica: Replica,
    listeners: Set<(event: ReplicaEvent) => void>,
    release: () => Promise<void>,
  ) {
    this.genesis = genesis;
    this.store = store;
    this.replica = replica;
    this.#listeners = listeners;
    this.#release = release;
  }

  /**
   * Locks the data directory, opens what is in it and takes part in the network. Throws the errors of those steps;
   * then nothing is left open.
   */
  static async start(options: ReplicaNodeOptions): Promise<ReplicaNode> {
    const { directory, passphrase, verifier, onPhase } = options;
    const opened: (() => Promise<void>)[] = [];
    const release = async (): Promise<void> => {
      for (const close of opened.splice(0).reverse()) await close();
    };
    try {
      onPhase?.('lock');
      const lock = await openDataDirectory(directory);
      opened.push(async () => await lock.release());
      onPhase?.('keys');
      const key = await openReplicaKey(options.keyPath ?? join(directory, REPLICA_KEY_FILE), passphrase);
      opened.push(async () => {
        key.dispose();
        await Promise.resolve();
      });
      const keyLock = await lockKey(key.publicKey);
      opened.push(async () => await keyLock.release());
      onPhase?.('genesis');
      const genesis = await readGenesis(join(directory, GENESIS_FILE));
      onPhase?.('verifyLog');
      const hasLostLedger = await hasLostState(directory);
      const store = await openLedgerStore({ directory, genesis, createWorker: createStoreWorker });
      opened.push(async () => await store.close());
      const guardPath = join(directory, GUARD_FILE);
      const isNew = !(await exists(guardPath)) && (hasLostLedger || isUntouched(await store.load()));
      const guard = await key.openGuard({
        path: guardPath,
        networkId: networkIdOf(genesis),
        windowBlocks: windowOf(genesis.limits),
        isNew,
      });
      opened.push(async () => await guard.close());
      onPhase?.('connect');
      const listeners = new Set<(event: ReplicaEvent) => void>();
      const replica = await Replica.start({
        genesis,
        guard,
        store,
        verifier,
        ...(hasLostLedger ? { learner: 'stateLost' } : {}),
        ...(options.consensus === undefined ? {} : { consensus: options.consensus }),
        ...(options.interpose === undefined ? {} : { interpose: options.interpose }),
        onEvent: (event) => {
          for (const listener of listeners) listener(event);
        },
      });
      opened.push(async () => await replica.stop());
      return new ReplicaNode(genesis, store, replica, listeners, release);
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

/**
 * Whether the ledger that was made with the network has gone, now or at an earlier start. It is written down before a
 * new ledger is made: a crash right after that must not make the new one look like the old.
 */
async function hasLostState(directory: string): Promise<boolean> {
  const mark = join(directory, STATE_LOST_FILE);
  if (await exists(mark)) return true;
  if (await exists(join(directory, LEDGER_FILE))) return false;
  await writeFileAtomic(
    mark,
    'The ledger was missing when this replica started. It follows, and signs nothing.\n',
  );
  return true;
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
