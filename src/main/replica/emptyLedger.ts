/**
 * The empty ledger of a new replica. It is made along with the replica's directory: one that is missing later has been
 * lost, and its replica must not sign again what it may have signed before (`node.ts`).
 * @module
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Genesis } from '../ledger/genesis.ts';
import { writeFileAtomic } from '../storage/index.ts';
import { LEDGER_FILE, openLedgerStore } from '../storage/openLedgerStore.ts';
import { createStoreWorker } from '../storage/storeWorker.ts';

/** Makes an empty ledger in each of these directories, which are there. They are all alike: one is made and copied. */
export async function makeEmptyLedgers(
  [first = '', ...others]: readonly string[],
  genesis: Genesis,
): Promise<void> {
  const store = await openLedgerStore({ directory: first, genesis, createWorker: createStoreWorker });
  await store.close();
  const empty = await readFile(join(first, LEDGER_FILE));
  await Promise.all(
    others.map(async (directory) => await writeFileAtomic(join(directory, LEDGER_FILE), empty)),
  );
}
