/**
 * A replica whose disk a test may replace: by an empty one, or by a copy of what it held some time ago. To the others
 * that is a fault like any other (PROTOCOL.md, rules, 2), so the observer of the run takes it for a faulty one.
 */
import type { LastingLearnerReason, PersistOperation } from '../../src/main/consensus/effects.ts';
import type { PeerMessage } from '../../src/main/consensus/messages.ts';
import type { Simulation } from '../support/simulation.ts';
import { DurableStore } from '../support/simulation/durable.ts';
import type { Packet } from '../support/simulation/packet.ts';
import { SimulatedReplica } from '../support/simulation/replica.ts';
import type { Node, Watcher, World } from '../support/simulation/world.ts';

/** Keeps every transaction, so that the state after any of them can be made again. */
class RememberingStore extends DurableStore {
  readonly transactions: (readonly PersistOperation[])[] = [];

  override commit(operations: readonly PersistOperation[]): void {
    super.commit(operations);
    this.transactions.push(operations);
  }
}

export class RestorableReplica implements Node {
  readonly index: number;
  /** What it has sent to other replicas since its disk was replaced, or since the start. */
  readonly sent: PeerMessage[] = [];
  #inner: SimulatedReplica;
  #store: RememberingStore;
  readonly #world: Simulation;

  constructor(world: Simulation, index: number) {
    this.#world = world;
    this.index = index;
    this.#store = new RememberingStore(world.network.genesis);
    this.#inner = this.#replica();
    this.#inner.start(true);
  }

  get store(): DurableStore {
    return this.#store;
  }

  /** Number of transactions so far. */
  get transactions(): number {
    return this.#store.transactions.length;
  }

  get consensus(): SimulatedReplica['consensus'] {
    return this.#inner.consensus;
  }

  /** Stops. The others notice. */
  stop(): void {
    this.#inner.stop();
    this.#tellOthers(false);
  }

  /** Starts with what is on its disk, connected with all others. */
  start(): void {
    this.sent.length = 0;
    this.#inner.start();
    this.#tellOthers(true);
  }

  /** Its disk is lost: an empty one takes its place. A host that finds nothing where something was says why. */
  loseDisk(reason: LastingLearnerReason): void {
    const { publicKey } = this.#world.network.genesis.replicas[this.index]!;
    this.#replaceDisk([[{ type: 'learner', reason, publicKey }]]);
  }

  /** A copy of its disk as it was after so many transactions takes the place of the disk. */
  restoreBackup(transactions: number): void {
    this.#replaceDisk(this.#store.transactions.slice(0, transactions));
  }

  receive(from: number, packet: Packet): void {
    this.#inner.receive(from, packet);
  }

  receiveFromClient(client: number, bytes: Uint8Array): void {
    this.#inner.receiveFromClient(client, bytes);
  }

  notice(replica: number, reachable: boolean): void {
    this.#inner.notice(replica, reachable);
  }

  #replaceDisk(transactions: readonly (readonly PersistOperation[])[]): void {
    this.#store = new RememberingStore(this.#world.network.genesis);
    for (const operations of transactions) this.#store.commit(operations);
    this.#inner = this.#replica();
  }

  #replica(): SimulatedReplica {
    return new SimulatedReplica(this.#innerWorld(), this.index, this.#store, null);
  }

  #tellOthers(reachable: boolean): void {
    for (const other of this.#world.up) {
      other.notice(this.index, reachable);
      if (reachable) this.#inner.notice(other.index, true);
    }
  }

  /** The same world, but nobody watches what it does. */
  #innerWorld(): World {
    const world = this.#world;
    return {
      network: world.network,
      options: world.options,
      agenda: world.agenda,
      random: world.random,
      transcript: world.transcript,
      trace: world.trace,
      edge: world.edge,
      encodes: world.encodes,
      monitor: SILENT_WATCHER,
      nodes: world.nodes,
      newest: world.newest,
      nodeOf: (publicKey) => world.nodeOf(publicKey),
      begun: () => undefined,
      nextRunToken: () => world.nextRunToken(),
      clockMs: (index) => world.clockMs(index),
      diskMs: (index) => world.diskMs(index),
      carry: (from, to, packet) => {
        const message = packet.message(world.network.genesis);
        if (message !== undefined) this.sent.push(message);
        world.carry(from, to, packet);
      },
      carryToClient: (from, client, bytes) => world.carryToClient(from, client, bytes),
      carryFromClient: (client, to, bytes) => world.carryFromClient(client, to, bytes),
      stopped: (index) => world.stopped(index),
      isExpected: () => false,
      say: (line) => world.say(line),
    };
  }
}

const nothing = () => undefined;
const SILENT_WATCHER: Watcher = {
  onStart: () => undefined,
  beforeCommit: nothing,
  afterCommit: nothing,
  afterStep: nothing,
  onSign: nothing,
  onRespond: nothing,
  onReport: nothing,
  onFinal: nothing,
  onAnnouncement: nothing,
};
