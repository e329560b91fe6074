/**
 * Finds out which replica orders. A client is not told the view, only a tag that stands for it; whoever knows the
 * network can compute the tags of all views and compare.
 * @module
 */
import {
  decodeMessage,
  encodeMessage,
  maxMessageBytes,
  toClientCodec,
  toReplicaCodec,
} from '../../../src/main/consensus/messages.ts';
import { verifySync } from '../../../src/main/keys/verifier.ts';
import { networkIdOf, quorumSizes, type Genesis } from '../../../src/main/ledger/genesis.ts';
import { viewTag } from '../../../src/main/ledger/statement.ts';
import type { SignedRequest } from '../../../src/main/ledger/request.ts';
import { peersOf } from '../../../src/main/network/genesisPeers.ts';
import { ClientNetwork } from '../../../src/main/network/index.ts';

const VIEWS_MAX = 10_000;

export class ViewWatch {
  readonly #network: ClientNetwork;
  readonly #replicas: number;
  readonly #needed: number;
  readonly #viewsByTag = new Map<string, number>();
  /** The highest view that each replica answered in. */
  readonly #views = new Map<number, number>();
  readonly #up = new Set<number>();

  constructor(genesis: Genesis) {
    const networkId = networkIdOf(genesis);
    for (let view = 0; view < VIEWS_MAX; view++) this.#viewsByTag.set(viewTag(networkId, 0, view), view);
    this.#replicas = genesis.replicas.length;
    this.#needed = quorumSizes(this.#replicas).f + 1;
    const maxBytes = maxMessageBytes(genesis);
    this.#network = new ClientNetwork({
      networkId,
      replicas: peersOf(genesis),
      limits: { maxMessageBytes: maxBytes },
      verify: async (signature, digest, publicKey) => verifySync({ signature, digest, publicKey }),
      onMessage: (replica, bytes) => {
        const message = decodeMessage(toClientCodec, bytes, maxBytes);
        if (message.type !== 'response') return;
        const view = this.#viewsByTag.get(message.tag);
        if (view !== undefined) this.#views.set(replica, Math.max(view, this.#views.get(replica) ?? 0));
      },
      onUp: (replica) => this.#up.add(replica),
      onDown: (replica) => this.#up.delete(replica),
    });
    this.#network.start();
  }

  /** Waits until it is connected with all replicas. */
  async connected(): Promise<void> {
    while (this.#up.size < this.#replicas) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  /** Asks to be told of a request as well. */
  watch(request: SignedRequest): void {
    this.#network.broadcast(encodeMessage(toReplicaCodec, { type: 'request', request: request.bytes }));
  }

  /** The highest view that f+1 replicas have answered in. */
  get view(): number {
    const views = [...this.#views.values()].sort((left, right) => right - left);
    return views[this.#needed - 1] ?? 0;
  }

  /** The highest view that any replica has answered in. */
  get highest(): number {
    return Math.max(0, ...this.#views.values());
  }

  /** Index of the replica that orders in that view. */
  get primary(): number {
    return this.view % this.#replicas;
  }

  async close(): Promise<void> {
    await this.#network.close();
  }
}
