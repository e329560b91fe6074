/**
 * The search index inside its worker: opens the file, or makes it anew where it cannot be used.
 * @module
 */
import { rmSync } from 'node:fs';
import type { Hex } from '../../../shared/encoding/hex.ts';
import { isOwn } from '../fileErrors.ts';
import type { OpenRequest, SearchMethods } from '../rpc.ts';
import { findByPrefix, searchIndex } from './searchRead.ts';
import { SEARCH_FORMAT } from './searchTables.ts';
import { appendBlocks, readHashes, readTip, rollBackTo } from './searchWrite.ts';
import { openDatabase, storageError, type Database } from './sqlite.ts';

/** Opens the index, making it where there is none that can be used. */
export function openSearchDatabase(
  request: Extract<OpenRequest, { readonly store: 'search' }>,
): SearchMethods {
  const { path, networkId, isFresh } = request;
  const database = isFresh ? makeAnew(path, networkId) : openOrMake(path, networkId);
  return {
    tip: () => readTip(database),
    hashes: (fromHeight, toHeight) => readHashes(database, fromHeight, toHeight),
    append: (blocks) => database.transaction(() => appendBlocks(database, blocks)),
    rollBack: (height) => database.transaction(() => rollBackTo(database, height)),
    search: (query) => searchIndex(database, query),
    byPrefix: (digits) => findByPrefix(database, digits),
    sizeBytes: () => database.sizeBytes(),
    close: () => database.close(),
  };
}

/** What makes a derived file useless, and is mended by making it again. */
const USELESS: readonly string[] = ['storage.corrupt', 'storage.newerSchema'];

function openOrMake(path: string, networkId: Hex): Database {
  try {
    const database = openDatabase(path, SEARCH_FORMAT, null);
    try {
      if (networkOf(database) === networkId) return database;
    } catch (error) {
      database.close();
      throw error;
    }
    database.close();
  } catch (error) {
    if (!isOwn(error) || !USELESS.includes(error.code)) throw error;
  }
  return makeAnew(path, networkId);
}

function makeAnew(path: string, networkId: Hex): Database {
  try {
    // The log first: with the file gone it would be taken for that of the new one.
    for (const name of [`${path}-wal`, path]) rmSync(name, { force: true });
  } catch (error) {
    throw storageError(path, error);
  }
  const database = openDatabase(path, SEARCH_FORMAT, null);
  database.transaction(() => {
    database.run("INSERT INTO standing (name, value) VALUES ('networkId', ?), ('nextRow', '0')", networkId);
  });
  return database;
}

function networkOf(database: Database): unknown {
  return database.get("SELECT value FROM standing WHERE name = 'networkId'")?.['value'];
}
