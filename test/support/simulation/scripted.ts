/**
 * A faulty replica: it does what the script of a test says, and nothing else. It holds the real key of its place.
 * @module
 */
import type { OwnStatement } from '../../../src/main/consensus/effects.ts';
import {
  decodeMessage,
  encodeMessage,
  maxMessageBytes,
  peerMessageCodec,
  toReplicaCodec,
  type OrderedRequestMessage,
  type PeerMessage,
} from '../../../src/main/consensus/messages.ts';
import type { Block } from '../../../src/main/ledger/block.ts';
import { decodeRequest, type SignedRequest } from '../../../src/main/ledger/request.ts';
import { statementDigest } from '../../../src/main/ledger/statement.ts';
import type { Hex } from '../../../src/shared/encoding/hex.ts';
import { signatureOf } from './signatures.ts';
import type { Node, World } from './world.ts';

/** What a faulty replica does when something reaches it. */
export interface Script {
  readonly onMessage?: (self: ScriptedReplica, from: number, message: PeerMessage) => void;
  readonly onRequest?: (self: ScriptedReplica, request: SignedRequest) => void;
}

export class ScriptedReplica implements Node {
  readonly index: number;
  readonly #world: World;
  readonly #script: Script;

  constructor(world: World, index: number, script: Script) {
    this.#world = world;
    this.index = index;
    this.#script = script;
  }

  receive(from: number, bytes: Uint8Array): void {
    const limit = maxMessageBytes(this.#world.network.genesis.limits.maxBlockBytes);
    this.#script.onMessage?.(this, from, decodeMessage(peerMessageCodec, bytes, limit));
  }

  receiveFromClient(_client: number, bytes: Uint8Array): void {
    const { limits } = this.#world.network.genesis;
    const message = decodeMessage(toReplicaCodec, bytes, maxMessageBytes(limits.maxBlockBytes));
    if (message.type !== 'request') return;
    this.#script.onRequest?.(this, decodeRequest(message.request, limits.maxRequestBytes));
  }

  notice(): void {
    // Whatever it notices, only its script matters.
  }

  /** Whoever wants to may sign everything: that is what the others must bear. */
  sign(statement: OwnStatement): Hex {
    const { network } = this.#world;
    const digest = statementDigest(network.networkId, statement);
    return signatureOf(network.replicaSeeds[this.index]!, digest);
  }

  send(to: number, message: PeerMessage): void {
    this.#world.say(
      `r${String(this.index)} (faulty) -> r${String(to)} ${this.#world.transcript.message(message)}`,
    );
    this.#world.carry(this.index, to, encodeMessage(peerMessageCodec, message));
  }

  broadcast(message: PeerMessage): void {
    for (let to = 0; to < this.#world.network.replicaSeeds.length; to++) {
      if (to !== this.index) this.send(to, message);
    }
  }

  /** The signed order of `block` with all its bodies, or with those of `bodies`. */
  order(block: Block, view = 0, bodies: readonly SignedRequest[] = block.requests): OrderedRequestMessage {
    const { epoch, height, hash } = block.header;
    return {
      type: 'orderedRequest',
      view,
      header: block.header,
      references: block.requests.map(({ timestampMs, id }) => ({ timestampMs, id })),
      bodies: bodies.map(({ bytes }) => bytes),
      signature: this.sign({ type: 'order', epoch, view, height, hash }),
    };
  }
}
