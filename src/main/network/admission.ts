/**
 * Who may come in: counts connections by remote address, before and after they have said who they are.
 *
 * Clients and connections that have not said who they are yet are counted apart, and replicas not at all (there is
 * one connection for each at most), so that clients can fill their places and replicas still get in.
 * @module
 */
import { CountersignError } from '../../shared/errors.ts';
import type { NetworkLimits } from './limits.ts';

/** Counts by address. */
class Tally {
  readonly #byAddress = new Map<string, number>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  of(address: string): number {
    return this.#byAddress.get(address) ?? 0;
  }

  add(address: string): void {
    this.#total += 1;
    this.#byAddress.set(address, this.of(address) + 1);
  }

  remove(address: string): void {
    const left = this.of(address) - 1;
    this.#total -= 1;
    if (left > 0) this.#byAddress.set(address, left);
    else this.#byAddress.delete(address);
  }
}

/** The door of a replica. */
export class Admission {
  readonly #limits: NetworkLimits;
  readonly #unauthenticated = new Tally();
  readonly #clients = new Tally();

  constructor(limits: NetworkLimits) {
    this.#limits = limits;
  }

  /** Clients inside. */
  get clients(): number {
    return this.#clients.total;
  }

  /** A TCP connection arrived. False: drop it. True: call `leaveDoor` when it is authenticated or gone. */
  arrive(address: string): boolean {
    const { maxUnauthenticatedPerAddress, maxConnections } = this.#limits;
    if (this.#unauthenticated.of(address) >= maxUnauthenticatedPerAddress) return false;
    if (this.#unauthenticated.total >= maxConnections) return false;
    this.#unauthenticated.add(address);
    return true;
  }

  /** See `arrive`. */
  leaveDoor(address: string): void {
    this.#unauthenticated.remove(address);
  }

  /** Lets a client in; call `clientLeft` when its connection has ended. Throws `admission.tooManyConnections`. */
  admitClient(address: string): void {
    const { maxConnections, maxConnectionsPerAddress } = this.#limits;
    if (this.#clients.total >= maxConnections) throw tooMany(maxConnections);
    if (this.#clients.of(address) >= maxConnectionsPerAddress) throw tooMany(maxConnectionsPerAddress);
    this.#clients.add(address);
  }

  /** See `admitClient`. */
  clientLeft(address: string): void {
    this.#clients.remove(address);
  }
}

function tooMany(maxConnections: number): CountersignError {
  return new CountersignError('admission.tooManyConnections', { maxConnections });
}
