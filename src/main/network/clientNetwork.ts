/**
 * A client's network: one connection to each replica, each checked against its registered key.
 * @module
 */
import type { Hex } from '../../shared/encoding/hex.ts';
import { invariant, type PlainError } from '../../shared/errors.ts';
import { Dialler } from './dialler.ts';
import type { Party, Verify } from './handshake.ts';
import { DEFAULT_LIMITS, type NetworkLimits } from './limits.ts';
import { inOrder, type PeerAddress } from './peerBook.ts';
import { PeerLink, type PeerStatus } from './peerLink.ts';
import type { NetworkEvent } from './replicaNetwork.ts';

/** What a client's network needs, and whom it tells. Handlers must not throw. */
export interface ClientNetworkOptions {
  readonly networkId: Hex;
  /** All replicas, sorted by public key. */
  readonly replicas: readonly PeerAddress[];
  readonly limits?: Partial<NetworkLimits>;
  readonly verify: Verify;
  /** Chance for the pauses between attempts, from 0 to 1; `Math.random` unless given. */
  readonly random?: () => number;
  readonly log?: (event: NetworkEvent) => void;
  readonly onMessage: (index: number, bytes: Uint8Array) => void;
  readonly onUp: (index: number) => void;
  readonly onDown: (index: number, reason: PlainError) => void;
}

/** See the module. Events come from `start` until `close`, never within a call of a method. */
export class ClientNetwork {
  readonly #links: readonly PeerLink[];
  readonly #diallers: readonly Dialler[];
  #isClosed = false;

  /** Throws `invariant.broken` for replicas out of order. */
  constructor(options: ClientNetworkOptions) {
    const { networkId, verify, onMessage, onUp, onDown, log } = options;
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const party: Party = { networkId, identity: null, verify, maxHandshakeBytes: limits.maxHandshakeBytes };
    const unlessClosed =
      <A extends unknown[]>(handler: (...values: A) => void) =>
      (...values: A): void => {
        if (!this.#isClosed) handler(...values);
      };
    const handlers = {
      onMessage: unlessClosed(onMessage),
      onUp: unlessClosed(onUp),
      onDown: unlessClosed(onDown),
    };
    const onFailed = (index: number, error: PlainError): void => log?.({ kind: 'dialFailed', index, error });
    this.#links = inOrder(options.replicas).map(
      (peer) => new PeerLink(peer, { isDialled: true, counterpart: 'replica' }, limits, handlers),
    );
    this.#diallers = this.#links.map(
      (link) => new Dialler(link, party, limits, options.random ?? Math.random, onFailed),
    );
  }

  /** Dials all replicas, and goes on dialling those that are not connected. */
  start(): void {
    for (const dialler of this.#diallers) dialler.start();
  }

  /** See `ReplicaNetwork.wake`. */
  wake(): void {
    if (this.#isClosed) return;
    for (const link of this.#links) link.probe();
    for (const dialler of this.#diallers) dialler.retryNow();
  }

  /**
   * Queues a message for a replica. False when it is not connected, or its queue was full and the connection is cut
   * for that. `bytes` must not change afterwards. Throws `admission.messageTooLarge`.
   */
  send(index: number, bytes: Uint8Array): boolean {
    return this.#linkAt(index).send(bytes);
  }

  /** `send` to all replicas; to how many it went. */
  broadcast(bytes: Uint8Array): number {
    return this.#links.filter((link) => link.send(bytes)).length;
  }

  /** Stops reading from a replica until `resume`. What has been read already may still come. */
  pause(index: number): void {
    this.#linkAt(index).pause();
  }

  /** See `pause`. A new connection is never paused. */
  resume(index: number): void {
    this.#linkAt(index).resume();
  }

  /** All replicas, by index. */
  status(): readonly PeerStatus[] {
    return this.#links.map((link) => link.status());
  }

  /** Ends all connections, within the grace for goodbyes. No event comes after this call. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const dialler of this.#diallers) dialler.close();
    const reason: PlainError = { code: 'stopped', data: { what: 'client' } };
    await Promise.all(this.#links.map((link) => link.close(reason)));
  }

  #linkAt(index: number): PeerLink {
    const link = this.#links[index];
    invariant(link !== undefined, 'messages go to replicas', () => `index ${index}`);
    return link;
  }
}
