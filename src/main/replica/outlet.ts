/**
 * Where a replica's messages leave: one small door, so that a replica of the embedded network can be made to
 * misbehave (`faults/`) behind an agreement that knows nothing of it.
 * @module
 */
import {
  encodeMessage,
  peerMessageCodec,
  toClientCodec,
  type PeerMessage,
  type ToClientMessage,
} from '../consensus/messages.ts';
import type { ReplicaNetwork } from '../network/index.ts';

/** Takes messages for other replicas, members and guests, and for clients. What cannot be delivered is lost. */
export interface Outlet {
  toPeer(index: number, message: PeerMessage): void;
  /** To all other members of the epoch. */
  toPeers(message: PeerMessage): void;
  /** To all guests: replicas that follow (`guests.ts`). */
  toGuests(message: PeerMessage): void;
  toClients(clientIds: readonly number[], message: ToClientMessage): void;
}

/** The way out over the network. */
export class NetworkOutlet implements Outlet {
  readonly #network: ReplicaNetwork;

  constructor(network: ReplicaNetwork) {
    this.#network = network;
  }

  toPeer(index: number, message: PeerMessage): void {
    this.#network.sendToPeer(index, encodeMessage(peerMessageCodec, message));
  }

  toPeers(message: PeerMessage): void {
    this.#network.broadcastToPeers(encodeMessage(peerMessageCodec, message));
  }

  toGuests(message: PeerMessage): void {
    this.#network.broadcastToGuests(encodeMessage(peerMessageCodec, message));
  }

  toClients(clientIds: readonly number[], message: ToClientMessage): void {
    if (clientIds.length === 0) return;
    const bytes = encodeMessage(toClientCodec, message);
    for (const clientId of clientIds) this.#network.sendToClient(clientId, bytes);
  }
}
