/**
 * A network of real replicas in virtual time: the real ledger, the real agreement, real codecs and signatures; only
 * the network, the disk and the clock are made of memory. Equal options give equal runs.
 * @module
 */
import { membershipOf, type Membership } from '../../src/main/consensus/config.ts';
import { DEFAULT_OPTIONS } from '../../src/main/consensus/config.ts';
import { RUN_TOKEN_BYTES, type PeerMessage } from '../../src/main/consensus/messages.ts';
import { windowOf } from '../../src/main/ledger/genesis.ts';
import { REPLICAS_MAX } from '../../src/main/ledger/limits.ts';
import type { SignedRequest } from '../../src/main/ledger/request.ts';
import type { Statement } from '../../src/main/ledger/statement.ts';
import type { Hex } from '../../src/shared/encoding/hex.ts';
import { GENESIS_TIME_MS, makeGenesis, type TestNetwork } from './ledger.ts';
import { Agenda } from './simulation/agenda.ts';
import { SimulatedClient, type Sent } from './simulation/client.ts';
import { DurableStore, type DurableCopy } from './simulation/durable.ts';
import { Edge } from './simulation/edge.ts';
import { SimulatedGuard, type GuardCopy } from './simulation/guard.ts';
import { Monitor, Violation } from './simulation/monitor.ts';
import type { Packet } from './simulation/packet.ts';
import { Random } from './simulation/random.ts';
import { SimulatedReplica } from './simulation/replica.ts';
import { ScriptedReplica, type Script } from './simulation/scripted.ts';
import { signedRequestOf, type RequestParts } from './simulation/requests.ts';
import { realSignatures, simulatedSignatures, type Signatures } from './simulation/signatures.ts';
import { Trace } from './simulation/trace.ts';
import { Transcript } from './simulation/transcript.ts';
import {
  DEFAULT_SIMULATION,
  type Node,
  type SimulatedNode,
  type SimulationOptions,
  type World,
} from './simulation/world.ts';

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
  /** Keyed hashes in place of ed25519, for long runs. */
  readonly simulatedSignatures?: boolean;
  /** Whether messages of correct replicas go round the codec. Those of faulty ones always do. */
  readonly encodes?: boolean;
  /** Whether replicas have to ask one another before they begin; otherwise that has been done when a run begins. */
  readonly coldStart?: boolean;
  /** Whether lines are kept. */
  readonly transcript?: boolean;
  /** Replicas that the genesis does not name: they follow, and may be admitted. */
  readonly joiners?: readonly SimulatedNode[];
}

/** Makes a faulty replica that is more than a script. */
export type FaultyNode = (world: Simulation) => Node;

export class Simulation implements World {
  readonly network: TestNetwork;
  readonly options: SimulationOptions;
  readonly agenda = new Agenda();
  readonly random: Random;
  readonly transcript: Transcript;
  readonly trace = new Trace();
  readonly monitor: Monitor;
  readonly edge: Edge;
  readonly encodes: boolean;
  readonly stores: readonly DurableStore[];
  readonly guards: readonly SimulatedGuard[];
  readonly replicas: readonly SimulatedReplica[];
  readonly faulty = new Map<number, ScriptedReplica>();
  readonly client: SimulatedClient;
  /** Lets a test hold up, lose or observe single messages. */
  interfere: Interference | null = null;
  interfereWithClients: ClientInterference = () => undefined;
  loss: number;
  duplication: number;
  delayMs: readonly [number, number];
  /** Added to the clock of a replica from now on. */
  readonly clockShiftMs: number[];
  /** Time of a durable write of single replicas, where it differs. */
  readonly slowDiskMs = new Map<number, number>();
  readonly nodes: readonly SimulatedNode[];
  readonly #places: ReadonlyMap<Hex, number>;
  #newest: Membership;
  readonly #clients: SimulatedClient[] = [];
  readonly #nodes = new Map<number, Node>();
  readonly #cut = new Set<string>();
  readonly #faultyIndexes: ReadonlySet<number>;
  #requests = 0;
  #runs = 0;

  /** `nodes`: faulty replicas by index, beside those of `setup.faulty`. */
  constructor(setup: SimulationSetup = {}, nodes: ReadonlyMap<number, FaultyNode> = new Map()) {
    const { network, faulty = {}, persistentClients = true, simulatedSignatures: simulated, ...rest } = setup;
    const { encodes, transcript, coldStart = false, joiners = [], ...options } = rest;
    this.network = network ?? makeGenesis();
    this.options = { ...DEFAULT_SIMULATION, ...options };
    this.random = new Random(this.options.seed);
    this.transcript = new Transcript(transcript);
    this.encodes = encodes ?? true;
    this.loss = this.options.loss;
    this.duplication = this.options.duplication;
    this.delayMs = this.options.delayMs;
    const { genesis } = this.network;
    const members = genesis.replicas.map(({ publicKey }, index) => {
      return { publicKey, seed: this.network.replicaSeeds[index]! };
    });
    this.nodes = [...members, ...joiners];
    this.#places = new Map(this.nodes.map(({ publicKey }, index) => [publicKey, index]));
    this.#newest = membershipOf(genesis, '');
    this.edge = new Edge(
      this.network,
      simulated ? simulatedSignatures(this.network, joiners) : realSignatures,
    );
    this.clockShiftMs = this.nodes.map(() => 0);
    this.stores = this.nodes.map(() => new DurableStore(genesis));
    this.#faultyIndexes = new Set([...Object.keys(faulty).map(Number), ...nodes.keys()]);
    const { maxPoolRequests } = { ...DEFAULT_OPTIONS, ...this.options.consensus };
    this.monitor = new Monitor({
      network: this.network,
      nodeOf: (publicKey) => this.nodeOf(publicKey),
      stores: this.stores,
      faulty: this.#faultyIndexes,
      edge: this.edge,
      maxPoolRequests,
    });
    this.guards = this.nodes.map(() => new SimulatedGuard(windowOf(genesis.limits)));
    this.replicas = this.stores.map(
      (store, index) => new SimulatedReplica(this, index, store, this.guards[index]!),
    );
    for (const index of Object.keys(faulty).map(Number)) {
      const scripted = new ScriptedReplica(this, index, faulty[index]!);
      this.faulty.set(index, scripted);
      this.#nodes.set(index, scripted);
    }
    this.client = this.addClient(persistentClients);
    for (const [index, make] of nodes) this.#nodes.set(index, make(this));
    for (const replica of this.correct) replica.start(!coldStart);
  }

  /** The replicas that are not faulty, up or not. */
  get correct(): readonly SimulatedReplica[] {
    return this.replicas.filter(({ index }) => !this.#faultyIndexes.has(index));
  }

  get up(): readonly SimulatedReplica[] {
    return this.correct.filter(({ isUp }) => isUp);
  }

  /** What a right clock shows, in milliseconds since 1970. */
  get trueTimeMs(): number {
    return START_MS + Math.floor(this.agenda.nowMs);
  }

  addClient(persistent = true): SimulatedClient {
    const client = new SimulatedClient(this, this.#clients.length, persistent);
    this.#clients.push(client);
    return client;
  }

  /** A new request of the time being, named after its number. */
  request(
    options: { readonly timestampMs?: number; readonly title?: string; readonly supervisor?: number } = {},
  ): SignedRequest {
    this.#requests++;
    const title = options.title ?? `R${String(this.#requests)}`;
    const timestampMs = options.timestampMs ?? this.trueTimeMs;
    const supervisor = options.supervisor ?? 0;
    const request = requestOf(this.network, this.edge.signatures, { timestampMs, title, supervisor });
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
    this.say(() => `r${String(index)} stops`);
    this.monitor.onStop(index);
    this.#tellOthers(index, false);
  }

  /** Puts an older copy of its disk, of its guard's, or of both in place of what a stopped replica has. */
  restore(index: number, { store, guard }: { store?: DurableCopy; guard?: GuardCopy }): void {
    const what = [...(store === undefined ? [] : ['ledger']), ...(guard === undefined ? [] : ['guard'])];
    this.say(() => `r${String(index)} is given an older ${what.join(' and ')}`);
    if (store !== undefined) this.stores[index]!.restore(store);
    if (guard !== undefined) this.guards[index]!.restore(guard);
    this.monitor.onRestore(index, { store: store !== undefined, guard: guard !== undefined });
  }

  restart(index: number): void {
    this.say(() => `r${String(index)} starts`);
    this.monitor.onRestart(index, this.#rememberedOf(index));
    this.replicas[index]!.start();
    this.#tellOthers(index, true);
    this.#noticeStopped(index);
    // It may have stopped right when an epoch had ended, before all others.
    this.#learnEpoch(index);
  }

  /** A replica that has just begun notices who is not there. */
  #noticeStopped(index: number): void {
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
    this.cutOneWay(one, other, isCut);
    this.cutOneWay(other, one, isCut);
  }

  /** Cuts the line from one replica to another, in this direction alone, or mends it. */
  cutOneWay(from: number, to: number, isCut = true): void {
    const line = `${String(from)} ${String(to)}`;
    if (isCut) this.#cut.add(line);
    else this.#cut.delete(line);
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
    this.clockShiftMs.fill(0);
    this.slowDiskMs.clear();
    for (const replica of this.correct) {
      replica.plannedStop = null;
      replica.pause(false);
      if (!replica.isUp) this.restart(replica.index);
    }
  }

  nextRunToken(): Hex {
    return (++this.#runs).toString(16).padStart(2 * RUN_TOKEN_BYTES, '0');
  }

  get newest(): Membership {
    return this.#newest;
  }

  nodeOf(publicKey: Hex): number {
    return this.#places.get(publicKey) ?? -1;
  }

  begun(index: number): void {
    const { membership } = this.replicas[index]!;
    this.say(() => `r${String(index)} begins epoch ${String(membership.epoch)}`);
    this.#noticeStopped(index);
    this.#learnEpoch(index);
  }

  #learnEpoch(index: number): void {
    const { membership } = this.replicas[index]!;
    if (membership.epoch <= this.#newest.epoch) return;
    this.#newest = membership;
    for (const client of this.#clients) client.enterEpoch();
  }

  clockMs(index: number): number {
    const skewMs = (this.options.clockSkewMs[index] ?? 0) + this.clockShiftMs[index]!;
    return START_MS + Math.floor(this.agenda.nowMs) + skewMs;
  }

  diskMs(index: number): number {
    return this.slowDiskMs.get(index) ?? this.options.diskMs;
  }

  carry(from: number, to: number, packet: Packet): void {
    if (this.#cut.size > 0 && this.#cut.has(`${String(from)} ${String(to)}`)) return;
    let extraMs = 0;
    if (this.interfere !== null) {
      const message = packet.message(this.network.genesis);
      const will = message === undefined ? undefined : this.interfere(from, to, message);
      if (will === 'drop') return;
      extraMs = will?.delayMs ?? 0;
    }
    this.#carry(extraMs, () => {
      this.trace.number(from * REPLICAS_MAX + to);
      this.trace.number(this.agenda.nowMs);
      this.#node(to).receive(from, packet);
    });
  }

  carryToClient(from: number, client: number, bytes: Uint8Array): void {
    if (this.interfereWithClients(client, from, 'toClient') === 'drop') return;
    this.#carry(0, () => this.#clients[client]?.receive(from, bytes));
  }

  carryFromClient(client: number, to: number, bytes: Uint8Array): void {
    if (this.interfereWithClients(client, to, 'toReplica') === 'drop') return;
    this.#carry(0, () => this.#node(to).receiveFromClient(client, bytes));
  }

  isExpected(): boolean {
    return false;
  }

  say(line: () => string): void {
    if (this.transcript.isOn) this.transcript.add(this.agenda.nowMs, line());
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
    const node = this.#nodes.get(index) ?? this.replicas[index];
    if (node === undefined) throw new Violation('a message goes to a replica', { index });
    return node;
  }

  /** What the other correct replicas have under the key of one. */
  #rememberedOf(index: number): ReadonlyMap<number, readonly Statement[]> {
    return new Map(
      this.up.flatMap((other) =>
        other.index === index ? [] : [[other.index, other.consensus.statementsOf(index)] as const],
      ),
    );
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

/** Requests by the kind of their signatures. */
const requests = new WeakMap<Signatures['sign'], Map<string, SignedRequest>>();

/** A request, signed once in a process: runs that differ in their seed alone send the same ones. */
function requestOf(
  network: TestNetwork,
  signatures: Signatures,
  parts: RequestParts & { readonly supervisor: number },
): SignedRequest {
  const ofKind = requests.get(signatures.sign) ?? new Map<string, SignedRequest>();
  requests.set(signatures.sign, ofKind);
  const { timestampMs, title, supervisor } = parts;
  const key = `${network.networkId} ${String(supervisor)} ${String(timestampMs)} ${title}`;
  const known = ofKind.get(key);
  if (known !== undefined) return known;
  const REQUESTS_MAX = 50_000;
  if (ofKind.size >= REQUESTS_MAX) ofKind.clear();
  const request = signedRequestOf(network, signatures, parts);
  ofKind.set(key, request);
  return request;
}
