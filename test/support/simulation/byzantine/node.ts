/**
 * A Byzantine replica: the real agreement runs inside, on a store of its own, and behaviours change what it hears and
 * what it says. It signs with its own key, and with those of the replicas that collude with it; with no other.
 * @module
 */
import type { OwnStatement, PersistOperation } from '../../../../src/main/consensus/effects.ts';
import type { PeerMessage } from '../../../../src/main/consensus/messages.ts';
import type { HashedHeader } from '../../../../src/main/ledger/block.ts';
import type { Genesis } from '../../../../src/main/ledger/genesis.ts';
import type { SignedRequest } from '../../../../src/main/ledger/request.ts';
import { statementDigest } from '../../../../src/main/ledger/statement.ts';
import type { Hex } from '../../../../src/shared/encoding/hex.ts';
import { hasCode } from '../../../../src/shared/errors.ts';
import { DurableStore } from '../durable.ts';
import { Packet } from '../packet.ts';
import type { Random } from '../random.ts';
import { SimulatedReplica } from '../replica.ts';
import type { Node, Watcher, World } from '../world.ts';

/** One way of being wrong. Each method may be left out. */
export interface Behaviour {
  /** What goes to `to` in place of a message of the real agreement; `undefined` leaves it as it is. */
  readonly outgoing?: (
    self: ByzantineReplica,
    to: number,
    message: PeerMessage,
  ) => readonly PeerMessage[] | undefined;
  /** Looks at a message. `true`: the real agreement does not hear it. */
  readonly incoming?: (self: ByzantineReplica, from: number, message: PeerMessage) => boolean;
  /** Looks at a client's request. `true`: the real agreement does not hear it. */
  readonly request?: (self: ByzantineReplica, client: number, request: SignedRequest) => boolean;
  readonly everyMs?: number;
  readonly tick?: (self: ByzantineReplica) => void;
}

/** What colluding replicas know of one another. */
export interface Coalition {
  /** Their places among all replicas. */
  readonly members: readonly number[];
  /** The other face of a block that was ordered twice. */
  readonly otherFace: Map<Hex, Hex>;
}

const SILENT_WATCHER: Watcher = {
  onStart: () => undefined,
  beforeCommit: () => undefined,
  afterCommit: () => undefined,
  afterStep: () => undefined,
  onSign: () => undefined,
  onRespond: () => undefined,
  onReport: () => undefined,
  onFinal: () => undefined,
  onAnnouncement: () => undefined,
};

/** Keeps nothing that would tell the agreement inside that it contradicts itself. */
class ForgetfulStore extends DurableStore {
  /** Its index in the epoch. */
  readonly #index: () => number;

  constructor(index: () => number, genesis: Genesis) {
    super(genesis);
    this.#index = index;
  }

  override commit(operations: readonly PersistOperation[]): void {
    super.commit(operations.filter((operation) => !this.#isAgainstItself(operation)));
  }

  #isAgainstItself(operation: PersistOperation): boolean {
    if (operation.type === 'learner') return true;
    return operation.type === 'evidence' && operation.known.evidence.replica === this.#index();
  }
}

export class ByzantineReplica implements Node {
  /** Its place among all replicas. */
  readonly node: number;
  readonly coalition: Coalition;
  readonly world: World;
  readonly inner: SimulatedReplica;
  readonly #behaviours: readonly Behaviour[];

  constructor(world: World, node: number, coalition: Coalition, behaviours: readonly Behaviour[]) {
    this.world = world;
    this.node = node;
    this.coalition = coalition;
    this.#behaviours = behaviours;
    this.inner = new SimulatedReplica(
      this.#innerWorld(),
      node,
      new ForgetfulStore(() => this.index, world.network.genesis),
      null,
    );
    this.inner.start(true);
    for (const { everyMs, tick } of behaviours) {
      if (everyMs !== undefined && tick !== undefined) this.#repeat(everyMs, () => tick(this));
    }
  }

  get random(): Random {
    return this.world.random;
  }

  /** Its index in the epoch that the real agreement inside is in; -1 where it is no member. */
  get index(): number {
    return this.inner.membership.ownIndex;
  }

  get epoch(): number {
    return this.inner.membership.epoch;
  }

  get replicas(): number {
    return this.inner.membership.sizes.n;
  }

  /** The indexes of the coalition's members in the epoch. */
  get colluders(): readonly number[] {
    return this.coalition.members.map((node) => this.inner.memberAt(node)).filter((index) => index !== -1);
  }

  /** The block that the epoch begins with. */
  get first(): HashedHeader {
    return this.inner.store.epochBase ?? this.inner.store.header(0)!;
  }

  /** The others, itself left out. */
  get others(): readonly number[] {
    return Array.from({ length: this.replicas }, (_, index) => index).filter((index) => index !== this.index);
  }

  /** The view that the real agreement inside is in, or 0 after it has given up. */
  get view(): number {
    return this.inner.isUp ? this.inner.consensus.standing.position.view : 0;
  }

  receive(sender: number, packet: Packet): void {
    const from = this.inner.memberAt(sender);
    const message = packet.message(this.world.network.genesis);
    // What it signed before it forgot is nothing that it wants to be told.
    if (message === undefined || message.type === 'recall') return;
    let hears = true;
    for (const { incoming } of from === -1 ? [] : this.#behaviours) {
      if (incoming?.(this, from, message) === true) hears = false;
    }
    if (hears) this.inner.receive(sender, packet);
  }

  receiveFromClient(client: number, bytes: Uint8Array): void {
    const { edge } = this.world;
    const message = edge.clientMessage(bytes);
    const request = message?.type === 'request' ? edge.request(message.request) : undefined;
    let hears = true;
    for (const behaviour of this.#behaviours) {
      if (request !== undefined && behaviour.request?.(this, client, request) === true) hears = false;
    }
    if (hears) this.inner.receiveFromClient(client, bytes);
  }

  notice(replica: number, reachable: boolean): void {
    this.inner.notice(replica, reachable);
  }

  /** The signature of a member of the coalition, this one unless another is named. */
  sign(statement: OwnStatement, member = this.index): Hex {
    const node = member === this.index ? this.node : this.inner.nodeOf(member);
    if (!this.coalition.members.includes(node)) throw new Error('signs with keys of the coalition alone');
    const { network, nodes, edge } = this.world;
    const digest = statementDigest(network.networkId, statement);
    return edge.signatures.sign(nodes[node]!.seed, digest);
  }

  /** Sends whatever it likes; what no codec takes goes as noise. */
  send(to: number, message: PeerMessage): void {
    this.world.say(
      () => `r${String(this.node)} (faulty) -> ${String(to)} ${this.world.transcript.message(message)}`,
    );
    this.world.carry(this.node, this.inner.nodeOf(to), packetOf(message));
  }

  sendBytes(to: number, bytes: Uint8Array): void {
    this.world.carry(this.node, this.inner.nodeOf(to), Packet.ofBytes(bytes));
  }

  toAll(message: PeerMessage): void {
    for (const to of this.others) this.send(to, message);
  }

  /** The agreement inside has found out that it lies. It starts again, and knows nothing of it. */
  #startAgain(): void {
    if (!this.inner.isUp) return;
    this.inner.stop();
    this.inner.start(true);
  }

  #repeat(everyMs: number, action: () => void): void {
    this.world.agenda.plan(everyMs, () => {
      action();
      this.#repeat(everyMs, action);
    });
  }

  #carry(node: number, packet: Packet): void {
    const to = this.inner.memberAt(node);
    if (to === -1) {
      this.world.carry(this.node, node, packet);
      return;
    }
    const message = packet.message(this.world.network.genesis)!;
    let messages: readonly PeerMessage[] = [message];
    for (const { outgoing } of this.#behaviours) {
      if (outgoing !== undefined) messages = messages.flatMap((item) => outgoing(this, to, item) ?? [item]);
    }
    for (const changed of messages) {
      if (changed === message) this.world.carry(this.node, node, packet);
      else this.send(to, changed);
    }
  }

  /** The world as the real agreement inside sees it. */
  #innerWorld(): World {
    const { world } = this;
    return {
      network: world.network,
      options: world.options,
      agenda: world.agenda,
      random: world.random,
      transcript: world.transcript,
      trace: world.trace,
      edge: world.edge,
      monitor: {
        ...SILENT_WATCHER,
        onAnnouncement: (_by, { type }) => {
          if (type === 'learner') world.agenda.plan(0, () => this.#startAgain());
        },
      },
      encodes: false,
      nodes: world.nodes,
      get newest() {
        return world.newest;
      },
      nodeOf: (publicKey) => world.nodeOf(publicKey),
      begun: () => undefined,
      nextRunToken: () => world.nextRunToken(),
      clockMs: (index) => world.clockMs(index),
      diskMs: (index) => world.diskMs(index),
      carry: (_from, to, packet) => this.#carry(to, packet),
      carryToClient: (from, client, bytes) => world.carryToClient(from, client, bytes),
      carryFromClient: (client, to, bytes) => world.carryFromClient(client, to, bytes),
      stopped: () => undefined,
      // It confuses itself: then it falls silent, apart from its behaviours.
      isExpected: () => true,
      say: () => undefined,
    };
  }
}

function packetOf(message: PeerMessage): Packet {
  try {
    return Packet.of(message);
  } catch (error) {
    if (!hasCode(error, 'encoding.invalid')) throw error;
    return Packet.ofBytes(new Uint8Array([0xff]));
  }
}
