/**
 * One other replica: the connection to it, if any, and what is known about it.
 * @module
 */
import type { Hex } from '../../shared/encoding/hex.ts';
import type { PlainError } from '../../shared/errors.ts';
import { Troubles, type Trouble } from './codeCounts.ts';
import { Connection, type Counterpart, type EstablishedSocket, type Traffic } from './connection.ts';
import type { NetworkLimits } from './limits.ts';
import { addressText, type PeerAddress } from './peerBook.ts';

/**
 * `connecting`: the first attempt since the start or since the connection was lost is under way. `refused`: one
 * side did not accept the other, `lastError` says why. `down`: it cannot be reached, or has not called. In the last
 * two, attempts go on in the background.
 */
export type PeerState = 'connected' | 'connecting' | 'refused' | 'down';

/** What is known about another replica. Counts run over all connections since the start. */
export interface PeerStatus {
  readonly index: number;
  readonly name: string;
  readonly publicKey: Hex;
  /** Where it listens by the peer book, as `host:port`. */
  readonly address: string;
  readonly state: PeerState;
  /** When it came into this state, in ms since 1970. */
  readonly since: number;
  readonly roundTripMs: number | null;
  /** How far its clock is ahead of this one, in ms, by its pings; `null` before that is known. For people alone. */
  readonly clockOffsetMs: number | null;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly messagesIn: number;
  readonly messagesOut: number;
  readonly lastMessageAtMs: number | null;
  /** Why it is, or last was, not connected. */
  readonly lastError: PlainError | null;
  /** Whether this side is the one that dials. */
  readonly isDialled: boolean;
  /** Attempts to connect that have failed since it was last connected; 0 where the other side dials. */
  readonly failedDials: number;
  /** When this side dials again, in ms since 1970; `null` while it is connected or dialled, or the other side dials. */
  readonly nextDialAtMs: number | null;
  /** Why connections with it failed or ended, the latest first; at most one for each code. */
  readonly troubles: readonly Trouble[];
}

/** What a link tells its owner. */
export interface PeerLinkHandlers {
  readonly onMessage: (index: number, bytes: Uint8Array) => void;
  readonly onUp: (index: number) => void;
  readonly onDown: (index: number, reason: PlainError) => void;
}

/** How a link is made and bounded. */
export interface LinkKind {
  /** Whether this side is the one to connect. */
  readonly isDialled: boolean;
  readonly counterpart: Counterpart;
}

/** The link to one other replica. */
export class PeerLink {
  readonly peer: PeerAddress;
  readonly #kind: LinkKind;
  readonly #limits: NetworkLimits;
  readonly #handlers: PeerLinkHandlers;
  readonly #traffic: Traffic = {
    bytesIn: 0,
    bytesOut: 0,
    messagesIn: 0,
    messagesOut: 0,
    lastMessageAtMs: null,
  };
  #connection: Connection | null = null;
  /** The last connection that gave way to a newer one, until it has ended. */
  #replaced: Connection | null = null;
  /** Why, and until when by `performance.now`, it is not let in. */
  #shutOut: { readonly reason: PlainError; readonly untilMs: number } | null = null;
  #state: PeerState;
  #sinceMs: number = Date.now();
  #lastError: PlainError | null = null;
  readonly #troubles = new Troubles();
  #failedDials = 0;
  #nextDialAtMs: number | null = null;

  constructor(peer: PeerAddress, kind: LinkKind, limits: NetworkLimits, handlers: PeerLinkHandlers) {
    this.peer = peer;
    this.#limits = limits;
    this.#handlers = handlers;
    this.#kind = kind;
    this.#state = this.#stateWithout();
  }

  /**
   * Takes over an authenticated connection. The newest wins: a replica that connects again has proven the same key,
   * and knows best that it has lost the connection before.
   *
   * @param onClosed - called once, when this connection has ended
   */
  attach(socket: EstablishedSocket, onClosed?: (reason: PlainError) => void): void {
    this.#giveWay();
    const connection: Connection = new Connection(
      socket,
      this.#kind.counterpart,
      this.#limits,
      this.#traffic,
      {
        onMessage: (bytes) => {
          if (this.#connection === connection) this.#handlers.onMessage(this.peer.index, bytes);
        },
        onClosed: (reason) => {
          if (this.#replaced === connection) this.#replaced = null;
          if (this.#connection === connection) this.#down(reason);
          onClosed?.(reason);
        },
      },
    );
    this.#connection = connection;
    this.#failedDials = 0;
    this.#nextDialAtMs = null;
    this.#enter('connected');
    this.#handlers.onUp(this.peer.index);
    connection.start();
  }

  /** An attempt has failed, or a connection ended in a way that makes the next one wait. */
  dialFailed(error: PlainError, isRefused: boolean): void {
    // The end of a connection has been counted when it came.
    if (error !== this.#lastError) {
      this.#failedDials += 1;
      this.#troubles.add(error);
    }
    this.#lastError = error;
    this.#enter(isRefused ? 'refused' : 'down');
  }

  /** The next attempt is made at `atMs` (since 1970), or is under way: `null`. */
  dialsAt(atMs: number | null): void {
    this.#nextDialAtMs = atMs;
  }

  /** Says why and closes the connection, and lets no other one be made for `forMs`. */
  shutOut(reason: PlainError, forMs: number): void {
    if (this.#connection === null) return;
    this.#shutOut = { reason, untilMs: performance.now() + forMs };
    this.#connection.close(reason);
  }

  /** Why it is not let in now, and for how many ms more; null where it is. */
  get refusal(): { readonly reason: PlainError; readonly forMs: number } | null {
    if (this.#shutOut === null) return null;
    const { reason, untilMs } = this.#shutOut;
    const forMs = untilMs - performance.now();
    if (forMs > 0) return { reason, forMs };
    this.#shutOut = null;
    return null;
  }

  /** Queues a message; false when there is no connection, or its queue is full. */
  send(bytes: Uint8Array): boolean {
    return this.#connection?.send(bytes) ?? false;
  }

  /** Stops reading until `resume`, so that the other side has to wait. */
  pause(): void {
    this.#connection?.pause();
  }

  /** See `pause`. */
  resume(): void {
    this.#connection?.resume();
  }

  /** Asks at once whether the other side lives, where there is a connection. */
  probe(): void {
    this.#connection?.probe();
  }

  /** Says why and closes; resolves when the connection has ended. */
  async close(reason: PlainError): Promise<void> {
    this.#replaced?.cut(reason);
    this.#connection?.close(reason);
    await Promise.all([this.#replaced?.closed, this.#connection?.closed]);
  }

  status(): PeerStatus {
    const { index, name, publicKey } = this.peer;
    return {
      index,
      name,
      publicKey,
      address: addressText(this.peer),
      state: this.#state,
      since: this.#sinceMs,
      roundTripMs: this.#connection?.roundTripMs ?? null,
      clockOffsetMs: this.#connection?.clockOffsetMs ?? null,
      ...this.#traffic,
      lastError: this.#lastError,
      isDialled: this.#kind.isDialled,
      failedDials: this.#failedDials,
      nextDialAtMs: this.#nextDialAtMs,
      troubles: this.#troubles.all,
    };
  }

  #giveWay(): void {
    const old = this.#connection;
    if (old === null) return;
    const reason: PlainError = { code: 'handshake.duplicate', data: { publicKey: this.peer.publicKey } };
    // One at a time may take its leave, or a replica that connects without end would leave many behind.
    this.#replaced?.cut(reason);
    this.#replaced = old;
    old.close(reason);
    this.#down(reason);
  }

  #down(reason: PlainError): void {
    this.#connection = null;
    this.#lastError = reason;
    this.#troubles.add(reason);
    this.#enter(this.#stateWithout());
    this.#handlers.onDown(this.peer.index, reason);
  }

  /** The state without a connection, before the next attempt has ended. */
  #stateWithout(): PeerState {
    if (this.refusal !== null) return 'refused';
    return this.#kind.isDialled ? 'connecting' : 'down';
  }

  #enter(state: PeerState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#sinceMs = Date.now();
  }
}
