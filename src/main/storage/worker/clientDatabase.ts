/**
 * The client store inside its worker.
 * @module
 */
import { equalBytes } from '../../../shared/encoding/codec.ts';
import { fromHex, toHex } from '../../../shared/encoding/hex.ts';
import { CountersignError } from '../../../shared/errors.ts';
import { SETTLED_STATES, type ClientStore, type ItemSummary, type StoredItem } from '../clientStore.ts';
import type { ClientMethods, OpenRequest } from '../rpc.ts';
import { RowReader, bytesCheck, bytesOrNull, rowCheck } from './column.ts';
import { openDatabase, type Database, type FileFormat, type Row } from './sqlite.ts';

const CLIENT_FORMAT: FileFormat = {
  // 'CSCL'
  applicationId: 0x4353434c,
  version: 1,
  tables: `
    CREATE TABLE items (
      id TEXT NOT NULL,
      created_at_ms INTEGER NOT NULL,
      updated_at_ms INTEGER NOT NULL,
      state TEXT NOT NULL,
      request_id BLOB,
      detail TEXT NOT NULL,
      payload_bytes INTEGER NOT NULL,
      signed_bytes INTEGER NOT NULL,
      pending INTEGER NOT NULL,
      row_check BLOB NOT NULL,
      payload BLOB NOT NULL,
      signed BLOB
    ) STRICT;
    CREATE UNIQUE INDEX items_by_id ON items (id);
    CREATE UNIQUE INDEX items_by_request ON items (request_id) WHERE request_id IS NOT NULL;
    CREATE INDEX items_by_age ON items (created_at_ms, id);
    CREATE INDEX items_pending ON items (created_at_ms, id) WHERE pending = 1;
  `,
};

const SUMMARY_COLUMNS =
  'id, created_at_ms, updated_at_ms, state, request_id, detail, payload_bytes, signed_bytes';

/** Opens the client store, making it where there is none. */
export function openClientDatabase(
  request: Extract<OpenRequest, { readonly store: 'client' }>,
): ClientMethods {
  const database = openDatabase(request.path, CLIENT_FORMAT, request.maxSizeBytes);
  return {
    put: (item) => {
      database.transaction(() => put(database, request.maxItems, item));
    },
    get: (id) => find(database, 'id = ?', id),
    list: (page) => list(database, page),
    byRequestId: (requestId) => find(database, 'request_id = ?', fromHex(requestId)),
    remove: (id) => {
      let removed = false;
      database.transaction(() => {
        removed = remove(database, id);
      });
      return removed;
    },
    pendingSent: (page) => pendingSent(database, page),
    count: () => count(database),
    close: () => database.close(),
  };
}

function put(database: Database, maxItems: number, item: StoredItem): void {
  const known = find(database, 'id = ?', item.id);
  if (known === null && count(database) >= maxItems) {
    throw new CountersignError('draft.tooMany', { maxDrafts: maxItems });
  }
  if (known !== null) checkStillSigned(known, item);
  if (item.requestId !== null) {
    const same = find(database, 'request_id = ?', fromHex(item.requestId));
    if (same !== null && same.id !== item.id) {
      throw new CountersignError('draft.duplicate', { id: item.id, existing: same.id });
    }
  }
  database.run('DELETE FROM items WHERE id = ?', item.id);
  insert(database, { ...item, createdAtMs: known?.createdAtMs ?? item.createdAtMs });
}

/** What has been signed may have been sent: it is neither taken back nor signed again. */
function checkStillSigned(known: StoredItem, item: StoredItem): void {
  if (known.signed === null) return;
  if (item.signed !== null && equalBytes(known.signed, item.signed) && known.requestId === item.requestId)
    return;
  throw new CountersignError('draft.wrongState', { id: known.id, state: known.state });
}

function isPending(item: Pick<StoredItem, 'signed' | 'state'>): boolean {
  return item.signed !== null && !SETTLED_STATES.includes(item.state);
}

function insert(database: Database, item: StoredItem): void {
  database.run(
    `INSERT INTO items (${SUMMARY_COLUMNS}, pending, row_check, payload, signed)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    item.id,
    item.createdAtMs,
    item.updatedAtMs,
    item.state,
    bytesOrNull(item.requestId),
    item.detail,
    item.payload.length,
    item.signed?.length ?? 0,
    isPending(item) ? 1 : 0,
    checkOf(item),
    item.payload,
    item.signed,
  );
}

function checkOf(item: StoredItem): Uint8Array {
  return rowCheck(
    item.id,
    item.createdAtMs,
    item.updatedAtMs,
    item.state,
    item.requestId,
    item.detail,
    toHex(bytesCheck(item.payload)),
    item.signed === null ? null : toHex(bytesCheck(item.signed)),
  );
}

function find(
  database: Database,
  condition: 'id = ?' | 'request_id = ?',
  value: string | Uint8Array,
): StoredItem | null {
  const row = database.get(
    `SELECT ${SUMMARY_COLUMNS}, row_check, payload, signed FROM items WHERE ${condition}`,
    value,
  );
  return row === undefined ? null : itemOf(database, row);
}

function itemOf(database: Database, row: Row): StoredItem {
  const reader = new RowReader(database.path, `item ${String(row['id'])}`);
  const { payloadBytes: _payloadBytes, signedBytes: _signedBytes, ...fields } = summaryOf(reader, row);
  const item: StoredItem = {
    ...fields,
    payload: reader.bytes(row, 'payload'),
    signed: row['signed'] === null ? null : reader.bytes(row, 'signed'),
  };
  reader.checked(row, 'row_check', checkOf(item));
  return item;
}

function summaryOf(reader: RowReader, row: Row): ItemSummary {
  return {
    id: reader.text(row, 'id'),
    createdAtMs: reader.integer(row, 'created_at_ms'),
    updatedAtMs: reader.integer(row, 'updated_at_ms'),
    state: reader.text(row, 'state'),
    requestId: reader.hexOrNull(row, 'request_id'),
    detail: reader.text(row, 'detail'),
    payloadBytes: reader.integer(row, 'payload_bytes'),
    signedBytes: reader.integer(row, 'signed_bytes'),
  };
}

function list(database: Database, { limit, before }: Parameters<ClientStore['list']>[0]): ItemSummary[] {
  const reader = new RowReader(database.path, 'an item');
  const { createdAtMs, id } = before ?? { createdAtMs: Number.MAX_SAFE_INTEGER, id: '' };
  return database
    .all(
      `SELECT ${SUMMARY_COLUMNS} FROM items WHERE (created_at_ms, id) < (?, ?)
       ORDER BY created_at_ms DESC, id DESC LIMIT ?`,
      createdAtMs,
      id,
      limit,
    )
    .map((row) => summaryOf(reader, row));
}

function pendingSent(
  database: Database,
  { limit, after }: Parameters<ClientStore['pendingSent']>[0],
): StoredItem[] {
  const { createdAtMs, id } = after ?? { createdAtMs: -1, id: '' };
  return database
    .all(
      `SELECT ${SUMMARY_COLUMNS}, row_check, payload, signed FROM items INDEXED BY items_pending
       WHERE pending = 1 AND (created_at_ms, id) > (?, ?) ORDER BY created_at_ms, id LIMIT ?`,
      createdAtMs,
      id,
      limit,
    )
    .map((row) => itemOf(database, row));
}

function remove(database: Database, id: string): boolean {
  const known = find(database, 'id = ?', id);
  if (known === null) return false;
  if (isPending(known)) throw new CountersignError('draft.wrongState', { id, state: known.state });
  return database.run('DELETE FROM items WHERE id = ?', id) === 1;
}

function count(database: Database): number {
  return Number(database.get('SELECT count(*) AS value FROM items')?.['value']);
}
