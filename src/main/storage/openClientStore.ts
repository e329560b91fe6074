/**
 * The durable client store: `client.sqlite`, behind a worker.
 * @module
 */
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { isHex, type Hex } from '../../shared/encoding/hex.ts';
import { DIGEST_BYTES } from '../ledger/hash.ts';
import { REQUEST_BYTES_CEILING } from '../ledger/request.ts';
import {
  DETAIL_CHARS_MAX,
  ITEMS_MAX,
  ITEMS_PAGE_MAX,
  ITEM_ID_CHARS_MAX,
  PENDING_PAGE_MAX,
  STATE_CHARS_MAX,
  type ClientStore,
  type ItemCursor,
  type StoredItem,
} from './clientStore.ts';
import { checkChars, checkInteger } from './limits.ts';
import type { ClientMethods, Opening } from './rpc.ts';
import { WorkerChannel, type OnStoreDied } from './workerChannel.ts';

/** Name of the client's file in a data directory. Beside it, while it is open: the same with `-wal`. */
export const CLIENT_FILE = 'client.sqlite';

export interface ClientStoreOptions {
  /** The data directory, which is there. */
  readonly directory: string;
  /** Starts `store.worker.ts`, or what it is built into. */
  readonly createWorker: () => Worker;
  /** Most items before `draft.tooMany`; `ITEMS_MAX` unless given. */
  readonly maxItems?: number;
  readonly onDied?: OnStoreDied;
  /** Most bytes the file may take before `storage.full`, without its write-ahead log. No limit unless given. */
  readonly maxSizeBytes?: number;
}

/**
 * Opens the client store in a data directory, making it where there is none.
 *
 * Rejects with `storage.newerSchema`, `storage.corrupt`, `storage.full`, `storage.readOnly` or `storage.failed`.
 */
export async function openClientStore(options: ClientStoreOptions): Promise<ClientStore> {
  const path = join(options.directory, CLIENT_FILE);
  const channel = new WorkerChannel<ClientMethods & Opening>(path, options.createWorker(), options.onDied);
  try {
    const { maxItems = ITEMS_MAX, maxSizeBytes = null } = options;
    await channel.call('open', [{ store: 'client', path, maxItems, maxSizeBytes }]);
  } catch (error) {
    await channel.terminate();
    throw error;
  }
  return new DurableClientStore(channel);
}

class DurableClientStore implements ClientStore {
  readonly #channel: WorkerChannel<ClientMethods & Opening>;

  constructor(channel: WorkerChannel<ClientMethods & Opening>) {
    this.#channel = channel;
  }

  async put(item: StoredItem): Promise<void> {
    checkItem(item);
    const payload = new Uint8Array(item.payload);
    const signed = item.signed === null ? null : new Uint8Array(item.signed);
    const transfer = signed === null ? [payload.buffer] : [payload.buffer, signed.buffer];
    await this.#channel.call('put', [{ ...item, payload, signed }], { lane: 'commit', transfer });
  }

  async get(id: string): ReturnType<ClientStore['get']> {
    return await this.#channel.call('get', [id]);
  }

  async list(page: Parameters<ClientStore['list']>[0]): ReturnType<ClientStore['list']> {
    checkPage(page.limit, ITEMS_PAGE_MAX, page.before);
    return await this.#channel.call('list', [page]);
  }

  async byRequestId(requestId: Hex): ReturnType<ClientStore['byRequestId']> {
    if (!isHex(requestId, DIGEST_BYTES)) throw new RangeError('requestId must be 64 hexadecimal digits');
    return await this.#channel.call('byRequestId', [requestId]);
  }

  async remove(id: string): ReturnType<ClientStore['remove']> {
    return await this.#channel.call('remove', [id], { lane: 'commit' });
  }

  async pendingSent(page: Parameters<ClientStore['pendingSent']>[0]): ReturnType<ClientStore['pendingSent']> {
    checkPage(page.limit, PENDING_PAGE_MAX, page.after);
    return await this.#channel.call('pendingSent', [page]);
  }

  async count(): ReturnType<ClientStore['count']> {
    return await this.#channel.call('count', []);
  }

  async close(): Promise<void> {
    await this.#channel.close();
  }
}

function checkItem(item: StoredItem): void {
  checkChars('id', item.id, ITEM_ID_CHARS_MAX);
  checkChars('state', item.state, STATE_CHARS_MAX);
  checkChars('detail', item.detail, DETAIL_CHARS_MAX);
  checkInteger('createdAtMs', item.createdAtMs, 0, Number.MAX_SAFE_INTEGER);
  checkInteger('updatedAtMs', item.updatedAtMs, 0, Number.MAX_SAFE_INTEGER);
  checkInteger('payload', item.payload.length, 0, REQUEST_BYTES_CEILING);
  checkInteger('signed', item.signed?.length ?? 0, 0, REQUEST_BYTES_CEILING);
  if ((item.signed === null) !== (item.requestId === null)) {
    throw new RangeError('requestId is given exactly when signed is');
  }
  if (item.requestId !== null && !isHex(item.requestId, DIGEST_BYTES)) {
    throw new RangeError('requestId must be 64 hexadecimal digits');
  }
}

function checkPage(limit: number, max: number, cursor: ItemCursor | undefined): void {
  checkInteger('limit', limit, 1, max);
  checkInteger('createdAtMs', cursor?.createdAtMs ?? 0, 0, Number.MAX_SAFE_INTEGER);
}
