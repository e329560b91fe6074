/**
 * Requests that have arrived and been checked, found again by timestamp and id: the seed's `blockCache`, for what does
 * not depend on the order (origin.md, defect 4). Pending ones wait to be ordered; ordered ones stay until a stable
 * checkpoint covers them, because others may ask for their bodies (rule G1).
 * @module
 */
import type { Hex } from '../../shared/encoding/hex.ts';
import { requestKey, type SignedRequest } from '../ledger/request.ts';
import type { RequestReference } from './messages.ts';

/** A pending request, and whether its client sent it to all replicas or only a replica passed it on. */
export interface PooledRequest {
  readonly request: SignedRequest;
  readonly origin: 'broadcast' | 'forwarded';
}

/** Bounded by the number and the bytes of pending requests; ordered ones are bounded by the window. */
export class RequestPool {
  readonly #maxRequests: number;
  readonly #maxBytes: number;
  readonly #pending = new Map<string, PooledRequest>();
  readonly #ordered = new Map<string, PooledRequest>();
  /** Keys by id, for those who ask by id alone. */
  readonly #keys = new Map<Hex, string>();
  #pendingBytes = 0;

  constructor(maxRequests: number, maxBytes: number) {
    this.#maxRequests = maxRequests;
    this.#maxBytes = maxBytes;
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  /** How many requests stand in blocks above the stable checkpoint. */
  get orderedCount(): number {
    return this.#ordered.size;
  }

  /** Whether one more request of `sizeBytes` fits. */
  hasRoomFor(sizeBytes: number): boolean {
    return this.#pending.size < this.#maxRequests && this.#pendingBytes + sizeBytes <= this.#maxBytes;
  }

  /** Adds a checked request that waits to be ordered. Does nothing where it is known already. */
  add(request: SignedRequest, origin: PooledRequest['origin']): void {
    const key = requestKey(request);
    if (this.#pending.has(key) || this.#ordered.has(key)) return;
    this.#pending.set(key, { request, origin });
    this.#keys.set(request.id, key);
    this.#pendingBytes += request.bytes.length;
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
    this.#pending.set(key, pooled);
    this.#pendingBytes += request.bytes.length;
  }

  /** A stable checkpoint covers the request, or it can no longer be ordered. */
  forget(reference: RequestReference): void {
    const key = requestKey(reference);
    this.#dropPending(key);
    this.#ordered.delete(key);
    this.#keys.delete(reference.id);
  }

  #dropPending(key: string): void {
    const pooled = this.#pending.get(key);
    if (pooled === undefined) return;
    this.#pending.delete(key);
    this.#pendingBytes -= pooled.request.bytes.length;
  }
}
