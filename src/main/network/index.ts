/**
 * Authenticated connections between replicas, and from clients to replicas. This layer carries bytes.
 * @module
 */
export type { CodeCounts, Trouble } from './codeCounts.ts';
export { ClientNetwork, type ClientNetworkOptions } from './clientNetwork.ts';
export type { ReplicaIdentity, Verify } from './handshake.ts';
export { PROTOCOL_VERSION } from './handshakeMessages.ts';
export { DEFAULT_LIMITS, type NetworkLimits } from './limits.ts';
export { addressText, type PeerAddress, type PeerEntry } from './peerBook.ts';
export type { PeerState, PeerStatus } from './peerLink.ts';
export {
  ReplicaNetwork,
  type NetworkEvent,
  type RefusedGuest,
  type ReplicaNetworkOptions,
  type ReplicaNetworkStatus,
} from './replicaNetwork.ts';
