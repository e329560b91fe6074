/**
 * A replica as its host runs it: inputs queue up, a group of them makes one durable write, and only then does
 * anything leave. Stopping it loses all that is not in its store; pausing it loses nothing but time.
 * @module
 */
import { Consensus } from '../../../src/main/consensus/consensus.ts';
import { DEFAULT_OPTIONS, membershipAt, type Membership } from '../../../src/main/consensus/config.ts';
import {
  statementsToSign,
  type Effect,
  type Input,
  type OwnStatement,
  type PersistOperation,
  type TimerName,
} from '../../../src/main/consensus/effects.ts';
import {
  encodeMessage,
  toClientCodec,
  type PeerMessage,
  type ToClientMessage,
} from '../../../src/main/consensus/messages.ts';
import { epochOf } from '../../../src/main/ledger/evidence.ts';
import { statementDigest, type SignedStatement } from '../../../src/main/ledger/statement.ts';
import type { Hex } from '../../../src/shared/encoding/hex.ts';
import type { DurableStore } from './durable.ts';
import type { SimulatedGuard } from './guard.ts';
import { Packet } from './packet.ts';
import type { Node, World } from './world.ts';

/** Most inputs in one group. */
const GROUP_MAX = 64;

/**
 * A planned stop: at the transaction with this number, with it lost, or with it written but nothing sent, or with it
 * written and only the first so many of its effects carried out.
 */
export interface PlannedStop {
  readonly commit: number;
  readonly moment: 'before' | 'after' | { readonly effects: number };
}

export class SimulatedReplica implements Node {
  readonly index: number;
  readonly store: DurableStore;
  /** `null`: whatever it is asked to sign, it signs. */
  readonly guard: SimulatedGuard | null;
  plannedStop: PlannedStop | null = null;
  /** Messages that were dropped at the edge because a signature or a form was wrong. */
  refusedMessages = 0;
  readonly #world: World;
  readonly #waiting = new Map<Hex, Set<number>>();
  #consensus: Consensus | null = null;
  #membership: Membership;
  #inbox: Input[] = [];
  #timers = new Map<TimerName, number>();
  #timersSet = 0;
  #busy = false;
  #paused = false;
  /** What came due while it was paused. */
  #late: (() => void)[] = [];
  /** Counts starts, so that what was planned before a stop does not happen after it. */
  #life = 0;

  constructor(world: World, index: number, store: DurableStore, guard: SimulatedGuard | null) {
    this.#world = world;
    this.index = index;
    this.store = store;
    this.guard = guard;
    this.#membership = this.#membershipNow();
  }

  /** Of the epoch that it runs in, or ran in last. */
  get membership(): Membership {
    return this.#membership;
  }

  /** The place of a member of the epoch, by its index there; -1 for none. */
  nodeOf(member: number): number {
    const publicKey = this.#membership.replicaKeys[member];
    return publicKey === undefined ? -1 : this.#world.nodeOf(publicKey);
  }

  /** The index in the epoch of the replica at this place; -1 for one that is no member. */
  memberAt(node: number): number {
    return this.#membership.replicaKeys.indexOf(this.#world.nodes[node]?.publicKey ?? '');
  }

  #membershipNow(): Membership {
    const { network, nodes } = this.#world;
    return membershipAt(network.genesis, this.store.load(), nodes[this.index]!.publicKey);
  }

  get isUp(): boolean {
    return this.#consensus !== null;
  }

  /** The running replica. Throws while it is stopped. */
  get consensus(): Consensus {
    if (this.#consensus === null) throw new Error(`replica ${String(this.index)} is stopped`);
    return this.#consensus;
  }

  /** `isAnswered`: all the others have told at once that they have nothing of it, as when a network begins. */
  start(isAnswered = false): void {
    this.#life++;
    this.#membership = this.#membershipNow();
    const { epoch, ownIndex, sizes } = this.#membership;
    this.guard?.enter(epoch);
    this.#world.monitor.onStart(this.index, this.#membership);
    this.#consensus = this.boot();
    const token = this.#world.nextRunToken();
    this.#push({ type: 'start', token, signed: this.guard?.statements ?? [] });
    if (!isAnswered) return;
    for (let from = 0; from < sizes.n; from++) {
      const message: PeerMessage = { type: 'recall', epoch, token, statements: [] };
      if (from !== ownIndex) this.#push({ type: 'peerMessage', from, message, bodies: [] });
    }
  }

  /** What would run if it started now from what is durable. */
  boot(): Consensus {
    const { network, options } = this.#world;
    const settings = { ...DEFAULT_OPTIONS, ...options.consensus };
    return new Consensus(network.genesis, this.#membershipNow(), settings, this.store.load());
  }

  stop(): void {
    this.#consensus = null;
    this.#life++;
    this.#inbox = [];
    this.#late = [];
    this.#timers.clear();
    this.#waiting.clear();
    this.#busy = false;
    this.#paused = false;
  }

  /** The process stands still, or goes on: with what has arrived, and with timers that should have rung long ago. */
  pause(paused: boolean): void {
    this.#paused = paused && this.isUp;
    if (this.#paused) return;
    const late = this.#late;
    this.#late = [];
    for (const action of late) this.#act(action);
    this.#wake();
  }

  /** `sender`: its place among all replicas. One that is no member may ask for what is stable, and nothing else. */
  receive(sender: number, packet: Packet): void {
    if (!this.isUp) return;
    const from = this.memberAt(sender);
    if (from === -1) {
      const message = packet.message(this.#world.network.genesis);
      if (message !== undefined) this.#answerFromStore(sender, message);
      return;
    }
    const verified = packet.verified(from, this.#membership, this.#world.edge);
    if (verified === null) return;
    if (verified === undefined) this.refusedMessages++;
    else if (!this.#answerFromStore(sender, verified.message)) {
      if (verified.message.type === 'recall') this.#compareWithGuard(from, verified.message.statements);
      this.#push({ type: 'peerMessage', from, ...verified });
    }
  }

  /** What the guard never signed was signed by somebody else, or by this replica before its guard was replaced. */
  #compareWithGuard(from: number, statements: readonly SignedStatement[]): void {
    for (const { statement } of statements) {
      if (this.guard?.mayHaveSigned(statement) === false) this.#push({ type: 'foreign', from, statement });
    }
  }

  receiveFromClient(client: number, bytes: Uint8Array): void {
    if (!this.isUp) return;
    const { edge } = this.#world;
    const message = edge.clientMessage(bytes);
    if (message === undefined) this.refusedMessages++;
    else if (message.type === 'commit') this.#push(message);
    else if (message.type === 'evidence') {
      if (epochOf(message.evidence) !== this.#membership.epoch) return;
      if (edge.provesFault(message.evidence, this.#membership.replicaKeys)) this.#push(message);
      else this.refusedMessages++;
    } else if (message.type === 'request') {
      const request = edge.request(message.request);
      if (request === undefined) {
        this.refusedMessages++;
        return;
      }
      this.#waiting.set(request.id, (this.#waiting.get(request.id) ?? new Set()).add(client));
      this.#push({ type: 'request', request });
    }
  }

  notice(node: number, reachable: boolean): void {
    const replica = this.memberAt(node);
    if (this.isUp && replica !== -1) this.#push({ type: 'reachable', replica, reachable });
  }

  /** Questions about blocks never reach agreement. */
  #answerFromStore(node: number, message: PeerMessage): boolean {
    if (message.type === 'getHeaders') {
      const answer = this.store.headersFrom(message.fromHeight);
      if (answer !== undefined) this.#sendTo(node, answer);
      return true;
    }
    if (message.type === 'getBlock') {
      const { height, hash } = message;
      const found = this.store.blockByHash(height, hash);
      if (found !== undefined) {
        const requests = found.requests.map(({ bytes }) => bytes);
        this.#sendTo(node, { type: 'block', height, hash, requests, evidence: found.evidence });
      }
      return true;
    }
    return false;
  }

  #push(input: Input): void {
    this.#inbox.push(input);
    this.#wake();
  }

  #plan(delayMs: number, action: () => void): void {
    const life = this.#life;
    this.#world.agenda.plan(delayMs, () => {
      if (life !== this.#life || !this.isUp) return;
      if (this.#paused) this.#late.push(action);
      else this.#act(action);
    });
  }

  #act(action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!this.#world.isExpected(this.index, error)) throw error;
      this.stop();
    }
  }

  #wake(): void {
    if (this.#busy || this.#paused || this.#inbox.length === 0) return;
    this.#busy = true;
    this.#plan(0, () => this.#step());
  }

  /** Takes a group of inputs. Nothing else happens here until their effects are durable. */
  #step(): void {
    const consensus = this.consensus;
    const { monitor } = this.#world;
    const nowMs = this.#world.clockMs(this.index);
    const effects: Effect[] = [];
    for (const input of this.#inbox.splice(0, GROUP_MAX)) effects.push(...consensus.step(input, nowMs));
    effects.push(...consensus.flush(nowMs));
    monitor.afterStep(this.index, consensus, this.#membership);
    const operations = effects.flatMap((effect) => (effect.type === 'persist' ? [effect.operation] : []));
    const delayMs = operations.length > 0 ? this.#world.diskMs(this.index) : 0;
    this.#plan(delayMs, () => this.#finish(operations, effects));
  }

  #finish(operations: readonly PersistOperation[], effects: readonly Effect[]): void {
    const stop = this.plannedStop?.commit === this.store.commits ? this.plannedStop.moment : null;
    if (operations.length > 0) {
      if (stop === 'before') return this.#stopAsPlanned();
      this.#write(operations);
      if (stop === 'after') return this.#stopAsPlanned();
    }
    this.#busy = false;
    const life = this.#life;
    const last = typeof stop === 'object' && operations.length > 0 ? (stop?.effects ?? Infinity) : Infinity;
    // What is signed goes on first, in the order in which it was asked for.
    let signed = 0;
    const toSign = new Set(statementsToSign(effects));
    for (const [index, effect] of effects.entries()) {
      if (index >= last) return this.#stopAsPlanned();
      if (effect.type === 'sign') {
        if (toSign.has(effect.statement)) this.#inbox.splice(signed++, 0, this.#signed(effect.statement));
      } else this.#carryOut(effect);
      // A test may stop the replica in the midst of what it sends.
      if (life !== this.#life) return;
    }
    this.guard?.settle(this.store.stable.height);
    if (this.store.position.epoch > this.#membership.epoch) this.#beginEpoch();
    else this.#wake();
  }

  /** The epoch has ended: another agreement starts from what is durable. Clients connect anew. */
  #beginEpoch(): void {
    this.stop();
    this.start();
    this.#world.begun(this.index);
  }

  #write(operations: readonly PersistOperation[]): void {
    const { monitor, transcript, trace } = this.#world;
    monitor.beforeCommit(this.index, operations);
    this.store.commit(operations);
    for (const operation of operations) this.#say(() => `writes ${transcript.operation(operation)}`);
    trace.number(this.index);
    trace.hashValue(this.store.tip.hash);
    monitor.afterCommit(this.index, this);
  }

  #stopAsPlanned(): void {
    this.plannedStop = null;
    this.stop();
    this.#world.stopped(this.index);
  }

  #signed(statement: OwnStatement): Input {
    const { monitor, network, nodes, edge } = this.#world;
    const verdict = this.guard?.judge(statement) ?? { kind: 'new' };
    if (verdict.kind === 'contradicts') return { type: 'refused', statement, before: verdict.before };
    if (verdict.kind === 'belowFloor') return { type: 'refused', statement, before: null };
    monitor.onSign(this.index, statement);
    const digest = statementDigest(network.networkId, statement);
    const signature = edge.signatures.sign(nodes[this.index]!.seed, digest);
    return { type: 'signed', statement, signature };
  }

  #carryOut(effect: Effect): void {
    const { monitor, transcript } = this.#world;
    switch (effect.type) {
      case 'persist':
      case 'sign':
        // Done before.
        return;
      case 'send':
        return this.#send(effect.to, effect.message);
      case 'broadcast': {
        this.#say(() => `-> all ${transcript.message(effect.message)}`, effect.message.type);
        const packet = this.#packet(effect.message);
        for (const to of this.#audience(effect.message)) this.#world.carry(this.index, to, packet);
        return;
      }
      case 'respond': {
        const { epoch, height, hash, tag } = effect;
        monitor.onRespond(this.index, height, hash, tag);
        for (const requestId of effect.requestIds) {
          this.#answer(requestId, { type: 'response', requestId, epoch, height, hash, tag });
        }
        return;
      }
      case 'refuse':
        return this.#answer(effect.requestId, {
          type: 'refusal',
          requestId: effect.requestId,
          error: effect.error,
        });
      case 'alreadyFinal':
        return this.#tellFinal(effect.requestId, effect.height, this.store.header(effect.height)!.hash);
      case 'finalize':
        for (const requestId of effect.requestIds) this.#tellFinal(requestId, effect.height, effect.hash);
        return;
      case 'setTimer':
        return this.#setTimer(effect.timer, effect.delayMs);
      case 'clearTimer':
        this.#timers.delete(effect.timer);
        return;
      case 'announce': {
        const line = this.#world.transcript.isOn ? transcript.announcement(effect.announcement) : undefined;
        if (line !== undefined) this.#say(() => line);
        monitor.onAnnouncement(this.index, effect.announcement);
      }
    }
  }

  #setTimer(timer: TimerName, delayMs: number): void {
    const number = ++this.#timersSet;
    this.#timers.set(timer, number);
    this.#plan(delayMs, () => {
      if (this.#timers.get(timer) !== number) return;
      this.#timers.delete(timer);
      this.#push({ type: 'timer', timer });
    });
  }

  #tellFinal(requestId: Hex, height: number, hash: Hex): void {
    this.#world.monitor.onReport(this.index, requestId, height, hash);
    this.#answer(requestId, { type: 'final', requestId, height, hash });
    this.#waiting.delete(requestId);
  }

  #answer(requestId: Hex, message: ToClientMessage): void {
    const clients = this.#waiting.get(requestId);
    if (clients === undefined) return;
    const bytes = encodeMessage(toClientCodec, message);
    for (const client of clients) {
      this.#say(() => `-> client ${this.#world.transcript.message(message)}`);
      this.#world.carryToClient(this.index, client, bytes);
    }
  }

  /** The members of the epoch; where somebody stands is said to all. */
  #audience({ type }: PeerMessage): readonly number[] {
    const { nodes } = this.#world;
    const audience =
      type === 'beacon' ? nodes.keys() : this.#membership.replicaKeys.map((_, to) => this.nodeOf(to));
    return [...audience].filter((node) => node !== this.index);
  }

  #send(member: number, message: PeerMessage): void {
    this.#sendTo(this.nodeOf(member), message);
  }

  #sendTo(to: number, message: PeerMessage): void {
    if (to === this.index) return;
    this.#say(() => `-> r${String(to)} ${this.#world.transcript.message(message)}`, message.type);
    this.#world.carry(this.index, to, this.#packet(message));
  }

  #packet(message: PeerMessage): Packet {
    return this.#world.encodes ? Packet.of(message) : Packet.asIs(message);
  }

  /**
   * Beacons are left out of the transcript: they come at every interval and say what the rest says. So are recalls:
   * what comes of them is announced.
   */
  #say(line: () => string, type?: PeerMessage['type']): void {
    if (type !== 'beacon' && type !== 'getRecall' && type !== 'recall')
      this.#world.say(() => `r${String(this.index)} ${line()}`);
  }
}
