/**
 * A replica's network: one connection with each other replica, member of the epoch or guest, and one with each client.
 *
 * Between two replicas the one with the lower public key dials, the other listens. Messages are bytes to this layer.
 * What is sent may be lost with its connection, and is never sent again; what arrives on one connection arrives in
 * order.
 * @module
 */
import type { Hex } from '../../shared/encoding/hex.ts';
import { CountersignError, fromPlainError, invariant, type PlainError } from '../../shared/errors.ts';
import { count, type CodeCounts } from './codeCounts.ts';
import { Connection, type EstablishedSocket, type Traffic } from './connection.ts';
import type { ReplicaIdentity, Responder, Verify } from './handshake.ts';
import { DEFAULT_LIMITS, type NetworkLimits } from './limits.ts';
import { Listener } from './listener.ts';
import { PeerBook, type PeerAddress, type PeerEntry } from './peerBook.ts';
import type { PeerLink, PeerStatus } from './peerLink.ts';
import { PeerLinks } from './peerLinks.ts';

/** What the log is told besides the handlers' events. */
export type NetworkEvent =
  | { readonly kind: 'listening'; readonly host: string; readonly port: number }
  | { readonly kind: 'dialFailed'; readonly index: number; readonly error: PlainError };

/** Someone who was not let in. */
export interface RefusedGuest {
  /** As `host:port`. */
  readonly address: string;
  readonly error: PlainError;
}

/** What a replica's network needs, and whom it tells. Handlers must not throw. */
export interface ReplicaNetworkOptions {
  readonly networkId: Hex;
  /** The key of `peers[ownIndex]`, or that of none of them. */
  readonly identity: ReplicaIdentity;
  /** -1 for a replica that is no member. */
  readonly ownIndex: number;
  /** All members of the epoch, this replica included where it is one, sorted by public key. */
  readonly peers: readonly PeerAddress[];
  /** See `setGuests`. */
  readonly guests?: readonly PeerEntry[];
  /** Where to listen; the host is explicit, so that nobody listens to the world by accident. Port 0: any. */
  readonly listen: { readonly host: string; readonly port: number };
  readonly limits?: Partial<NetworkLimits>;
  readonly verify: Verify;
  /** Chance for the pauses between attempts, from 0 to 1; `Math.random` unless given. */
  readonly random?: () => number;
  readonly log?: (event: NetworkEvent) => void;
  /** Here and below, an index from `peers.length` on is that of a guest. */
  readonly onPeerMessage: (index: number, bytes: Uint8Array) => void;
  readonly onClientMessage: (clientId: number, bytes: Uint8Array) => void;
  readonly onPeerUp: (index: number) => void;
  readonly onPeerDown: (index: number, reason: PlainError) => void;
  /** `clientId` counts from 1 and is never used again. */
  readonly onClientUp: (clientId: number) => void;
  readonly onClientDown: (clientId: number, reason: PlainError) => void;
  /** Called for each: whoever writes a log must bound it. */
  readonly onRefused: (guest: RefusedGuest) => void;
}

/** What is known about a replica's network. */
export interface ReplicaNetworkStatus {
  /** All other members, by index. */
  readonly peers: readonly PeerStatus[];
  /** Replicas that are no members, and follow. */
  readonly guests: readonly PeerStatus[];
  /** Clients connected. */
  readonly clients: number;
  /** Who was not let in, by reason. */
  readonly refusals: CodeCounts;
  /** Connections that have ended, by reason. */
  readonly closings: CodeCounts;
}

/** See the module. Events come from `start` until `close`, never within a call of a method but `start`. */
export class ReplicaNetwork {
  readonly #options: ReplicaNetworkOptions;
  readonly #limits: NetworkLimits;
  readonly #links: PeerLinks;
  readonly #listener: Listener;
  readonly #clients = new Map<number, Connection>();
  readonly #refusals: CodeCounts = {};
  readonly #closings: CodeCounts = {};
  #lastClientId = 0;
  #isClosed = false;

  /** Throws `invariant.broken` for a peer book out of order or an identity that is not `peers[ownIndex]`. */
  constructor(options: ReplicaNetworkOptions) {
    const { networkId, identity, ownIndex, verify, listen } = options;
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const book = new PeerBook(options.peers, identity.publicKey);
    const isOwnIndex = (book.withKey(identity.publicKey)?.index ?? -1) === ownIndex;
    invariant(isOwnIndex, 'a replica runs with its own key', () => identity.publicKey);
    const { maxHandshakeBytes } = limits;
    const responder: Responder = { networkId, identity, verify, book, maxHandshakeBytes };
    this.#options = options;
    this.#limits = limits;
    this.#links = new PeerLinks({
      responder,
      limits,
      random: options.random ?? Math.random,
      onDialFailed: (index, error) => options.log?.({ kind: 'dialFailed', index, error }),
      onMessage: (index, bytes) => {
        if (!this.#isClosed) options.onPeerMessage(index, bytes);
      },
      onUp: (index) => {
        if (!this.#isClosed) options.onPeerUp(index);
      },
      onDown: (index, reason) => {
        count(this.#closings, reason.code);
        if (!this.#isClosed) options.onPeerDown(index, reason);
      },
    });
    this.#links.setGuests(options.guests ?? []);
    this.#listener = new Listener(listen, responder, limits, {
      admitReplica: (index, publicKey) => this.#admitReplica(index, publicKey),
      // Nothing waits between this and `admitReplica`: whoever was let in is still in the book.
      onReplica: (socket, index) => this.#links.at(index)?.attach(socket),
      onClient: (socket, left) => this.#enter(socket, left),
      onRefused: (address, error) => this.#refused(address, error),
    });
  }

  /** Listens, then dials. Throws `network.portInUse` or `network.listenFailed`. */
  async start(): Promise<void> {
    await this.#listener.start();
    if (this.#isClosed) {
      await this.#listener.close();
      return;
    }
    this.#options.log?.({ kind: 'listening', host: this.#options.listen.host, port: this.port });
    this.#links.start();
  }

  /**
   * The machine has slept, or its network is back: connects at once with those that it dials, and finds out at once which
   * connections have died meanwhile. Calling it often does no harm (`Dialler.retryNow`).
   */
  wake(): void {
    if (!this.#isClosed) this.#links.wake();
  }

  /** The port it listens on. */
  get port(): number {
    return this.#listener.port;
  }

  /**
   * Queues a message for another replica. False when it is not connected, or its queue was full and the connection
   * is cut for that. `bytes` must not change afterwards. Throws `admission.messageTooLarge`.
   */
  sendToPeer(index: number, bytes: Uint8Array): boolean {
    return this.#linkAt(index)?.send(bytes) ?? false;
  }

  /** `sendToPeer` to all other members; to how many it went. */
  broadcastToPeers(bytes: Uint8Array): number {
    return this.#links.members.filter((link) => link.send(bytes)).length;
  }

  /** `sendToPeer` to all guests; to how many it went. */
  broadcastToGuests(bytes: Uint8Array): number {
    return this.#links.guests.filter((link) => link.send(bytes)).length;
  }

  /**
   * Makes these the guests, up to `GUESTS_MAX`; members and this replica itself are left out. Whoever is not among them any
   * more is told so and gone. A guest that stays keeps its connection and its index. Returns the indexes of those that have gone,
   * which are never used again.
   */
  setGuests(guests: readonly PeerEntry[]): readonly number[] {
    return this.#isClosed ? [] : this.#links.setGuests(guests);
  }

  /** Like `sendToPeer`, for a client. */
  sendToClient(clientId: number, bytes: Uint8Array): boolean {
    return this.#clients.get(clientId)?.send(bytes) ?? false;
  }

  /** Tells a client why (where `refusals.ts` has words for it) and closes its connection. */
  closeClient(clientId: number, error: PlainError): void {
    this.#clients.get(clientId)?.close(error);
  }

  /** Tells a replica why, closes its connection, and makes no other one with it for `forMs`. */
  shutOutPeer(index: number, error: PlainError, forMs: number): void {
    this.#linkAt(index)?.shutOut(error, forMs);
  }

  /** Stops reading from a replica until `resumePeer`. What has been read already may still come. */
  pausePeer(index: number): void {
    this.#linkAt(index)?.pause();
  }

  /** See `pausePeer`. A new connection is never paused. */
  resumePeer(index: number): void {
    this.#linkAt(index)?.resume();
  }

  /** Stops reading from a client until `resumeClient`. What has been read already may still come. */
  pauseClient(clientId: number): void {
    this.#clients.get(clientId)?.pause();
  }

  /** See `pauseClient`. */
  resumeClient(clientId: number): void {
    this.#clients.get(clientId)?.resume();
  }

  status(): ReplicaNetworkStatus {
    return {
      peers: this.#links.members.map((link) => link.status()),
      guests: this.#links.guests.map((link) => link.status()),
      clients: this.#listener.clients,
      refusals: { ...this.#refusals },
      closings: { ...this.#closings },
    };
  }

  /** Ends all connections, within the grace for goodbyes. No event comes after this call. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const reason: PlainError = { code: 'stopped', data: { what: 'replica' } };
    for (const client of this.#clients.values()) client.close(reason);
    await Promise.all([
      this.#listener.close(),
      this.#links.close(reason),
      ...[...this.#clients.values()].map((client) => client.closed),
    ]);
  }

  /** Undefined for a guest that has gone. Throws `invariant.broken` for what never was another replica. */
  #linkAt(index: number): PeerLink | undefined {
    const link = this.#links.at(index);
    const isKnown = link !== undefined || this.#links.wasGuest(index);
    invariant(isKnown, 'messages go to other replicas', () => `index ${index}`);
    return link;
  }

  #admitReplica(index: number, publicKey: Hex): void {
    const link = this.#links.at(index);
    // It may have left the book while its proof was verified.
    if (link === undefined) throw new CountersignError('handshake.unknownReplica', { publicKey });
    if (link.refusal !== null) throw fromPlainError(link.refusal.reason);
  }

  #enter(socket: EstablishedSocket, left: () => void): void {
    this.#lastClientId += 1;
    const clientId = this.#lastClientId;
    const connection = new Connection(socket, 'client', this.#limits, noTraffic(), {
      onMessage: (bytes) => {
        if (!this.#isClosed) this.#options.onClientMessage(clientId, bytes);
      },
      onClosed: (reason) => {
        left();
        this.#clients.delete(clientId);
        count(this.#closings, reason.code);
        if (!this.#isClosed) this.#options.onClientDown(clientId, reason);
      },
    });
    this.#clients.set(clientId, connection);
    if (!this.#isClosed) this.#options.onClientUp(clientId);
    connection.start();
  }

  #refused(address: string, error: PlainError): void {
    count(this.#refusals, error.code);
    if (!this.#isClosed) this.#options.onRefused({ address, error });
  }
}

function noTraffic(): Traffic {
  return { bytesIn: 0, bytesOut: 0, messagesIn: 0, messagesOut: 0, lastMessageAtMs: null };
}
