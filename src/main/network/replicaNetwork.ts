/**
 * A replica's network: one connection with each other replica, and one with each client.
 *
 * Between two replicas the one with the lower index dials, the other listens. Messages are bytes to this layer. What
 * is sent may be lost with its connection, and is never sent again; what arrives on one connection arrives in order.
 * @module
 */
import type { Hex } from '../../shared/encoding/hex.ts';
import { fromPlainError, invariant, type ErrorCode, type PlainError } from '../../shared/errors.ts';
import { Connection, type EstablishedSocket, type Traffic } from './connection.ts';
import { Dialler } from './dialler.ts';
import type { ReplicaIdentity, Responder, Verify } from './handshake.ts';
import { DEFAULT_LIMITS, type NetworkLimits } from './limits.ts';
import { Listener } from './listener.ts';
import { PeerBook, type PeerAddress } from './peerBook.ts';
import { PeerLink, type PeerStatus } from './peerLink.ts';

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
  /** The key of `peers[ownIndex]`. */
  readonly identity: ReplicaIdentity;
  readonly ownIndex: number;
  /** All replicas, this one included, sorted by public key. */
  readonly peers: readonly PeerAddress[];
  /** Where to listen; the host is explicit, so that nobody listens to the world by accident. Port 0: any. */
  readonly listen: { readonly host: string; readonly port: number };
  readonly limits?: Partial<NetworkLimits>;
  readonly verify: Verify;
  /** Chance for the pauses between attempts, from 0 to 1; `Math.random` unless given. */
  readonly random?: () => number;
  readonly log?: (event: NetworkEvent) => void;
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

/** How often each error code has occurred. */
export type CodeCounts = Partial<Record<ErrorCode, number>>;

/** What is known about a replica's network. */
export interface ReplicaNetworkStatus {
  /** All other replicas, by index. */
  readonly peers: readonly PeerStatus[];
  /** Clients connected. */
  readonly clients: number;
  /** Guests not let in, by reason. */
  readonly refusals: CodeCounts;
  /** Connections that have ended, by reason. */
  readonly closings: CodeCounts;
}

/** See the module. Events come from `start` until `close`, never within a call of a method but `start`. */
export class ReplicaNetwork {
  readonly #options: ReplicaNetworkOptions;
  readonly #limits: NetworkLimits;
  readonly #links: readonly (PeerLink | null)[];
  readonly #diallers: readonly Dialler[];
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
    const book = new PeerBook(options.peers);
    const isOwnKey = book.at(ownIndex).publicKey === identity.publicKey;
    invariant(isOwnKey, 'a replica runs with its own key', () => identity.publicKey);
    const { maxHandshakeBytes } = limits;
    const responder: Responder = { networkId, identity, ownIndex, verify, book, maxHandshakeBytes };
    this.#options = options;
    this.#limits = limits;
    this.#links = book.peers.map((peer) => (peer.index === ownIndex ? null : this.#linkTo(peer)));
    this.#diallers = this.#otherLinks()
      .filter((link) => link.peer.index > ownIndex)
      .map((link) => new Dialler(link, responder, limits, this.#random(), this.#onDialFailed));
    this.#listener = new Listener(listen, responder, limits, {
      admitReplica: (index) => this.#admitReplica(index),
      onReplica: (socket, index) => this.#linkAt(index).attach(socket),
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
    for (const dialler of this.#diallers) dialler.start();
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
    return this.#linkAt(index).send(bytes);
  }

  /** `sendToPeer` to all others; to how many it went. */
  broadcastToPeers(bytes: Uint8Array): number {
    return this.#otherLinks().filter((link) => link.send(bytes)).length;
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
    this.#linkAt(index).shutOut(error, forMs);
  }

  /** Stops reading from a replica until `resumePeer`. What has been read already may still come. */
  pausePeer(index: number): void {
    this.#linkAt(index).pause();
  }

  /** See `pausePeer`. A new connection is never paused. */
  resumePeer(index: number): void {
    this.#linkAt(index).resume();
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
      peers: this.#otherLinks().map((link) => link.status()),
      clients: this.#listener.clients,
      refusals: { ...this.#refusals },
      closings: { ...this.#closings },
    };
  }

  /** Ends all connections, within the grace for goodbyes. No event comes after this call. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const dialler of this.#diallers) dialler.close();
    const reason: PlainError = { code: 'stopped', data: { what: 'replica' } };
    for (const client of this.#clients.values()) client.close(reason);
    await Promise.all([
      this.#listener.close(),
      ...this.#otherLinks().map((link) => link.close(reason)),
      ...[...this.#clients.values()].map((client) => client.closed),
    ]);
  }

  #linkTo(peer: PeerAddress): PeerLink {
    const options = this.#options;
    return new PeerLink(peer, peer.index > options.ownIndex, this.#limits, {
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
  }

  #otherLinks(): PeerLink[] {
    return this.#links.filter((link) => link !== null);
  }

  #linkAt(index: number): PeerLink {
    const link = this.#links[index];
    invariant(link !== null && link !== undefined, 'messages go to other replicas', () => `index ${index}`);
    return link;
  }

  #admitReplica(index: number): void {
    const { refusal } = this.#linkAt(index);
    if (refusal !== null) throw fromPlainError(refusal.reason);
  }

  #random(): () => number {
    return this.#options.random ?? Math.random;
  }

  readonly #onDialFailed = (index: number, error: PlainError): void => {
    this.#options.log?.({ kind: 'dialFailed', index, error });
  };

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

function count(counts: CodeCounts, code: ErrorCode): void {
  counts[code] = (counts[code] ?? 0) + 1;
}

function noTraffic(): Traffic {
  return { bytesIn: 0, bytesOut: 0, messagesIn: 0, messagesOut: 0, lastMessageAtMs: null };
}
