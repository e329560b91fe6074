/**
 * Blocks that were taken off the chain. Others may need them, whatever view they were ordered in, until a stable
 * checkpoint covers their height (PROTOCOL.md, rule G1).
 *
 * A row needs no check of its own: it is found by its hash, which covers all of it. The requests stand in their own
 * table, where `keep_height` keeps them for as long as a block here names them.
 * @module
 */
import { fromHex, toHex, type Hex } from '../../../shared/encoding/hex.ts';
import { decodeHeader, encodeHeader, type Block, type HashedHeader } from '../../ledger/block.ts';
import { DIGEST_BYTES } from '../../ledger/hash.ts';
import { merkleRoot } from '../../ledger/merkle.ts';
import type { SignedRequest } from '../../ledger/request.ts';
import { compareBlocks } from '../derive.ts';
import type { BlockRow } from './blockTable.ts';
import { RowReader } from './column.ts';
import { evidenceBytes, evidenceOfRow } from './evidenceColumn.ts';
import { readRequest } from './requestTable.ts';
import { corrupt, decoding, type Database, type Row } from './sqlite.ts';

const COLUMNS = 'height, hash, header, evidence, request_ids';

/** Gives the request of an id that a block names. */
type RequestOf = (id: Hex) => SignedRequest | undefined;

/** Keeps a block that is being taken off the chain; `ids` are those of its requests, in order. */
export function keepRolledBack(
  database: Database,
  { header, evidence }: BlockRow,
  ids: readonly Hex[],
): void {
  // Read from the chain a moment ago: what has rotted there must not be written here as if it were sound.
  if (!names(header, ids)) {
    throw corrupt(database.path, `block ${header.height}: the requests are not those that the header names`);
  }
  database.run(
    `INSERT INTO rolled_back_blocks (${COLUMNS}) VALUES (?, ?, ?, ?, ?)`,
    header.height,
    fromHex(header.hash),
    encodeHeader(header),
    evidenceBytes(evidence),
    fromHex(ids.join('')),
  );
}

/** Forgets a block that is on the chain again. Whether it was here. */
export function forgetRolledBack(database: Database, { height, hash }: HashedHeader): boolean {
  const removed = database.run(
    'DELETE FROM rolled_back_blocks WHERE height = ? AND hash = ?',
    height,
    fromHex(hash),
  );
  return removed > 0;
}

/** Drops the blocks that a stable checkpoint at `stableHeight` covers, and says how many. */
export function dropCoveredBlocks(database: Database, stableHeight: number): number {
  return database.run('DELETE FROM rolled_back_blocks WHERE height <= ?', stableHeight);
}

/** Whether the block is found by its hash. */
export function isRolledBack(database: Database, { height, hash }: HashedHeader): boolean {
  const row = database.get(
    'SELECT 1 FROM rolled_back_blocks INDEXED BY rolled_back_by_hash WHERE height = ? AND hash = ?',
    height,
    fromHex(hash),
  );
  return row !== undefined;
}

/** The rolled-back block with this hash, checked; `undefined` where there is none. */
export function readRolledBack(database: Database, height: number, hash: Hex): Block | undefined {
  const row = database.get(
    `SELECT ${COLUMNS} FROM rolled_back_blocks INDEXED BY rolled_back_by_hash WHERE height = ? AND hash = ?`,
    height,
    fromHex(hash),
  );
  if (row === undefined) return undefined;
  return blockOf(database, row, (id) => readRequest(database, id)?.request);
}

/** Every rolled-back block, checked, lowest first. */
export function readAllRolledBack(database: Database, requestOf: RequestOf): readonly Block[] {
  const blocks: Block[] = [];
  database.each(`SELECT ${COLUMNS} FROM rolled_back_blocks NOT INDEXED`, [], (row) => {
    blocks.push(blockOf(database, row, requestOf));
  });
  return blocks.toSorted(compareBlocks);
}

function blockOf(database: Database, row: Row, requestOf: RequestOf): Block {
  const what = `rolled-back block ${String(row['height'])}`;
  const reader = new RowReader(database.path, what);
  const bytes = reader.bytes(row, 'header');
  const header = decoding(database.path, what, () => decodeHeader(bytes));
  if (header.height !== reader.integer(row, 'height') || header.hash !== reader.hex(row, 'hash')) {
    return reader.fail('the header is not the one that was written');
  }
  const ids = idsOf(reader.bytes(row, 'request_ids'));
  if (!names(header, ids)) return reader.fail('the requests are not those that the header names');
  const requests = ids.map((id) => requestOf(id) ?? reader.fail(`request ${id} is missing`));
  return { header, requests, evidence: evidenceOfRow(reader, row, header) };
}

function idsOf(bytes: Uint8Array): Hex[] {
  const count = Math.ceil(bytes.length / DIGEST_BYTES);
  return Array.from({ length: count }, (_, index) =>
    toHex(bytes.subarray(index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES)),
  );
}

function names(header: HashedHeader, ids: readonly Hex[]): boolean {
  const whole = ids.every((id) => id.length === 2 * DIGEST_BYTES);
  return whole && header.requestCount === ids.length && header.requestsRoot === merkleRoot(ids);
}
