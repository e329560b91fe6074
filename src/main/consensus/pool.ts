/**
 * Requests that have arrived and been checked, found again by timestamp and id: the seed's `blockCache`, for what does
 * not depend on the order (origin.md, defect 4). Pending ones wait to be ordered; ordered ones stay until a stable
 * checkpoint covers them, because others may ask for their bodies (rule G1).
 *
 * Nobody can crowd out the others: one supervisor's pending requests are limited, each supervisor's turn comes in every
 * round, and what a replica passes on as overdue goes first.
 * @module
 */
import type { Hex } from '../../shared/encoding/hex.ts';
import { requestKey, type SignedRequest } from '../ledger/request.ts';
import type { ConsensusOptions } from './config.ts';
import type { RequestReference } from './messages.ts';

/** A pending request, and whether its client sent it to all replicas or only a replica passed it on. */
export interface PooledRequest {
  readonly request: SignedRequest;
  readonly origin: 'broadcast' | 'forwarded';
}

/** How much may wait. */
export type PoolLimits = Pick<
  ConsensusOptions,
  'maxPoolRequests' | 'maxPoolBytes' | 'maxPoolRequestsPerSupervisor'
>;

/** Most requests that wait because one replica has passed them on as overdue: what a correct one passes on at once. */
export const OVERDUE_MAX = 64;
/** The same in bytes. One more request may exceed it, so that even the largest can be passed on. */
const OVERDUE_BYTES_MAX = 4 * 1024 * 1024;

/** Bounded by the number and the bytes of pending requests; ordered ones are bounded by the window. */
export class RequestPool {
  readonly #limits: PoolLimits;
  readonly #pending = new Map<string, PooledRequest>();
  readonly #ordered = new Map<string, PooledRequest>();
  /** The pending requests of each supervisor, in order of arrival. */
  readonly #queues = new Map<Hex, Map<string, PooledRequest>>();
  /** Pending requests that go first, with the replica that passed each on. */
  readonly #overdue = new Map<string, { readonly pooled: PooledRequest; readonly from: number }>();
  /** When each pending request that its client sent again was passed on last. */
  readonly #passedOnMs = new Map<string, number>();
  /** Keys by id, for those who ask by id alone. */
  readonly #keys = new Map<Hex, string>();
  #pendingBytes = 0;

  constructor(limits: PoolLimits) {
    this.#limits = limits;
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  /** How many requests stand in blocks above the stable checkpoint. */
  get orderedCount(): number {
    return this.#ordered.size;
  }

  /** Whether the request fits beside those that wait. */
  hasRoomFor({ bytes, supervisor }: SignedRequest): boolean {
    const { maxPoolRequests, maxPoolBytes, maxPoolRequestsPerSupervisor } = this.#limits;
    return (
      this.#pending.size < maxPoolRequests &&
      this.#pendingBytes + bytes.length <= maxPoolBytes &&
      (this.#queues.get(supervisor)?.size ?? 0) < maxPoolRequestsPerSupervisor
    );
  }

  /**
   * Whether one more overdue request from this replica fits. Each has room of its own: neither a full pool nor another
   * replica can keep out what it passes on.
   */
  hasRoomForOverdue(from: number): boolean {
    let count = 0;
    let sizeBytes = 0;
    for (const overdue of this.#overdue.values()) {
      if (overdue.from !== from) continue;
      count++;
      sizeBytes += overdue.pooled.request.bytes.length;
    }
    return count < OVERDUE_MAX && sizeBytes < OVERDUE_BYTES_MAX;
  }

  /** Adds a checked request that waits to be ordered. Does nothing where it is known already. */
  add(request: SignedRequest, origin: PooledRequest['origin']): void {
    const key = requestKey(request);
    if (this.#pending.has(key) || this.#ordered.has(key)) return;
    this.#putPending(key, { request, origin });
    this.#keys.set(request.id, key);
  }

  /** A pending request goes first from now on. */
  markOverdue(reference: RequestReference, from: number): void {
    const key = requestKey(reference);
    const pooled = this.#pending.get(key);
    if (pooled === undefined || this.#overdue.has(key) || !this.hasRoomForOverdue(from)) return;
    this.#overdue.set(key, { pooled, from });
  }

  /** A pending request is passed on, unless that was less than `intervalMs` ago. Whether it is. */
  markPassedOn(reference: RequestReference, nowMs: number, intervalMs: number): boolean {
    const key = requestKey(reference);
    if (!this.#pending.has(key)) return false;
    const sinceMs = nowMs - (this.#passedOnMs.get(key) ?? -Infinity);
    // A clock that was set back must not keep it here.
    if (sinceMs >= 0 && sinceMs < intervalMs) return false;
    this.#passedOnMs.set(key, nowMs);
    return true;
  }

  /** The request with this timestamp and id. */
  find(reference: RequestReference): PooledRequest | undefined {
    const key = requestKey(reference);
    return this.#pending.get(key) ?? this.#ordered.get(key);
  }

  /** The request with this id. */
  findById(id: Hex): PooledRequest | undefined {
    const key = this.#keys.get(id);
    return key === undefined ? undefined : (this.#pending.get(key) ?? this.#ordered.get(key));
  }

  /** Whether the request waits to be ordered. */
  isPending(reference: RequestReference): boolean {
    return this.#pending.has(requestKey(reference));
  }

  /** The pending requests, in order of arrival. */
  pending(): Iterable<PooledRequest> {
    return this.#pending.values();
  }

  /** The pending requests in the order in which a fair primary takes them: overdue ones, then one of each in turn. */
  *inTurn(): Generator<PooledRequest> {
    for (const { pooled } of this.#overdue.values()) yield pooled;
    let queues = [...this.#queues.values()].map((queue) => queue.entries());
    while (queues.length > 0) {
      const left: typeof queues = [];
      for (const queue of queues) {
        const next = queue.next();
        if (next.done === true) continue;
        left.push(queue);
        const [key, pooled] = next.value;
        if (!this.#overdue.has(key)) yield pooled;
      }
      queues = left;
    }
  }

  /** The request is on the chain now. */
  markOrdered(request: SignedRequest): void {
    const key = requestKey(request);
    const pooled = this.#pending.get(key) ?? { request, origin: 'forwarded' };
    this.#dropPending(key);
    this.#ordered.set(key, pooled);
    this.#keys.set(request.id, key);
  }

  /** The request's block was rolled back: it waits again. */
  markPending(request: SignedRequest): void {
    const key = requestKey(request);
    const pooled = this.#ordered.get(key);
    if (pooled === undefined) return;
    this.#ordered.delete(key);
    this.#putPending(key, pooled);
  }

  /** A stable checkpoint covers the request, or it can no longer be ordered. */
  forget(reference: RequestReference): void {
    const key = requestKey(reference);
    this.#dropPending(key);
    this.#ordered.delete(key);
    this.#keys.delete(reference.id);
  }

  #putPending(key: string, pooled: PooledRequest): void {
    const { supervisor, bytes } = pooled.request;
    this.#pending.set(key, pooled);
    const queue = this.#queues.get(supervisor) ?? new Map<string, PooledRequest>();
    this.#queues.set(supervisor, queue.set(key, pooled));
    this.#pendingBytes += bytes.length;
  }

  #dropPending(key: string): void {
    const pooled = this.#pending.get(key);
    if (pooled === undefined) return;
    this.#pending.delete(key);
    this.#overdue.delete(key);
    this.#passedOnMs.delete(key);
    const { supervisor, bytes } = pooled.request;
    const queue = this.#queues.get(supervisor);
    queue?.delete(key);
    if (queue?.size === 0) this.#queues.delete(supervisor);
    this.#pendingBytes -= bytes.length;
  }
}
