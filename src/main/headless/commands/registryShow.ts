/**
 * `countersign registry show`: who counts and what waits, of a ledger that is not in use, or of a console that runs.
 * @module
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { RegistryView } from '../../../shared/contract/registry.ts';
import { CountersignError } from '../../../shared/errors.ts';
import { RegistryBook } from '../../console/registry/registryBook.ts';
import { RegistryReads } from '../../console/registry/registryReads.ts';
import { networkDirectory, replicaDirectory } from '../../replica/embeddedLayout.ts';
import { OWN_REPLICA } from '../../replica/embeddedNetwork.ts';
import { contentsOf, memberPaths } from '../../replica/memberLayout.ts';
import { LEDGER_FILE, openDataDirectory, openLedgerStore } from '../../storage/index.ts';
import { createStoreWorker } from '../../storage/storeWorker.ts';
import { callConsole } from '../consoleCall.ts';
import type { Output } from '../output.ts';
import { registryLines } from '../registryWords.ts';
import { genesisOf } from '../session.ts';

export interface RegistryShowOptions {
  /** Data directory of a network that is not running. */
  readonly data?: string;
  /** Address of a console that runs, with its token. */
  readonly console?: string;
}

export async function showRegistry(options: RegistryShowOptions, output: Output): Promise<void> {
  const view = await registryOf(options);
  output.result(registryLines(view).join('\n'), { ...view });
}

async function registryOf({ data, console: address }: RegistryShowOptions): Promise<RegistryView> {
  if (address !== undefined) return await callConsole(address, 'registry.get', {});
  if (data !== undefined) return await registryIn(data);
  throw new CountersignError('cli.usage', {
    problem: 'say which registry: --data DIRECTORY, or --console URL of a network that runs',
  });
}

async function registryIn(data: string): Promise<RegistryView> {
  const genesis = await genesisOf({ data });
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
