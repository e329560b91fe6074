/**
 * The links to all other replicas, members and guests, and what keeps those connected that this side dials.
 * @module
 */
import type { PlainError } from '../../shared/errors.ts';
import { Dialler, type OnDialFailed } from './dialler.ts';
import type { Responder } from './handshake.ts';
import type { NetworkLimits } from './limits.ts';
import { dials, type PeerAddress, type PeerEntry } from './peerBook.ts';
import { PeerLink, type PeerLinkHandlers } from './peerLink.ts';

/** What the links need, and whom they tell. */
export interface PeerLinksOptions extends PeerLinkHandlers {
  readonly responder: Responder;
  readonly limits: NetworkLimits;
  /** Chance for the pauses between attempts, from 0 to 1. */
  readonly random: () => number;
  readonly onDialFailed: OnDialFailed;
}

interface DialledLink {
  readonly link: PeerLink;
  /** Null where the other side dials. */
  readonly dialler: Dialler | null;
}

/** See the module. */
export class PeerLinks {
  readonly #options: PeerLinksOptions;
  readonly #links = new Map<number, DialledLink>();
  /** Guests that have gone and still take their leave. */
  readonly #leaving = new Set<Promise<void>>();
  #hasStarted = false;
  #lastGuest: number;

  /** Links to all members of the responder's book but itself. */
  constructor(options: PeerLinksOptions) {
    const { book, identity } = options.responder;
    this.#options = options;
    this.#lastGuest = book.members.length - 1;
    for (const peer of book.members) {
      if (peer.publicKey !== identity.publicKey) this.#add(peer, 'replica');
    }
  }

  /** Those to the other members, by index. */
  get members(): readonly PeerLink[] {
    return this.#all().filter(({ peer }) => this.#isMember(peer.index));
  }

  /** Those to guests, by index. */
  get guests(): readonly PeerLink[] {
    return this.#all().filter(({ peer }) => !this.#isMember(peer.index));
  }

  /** Undefined where there is no such link, or no longer. */
  at(index: number): PeerLink | undefined {
    return this.#links.get(index)?.link;
  }

  /** Whether a guest has had this index. */
  wasGuest(index: number): boolean {
    return !this.#isMember(index) && index <= this.#lastGuest;
  }

  /** Dials. */
  start(): void {
    this.#hasStarted = true;
    for (const { dialler } of this.#links.values()) dialler?.start();
  }

  /** See `ReplicaNetwork.wake`. */
  wake(): void {
    for (const { link, dialler } of this.#links.values()) {
      link.probe();
      dialler?.retryNow();
    }
  }

  /** See `ReplicaNetwork.setGuests`. */
  setGuests(entries: readonly PeerEntry[]): readonly number[] {
    const { come, gone } = this.#options.responder.book.setGuests(entries);
    for (const { index, publicKey } of gone) {
      const left = this.#links.get(index);
      this.#links.delete(index);
      left?.dialler?.close();
      const leave = left?.link.close({ code: 'handshake.unknownReplica', data: { publicKey } });
      const leaving = Promise.resolve(leave).finally(() => this.#leaving.delete(leaving));
      this.#leaving.add(leaving);
    }
    for (const guest of come) {
      this.#lastGuest = guest.index;
      const { dialler } = this.#add(guest, 'guest');
      if (this.#hasStarted) dialler?.start();
    }
    return gone.map(({ index }) => index);
  }

  /** Stops dialling and ends all connections; resolves when they have ended. */
  async close(reason: PlainError): Promise<void> {
    const links = [...this.#links.values()];
    for (const { dialler } of links) dialler?.close();
    await Promise.all([...links.map(({ link }) => link.close(reason)), ...this.#leaving]);
  }

  #all(): PeerLink[] {
    return [...this.#links.values()].map(({ link }) => link);
  }

  #isMember(index: number): boolean {
    return index < this.#options.responder.book.members.length;
  }

  #add(peer: PeerAddress, counterpart: 'replica' | 'guest'): DialledLink {
    const { responder, limits, random, onDialFailed, onMessage, onUp, onDown } = this.#options;
    const isDialled = dials(responder.identity.publicKey, peer.publicKey);
    const link = new PeerLink(peer, { isDialled, counterpart }, limits, { onMessage, onUp, onDown });
    const dialler = isDialled ? new Dialler(link, responder, limits, random, onDialFailed) : null;
    const added = { link, dialler };
    this.#links.set(peer.index, added);
    return added;
  }
}
