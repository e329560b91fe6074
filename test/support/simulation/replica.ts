/**
 * A correct replica as its host runs it: inputs queue up, a group of them makes one durable write, and only then
 * does anything leave. Stopping it loses all that is not in its store.
 * @module
 */
import { Consensus } from '../../../src/main/consensus/consensus.ts';
import { DEFAULT_OPTIONS } from '../../../src/main/consensus/config.ts';
import type { Effect, Input, PersistOperation, TimerName } from '../../../src/main/consensus/effects.ts';
import {
  decodeMessage,
  encodeMessage,
  maxMessageBytes,
  peerMessageCodec,
  toClientCodec,
  toReplicaCodec,
  type PeerMessage,
  type ToClientMessage,
} from '../../../src/main/consensus/messages.ts';
import { bodiesOf, messageChecks, requestCheck } from '../../../src/main/consensus/verification.ts';
import { decodeRequest, type SignedRequest } from '../../../src/main/ledger/request.ts';
import { statementDigest } from '../../../src/main/ledger/statement.ts';
import type { Hex } from '../../../src/shared/encoding/hex.ts';
import { hasCode } from '../../../src/shared/errors.ts';
import type { DurableStore } from './durable.ts';
import { isValid, signatureOf } from './signatures.ts';
import type { Node, World } from './world.ts';

/** Most inputs in one group. */
const GROUP_MAX = 64;

/** A planned stop: at the transaction with this number, with it lost or with it written but nothing sent. */
export interface PlannedStop {
  readonly commit: number;
  readonly moment: 'before' | 'after';
}

export class SimulatedReplica implements Node {
  readonly index: number;
  readonly store: DurableStore;
  plannedStop: PlannedStop | null = null;
  /** Messages that were dropped at the edge because a signature or a form was wrong. */
  refusedMessages = 0;
  readonly #world: World;
  readonly #waiting = new Map<Hex, Set<number>>();
  #consensus: Consensus | null = null;
  #inbox: Input[] = [];
  #timers = new Map<TimerName, number>();
  #timersSet = 0;
  #busy = false;
  /** Counts starts, so that what was planned before a stop does not happen after it. */
  #life = 0;

  constructor(world: World, index: number, store: DurableStore) {
    this.#world = world;
    this.index = index;
    this.store = store;
  }

  get isUp(): boolean {
    return this.#consensus !== null;
  }

  /** The running replica. Throws while it is stopped. */
  get consensus(): Consensus {
    if (this.#consensus === null) throw new Error(`replica ${String(this.index)} is stopped`);
    return this.#consensus;
  }

  start(): void {
    const { network, options } = this.#world;
    const membership = this.#world.membership(this.index);
    const settings = { ...DEFAULT_OPTIONS, ...options.consensus };
    this.#life++;
    this.#consensus = new Consensus(network.genesis, membership, settings, this.store.load());
    this.#push({ type: 'start' });
  }

  stop(): void {
    this.#consensus = null;
    this.#life++;
    this.#inbox = [];
    this.#timers.clear();
    this.#waiting.clear();
    this.#busy = false;
  }

  receive(from: number, bytes: Uint8Array): void {
    if (!this.isUp) return;
    const message = this.#edge(() =>
      decodeMessage(peerMessageCodec, bytes, maxMessageBytes(this.#limits.maxBlockBytes)),
    );
    if (message === undefined) return;
    const checks = messageChecks(this.#world.membership(this.index), from, message);
    const bodies = bodiesOf(message).map((body) => this.#request(body));
    const valid = bodies.every((body) => body !== undefined) && checks?.every(isValid) === true;
    if (!valid) this.refusedMessages++;
    else if (!this.#answerFromStore(from, message)) {
      this.#push({ type: 'peerMessage', from, message, bodies });
    }
  }

  receiveFromClient(client: number, bytes: Uint8Array): void {
    if (!this.isUp) return;
    const message = this.#edge(() =>
      decodeMessage(toReplicaCodec, bytes, maxMessageBytes(this.#limits.maxBlockBytes)),
    );
    if (message === undefined) return;
    if (message.type === 'commit') this.#push(message);
    if (message.type !== 'request') return;
    const request = this.#request(message.request);
    if (request === undefined) return;
    this.#waiting.set(request.id, (this.#waiting.get(request.id) ?? new Set()).add(client));
    this.#push({ type: 'request', request, origin: 'broadcast' });
  }

  notice(replica: number, reachable: boolean): void {
    if (this.isUp) this.#push({ type: 'reachable', replica, reachable });
  }

  get #limits() {
    return this.#world.network.genesis.limits;
  }

  /** What `parse` returns, or nothing where the bytes are no message: nobody trusts what comes from outside. */
  #edge<T>(parse: () => T): T | undefined {
    try {
      return parse();
    } catch (error) {
      if (!hasCode(error, 'encoding.invalid') && !hasCode(error, 'encoding.tooLarge')) throw error;
      this.refusedMessages++;
      return undefined;
    }
  }

  /** The request with a valid signature that `bytes` are. */
  #request(bytes: Uint8Array): SignedRequest | undefined {
    const request = this.#edge(() => decodeRequest(bytes, this.#limits.maxRequestBytes));
    if (request === undefined || !isValid(requestCheck(request))) return undefined;
    return request;
  }

  /** Questions about what is stable never reach agreement. */
  #answerFromStore(from: number, message: PeerMessage): boolean {
    if (message.type === 'getHeaders') {
      const answer = this.store.headersFrom(message.fromHeight);
      if (answer !== undefined) this.#send(from, answer);
      return true;
    }
    if (message.type === 'getBlock') {
      const { height, hash } = message;
      const found = this.store.block(height);
      if (found?.block.header.hash === hash) {
        const requests = found.block.requests.map(({ bytes }) => bytes);
        this.#send(from, { type: 'block', height, hash, requests });
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
      if (life === this.#life && this.isUp) action();
    });
  }

  #wake(): void {
    if (this.#busy || this.#inbox.length === 0) return;
    this.#busy = true;
    this.#plan(0, () => this.#step());
  }

  /** Takes a group of inputs. Nothing else happens here until their effects are durable. */
  #step(): void {
    const consensus = this.consensus;
    const { monitor } = this.#world;
    const nowMs = this.#world.clockMs(this.index);
    const effects: Effect[] = [];
    for (const input of this.#inbox.splice(0, GROUP_MAX)) {
      effects.push(...consensus.step(input, nowMs));
      monitor.afterStep(this.index, consensus, this.#world.membership(this.index));
    }
    effects.push(...consensus.flush(nowMs));
    const operations = effects.flatMap((effect) => (effect.type === 'persist' ? [effect.operation] : []));
    const delayMs = operations.length > 0 ? this.#world.options.diskMs : 0;
    this.#plan(delayMs, () => this.#finish(operations, effects));
  }

  #finish(operations: readonly PersistOperation[], effects: readonly Effect[]): void {
    if (operations.length > 0 && !this.#write(operations)) return;
    this.#busy = false;
    const life = this.#life;
    for (const effect of effects) {
      this.#carryOut(effect);
      // A test may stop the replica in the midst of what it sends.
      if (life !== this.#life) return;
    }
    this.#wake();
  }

  /** Makes the operations durable. False where a planned stop comes between. */
  #write(operations: readonly PersistOperation[]): boolean {
    const { monitor, transcript } = this.#world;
    const stopsNow = this.plannedStop?.commit === this.store.commits;
    if (stopsNow && this.plannedStop?.moment === 'before') return this.#stopAsPlanned();
    monitor.beforeCommit(this.index, operations);
    this.store.commit(operations);
    monitor.afterCommit(this.index, this.consensus);
    for (const operation of operations) this.#say(`writes ${transcript.operation(operation)}`);
    return stopsNow ? this.#stopAsPlanned() : true;
  }

  #stopAsPlanned(): false {
    this.plannedStop = null;
    this.stop();
    this.#world.stopped(this.index);
    return false;
  }

  #carryOut(effect: Effect): void {
    const { monitor, transcript, network } = this.#world;
    switch (effect.type) {
      case 'persist':
        return;
      case 'sign': {
        monitor.onSign(this.index, effect.statement);
        const digest = statementDigest(network.networkId, effect.statement);
        const signature = signatureOf(network.replicaSeeds[this.index]!, digest);
        return this.#push({ type: 'signed', statement: effect.statement, signature });
      }
      case 'send':
        return this.#send(effect.to, effect.message);
      case 'broadcast': {
        this.#say(`-> all ${transcript.message(effect.message)}`, effect.message.type);
        for (let to = 0; to < network.replicaSeeds.length; to++) {
          if (to !== this.index) this.#carry(to, effect.message);
        }
        return;
      }
      case 'respond': {
        const { height, hash, tag } = effect;
        monitor.onRespond(this.index, height, hash);
        for (const requestId of effect.requestIds) {
          this.#answer(requestId, { type: 'response', requestId, height, hash, tag });
        }
        return;
      }
      case 'refuse':
        return this.#answer(effect.requestId, { type: 'refusal', ...omitType(effect) });
      case 'alreadyFinal': {
        const { requestId, height } = effect;
        const { hash } = this.store.header(height)!;
        this.#answer(requestId, { type: 'final', requestId, height, hash });
        this.#waiting.delete(requestId);
        return;
      }
      case 'finalize': {
        const { height, hash } = effect;
        for (const requestId of effect.requestIds) {
          this.#answer(requestId, { type: 'final', requestId, height, hash });
          this.#waiting.delete(requestId);
        }
        return;
      }
      case 'setTimer':
        return this.#setTimer(effect.timer, effect.delayMs);
      case 'clearTimer':
        this.#timers.delete(effect.timer);
        return;
      case 'announce': {
        const line = transcript.announcement(effect.announcement);
        if (line !== undefined) this.#say(line);
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

  #answer(requestId: Hex, message: ToClientMessage): void {
    for (const client of this.#waiting.get(requestId) ?? []) {
      this.#say(`-> client ${this.#world.transcript.message(message)}`);
      this.#world.carryToClient(this.index, client, encodeMessage(toClientCodec, message));
    }
  }

  #send(to: number, message: PeerMessage): void {
    this.#say(`-> r${String(to)} ${this.#world.transcript.message(message)}`, message.type);
    this.#carry(to, message);
  }

  #carry(to: number, message: PeerMessage): void {
    this.#world.carry(this.index, to, encodeMessage(peerMessageCodec, message));
  }

  /** Beacons are left out of the transcript: they come at every interval and say what the rest says. */
  #say(line: string, type?: PeerMessage['type']): void {
    if (type !== 'beacon') this.#world.say(`r${String(this.index)} ${line}`);
  }
}

function omitType(effect: Extract<Effect, { type: 'refuse' }>) {
  return { requestId: effect.requestId, error: effect.error };
}
