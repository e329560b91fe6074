/**
 * The ledger store in memory, for the simulator: a deliberately simple twin of the durable one. It passes the same
 * compliance suite.
 *
 * A `MemoryDisk` is what survives a crash. A commit reaches it whole, at a moment that the simulator chooses.
 * @module
 */
import { titleOf } from '../../src/shared/domain/payload.ts';
import { ZERO_HASH } from '../../src/main/ledger/hash.ts';
import { registryRequestsIn, type PlacedRegistryRequest } from '../../src/main/ledger/registry/replay.ts';
import { nextExecutedDigest } from '../../src/main/ledger/state.ts';
import type {
  AcceptedBlock,
  DurableState,
  PersistOperation,
  StableCheckpoint,
} from '../../src/main/consensus/effects.ts';
import type { Block, HashedHeader } from '../../src/main/ledger/block.ts';
import { networkIdOf, type Genesis } from '../../src/main/ledger/genesis.ts';
import type { SignedRequest } from '../../src/main/ledger/request.ts';
import { compareBlocks, viewChangeForTarget } from '../../src/main/storage/derive.ts';
import {
  checkHash,
  checkIds,
  checkLimit,
  checkRange,
  checkSearch,
} from '../../src/main/storage/ledgerLimits.ts';
import { HEADERS_MAX, REQUESTS_BYTES_MAX } from '../../src/main/storage/ledgerStore.ts';
import type {
  BlockSummary,
  CheckpointSummary,
  LedgerCounts,
  LedgerStore,
  LocatedRequest,
  RequestSearch,
  RequestSummary,
} from '../../src/main/storage/ledgerStore.ts';
import type { Hex } from '../../src/shared/encoding/hex.ts';
import { CountersignError, invariant } from '../../src/shared/errors.ts';
import { asKept, committed, emptyContents, type Contents } from './memoryContents.ts';

/** Where errors say that the store is. */
const PATH = 'memory';

/** What survives a crash. */
export class MemoryDisk {
  contents: Contents | undefined;
}

/** Carries out a commit when the simulated disk has written it; at once, in a microtask, unless given. */
export type Schedule = (write: () => void) => void;

/** Opens the store on `disk`, making it where there is nothing. Throws `storage.wrongNetwork`. */
export function openMemoryStore(
  disk: MemoryDisk,
  genesis: Genesis,
  schedule: Schedule = queueMicrotask,
): MemoryLedgerStore {
  const expected = networkIdOf(genesis);
  disk.contents ??= emptyContents(genesis, expected);
  if (disk.contents.networkId !== expected) {
    const data = { path: PATH, expected, actual: disk.contents.networkId };
    throw new CountersignError('storage.wrongNetwork', data);
  }
  return new MemoryLedgerStore(disk, genesis, schedule);
}

export class MemoryLedgerStore implements LedgerStore {
  readonly #disk: MemoryDisk;
  readonly #genesis: Genesis;
  readonly #schedule: Schedule;
  readonly #writing = new Set<(error: Error) => void>();
  #last: Promise<unknown> = Promise.resolve();
  #ended: CountersignError | undefined;

  constructor(disk: MemoryDisk, genesis: Genesis, schedule: Schedule) {
    this.#disk = disk;
    this.#genesis = genesis;
    this.#schedule = schedule;
  }

  /** Loses every commit that has not been written, and ends the store. The disk can be opened again. */
  crash(): void {
    this.#ended ??= new CountersignError('storage.failed', { path: PATH, problem: 'it crashed' });
    for (const reject of this.#writing) reject(this.#ended);
    this.#writing.clear();
  }

  async commit(operations: readonly PersistOperation[]): Promise<void> {
    this.#checkOpen();
    const written = new Promise<void>((resolve, reject) => {
      this.#writing.add(reject);
      this.#schedule(() => {
        // A crash has rejected it already.
        if (!this.#writing.delete(reject)) return;
        try {
          this.#disk.contents = committed(this.#genesis, this.#contents, operations);
          resolve();
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
    this.#last = Promise.allSettled([this.#last, written]);
    await written;
  }

  async load(): Promise<DurableState> {
    const contents = this.#read();
    const { position, commitCertificate, viewChange, opening, evidence, learner } = contents;
    const { blocks, checkpoints, rolledBack } = contents;
    const stable = checkpoints.at(-1)!;
    const stableBlock = blocks[stable.height]!.block;
    const oldestMs = stableBlock.header.timeMs - this.#genesis.limits.maxRequestAgeMs;
    const recent = blocks
      .slice(0, stable.height + 1)
      .flatMap(({ block }) =>
        block.requests
          .filter(({ timestampMs }) => timestampMs >= oldestMs)
          .map(({ id, timestampMs }) => ({ id, timestampMs, height: block.header.height })),
      );
    return {
      position,
      stable,
      stableBlock: stable.height === 0 ? null : stableBlock,
      epochBase:
        blocks.slice(0, stable.height + 1).findLast(({ block }) => block.header.nextReplicas !== null)?.block
          .header ?? null,
      chain: blocks.slice(stable.height + 1),
      commitCertificate,
      rolledBack: [...rolledBack.values()].toSorted(compareBlocks).map((block) => asKept(contents, block)),
      viewChange: viewChangeForTarget(viewChange, position),
      opening,
      evidence,
      learner,
      recent,
      registryRequests: registryRequestsIn(blocks.slice(0, stable.height + 1).map(({ block }) => block)),
    };
  }

  async block(height: number): Promise<AcceptedBlock | null> {
    checkRange(height, height);
    return this.#read().blocks[height] ?? null;
  }

  async blockByHash(height: number, hash: Hex): Promise<Block | null> {
    checkRange(height, height);
    checkHash(hash);
    const contents = this.#read();
    const onChain = contents.blocks[height]?.block;
    if (onChain?.header.hash === hash) return onChain;
    const block = contents.rolledBack.get(hash);
    return block?.header.height === height ? asKept(contents, block) : null;
  }

  async blocks(fromHeight: number, toHeight: number, limit: number): Promise<readonly BlockSummary[]> {
    checkRange(fromHeight, toHeight);
    checkLimit(limit);
    return this.#read()
      .blocks.slice(fromHeight, toHeight + 1)
      .toReversed()
      .slice(0, limit)
      .map(({ block: { header, requests, evidence }, order }) => ({
        header,
        view: order?.view ?? null,
        sizeBytes: requests.reduce((sum, { bytes }) => sum + bytes.length, 0),
        evidenceCount: evidence.length,
      }));
  }

  async request(id: Hex): Promise<LocatedRequest | null> {
    checkIds([id]);
    const { places, bodies } = this.#read();
    const place = places.get(id);
    return place === undefined ? null : { request: bodies.get(id)!.request, ...place };
  }

  async requests(ids: readonly Hex[], maxBytes = REQUESTS_BYTES_MAX): Promise<readonly SignedRequest[]> {
    checkIds(ids);
    const { bodies } = this.#read();
    const known = ids.flatMap((id) => bodies.get(id)?.request ?? []);
    let sizeBytes = 0;
    const tooMany = known.findIndex(({ bytes }, index) => {
      sizeBytes += bytes.length;
      return index > 0 && sizeBytes > maxBytes;
    });
    return tooMany === -1 ? known : known.slice(0, tooMany);
  }

  async headers(fromHeight: number, toHeight: number): Promise<readonly HashedHeader[]> {
    checkRange(fromHeight, toHeight);
    return this.#read()
      .blocks.slice(fromHeight, toHeight + 1)
      .slice(0, HEADERS_MAX)
      .map(({ block }) => block.header);
  }

  async checkpointCovering(height: number): Promise<StableCheckpoint | null> {
    checkRange(height, height);
    return this.#read().checkpoints.find((checkpoint) => checkpoint.height >= height) ?? null;
  }

  async checkpoints(
    limit: number,
    beforeHeight = Number.MAX_SAFE_INTEGER,
  ): Promise<readonly CheckpointSummary[]> {
    checkLimit(limit);
    checkRange(beforeHeight, beforeHeight);
    const { checkpoints, blocks } = this.#read();
    return checkpoints
      .filter(({ height }) => height > 0 && height < beforeHeight)
      .toReversed()
      .slice(0, limit)
      .map((checkpoint) => ({
        ...checkpoint,
        blockTimeMs: blocks[checkpoint.height]!.block.header.timeMs,
      }));
  }

  async executedAt(height: number): Promise<{ executedDigest: Hex; executedCount: number }> {
    checkRange(height, height);
    const ids = this.#read()
      .blocks.slice(0, height + 1)
      .flatMap(({ block }) => block.requests.map(({ id }) => id));
    return { executedDigest: ids.reduce(nextExecutedDigest, ZERO_HASH), executedCount: ids.length };
  }

  async registryRequests(height: number): Promise<readonly PlacedRegistryRequest[]> {
    checkRange(height, height);
    return registryRequestsIn(
      this.#read()
        .blocks.slice(0, height + 1)
        .map(({ block }) => block),
    );
  }

  async search(query: RequestSearch): Promise<readonly RequestSummary[]> {
    checkSearch(query);
    return this.#read()
      .blocks.flatMap(({ block }) =>
        block.requests.map((request, index) => summaryOf(request, block.header.height, index)),
      )
      .filter((summary) => matches(summary, query))
      .toReversed()
      .slice(0, query.limit);
  }

  async counts(): Promise<LedgerCounts> {
    const { blocks, places, bodies, checkpoints, rolledBack } = this.#read();
    return {
      blocks: blocks.length - 1,
      requests: places.size,
      rolledBackRequests: bodies.size - places.size,
      rolledBackBlocks: rolledBack.size,
      checkpoints: checkpoints.length - 1,
      sizeBytes: [...bodies.values()].reduce((sum, { request }) => sum + request.bytes.length, 0),
    };
  }

  async close(): Promise<void> {
    if (this.#ended !== undefined) return;
    this.#ended = new CountersignError('stopped', { what: PATH });
    await this.#last;
  }

  /** What has been written: a read waits for no commit, and sees none that is not durable. */
  #read(): Contents {
    this.#checkOpen();
    return this.#contents;
  }

  get #contents(): Contents {
    invariant(this.#disk.contents !== undefined, 'an open store has contents', () => PATH);
    return this.#disk.contents;
  }

  #checkOpen(): void {
    if (this.#ended !== undefined) throw this.#ended;
  }
}

function summaryOf(request: SignedRequest, height: number, index: number): RequestSummary {
  const { id, supervisor, timestampMs, payload, bytes } = request;
  const { kind } = payload;
  const title = titleOf(payload);
  return { id, height, index, supervisor, timestampMs, kind, title, sizeBytes: bytes.length };
}

function matches(summary: RequestSummary, query: RequestSearch): boolean {
  const { idPrefix = '', supervisor, fromMs = 0, toMs = Infinity, before } = query;
  const { height, index } = summary;
  return (
    summary.id.startsWith(idPrefix) &&
    (supervisor === undefined || summary.supervisor === supervisor) &&
    summary.timestampMs >= fromMs &&
    summary.timestampMs <= toMs &&
    (before === undefined || height < before.height || (height === before.height && index < before.index))
  );
}
