/**
 * The peer book that a genesis describes.
 * @module
 */
import type { Genesis } from '../ledger/genesis.ts';
import type { PeerAddress } from './peerBook.ts';

/** All replicas of a network, in the order of their keys. */
export function peersOf(genesis: Genesis): readonly PeerAddress[] {
  return genesis.replicas.map(({ publicKey, name, host, port }, index) => ({
    index,
    publicKey,
    name,
    host,
    port,
  }));
}
