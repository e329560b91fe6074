/**
 * The ledger store as its users see it: what a replica must not forget, and what the console reads from it.
 *
 * One implementation is durable (`openLedgerStore.ts`), one is in memory for the simulator; both pass one
 * compliance suite.
 * @module
 */
import type { PayloadKind } from '../../shared/domain/payload.ts';
import type { Hex } from '../../shared/encoding/hex.ts';
import type {
  AcceptedBlock,
  DurableState,
  PersistOperation,
  StableCheckpoint,
} from '../consensus/effects.ts';
import type { Block, HashedHeader } from '../ledger/block.ts';
import type { PlacedRegistryRequest } from '../ledger/registry/replay.ts';
import type { SignedRequest } from '../ledger/request.ts';
import type { StateValues } from '../ledger/state.ts';
import type { OnProgress } from './progress.ts';

/** A block of the chain without its requests. */
export interface BlockSummary {
  readonly header: HashedHeader;
  /** The view in which it was ordered; `null` where a certificate brought it, and for genesis. */
  readonly view: number | null;
  /** Sum of its signed requests, in bytes. */
  readonly sizeBytes: number;
  /** Pieces of evidence that it records against replicas. */
  readonly evidenceCount: number;
}

/** A request of the chain without what it says. */
export interface RequestSummary {
  readonly id: Hex;
  readonly height: number;
  /** Position in its block, from 0. */
  readonly index: number;
  readonly supervisor: Hex;
  readonly timestampMs: number;
  readonly kind: PayloadKind;
  readonly title: string;
  /** Length of the signed request, in bytes. */
  readonly sizeBytes: number;
}

/** A request of the chain and where it stands. */
export interface LocatedRequest {
  readonly request: SignedRequest;
  readonly height: number;
  /** Position in its block, from 0. */
  readonly index: number;
}

/** A stable checkpoint with the time of its block. */
export interface CheckpointSummary extends StableCheckpoint {
  readonly blockTimeMs: number;
}

/** Where a page of requests ends: the next page holds what stands before it on the chain. */
export interface ChainCursor {
  readonly height: number;
  readonly index: number;
}

/** What to look for. Every field that is given must match. */
export interface RequestSearch {
  /** The first digits of the id, in lowercase hexadecimal. */
  readonly idPrefix?: string;
  /** Public key of the supervisor. */
  readonly supervisor?: Hex;
  /** Earliest timestamp, inclusive, in milliseconds since 1970 in UTC. */
  readonly fromMs?: number;
  /** Latest timestamp, inclusive, in milliseconds since 1970 in UTC. */
  readonly toMs?: number;
  /** 1 to `PAGE_MAX`. */
  readonly limit: number;
  /** Continue below the last request of the page before. */
  readonly before?: ChainCursor;
}

/** How much the store holds. */
export interface LedgerCounts {
  /** Blocks on the chain, genesis not counted: the height of the tip. */
  readonly blocks: number;
  /** Requests on the chain. */
  readonly requests: number;
  /** Requests of rolled-back blocks, kept until a stable checkpoint covers their height. */
  readonly rolledBackRequests: number;
  /** Blocks that were taken off the chain, kept until a stable checkpoint covers their height. */
  readonly rolledBackBlocks: number;
  /** Stable checkpoints, genesis not counted. */
  readonly checkpoints: number;
  /** What the store takes on disk, in bytes. */
  readonly sizeBytes: number;
}

/** Most entries of one page: what a console shows at once, and little enough not to hold up a commit. */
export const PAGE_MAX = 500;

/** Most headers in one answer: the window L of the largest checkpoint distance. */
export const HEADERS_MAX = 8_192;

/** Most ids asked for at once: the most requests that one block can order. */
export const IDS_MAX = 65_535;

/** Most bytes of requests in one answer beyond the first: what one message to another replica carries. */
export const REQUESTS_BYTES_MAX = 16 * 1024 * 1024;

/**
 * What a replica keeps. Every method may reject with `storage.failed`, after which, if the store's worker has died,
 * every later call does too; with `storage.corrupt` where what was read back is not what was written; and with
 * `stopped` after `close`. A limit outside its range is a `RangeError`.
 */
export interface LedgerStore {
  /**
   * Carries out all operations in one transaction, which is durable when the promise resolves. Commits take effect
   * in the order of the calls.
   *
   * Rejects with `storage.full`, `storage.readOnly` or `storage.failed`, and with `invariant.broken` where an
   * operation would leave a state that no correct replica can be in: a block that is not linked, a rollback below
   * the stable checkpoint, a checkpoint of a block that is not on the chain, a second view change or new view for one
   * view, a view change that is not of what is durable, anything that goes backwards. Then nothing of this commit has
   * happened, and the store can still be read.
   *
   * The first evidence against a replica stays, and so does the first reason to be a learner.
   */
  commit(operations: readonly PersistOperation[]): Promise<void>;
  /**
   * Everything a replica starts from, verified: see `DurableState`. `onProgress` is told, now and then, how far it is.
   * Rejects with `storage.corrupt`.
   */
  load(onProgress?: OnProgress): Promise<DurableState>;
  /** The block of the chain at `height`; genesis at 0. */
  block(height: number): Promise<AcceptedBlock | null>;
  /**
   * The block of this hash at `height`: on the chain, or rolled back and above the stable checkpoint (rule G1). Of a
   * request that was accepted with several signatures, the last one is given.
   */
  blockByHash(height: number, hash: Hex): Promise<Block | null>;
  /** Blocks of the chain from `fromHeight` to `toHeight`, both inclusive, highest first; at most `limit` of them. */
  blocks(fromHeight: number, toHeight: number, limit: number): Promise<readonly BlockSummary[]>;
  /** The request with this id, if it is on the chain. */
  request(id: Hex): Promise<LocatedRequest | null>;
  /**
   * The requests with these ids, on the chain or of rolled-back blocks (PROTOCOL.md, rule G1), in the order asked
   * for; unknown ids are left out. Stops before it exceeds `maxBytes`, but after at least one.
   */
  requests(ids: readonly Hex[], maxBytes?: number): Promise<readonly SignedRequest[]>;
  /** Headers from `fromHeight` to `toHeight`, both inclusive, lowest first; the lowest `HEADERS_MAX` of them. */
  headers(fromHeight: number, toHeight: number): Promise<readonly HashedHeader[]>;
  /** The lowest stable checkpoint at or above `height`. At height 0 this is genesis. */
  checkpointCovering(height: number): Promise<StableCheckpoint | null>;
  /** Stable checkpoints below `beforeHeight`, highest first, without genesis; at most `limit` of them. */
  checkpoints(limit: number, beforeHeight?: number): Promise<readonly CheckpointSummary[]>;
  /** The running values over all executed requests up to the block at `height` of the chain. */
  executedAt(height: number): Promise<Pick<StateValues, 'executedDigest' | 'executedCount'>>;
  /** All changes of the registry on the chain up to `height`, lowest first. */
  registryRequests(height: number): Promise<readonly PlacedRegistryRequest[]>;
  /** Requests of the chain that match, newest first. */
  search(query: RequestSearch): Promise<readonly RequestSummary[]>;
  counts(): Promise<LedgerCounts>;
  /** Waits for what was asked for before and closes the store. Calling it again does nothing. */
  close(): Promise<void>;
}
