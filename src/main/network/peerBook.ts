/**
 * The peer book: all replicas, sorted by public key, so that each replica has one index everywhere.
 * @module
 */
import { invariant } from '../../shared/errors.ts';
import type { Hex } from '../../shared/encoding/hex.ts';

/** Where a replica listens and by which key it is known. */
export interface PeerAddress {
  /** Place in the peer book, from 0. */
  readonly index: number;
  /** Its ed25519 public key, 32 bytes. */
  readonly publicKey: Hex;
  /** What people call it. */
  readonly name: string;
  readonly host: string;
  /** 1 to 65535. */
  readonly port: number;
}

/** All replicas by index and by key. */
export class PeerBook {
  readonly peers: readonly PeerAddress[];
  readonly #byKey: ReadonlyMap<Hex, PeerAddress>;

  /** Throws `invariant.broken` unless `peers` is sorted by distinct public keys and numbered from 0. */
  constructor(peers: readonly PeerAddress[]) {
    peers.forEach((peer, index) => {
      const previous = peers[index - 1];
      const ordered = peer.index === index && (previous === undefined || previous.publicKey < peer.publicKey);
      invariant(ordered, 'the peer book is sorted by key', () => `entry ${index} is ${peer.publicKey}`);
    });
    this.peers = peers;
    this.#byKey = new Map(peers.map((peer) => [peer.publicKey, peer]));
  }

  /** The replica at `index`. Throws `invariant.broken` where there is none. */
  at(index: number): PeerAddress {
    const peer = this.peers[index];
    invariant(peer !== undefined, 'a replica is in the peer book', () => `index ${index}`);
    return peer;
  }

  /** The replica with this public key, or undefined. */
  withKey(publicKey: Hex): PeerAddress | undefined {
    return this.#byKey.get(publicKey);
  }
}

/** Where a replica listens, as people write it: `host:port`, with brackets around an IPv6 address. */
export function addressText(at: { readonly host: string; readonly port: number }): string {
  return at.host.includes(':') ? `[${at.host}]:${at.port}` : `${at.host}:${at.port}`;
}
