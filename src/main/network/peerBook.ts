/**
 * The peer book: the replicas of the epoch, sorted by public key, so that each has one index everywhere, and after them
 * the guests: replicas that do not take part now, and follow.
 * @module
 */
import { invariant } from '../../shared/errors.ts';
import type { Hex } from '../../shared/encoding/hex.ts';

/** Where a replica listens and by which key it is known. */
export interface PeerEntry {
  /** Its ed25519 public key, 32 bytes. */
  readonly publicKey: Hex;
  /** What people call it. */
  readonly name: string;
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
}

/** An entry of the peer book. */
export interface PeerAddress extends PeerEntry {
  /** A member's place among the members, from 0; a guest's number, above them and never used again. */
  readonly index: number;
}

/** What a new list of guests changed. */
export interface GuestChanges {
  readonly come: readonly PeerAddress[];
  readonly gone: readonly PeerAddress[];
}

/** Most guests: a whole set of replicas can be on its way in, and what waits for them all fits into memory. */
export const GUESTS_MAX = 32;

/** All replicas by index and by key. The members never change; the guests do. */
export class PeerBook {
  readonly members: readonly PeerAddress[];
  readonly #byIndex: Map<number, PeerAddress>;
  readonly #byKey: Map<Hex, PeerAddress>;
  readonly #ownKey: Hex;
  #nextGuest: number;

  /**
   * @param ownKey - of the replica that the book belongs to, which need not be in it
   * Throws `invariant.broken` unless `members` is sorted by distinct public keys and numbered from 0.
   */
  constructor(members: readonly PeerAddress[], ownKey: Hex) {
    this.members = inOrder(members);
    this.#byIndex = new Map(members.map((peer) => [peer.index, peer]));
    this.#byKey = new Map(members.map((peer) => [peer.publicKey, peer]));
    this.#ownKey = ownKey;
    this.#nextGuest = members.length;
  }

  /** All but the members. */
  get guests(): readonly PeerAddress[] {
    return [...this.#byIndex.values()].filter(({ index }) => index >= this.members.length);
  }

  /**
   * Makes these the guests, the first `GUESTS_MAX` of them; members and the own key are left out. Who is a guest already,
   * at the same address, keeps its number.
   */
  setGuests(entries: readonly PeerEntry[]): GuestChanges {
    const wanted = new Map<Hex, PeerEntry>();
    for (const entry of entries) {
      const known = this.#byKey.get(entry.publicKey);
      const isMember = known !== undefined && known.index < this.members.length;
      if (isMember || entry.publicKey === this.#ownKey || wanted.size >= GUESTS_MAX) continue;
      if (!wanted.has(entry.publicKey)) wanted.set(entry.publicKey, entry);
    }
    const gone = this.guests.filter((guest) => {
      const entry = wanted.get(guest.publicKey);
      return entry?.host !== guest.host || entry.port !== guest.port;
    });
    for (const { index, publicKey } of gone) {
      this.#byIndex.delete(index);
      this.#byKey.delete(publicKey);
    }
    const come: PeerAddress[] = [];
    for (const { publicKey, name, host, port } of wanted.values()) {
      if (this.#byKey.has(publicKey)) continue;
      const guest = { index: this.#nextGuest, publicKey, name, host, port };
      this.#nextGuest += 1;
      this.#byIndex.set(guest.index, guest);
      this.#byKey.set(publicKey, guest);
      come.push(guest);
    }
    return { come, gone };
  }

  /** The replica with this public key, or undefined. */
  withKey(publicKey: Hex): PeerAddress | undefined {
    return this.#byKey.get(publicKey);
  }
}

/** Throws `invariant.broken` unless `members` is sorted by distinct public keys and numbered from 0. */
export function inOrder(members: readonly PeerAddress[]): readonly PeerAddress[] {
  members.forEach((peer, index) => {
    const previous = members[index - 1];
    const ordered = peer.index === index && (previous === undefined || previous.publicKey < peer.publicKey);
    invariant(ordered, 'the peer book is sorted by key', () => `entry ${index} is ${peer.publicKey}`);
  });
  return members;
}

/** Whether the replica with the key `own` dials the one with the key `other`: between two, the lower key dials. */
export function dials(own: Hex, other: Hex): boolean {
  return own < other;
}

/** Where a replica listens, as people write it: `host:port`, with brackets around an IPv6 address. */
export function addressText(at: { readonly host: string; readonly port: number }): string {
  return at.host.includes(':') ? `[${at.host}]:${at.port}` : `${at.host}:${at.port}`;
}
