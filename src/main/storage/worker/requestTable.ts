/**
 * Requests, on the chain and rolled back.
 * @module
 */
import type { PayloadKind } from '../../../shared/domain/payload.ts';
import { fromHex, toHex, type Hex } from '../../../shared/encoding/hex.ts';
import { invariant } from '../../../shared/errors.ts';
import { registryRequestOf, type PlacedRegistryRequest } from '../../ledger/registry/replay.ts';
import { REQUEST_BYTES_CEILING, decodeRequest, type SignedRequest } from '../../ledger/request.ts';
import type { RequestSummary } from '../ledgerStore.ts';
import type { RequestRow } from '../rpc.ts';
import { RowReader, bytesCheck, rowCheck } from './column.ts';
import { decoding, type Database, type Row } from './sqlite.ts';

/** Every column but the body. */
export const REQUEST_COLUMNS =
  'id, height, position, keep_height, supervisor, timestamp_ms, kind, title, size_bytes, row_check, body_check';

/** What a row says beside the body. `height` and `position` are `null` for a rolled-back request. */
interface Columns {
  readonly id: Hex;
  readonly height: number | null;
  readonly position: number | null;
  readonly keepHeight: number;
  readonly supervisor: Hex;
  readonly timestampMs: number;
  readonly kind: string;
  readonly title: string;
  readonly sizeBytes: number;
  readonly bodyCheck: Hex;
}

/** A request of the chain, checked, without its body. */
export type PlacedRequest = RequestSummary;

function checkOf(columns: Columns): Uint8Array {
  const { id, height, position, keepHeight, supervisor, timestampMs, kind, title, sizeBytes, bodyCheck } =
    columns;
  return rowCheck(
    id,
    height,
    position,
    keepHeight,
    supervisor,
    timestampMs,
    kind,
    title,
    sizeBytes,
    bodyCheck,
  );
}

function columnsOf(reader: RowReader, row: Row): Columns {
  const columns: Columns = {
    id: reader.hex(row, 'id'),
    height: reader.integerOrNull(row, 'height'),
    position: reader.integerOrNull(row, 'position'),
    keepHeight: reader.integer(row, 'keep_height'),
    supervisor: reader.hex(row, 'supervisor'),
    timestampMs: reader.integer(row, 'timestamp_ms'),
    kind: reader.text(row, 'kind'),
    title: reader.text(row, 'title'),
    sizeBytes: reader.integer(row, 'size_bytes'),
    bodyCheck: reader.hex(row, 'body_check'),
  };
  reader.checked(row, 'row_check', checkOf(columns));
  return columns;
}

/** The checked columns of a row of the chain, read with `REQUEST_COLUMNS`. */
export function placedRequest(reader: RowReader, row: Row): PlacedRequest {
  const { id, height, position, supervisor, timestampMs, kind, title, sizeBytes } = columnsOf(reader, row);
  if (height === null || position === null) return reader.fail('is not on the chain');
  // The check has shown that this is the kind that was written.
  return {
    id,
    height,
    index: position,
    supervisor,
    timestampMs,
    kind: kind as PayloadKind,
    title,
    sizeBytes,
  };
}

/** The checked request of a row, read with `REQUEST_COLUMNS` and `body`. */
export function requestOf(reader: RowReader, row: Row): SignedRequest {
  const { id } = columnsOf(reader, row);
  const body = reader.bytes(row, 'body');
  reader.checked(row, 'body_check', bytesCheck(body));
  const request = decoding(reader.path, `request ${id}`, () => decodeRequest(body, REQUEST_BYTES_CEILING));
  if (request.id !== id) return reader.fail(`request ${id} has another id`);
  return request;
}

/** The checked request with this id, and whether it is on the chain; `undefined` where there is none. */
export function readRequest(
  database: Database,
  id: Hex,
): { readonly request: SignedRequest; readonly isPlaced: boolean } | undefined {
  const row = database.get(
    `SELECT ${REQUEST_COLUMNS}, body FROM requests INDEXED BY requests_by_id WHERE id = ?`,
    fromHex(id),
  );
  if (row === undefined) return undefined;
  const request = requestOf(new RowReader(database.path, `request ${id}`), row);
  return { request, isPlaced: row['height'] !== null };
}

/** All changes of the registry on the chain up to `height`, lowest first. */
export function readRegistryRequests(database: Database, height: number): readonly PlacedRegistryRequest[] {
  const reader = new RowReader(database.path, 'a change of the registry');
  return database
    .all(
      `SELECT ${REQUEST_COLUMNS}, body FROM requests INDEXED BY requests_of_registry
       WHERE kind = 'registry' AND height IS NOT NULL AND height <= ? ORDER BY height, position`,
      height,
    )
    .flatMap((row) => {
      const request = registryRequestOf([requestOf(reader, row)]);
      return request === undefined
        ? reader.fail('is none')
        : [{ height: reader.integer(row, 'height'), ...request }];
    });
}

/** Puts the requests of the block at `height` on the chain. Throws `invariant.broken` for one that is on it. */
export function placeRequests(database: Database, height: number, requests: readonly RequestRow[]): void {
  for (const [position, request] of requests.entries()) {
    const id = fromHex(request.id);
    const known = database.get('SELECT height, keep_height FROM requests WHERE id = ?', id);
    const reader = new RowReader(database.path, `request ${request.id}`);
    const knownHeight = known === undefined ? null : reader.integerOrNull(known, 'height');
    invariant(knownHeight === null, 'a request is executed once', () =>
      JSON.stringify({ id: request.id, height, knownHeight }),
    );
    const kept = known === undefined ? height : reader.integer(known, 'keep_height');
    const columns: Columns = {
      id: request.id,
      height,
      position,
      keepHeight: Math.max(height, kept),
      supervisor: request.supervisor,
      timestampMs: request.timestampMs,
      kind: request.kind,
      title: request.title,
      sizeBytes: request.bytes.length,
      bodyCheck: toHex(bytesCheck(request.bytes)),
    };
    // The id does not cover the signature: the bytes are those that were accepted last.
    if (known !== undefined) database.run('DELETE FROM requests WHERE id = ?', id);
    insert(database, columns, request.bytes);
  }
}

function insert(database: Database, columns: Columns, body: Uint8Array): void {
  database.run(
    `INSERT INTO requests (${REQUEST_COLUMNS}, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    fromHex(columns.id),
    columns.height,
    columns.position,
    columns.keepHeight,
    fromHex(columns.supervisor),
    columns.timestampMs,
    columns.kind,
    columns.title,
    columns.sizeBytes,
    checkOf(columns),
    fromHex(columns.bodyCheck),
    body,
  );
}

/**
 * Takes the requests above `height` off the chain; their bodies stay. Returns the ids that stood at each height, in
 * order.
 */
export function displaceRequests(database: Database, height: number): ReadonlyMap<number, readonly Hex[]> {
  const idsByHeight = new Map<number, Hex[]>();
  const reader = new RowReader(database.path, 'requests');
  const rows = database.all(
    `SELECT ${REQUEST_COLUMNS} FROM requests INDEXED BY requests_by_place
     WHERE height > ? ORDER BY height, position`,
    height,
  );
  for (const row of rows) {
    const placed = columnsOf(reader, row);
    const at = placed.height ?? reader.fail('is not on the chain');
    const ids = idsByHeight.get(at) ?? [];
    ids.push(placed.id);
    idsByHeight.set(at, ids);
    const displaced: Columns = { ...placed, height: null, position: null };
    database.run(
      'UPDATE requests SET height = NULL, position = NULL, row_check = ? WHERE id = ?',
      checkOf(displaced),
      fromHex(displaced.id),
    );
  }
  return idsByHeight;
}

/** How many requests stand in no block of the chain. */
export function countRolledBackRequests(database: Database): number {
  const row = database.get(
    'SELECT count(*) AS value FROM requests INDEXED BY requests_rolled_back WHERE height IS NULL',
  );
  return Number(row?.['value']);
}

/** Drops the bodies of rolled-back requests that a stable checkpoint at `stableHeight` covers (rule G1). */
export function dropCovered(database: Database, stableHeight: number): void {
  database.run('DELETE FROM requests WHERE height IS NULL AND keep_height <= ?', stableHeight);
}
