/**
 * The durable ledger store: `ledger.sqlite`, behind a worker.
 * @module
 */
import { titleOf } from '../../shared/domain/payload.ts';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import type { PersistOperation } from '../consensus/effects.ts';
import type { Genesis } from '../ledger/genesis.ts';
import type { SignedRequest } from '../ledger/request.ts';
import { checkHash, checkIds, checkLimit, checkRange, checkSearch } from './ledgerLimits.ts';
import { REQUESTS_BYTES_MAX, type LedgerStore } from './ledgerStore.ts';
import type { OnProgress } from './progress.ts';
import type { LedgerMethods, Opening, RequestRow, StoredOperation } from './rpc.ts';
import { WorkerChannel, type OnStoreDied } from './workerChannel.ts';

/** Name of the ledger's file in a data directory. Beside it, while it is open: the same with `-wal`. */
export const LEDGER_FILE = 'ledger.sqlite';

export interface LedgerStoreOptions {
  /** The data directory, which is there. */
  readonly directory: string;
  readonly genesis: Genesis;
  /** Starts `store.worker.ts`, or what it is built into. */
  readonly createWorker: () => Worker;
  readonly onDied?: OnStoreDied;
  /** Most bytes the file may take before `storage.full`, without its write-ahead log. No limit unless given. */
  readonly maxSizeBytes?: number;
  /** Told, now and then, how far the check of the file is. */
  readonly onProgress?: OnProgress;
}

/**
 * Opens the ledger in a data directory, making it where there is none.
 *
 * Rejects with `storage.wrongNetwork`, `storage.newerSchema`, `storage.corrupt`, `storage.full`, `storage.readOnly`
 * or `storage.failed`.
 */
export async function openLedgerStore(options: LedgerStoreOptions): Promise<LedgerStore> {
  const path = join(options.directory, LEDGER_FILE);
  const channel = new WorkerChannel<LedgerMethods & Opening>(path, options.createWorker(), options.onDied);
  try {
    const { genesis, maxSizeBytes = null, onProgress } = options;
    await channel.call('open', [{ store: 'ledger', path, genesis, maxSizeBytes }], { onProgress });
  } catch (error) {
    await channel.terminate();
    throw error;
  }
  return new DurableLedgerStore(channel);
}

class DurableLedgerStore implements LedgerStore {
  readonly #channel: WorkerChannel<LedgerMethods & Opening>;

  constructor(channel: WorkerChannel<LedgerMethods & Opening>) {
    this.#channel = channel;
  }

  async commit(operations: readonly PersistOperation[]): ReturnType<LedgerStore['commit']> {
    const transfer: ArrayBuffer[] = [];
    const stored = operations.map((operation) => storedOperation(operation, transfer));
    await this.#channel.call('commit', [stored], { lane: 'commit', transfer });
  }

  async load(onProgress?: OnProgress): ReturnType<LedgerStore['load']> {
    return await this.#channel.call('load', [], { onProgress });
  }

  async block(height: number): ReturnType<LedgerStore['block']> {
    checkRange(height, height);
    return await this.#channel.call('block', [height]);
  }

  async blockByHash(height: number, hash: string): ReturnType<LedgerStore['blockByHash']> {
    checkRange(height, height);
    checkHash(hash);
    return await this.#channel.call('blockByHash', [height, hash]);
  }

  async blocks(fromHeight: number, toHeight: number, limit: number): ReturnType<LedgerStore['blocks']> {
    checkRange(fromHeight, toHeight);
    checkLimit(limit);
    return await this.#channel.call('blocks', [fromHeight, toHeight, limit]);
  }

  async request(id: string): ReturnType<LedgerStore['request']> {
    checkIds([id]);
    return await this.#channel.call('request', [id]);
  }

  async requests(ids: readonly string[], maxBytes = REQUESTS_BYTES_MAX): ReturnType<LedgerStore['requests']> {
    checkIds(ids);
    return await this.#channel.call('requests', [ids, maxBytes]);
  }

  async headers(fromHeight: number, toHeight: number): ReturnType<LedgerStore['headers']> {
    checkRange(fromHeight, toHeight);
    return await this.#channel.call('headers', [fromHeight, toHeight]);
  }

  async checkpointCovering(height: number): ReturnType<LedgerStore['checkpointCovering']> {
    checkRange(height, height);
    return await this.#channel.call('checkpointCovering', [height]);
  }

  async checkpoints(
    limit: number,
    beforeHeight = Number.MAX_SAFE_INTEGER,
  ): ReturnType<LedgerStore['checkpoints']> {
    checkLimit(limit);
    checkRange(beforeHeight, beforeHeight);
    return await this.#channel.call('checkpoints', [limit, beforeHeight]);
  }

  async executedAt(height: number): ReturnType<LedgerStore['executedAt']> {
    checkRange(height, height);
    return await this.#channel.call('executedAt', [height]);
  }

  async registryRequests(height: number): ReturnType<LedgerStore['registryRequests']> {
    checkRange(height, height);
    return await this.#channel.call('registryRequests', [height]);
  }

  async search(query: Parameters<LedgerStore['search']>[0]): ReturnType<LedgerStore['search']> {
    checkSearch(query);
    return await this.#channel.call('search', [query]);
  }

  async counts(): ReturnType<LedgerStore['counts']> {
    return await this.#channel.call('counts', []);
  }

  async close(): Promise<void> {
    await this.#channel.close();
  }
}

function storedOperation(operation: PersistOperation, transfer: ArrayBuffer[]): StoredOperation {
  if (operation.type !== 'append') return operation;
  const { block, order } = operation.accepted;
  const requests = block.requests.map((request) => requestRow(request, transfer));
  return { type: 'append', header: block.header, order, requests, evidence: block.evidence };
}

function requestRow({ id, supervisor, timestampMs, payload, bytes }: SignedRequest, transfer: ArrayBuffer[]) {
  // A copy: `bytes` may be a part of a whole message's buffer, all of which would be cloned otherwise.
  const copy = new Uint8Array(bytes);
  transfer.push(copy.buffer);
  return {
    id,
    supervisor,
    timestampMs,
    kind: payload.kind,
    title: titleOf(payload),
    bytes: copy,
  } satisfies RequestRow;
}
