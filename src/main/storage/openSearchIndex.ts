/**
 * The search index on disk: `search.sqlite`, behind a worker of its own, so that neither a search nor the upkeep of the
 * index ever stands between agreement and the disk.
 * @module
 */
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import type { Hex } from '../../shared/encoding/hex.ts';
import { isHex } from '../../shared/encoding/hex.ts';
import { PUBLIC_KEY_BYTES } from '../ledger/hash.ts';
import { checkInteger } from './limits.ts';
import type { Opening, SearchMethods } from './rpc.ts';
import {
  PREFIX_DIGITS_MIN,
  SEARCH_PAGE_MAX,
  type IndexQuery,
  type IndexedBlock,
  type SearchIndex,
} from './searchIndex.ts';
import { WorkerChannel, type OnStoreDied } from './workerChannel.ts';

/** Name of the index's file in a data directory. Beside it, while it is open: the same with `-wal`. */
export const SEARCH_FILE = 'search.sqlite';

export interface SearchIndexOptions {
  /** The data directory, which is there. */
  readonly directory: string;
  /** Whose ledger it is of. */
  readonly networkId: Hex;
  /** Starts `store.worker.ts`, or what it is built into. */
  readonly createWorker: () => Worker;
  readonly onDied?: OnStoreDied;
  /** Forgets what is there and begins anew. */
  readonly isFresh?: boolean;
}

/**
 * Opens the index in a data directory. What cannot be used (another version's, another network's, a damaged one) is
 * replaced by an empty one, since all of it is in the ledger.
 *
 * Rejects with `storage.full`, `storage.readOnly` or `storage.failed`.
 */
export async function openSearchIndex(options: SearchIndexOptions): Promise<SearchIndex> {
  const path = join(options.directory, SEARCH_FILE);
  const channel = new WorkerChannel<SearchMethods & Opening>(path, options.createWorker(), options.onDied);
  try {
    const { networkId, isFresh = false } = options;
    await channel.call('open', [{ store: 'search', path, networkId, isFresh }]);
  } catch (error) {
    await channel.terminate();
    throw error;
  }
  return new DurableSearchIndex(channel);
}

class DurableSearchIndex implements SearchIndex {
  readonly #channel: WorkerChannel<SearchMethods & Opening>;

  constructor(channel: WorkerChannel<SearchMethods & Opening>) {
    this.#channel = channel;
  }

  async tip(): ReturnType<SearchIndex['tip']> {
    return await this.#channel.call('tip', []);
  }

  async hashes(fromHeight: number, toHeight: number): ReturnType<SearchIndex['hashes']> {
    return await this.#channel.call('hashes', [fromHeight, toHeight]);
  }

  async append(blocks: readonly IndexedBlock[]): Promise<void> {
    await this.#channel.call('append', [blocks], { lane: 'commit' });
  }

  async rollBack(height: number): Promise<void> {
    await this.#channel.call('rollBack', [height], { lane: 'commit' });
  }

  async search(query: IndexQuery): ReturnType<SearchIndex['search']> {
    checkInteger('limit', query.limit, 1, SEARCH_PAGE_MAX);
    if (query.supervisor !== undefined && !isHex(query.supervisor, PUBLIC_KEY_BYTES)) {
      throw new RangeError('a supervisor is 64 digits of lowercase hexadecimal');
    }
    return await this.#channel.call('search', [query]);
  }

  async byPrefix(digits: string): ReturnType<SearchIndex['byPrefix']> {
    if (!/^[0-9a-f]{1,64}$/.test(digits) || digits.length < PREFIX_DIGITS_MIN) {
      throw new RangeError('a prefix is 4 to 64 digits of lowercase hexadecimal');
    }
    return await this.#channel.call('byPrefix', [digits]);
  }

  async sizeBytes(): Promise<number> {
    return await this.#channel.call('sizeBytes', []);
  }

  async close(): Promise<void> {
    await this.#channel.close();
  }
}
