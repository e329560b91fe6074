/**
 * The peer book of a set of replicas: of a genesis, or of a later epoch.
 * @module
 */
import type { ReplicaEntry } from '../../shared/domain/registry.ts';
import type { PeerAddress } from './peerBook.ts';

/** All replicas of the set, in the order of their keys. */
export function peersOf({
  replicas,
}: {
  readonly replicas: readonly ReplicaEntry[];
}): readonly PeerAddress[] {
  return replicas.map(({ publicKey, name, host, port }, index) => ({
    index,
    publicKey,
    name,
    host,
    port,
  }));
}
