/**
 * A network of real replicas in virtual time: the real ledger, the real agreement, real codecs and signatures; only
 * the network, the disk and the clock are made of memory. Equal options give equal runs.
 * @module
 */
import { membershipOf, type Membership } from '../../src/main/consensus/config.ts';
import { DEFAULT_OPTIONS } from '../../src/main/consensus/config.ts';
import {
  decodeMessage,
  maxMessageBytes,
  peerMessageCodec,
  type PeerMessage,
} from '../../src/main/consensus/messages.ts';
import type { SignedRequest } from '../../src/main/ledger/request.ts';
import { GENESIS_TIME_MS, makeGenesis, makeRequest, type TestNetwork } from './ledger.ts';
import { Agenda } from './simulation/agenda.ts';
import { SimulatedClient, type Sent } from './simulation/client.ts';
import { DurableStore } from './simulation/durable.ts';
import { Monitor } from './simulation/monitor.ts';
import { Random } from './simulation/random.ts';
import { SimulatedReplica } from './simulation/replica.ts';
import { ScriptedReplica, type Script } from './simulation/scripted.ts';
import { Transcript } from './simulation/transcript.ts';
import { DEFAULT_SIMULATION, type Node, type SimulationOptions, type World } from './simulation/world.ts';

/** True time at the start of a run: after genesis, so that requests are neither too old nor from the future. */
export const START_MS = GENESIS_TIME_MS + 60_000;

/** What the network does with one message between replicas: other than to carry it, where it returns something. */
export type Interference = (
  from: number,
  to: number,
  message: PeerMessage,
) => 'drop' | { delayMs: number } | undefined;

/** The same, between clients and replicas. */
export type ClientInterference = (
  client: number,
  replica: number,
  direction: 'toReplica' | 'toClient',
) => 'drop' | undefined;

export interface SimulationSetup extends Partial<SimulationOptions> {
  /** By default one of four replicas. */
  readonly network?: TestNetwork;
  /** Faulty replicas, by index. At most f of them, or nothing is promised. */
  readonly faulty?: Readonly<Record<number, Script>>;
  /** Whether clients commit and send again by themselves. */
  readonly persistentClients?: boolean;
}

export class Simulation implements World {
  readonly network: TestNetwork;
  readonly options: SimulationOptions;
  readonly agenda = new Agenda();
  readonly random: Random;
  readonly transcript = new Transcript();
  readonly monitor: Monitor;
  readonly stores: readonly DurableStore[];
  readonly replicas: readonly SimulatedReplica[];
  readonly faulty = new Map<number, ScriptedReplica>();
  readonly client: SimulatedClient;
  /** Lets a test hold up, lose or observe single messages. */
  interfere: Interference | null = null;
  interfereWithClients: ClientInterference = () => undefined;
  loss: number;
  duplication: number;
  delayMs: readonly [number, number];
  readonly #memberships: readonly Membership[];
  readonly #clients: SimulatedClient[] = [];
  readonly #cut = new Set<string>();
  #requests = 0;

  constructor({ network, faulty = {}, persistentClients = true, ...options }: SimulationSetup = {}) {
    this.network = network ?? makeGenesis();
    this.options = { ...DEFAULT_SIMULATION, ...options };
    this.random = new Random(this.options.seed);
    this.loss = this.options.loss;
    this.duplication = this.options.duplication;
    this.delayMs = this.options.delayMs;
    const { genesis } = this.network;
    this.#memberships = genesis.replicas.map(({ publicKey }) => membershipOf(genesis, publicKey));
    this.stores = genesis.replicas.map(() => new DurableStore(genesis));
    const faultyIndexes = new Set(Object.keys(faulty).map(Number));
    const { maxPoolRequests } = { ...DEFAULT_OPTIONS, ...this.options.consensus };
    this.monitor = new Monitor(this.stores, faultyIndexes, genesis.limits, maxPoolRequests);
    this.replicas = this.stores.map((store, index) => new SimulatedReplica(this, index, store));
    for (const index of faultyIndexes) {
      this.faulty.set(index, new ScriptedReplica(this, index, faulty[index]!));
    }
    this.client = this.addClient(persistentClients);
    for (const replica of this.correct) replica.start();
  }

  /** The replicas that are not faulty, up or not. */
  get correct(): readonly SimulatedReplica[] {
    return this.replicas.filter(({ index }) => !this.faulty.has(index));
  }

  get up(): readonly SimulatedReplica[] {
    return this.correct.filter(({ isUp }) => isUp);
  }

  addClient(persistent = true): SimulatedClient {
    const client = new SimulatedClient(this, this.#clients.length, persistent);
    this.#clients.push(client);
    return client;
  }

  /** A new request of the time being, named after its number. */
  request(options: { readonly timestampMs?: number; readonly title?: string } = {}): SignedRequest {
    this.#requests++;
    const title = options.title ?? `R${String(this.#requests)}`;
    const timestampMs = options.timestampMs ?? START_MS + Math.floor(this.agenda.nowMs);
    const request = requestOf(this.network, timestampMs, title);
    this.transcript.nameRequest(request.id, title);
    return request;
  }

  /** Sends a new request, to all replicas or at first to those of `to`. */
  submit(to?: readonly number[]): Sent {
    return this.client.submit(this.request(), to);
  }

  /** Lets `durationMs` pass. */
  run(durationMs: number): void {
    const untilMs = this.agenda.nowMs + durationMs;
    while (this.agenda.advance(untilMs));
  }

  /** Lets time pass until `condition` holds; at most `maxMs`. Says whether it does. */
  runUntil(condition: () => boolean, maxMs = 60_000): boolean {
    const untilMs = this.agenda.nowMs + maxMs;
    while (!condition()) if (!this.agenda.advance(untilMs)) return condition();
    return true;
  }

  stop(index: number): void {
    this.replicas[index]!.stop();
    this.stopped(index);
  }

  stopped(index: number): void {
    this.say(`r${String(index)} stops`);
    this.#tellOthers(index, false);
  }

  restart(index: number): void {
    this.say(`r${String(index)} starts`);
    this.replicas[index]!.start();
    this.#tellOthers(index, true);
    const { noticeMs } = this.options;
    if (noticeMs === null) return;
    this.agenda.plan(noticeMs, () => {
      for (const other of this.correct) {
        if (!other.isUp) this.replicas[index]!.notice(other.index, false);
      }
    });
  }

  /** Cuts the line between two replicas, in both directions, or mends it. */
  cut(one: number, other: number, isCut = true): void {
    for (const line of [`${String(one)} ${String(other)}`, `${String(other)} ${String(one)}`]) {
      if (isCut) this.#cut.add(line);
      else this.#cut.delete(line);
    }
  }

  /** Cuts one replica off from all others, or joins it again. */
  isolate(index: number, isCut = true): void {
    for (const { index: other } of this.replicas) if (other !== index) this.cut(index, other, isCut);
  }

  /** From now on the network carries everything, and every correct replica is up. */
  heal(): void {
    this.#cut.clear();
    this.loss = 0;
    this.interfere = null;
    this.interfereWithClients = () => undefined;
    for (const replica of this.correct) {
      replica.plannedStop = null;
      if (!replica.isUp) this.restart(replica.index);
    }
  }

  membership(index: number): Membership {
    return this.#memberships[index]!;
  }

  clockMs(index: number): number {
    return START_MS + Math.floor(this.agenda.nowMs) + (this.options.clockSkewMs[index] ?? 0);
  }

  carry(from: number, to: number, bytes: Uint8Array): void {
    if (this.#cut.has(`${String(from)} ${String(to)}`)) return;
    const will = this.interfere?.(from, to, this.#decode(bytes));
    if (will === 'drop') return;
    this.#carry(will?.delayMs ?? 0, () => this.#node(to).receive(from, bytes));
  }

  carryToClient(from: number, client: number, bytes: Uint8Array): void {
    if (this.interfereWithClients(client, from, 'toClient') === 'drop') return;
    this.#carry(0, () => this.#clients[client]!.receive(from, bytes));
  }

  carryFromClient(client: number, to: number, bytes: Uint8Array): void {
    if (this.interfereWithClients(client, to, 'toReplica') === 'drop') return;
    this.#carry(0, () => this.#node(to).receiveFromClient(client, bytes));
  }

  say(line: string): void {
    this.transcript.add(this.agenda.nowMs, line);
  }

  #decode(bytes: Uint8Array): PeerMessage {
    const { maxBlockBytes } = this.network.genesis.limits;
    return decodeMessage(peerMessageCodec, bytes, maxMessageBytes(maxBlockBytes));
  }

  #carry(extraMs: number, arrive: () => void): void {
    if (this.random.chance(this.loss)) return;
    const copies = this.random.chance(this.duplication) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const [least, greatest] = this.delayMs;
      this.agenda.plan(extraMs + least + this.random.next() * (greatest - least), arrive);
    }
  }

  #node(index: number): Node {
    return this.faulty.get(index) ?? this.replicas[index]!;
  }

  #tellOthers(index: number, reachable: boolean): void {
    const { noticeMs } = this.options;
    if (noticeMs === null) return;
    this.agenda.plan(noticeMs, () => {
      if (this.replicas[index]!.isUp !== reachable) return;
      for (const other of this.up) if (other.index !== index) other.notice(index, reachable);
    });
  }
}

const requests = new Map<string, SignedRequest>();

/** A request, signed once in a process: runs that differ in their seed alone send the same ones. */
function requestOf(network: TestNetwork, timestampMs: number, title: string): SignedRequest {
  const key = `${network.networkId} ${String(timestampMs)} ${title}`;
  const known = requests.get(key);
  if (known !== undefined) return known;
  const REQUESTS_MAX = 50_000;
  if (requests.size >= REQUESTS_MAX) requests.clear();
  const request = makeRequest(network, { timestampMs, title });
  requests.set(key, request);
  return request;
}
