/**
 * The registry of the ledger in a data directory that no program uses.
 * @module
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { RegistryView } from '../../shared/contract/registry.ts';
import { CountersignError, hasCode } from '../../shared/errors.ts';
import type { Hex } from '../../shared/encoding/hex.ts';
import { RegistryBook } from '../console/registry/registryBook.ts';
import { RegistryReads } from '../console/registry/registryReads.ts';
import { networkDirectory, replicaDirectory } from '../replica/embeddedLayout.ts';
import { OWN_REPLICA } from '../replica/embeddedNetwork.ts';
import { contentsOf, memberPaths, networkPathsIn } from '../replica/memberLayout.ts';
import { readGenesis } from '../replica/node.ts';
import { LEDGER_FILE, openDataDirectory, openLedgerStore } from '../storage/index.ts';
import { createStoreWorker } from '../storage/storeWorker.ts';

/** Throws `file.notFound` where there is no ledger, and `storage.locked` where it is in use. */
export async function registryIn(data: string): Promise<RegistryView> {
  const genesis = await readGenesis((await networkPathsIn(data)).genesis);
  const isMember = (await contentsOf(data)) === 'member';
  const directory = isMember
    ? memberPaths.replica(data)
    : replicaDirectory(networkDirectory(data), OWN_REPLICA);
  const path = join(directory, LEDGER_FILE);
  // One that is not there is not made: that would hide from its replica that it is lost.
  await access(path).catch(() => {
    throw new CountersignError('file.notFound', { path });
  });
  const lock = await openDataDirectory(directory);
  try {
    const store = await openLedgerStore({ directory, genesis, createWorker: createStoreWorker });
    try {
      const { stable, chain } = await store.load();
      const heights = (): { tip: number; stable: number } => ({
        tip: stable.height + chain.length,
        stable: stable.height,
      });
      const book = await RegistryBook.open({
        genesis,
        store,
        heights,
        subscribe: () => () => undefined,
        onFailure: () => undefined,
      });
      return await new RegistryReads({ book, genesis, store, heights }).view();
    } finally {
      await store.close();
    }
  } finally {
    await lock.release();
  }
}

/**
 * Keys of those who may sign: by the ledger in a data directory, or by the genesis while the ledger is in use and
 * cannot be read.
 */
export async function supervisorKeysIn(data: string): Promise<ReadonlySet<Hex>> {
  try {
    const { supervisors } = await registryIn(data);
    return new Set(supervisors.filter(({ until }) => until === null).map(({ publicKey }) => publicKey));
  } catch (error) {
    if (!hasCode(error, 'storage.locked') && !hasCode(error, 'file.notFound')) throw error;
    const { supervisors } = await readGenesis((await networkPathsIn(data)).genesis);
    return new Set(supervisors.map(({ publicKey }) => publicKey));
  }
}
