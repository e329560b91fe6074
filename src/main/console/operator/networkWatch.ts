/**
 * Keeps what the replica tells of strangers at its door and of bad messages, bounded, for the page of its peers.
 * @module
 */
import { KNOCKS_MAX } from '../../../shared/contract/peers.ts';
import type { ErrorCode, PlainError } from '../../../shared/errors.ts';
import type { Trouble } from '../../network/index.ts';
import type { ReplicaEvent } from '../../replica/replica.ts';

/** Somebody who was not let in, by address and reason. */
export interface Knock extends Trouble {
  /** The address without its port. */
  readonly host: string;
  readonly firstAtMs: number;
}

export class NetworkWatch {
  readonly #now: () => number;
  /** By host and code; the latest come last. */
  readonly #knocks = new Map<string, Knock>();
  /** By the index of the replica that sent them. */
  readonly #bad = new Map<number, Map<ErrorCode, Trouble>>();
  #epoch: number | null = null;

  /** @param now - milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
  }

  take(event: ReplicaEvent): void {
    if (event.type === 'refusedGuest') this.#knock(hostOf(event.address), event.error);
    else if (event.type === 'badMessage') this.#badMessage(event.from, event.error);
    else if (event.type === 'membership' && event.epoch !== this.#epoch) {
      // In another epoch the indexes are those of other replicas.
      this.#epoch = event.epoch;
      this.#bad.clear();
    }
  }

  /** The latest first; at most `KNOCKS_MAX`. */
  get knocks(): readonly Knock[] {
    return [...this.#knocks.values()].reverse();
  }

  /** What the replica with this index sent that no correct one sends. */
  badMessagesOf(index: number): readonly Trouble[] {
    return [...(this.#bad.get(index)?.values() ?? [])];
  }

  #knock(host: string, error: PlainError): void {
    const key = `${error.code} ${host}`;
    const before = this.#knocks.get(key);
    this.#knocks.delete(key);
    const lastAtMs = this.#now();
    const count = (before?.count ?? 0) + 1;
    this.#knocks.set(key, { host, error, count, firstAtMs: before?.firstAtMs ?? lastAtMs, lastAtMs });
    const [oldest] = this.#knocks.keys();
    if (this.#knocks.size > KNOCKS_MAX && oldest !== undefined) this.#knocks.delete(oldest);
  }

  #badMessage(from: string, error: PlainError): void {
    // Clients are strangers without number, and no replicas.
    const index = /^replica (\d{1,3})$/.exec(from)?.[1];
    if (index === undefined) return;
    const known = this.#bad.get(Number(index)) ?? new Map<ErrorCode, Trouble>();
    const count = (known.get(error.code)?.count ?? 0) + 1;
    known.set(error.code, { error, count, lastAtMs: this.#now() });
    this.#bad.set(Number(index), known);
  }
}

/** `127.0.0.1` of `127.0.0.1:4711`, `::1` of `[::1]:4711`. */
export function hostOf(address: string): string {
  const host = address.replace(/:\d{1,5}$/, '');
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}
