/**
 * What goes into the search index, and out of it again when blocks are rolled back. Within a transaction of the caller's.
 * @module
 */
import { ZERO_HASH } from '../../ledger/hash.ts';
import { fromHex, type Hex } from '../../../shared/encoding/hex.ts';
import { invariant } from '../../../shared/errors.ts';
import { addTerms } from '../../../shared/text/searchWords.ts';
import type { IndexedBlock, IndexedRequest, IndexedTip } from '../searchIndex.ts';
import { RowReader } from './column.ts';
import { hasShard, headOf, kindTag, makeShard, shardName, shardOf, supervisorTag } from './searchTables.ts';
import type { Database } from './sqlite.ts';

/** The highest block that is indexed. */
export function readTip(database: Database): IndexedTip {
  const row = database.get('SELECT height, hash FROM blocks ORDER BY height DESC LIMIT 1');
  if (row === undefined) return { height: 0, hash: ZERO_HASH };
  const reader = new RowReader(database.path, 'the tip');
  return { height: reader.integer(row, 'height'), hash: reader.hex(row, 'hash') };
}

export function readHashes(database: Database, fromHeight: number, toHeight: number): IndexedTip[] {
  const reader = new RowReader(database.path, 'a block');
  return database
    .all(
      'SELECT height, hash FROM blocks WHERE height BETWEEN ? AND ? ORDER BY height DESC',
      fromHeight,
      toHeight,
    )
    .map((row) => ({ height: reader.integer(row, 'height'), hash: reader.hex(row, 'hash') }));
}

export function appendBlocks(database: Database, blocks: readonly IndexedBlock[]): void {
  let tip = readTip(database);
  let nextRow = readNextRow(database);
  let shard = -1;
  for (const block of blocks) {
    const { height, hash, previousHash, timeMs, requests } = block;
    // Genesis is not indexed: it orders nothing.
    const isLinked = height === tip.height + 1 && (tip.height === 0 || previousHash === tip.hash);
    invariant(isLinked, 'the index takes blocks in order', () => JSON.stringify({ tip, height, hash }));
    database.run(
      `INSERT INTO blocks (height, time_ms, first_row, request_count, hash_head, hash)
       VALUES (?, ?, ?, ?, ?, ?)`,
      height,
      timeMs,
      nextRow,
      requests.length,
      headOf(hash),
      fromHex(hash),
    );
    for (const request of requests) {
      if (shardOf(nextRow) !== shard) {
        shard = shardOf(nextRow);
        makeShard(database, shard);
      }
      insertRequest(database, nextRow, height, request);
      nextRow += 1;
    }
    tip = { height, hash };
  }
  writeNextRow(database, nextRow);
}

function insertRequest(database: Database, row: number, height: number, request: IndexedRequest): void {
  const supervisor = supervisorNumber(database, request.supervisor);
  database.run(
    `INSERT INTO requests
       (row, id_head, id, height, supervisor, kind, timestamp_ms, count, size_bytes, texts)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    row,
    headOf(request.id),
    fromHex(request.id),
    height,
    supervisor,
    request.kind,
    request.timestampMs,
    request.count,
    request.sizeBytes,
    JSON.stringify(request.texts.map(({ field, text }) => [field, text])),
  );
  const terms = new Set([supervisorTag(supervisor), kindTag(request.kind)]);
  for (const { text } of request.texts) addTerms(terms, text);
  database.run(
    `INSERT INTO ${shardName(shardOf(row))} (rowid, terms) VALUES (?, ?)`,
    row,
    [...terms].join(' '),
  );
}

function supervisorNumber(database: Database, publicKey: Hex): number {
  const key = fromHex(publicKey);
  const known = database.get('SELECT number FROM supervisors WHERE public_key = ?', key);
  if (known !== undefined) return new RowReader(database.path, 'a supervisor').integer(known, 'number');
  database.run('INSERT INTO supervisors (public_key) VALUES (?)', key);
  return supervisorNumber(database, publicKey);
}

/** Forgets the blocks above `height`. Row numbers are not used again: what was found under one stays what it was. */
export function rollBackTo(database: Database, height: number): void {
  const first = database.get('SELECT first_row FROM blocks WHERE height > ? ORDER BY height LIMIT 1', height);
  if (first === undefined) return;
  const firstRow = new RowReader(database.path, 'a block').integer(first, 'first_row');
  const nextRow = readNextRow(database);
  for (let shard = shardOf(firstRow); shard <= shardOf(Math.max(firstRow, nextRow - 1)); shard++) {
    if (!hasShard(database, shard)) continue;
    database.run(
      `DELETE FROM ${shardName(shard)} WHERE rowid IN (SELECT row FROM requests WHERE row >= ?)`,
      firstRow,
    );
  }
  database.run('DELETE FROM requests WHERE row >= ?', firstRow);
  database.run('DELETE FROM blocks WHERE height > ?', height);
}

function readNextRow(database: Database): number {
  const value = database.get("SELECT value FROM standing WHERE name = 'nextRow'")?.['value'];
  const row = Number(value ?? NaN);
  return Number.isSafeInteger(row) ? row : new RowReader(database.path, 'nextRow').fail('is missing');
}

function writeNextRow(database: Database, nextRow: number): void {
  database.run("UPDATE standing SET value = ? WHERE name = 'nextRow'", String(nextRow));
}
