/**
 * Which clients wait for which requests, so that each is told of its own and nobody of others' (origin.md, defect 6).
 * @module
 */
import type { Hex } from '../../shared/encoding/hex.ts';

/** Most requests that one client can wait for. The oldest gives way: its client asks again. */
export const WAITING_PER_CLIENT_MAX = 10_000;

export class ClientDesk {
  readonly #clientsByRequest = new Map<Hex, Set<number>>();
  readonly #requestsByClient = new Map<number, Set<Hex>>();

  /** The client wants to hear of the request. */
  wait(clientId: number, requestId: Hex): void {
    const requests = this.#requestsByClient.get(clientId) ?? new Set<Hex>();
    requests.add(requestId);
    this.#requestsByClient.set(clientId, requests);
    const clients = this.#clientsByRequest.get(requestId) ?? new Set<number>();
    clients.add(clientId);
    this.#clientsByRequest.set(requestId, clients);
    if (requests.size <= WAITING_PER_CLIENT_MAX) return;
    const [oldest] = requests;
    if (oldest !== undefined) this.#unlink(clientId, oldest);
  }

  /** The clients that wait for the request. */
  waiting(requestId: Hex): readonly number[] {
    return [...(this.#clientsByRequest.get(requestId) ?? [])];
  }

  /** Nothing more will be said of the request. */
  done(requestId: Hex): void {
    for (const clientId of this.waiting(requestId)) this.#unlink(clientId, requestId);
  }

  /** The client has gone. */
  leave(clientId: number): void {
    for (const requestId of this.#requestsByClient.get(clientId) ?? []) this.#unlink(clientId, requestId);
    this.#requestsByClient.delete(clientId);
  }

  #unlink(clientId: number, requestId: Hex): void {
    const requests = this.#requestsByClient.get(clientId);
    requests?.delete(requestId);
    if (requests?.size === 0) this.#requestsByClient.delete(clientId);
    const clients = this.#clientsByRequest.get(requestId);
    clients?.delete(clientId);
    if (clients?.size === 0) this.#clientsByRequest.delete(requestId);
  }
}
