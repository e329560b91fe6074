/**
 * A faulty replica: it does what the script of a test says, and nothing else. It holds the real key of its place.
 * @module
 */
import type { OwnStatement } from '../../../src/main/consensus/effects.ts';
import type { OrderedRequestMessage, PeerMessage } from '../../../src/main/consensus/messages.ts';
import type { Block } from '../../../src/main/ledger/block.ts';
import type { SignedRequest } from '../../../src/main/ledger/request.ts';
import { statementDigest } from '../../../src/main/ledger/statement.ts';
import type { Hex } from '../../../src/shared/encoding/hex.ts';
import { Packet } from './packet.ts';
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

  receive(from: number, packet: Packet): void {
    const message = packet.message(this.#world.network.genesis);
    if (message !== undefined) this.#script.onMessage?.(this, from, message);
  }

  receiveFromClient(_client: number, bytes: Uint8Array): void {
    const { edge } = this.#world;
    const message = edge.clientMessage(bytes);
    const request = message?.type === 'request' ? edge.request(message.request) : undefined;
    if (request !== undefined) this.#script.onRequest?.(this, request);
  }

  notice(): void {
    // Whatever it notices, only its script matters.
  }

  /** Whoever wants to may sign everything: that is what the others must bear. */
  sign(statement: OwnStatement): Hex {
    const { network, nodes } = this.#world;
    const digest = statementDigest(network.networkId, statement);
    return this.#world.edge.signatures.sign(nodes[this.index]!.seed, digest);
  }

  send(to: number, message: PeerMessage): void {
    const { transcript } = this.#world;
    this.#world.say(() => `r${String(this.index)} (faulty) -> r${String(to)} ${transcript.message(message)}`);
    this.#world.carry(this.index, to, Packet.of(message));
  }

  broadcast(message: PeerMessage): void {
    for (let to = 0; to < this.#world.nodes.length; to++) {
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
      evidence: block.evidence,
      signature: this.sign({ type: 'order', epoch, view, height, hash }),
    };
  }
}
