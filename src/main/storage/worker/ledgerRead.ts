/**
 * What the console and other replicas read from the ledger. Limits have been checked by the caller's side.
 * @module
 */
import type { SQLInputValue } from 'node:sqlite';
import { fromHex, type Hex } from '../../../shared/encoding/hex.ts';
import type { AcceptedBlock, StableCheckpoint } from '../../consensus/effects.ts';
import type { Block, HashedHeader } from '../../ledger/block.ts';
import type { GenesisLimits } from '../../ledger/genesis.ts';
import type { SignedRequest } from '../../ledger/request.ts';
import { nextExecutedDigest } from '../../ledger/state.ts';
import {
  HEADERS_MAX,
  type BlockSummary,
  type CheckpointSummary,
  type LedgerCounts,
  type LocatedRequest,
  type RequestSearch,
  type RequestSummary,
} from '../ledgerStore.ts';
import {
  BLOCK_COLUMNS,
  CHECKPOINT_COLUMNS,
  blockRowOf,
  checkpointOf,
  readBlock,
  readBlockRow,
} from './blockTable.ts';
import { RowReader } from './column.ts';
import {
  REQUEST_COLUMNS,
  countRolledBackRequests,
  placedRequest,
  readRequest,
  requestOf,
} from './requestTable.ts';
import { readRolledBack } from './rolledBackTable.ts';
import { corrupt, type Database } from './sqlite.ts';

/** From this many digits on, the index by id leads to fewer requests than the newest ones that would be tried. */
const PREFIX_DIGITS_SELECTIVE = 4;
const ID_DIGITS = 64;

export function findBlock(database: Database, height: number): AcceptedBlock | null {
  return readBlock(database, height) ?? null;
}

export function findBlockByHash(database: Database, height: number, hash: Hex): Block | null {
  const onChain = readBlockRow(database, height);
  if (onChain?.header.hash === hash) return readBlock(database, height)?.block ?? null;
  return readRolledBack(database, height, hash) ?? null;
}

export function listBlocks(database: Database, from: number, to: number, limit: number): BlockSummary[] {
  return database
    .all(
      `SELECT ${BLOCK_COLUMNS} FROM blocks WHERE height BETWEEN ? AND ? ORDER BY height DESC LIMIT ?`,
      from,
      to,
      limit,
    )
    .map((row) => blockRowOf(database, row))
    .map(({ header, order, sizeBytes, evidence }) => ({
      header,
      view: order?.view ?? null,
      sizeBytes,
      evidenceCount: evidence.length,
    }));
}

/** Carried on from the checkpoint below: at most a window of blocks. */
export function executedAt(
  database: Database,
  height: number,
): { executedDigest: Hex; executedCount: number } {
  const row = database.get(
    `SELECT ${CHECKPOINT_COLUMNS} FROM checkpoints WHERE height <= ? ORDER BY height DESC LIMIT 1`,
    height,
  );
  if (row === undefined) throw corrupt(database.path, 'the checkpoint of genesis is missing');
  const base = checkpointOf(database, row);
  const reader = new RowReader(database.path, 'an executed request');
  let { executedDigest, executedCount } = base;
  database.each(
    `SELECT ${REQUEST_COLUMNS} FROM requests INDEXED BY requests_by_place
     WHERE height > ? AND height <= ? ORDER BY height, position`,
    [base.height, height],
    (request) => {
      executedDigest = nextExecutedDigest(executedDigest, placedRequest(reader, request).id);
      executedCount += 1;
    },
  );
  return { executedDigest, executedCount };
}

export function findRequest(database: Database, id: Hex): LocatedRequest | null {
  const row = database.get(`SELECT ${REQUEST_COLUMNS}, body FROM requests WHERE id = ?`, fromHex(id));
  if (row === undefined || row['height'] === null) return null;
  const reader = new RowReader(database.path, `request ${id}`);
  const { height, index } = placedRequest(reader, row);
  return { request: requestOf(reader, row), height, index };
}

export function findRequests(database: Database, ids: readonly Hex[], maxBytes: number): SignedRequest[] {
  const found: SignedRequest[] = [];
  let sizeBytes = 0;
  for (const id of ids) {
    const known = readRequest(database, id);
    if (known === undefined) continue;
    sizeBytes += known.request.bytes.length;
    if (found.length > 0 && sizeBytes > maxBytes) break;
    found.push(known.request);
  }
  return found;
}

export function listHeaders(database: Database, from: number, to: number): HashedHeader[] {
  return database
    .all(
      `SELECT ${BLOCK_COLUMNS} FROM blocks WHERE height BETWEEN ? AND ? ORDER BY height LIMIT ?`,
      from,
      to,
      HEADERS_MAX,
    )
    .map((row) => blockRowOf(database, row).header);
}

export function findCheckpointCovering(database: Database, height: number): StableCheckpoint | null {
  const row = database.get(
    `SELECT ${CHECKPOINT_COLUMNS} FROM checkpoints WHERE height >= ? ORDER BY height LIMIT 1`,
    height,
  );
  return row === undefined ? null : checkpointOf(database, row);
}

export function listCheckpoints(
  database: Database,
  limit: number,
  beforeHeight: number,
): CheckpointSummary[] {
  return database
    .all(
      `SELECT ${CHECKPOINT_COLUMNS} FROM checkpoints WHERE height > 0 AND height < ?
       ORDER BY height DESC LIMIT ?`,
      beforeHeight,
      limit,
    )
    .map((row) => {
      const checkpoint = checkpointOf(database, row);
      const header = readBlockRow(database, checkpoint.height)?.header;
      if (header === undefined) throw corrupt(database.path, `block ${checkpoint.height} is missing`);
      return { ...checkpoint, blockTimeMs: header.timeMs };
    });
}

export function searchRequests(
  database: Database,
  limits: GenesisLimits,
  query: RequestSearch,
): RequestSummary[] {
  const { index, order, conditions, values } = conditionsOf(database, limits, query);
  const reader = new RowReader(database.path, 'a request');
  return database
    .all(
      `SELECT ${REQUEST_COLUMNS} FROM requests INDEXED BY ${index}
       WHERE height IS NOT NULL${conditions.map((condition) => ` AND ${condition}`).join('')}
       ORDER BY ${order} LIMIT ?`,
      ...values,
      query.limit,
    )
    .map((row) => placedRequest(reader, row));
}

interface Conditions {
  readonly index: string;
  readonly order: string;
  readonly conditions: string[];
  readonly values: SQLInputValue[];
}

/** Few different texts, so that each is prepared once: which fields are given decides, not their values. */
function conditionsOf(database: Database, limits: GenesisLimits, query: RequestSearch): Conditions {
  const { idPrefix = '', supervisor, fromMs, toMs, before } = query;
  const conditions: string[] = [];
  const values: SQLInputValue[] = [];
  const add = (condition: string, ...of: SQLInputValue[]): void => {
    conditions.push(condition);
    values.push(...of);
  };

  if (idPrefix !== '') {
    add(
      'id BETWEEN ? AND ?',
      fromHex(idPrefix.padEnd(ID_DIGITS, '0')),
      fromHex(idPrefix.padEnd(ID_DIGITS, 'f')),
    );
  }
  if (supervisor !== undefined) add('supervisor = ?', fromHex(supervisor));
  // A request is at most so much older or younger than its block, and block times rise with the height: this
  // keeps a search for an old time from trying every request since.
  if (fromMs !== undefined) {
    add('timestamp_ms >= ?', fromMs);
    add('height >= ?', firstHeightFrom(database, fromMs - limits.maxClockSkewMs));
  }
  if (toMs !== undefined) {
    add('timestamp_ms <= ?', toMs);
    add('height <= ?', lastHeightTo(database, toMs + limits.maxRequestAgeMs));
  }
  if (before !== undefined) add('(height, position) < (?, ?)', before.height, before.index);

  const byId = idPrefix.length >= PREFIX_DIGITS_SELECTIVE;
  const otherwise = supervisor === undefined ? 'requests_by_place' : 'requests_by_supervisor';
  return {
    index: byId ? 'requests_by_id' : otherwise,
    order: 'height DESC, position DESC',
    conditions,
    values,
  };
}

function firstHeightFrom(database: Database, timeMs: number): number {
  const row = database.get('SELECT height FROM blocks WHERE time_ms >= ? ORDER BY time_ms LIMIT 1', timeMs);
  return row === undefined ? Number.MAX_SAFE_INTEGER : Number(row['height']);
}

function lastHeightTo(database: Database, timeMs: number): number {
  const row = database.get(
    'SELECT height FROM blocks WHERE time_ms <= ? ORDER BY time_ms DESC LIMIT 1',
    timeMs,
  );
  return row === undefined ? -1 : Number(row['height']);
}

/** What the caller knows is taken from it; the rest is counted, by small indexes. */
export function countAll(
  database: Database,
  {
    tip,
    stableHeight,
    rolledBackBlocks,
  }: { readonly tip: HashedHeader; readonly stableHeight: number; readonly rolledBackBlocks: number },
): LedgerCounts {
  const count = (sql: string, ...values: number[]): number => Number(database.get(sql, ...values)?.['value']);
  const executed = count('SELECT executed_count AS value FROM checkpoints WHERE height = ?', stableHeight);
  const above = count(
    'SELECT count(*) AS value FROM requests INDEXED BY requests_by_place WHERE height > ?',
    stableHeight,
  );
  return {
    blocks: tip.height,
    requests: executed + above,
    rolledBackRequests: countRolledBackRequests(database),
    rolledBackBlocks,
    checkpoints: count('SELECT count(*) AS value FROM checkpoints WHERE height > 0'),
    sizeBytes: database.sizeBytes(),
  };
}
