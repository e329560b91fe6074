/**
 * Blocks of the chain and stable checkpoints.
 * @module
 */
import { fromHex, toHex, type Hex } from '../../../shared/encoding/hex.ts';
import type { AcceptedBlock, StableCheckpoint } from '../../consensus/effects.ts';
import { decodeHeader, encodeHeader, type HashedHeader } from '../../ledger/block.ts';
import type { Evidence } from '../../ledger/evidence.ts';
import { merkleRoot } from '../../ledger/merkle.ts';
import { decodeCheckpointCertificate, encodeCheckpointCertificate } from '../../ledger/statement.ts';
import { RowReader, bytesCheck, bytesOrNull, rowCheck } from './column.ts';
import { evidenceBytes, evidenceOfRow } from './evidenceColumn.ts';
import { REQUEST_COLUMNS, requestOf } from './requestTable.ts';
import { decoding, type Database, type Row } from './sqlite.ts';

/** A row of `blocks`. */
export interface BlockRow {
  readonly header: HashedHeader;
  readonly sizeBytes: number;
  readonly order: AcceptedBlock['order'];
  readonly evidence: readonly Evidence[];
}

export const BLOCK_COLUMNS =
  'height, time_ms, size_bytes, hash, header, order_view, order_signature, evidence, row_check';
export const CHECKPOINT_COLUMNS =
  'height, hash, certificate, executed_digest, executed_count, registry_digest, row_check';

function blockCheck({ header, sizeBytes, order }: BlockRow, evidence: Uint8Array): Uint8Array {
  const { view = null, signature = null } = order ?? {};
  return rowCheck(header.hash, sizeBytes, view, signature, toHex(bytesCheck(evidence)));
}

/** Writes a block's row, in place of the one at its height. */
export function writeBlock(database: Database, row: BlockRow): void {
  const { header, sizeBytes, order } = row;
  const evidence = evidenceBytes(row.evidence);
  database.run(
    `INSERT OR REPLACE INTO blocks (${BLOCK_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    header.height,
    header.timeMs,
    sizeBytes,
    fromHex(header.hash),
    encodeHeader(header),
    order?.view ?? null,
    bytesOrNull(order?.signature ?? null),
    evidence,
    blockCheck(row, evidence),
  );
}

/** The checked block of a row read with `BLOCK_COLUMNS`. */
export function blockRowOf(database: Database, row: Row): BlockRow {
  const height = String(row['height']);
  const reader = new RowReader(database.path, `block ${height}`);
  const bytes = reader.bytes(row, 'header');
  const header = decoding(database.path, `block ${height}`, () => decodeHeader(bytes));
  const view = reader.integerOrNull(row, 'order_view');
  const signature = reader.hexOrNull(row, 'order_signature');
  const order = view === null || signature === null ? null : { view, signature };
  if (
    header.height !== reader.integer(row, 'height') ||
    header.timeMs !== reader.integer(row, 'time_ms') ||
    header.hash !== reader.hex(row, 'hash')
  ) {
    return reader.fail('the header is not the one that was written');
  }
  const evidence = evidenceOfRow(reader, row, header);
  const block: BlockRow = { header, sizeBytes: reader.integer(row, 'size_bytes'), order, evidence };
  reader.checked(row, 'row_check', blockCheck(block, reader.bytes(row, 'evidence')));
  return block;
}

/** The row of the block at `height`, if the chain reaches it. */
export function readBlockRow(database: Database, height: number): BlockRow | undefined {
  const row = database.get(`SELECT ${BLOCK_COLUMNS} FROM blocks WHERE height = ?`, height);
  return row === undefined ? undefined : blockRowOf(database, row);
}

/** The rows of the chain above `height`, lowest first. */
export function readBlockRowsAbove(database: Database, height: number): BlockRow[] {
  return database
    .all(`SELECT ${BLOCK_COLUMNS} FROM blocks WHERE height > ? ORDER BY height`, height)
    .map((row) => blockRowOf(database, row));
}

/** The whole block at `height`, its requests checked against its header. */
export function readBlock(database: Database, height: number): AcceptedBlock | undefined {
  const row = readBlockRow(database, height);
  if (row === undefined) return undefined;
  const { header, order, evidence } = row;
  const reader = new RowReader(database.path, `a request of block ${height}`);
  const requests = database
    .all(
      `SELECT ${REQUEST_COLUMNS}, body FROM requests INDEXED BY requests_by_place
       WHERE height = ? ORDER BY position`,
      height,
    )
    .map((request) => requestOf(reader, request));
  if (
    requests.length !== header.requestCount ||
    merkleRoot(requests.map(({ id }) => id)) !== header.requestsRoot
  ) {
    return reader.fail('the requests are not those that the header names');
  }
  return { block: { header, requests, evidence }, order };
}

function checkpointCheck(checkpoint: StableCheckpoint, certificate: Hex | null): Uint8Array {
  const { height, hash, executedDigest, executedCount, registryDigest } = checkpoint;
  return rowCheck(height, hash, certificate, executedDigest, executedCount, registryDigest);
}

/** Writes a checkpoint. */
export function writeCheckpoint(database: Database, checkpoint: StableCheckpoint): void {
  const bytes = checkpoint.certificate === null ? null : encodeCheckpointCertificate(checkpoint.certificate);
  database.run(
    `INSERT INTO checkpoints (${CHECKPOINT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)`,
    checkpoint.height,
    fromHex(checkpoint.hash),
    bytes,
    fromHex(checkpoint.executedDigest),
    checkpoint.executedCount,
    fromHex(checkpoint.registryDigest),
    checkpointCheck(checkpoint, bytes === null ? null : toHex(bytes)),
  );
}

/** The checked checkpoint of a row read with `CHECKPOINT_COLUMNS`. */
export function checkpointOf(database: Database, row: Row): StableCheckpoint {
  const what = `checkpoint ${String(row['height'])}`;
  const reader = new RowReader(database.path, what);
  const bytes = row['certificate'] === null ? null : reader.bytes(row, 'certificate');
  const checkpoint: StableCheckpoint = {
    height: reader.integer(row, 'height'),
    hash: reader.hex(row, 'hash'),
    certificate:
      bytes === null ? null : decoding(database.path, what, () => decodeCheckpointCertificate(bytes)),
    executedDigest: reader.hex(row, 'executed_digest'),
    executedCount: reader.integer(row, 'executed_count'),
    registryDigest: reader.hex(row, 'registry_digest'),
  };
  reader.checked(row, 'row_check', checkpointCheck(checkpoint, bytes === null ? null : toHex(bytes)));
  return checkpoint;
}
