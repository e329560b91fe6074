/**
 * A replica: it drives agreement with storage, network, keys and clock, and keeps the one contract of effects: what a
 * message asserts is durable before the message leaves.
 *
 * Inputs gather while a group of steps is written, so that one transaction serves many messages under load.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { toHex } from '../../shared/encoding/hex.ts';
import { CountersignError, toPlainError, type PlainError } from '../../shared/errors.ts';
import {
  DEFAULT_OPTIONS,
  membershipAt,
  type ConsensusOptions,
  type Membership,
} from '../consensus/config.ts';
import { Consensus, type Standing } from '../consensus/consensus.ts';
import { statementsToSign, type Announcement, type Effect, type Input } from '../consensus/effects.ts';
import type { LastingLearnerReason, TimerName } from '../consensus/effects.ts';
import { RUN_TOKEN_BYTES, maxMessageBytes, type PeerMessage } from '../consensus/messages.ts';
import type { Answer, SignGuard } from '../keys/guard/signGuard.ts';
import type { Genesis } from '../ledger/genesis.ts';
import type { SignedStatement } from '../ledger/statement.ts';
import { ReplicaNetwork, type ReplicaNetworkStatus } from '../network/index.ts';
import { markedLearner } from '../storage/derive.ts';
import type { LedgerStore } from '../storage/index.ts';
import {
  BAD_MESSAGES_PER_MINUTE_MAX,
  BadMessages,
  SHUT_OUT_MS,
  type BadMessageCounts,
} from './badMessages.ts';
import { ClientAnswers } from './clientAnswers.ts';
import { blockFor, headersFor } from './history.ts';
import { Inbox, type SignatureVerifier, type VerifiedPeerMessage } from './inbox.ts';
import { NetworkOutlet, type Outlet } from './outlet.ts';
import { peersOf } from '../network/genesisPeers.ts';
import { Senders } from './senders.ts';
import { Turns } from './turns.ts';
import { CLIENT_JOBS_MAX, REPLICA_JOBS_MAX } from './verifierShare.ts';

/** Puts something of its own between a replica and its way out. The one use is to try out faults (`faults/`). */
export type Interpose = (outlet: Outlet, membership: Membership) => Outlet;

export interface ReplicaOptions {
  readonly genesis: Genesis;
  /** All that this replica signs goes through it. The caller closes it, after `stop`. */
  readonly guard: SignGuard;
  readonly store: LedgerStore;
  readonly verifier: SignatureVerifier;
  /** Where to listen, if not at the address in the genesis. */
  readonly listen?: { readonly host: string; readonly port: number };
  readonly consensus?: Partial<ConsensusOptions>;
  /** Why this replica must not sign, where its host knows that: its durable state is not what it was. */
  readonly learner?: LastingLearnerReason;
  readonly interpose?: Interpose;
  /** Milliseconds since 1970 in UTC. */
  readonly now?: () => number;
  /** Told of everything worth showing or counting. Must not throw. */
  readonly onEvent?: (event: ReplicaEvent) => void;
}

/** Something that happened to a replica. */
export type ReplicaEvent =
  | Announcement
  | { readonly type: 'peer'; readonly index: number; readonly connected: boolean }
  | { readonly type: 'refusedGuest'; readonly address: string; readonly error: PlainError }
  | { readonly type: 'badMessage'; readonly from: string; readonly error: PlainError }
  /** It has stopped by itself and will not go on: its disk failed, or a rule was broken. */
  | { readonly type: 'halted'; readonly error: PlainError };

/** Where a replica stands, with its network. */
export interface ReplicaStatus {
  readonly standing: Standing;
  readonly network: ReplicaNetworkStatus;
  /** Replicas that it is connected with, itself included. */
  readonly connectedReplicas: number;
  readonly halted: PlainError | null;
  readonly badMessages: BadMessageCounts;
}

/** Most inputs in one group of steps, so that one transaction stays short. */
const GROUP_INPUTS_MAX = 512;
/** How long a starting replica waits for the others before it counts them as unreachable, in milliseconds. */
const REACHABILITY_GRACE_MS = 3_000;

export class Replica {
  readonly #options: ReplicaOptions;
  readonly #membership: Membership;
  readonly #consensus: Consensus;
  readonly #network: ReplicaNetwork;
  readonly #outlet: Outlet;
  readonly #inbox: Inbox;
  readonly #answers: ClientAnswers;
  readonly #badMessages = new BadMessages(() => performance.now());
  readonly #peers: Senders;
  readonly #clients: Senders;
  readonly #reads = new Turns();
  readonly #timers = new Map<TimerName, NodeJS.Timeout>();
  readonly #inputs: Input[] = [];
  readonly #connected = new Set<number>();
  #working: Promise<void> | null = null;
  #graceTimer: NodeJS.Timeout | undefined;
  #stopped = false;
  #halted: PlainError | null = null;

  private constructor(options: ReplicaOptions, membership: Membership, consensus: Consensus) {
    this.#options = options;
    this.#membership = membership;
    this.#consensus = consensus;
    const { genesis, guard, verifier } = options;
    this.#inbox = new Inbox({ membership, genesis, consensus, verifier });
    this.#peers = new Senders({
      verifier,
      jobsMax: REPLICA_JOBS_MAX,
      hold: (index, held) => (held ? this.#network.pausePeer(index) : this.#network.resumePeer(index)),
    });
    this.#clients = new Senders({
      verifier,
      jobsMax: CLIENT_JOBS_MAX,
      hold: (id, held) => (held ? this.#network.pauseClient(id) : this.#network.resumeClient(id)),
    });
    const peers = peersOf(genesis);
    const own = peers[membership.ownIndex];
    this.#network = new ReplicaNetwork({
      networkId: membership.networkId,
      identity: guard,
      ownIndex: membership.ownIndex,
      peers,
      listen: options.listen ?? { host: own?.host ?? '', port: own?.port ?? 0 },
      limits: { maxMessageBytes: maxMessageBytes(genesis) },
      verify: async (signature, digest, publicKey) => await verifier.verify(signature, digest, publicKey),
      onPeerMessage: (index, bytes) => this.#peerMessage(index, bytes),
      onPeerUp: (index) => this.#peerChanged(index, true),
      onPeerDown: (index) => this.#peerChanged(index, false),
      onClientMessage: (clientId, bytes) => this.#clientMessage(clientId, bytes),
      onClientUp: () => undefined,
      onClientDown: (clientId) => this.#clientLeft(clientId),
      onRefused: ({ address, error }) => this.#event({ type: 'refusedGuest', address, error }),
    });
    const outlet = new NetworkOutlet(this.#network);
    this.#outlet = options.interpose?.(outlet, membership) ?? outlet;
    this.#answers = new ClientAnswers({
      store: options.store,
      genesis,
      outlet: this.#outlet,
      epoch: consensus.standing.position.epoch,
      stableHeight: () => consensus.standing.stable.height,
      onReadFailed: (error) => this.#readFailed(error),
    });
  }

  /**
   * Loads what was durable, listens and takes part. Throws `key.unknown` where the genesis does not name the guard's
   * key, and what the store and the network throw.
   */
  static async start(options: ReplicaOptions): Promise<Replica> {
    const { guard, learner: reason } = options;
    const { publicKey } = guard;
    const loaded = await options.store.load();
    const membership = membershipAt(options.genesis, loaded, publicKey);
    if (membership.ownIndex < 0) throw new CountersignError('key.unknown', { publicKey });
    const learner = markedLearner(loaded.learner, reason === undefined ? null : { reason, publicKey });
    await guard.enter(loaded.position.epoch);
    const consensusOptions = { ...DEFAULT_OPTIONS, ...options.consensus };
    const consensus = new Consensus(options.genesis, membership, consensusOptions, { ...loaded, learner });
    const replica = new Replica(options, membership, consensus);
    await replica.#network.start();
    const token = toHex(randomBytes(RUN_TOKEN_BYTES));
    replica.#enqueue({ type: 'start', token, signed: options.guard.statements });
    replica.#graceTimer = setTimeout(() => replica.#reportUnreachable(), REACHABILITY_GRACE_MS);
    return replica;
  }

  /** This replica's index in the sorted list of replicas. */
  get index(): number {
    return this.#membership.ownIndex;
  }

  status(): ReplicaStatus {
    return {
      standing: this.#consensus.standing,
      network: this.#network.status(),
      connectedReplicas: this.#connected.size + 1,
      halted: this.#halted,
      badMessages: this.#badMessages.counts,
    };
  }

  /** Leaves the network, lets the step under way become durable, and ends. The store is the caller's to close. */
  async stop(): Promise<void> {
    this.#end();
    await this.#network.close();
    await this.#working;
  }

  #end(): void {
    this.#stopped = true;
    clearTimeout(this.#graceTimer);
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#inputs.length = 0;
  }

  #event(event: ReplicaEvent): void {
    this.#options.onEvent?.(event);
  }

  #now(): number {
    return this.#options.now?.() ?? Date.now();
  }

  // What comes in

  #peerMessage(index: number, bytes: Uint8Array): void {
    const sender = this.#peers.of(index);
    sender.delivery.push(
      this.#inbox.peerMessage(index, bytes, sender.verifier),
      bytes.length,
      (verified) => this.#takePeerMessage(index, verified),
      (error) => this.#badPeerMessage(index, toPlainError(error)),
    );
  }

  #badPeerMessage(index: number, error: PlainError): void {
    this.#event({ type: 'badMessage', from: `replica ${String(index)}`, error });
    // What this replica could not verify, because too much waits or it stops, is not the sender's fault.
    if (error.code !== 'message.malformed' && error.code !== 'message.badSignature') return;
    if (!this.#badMessages.ofReplica(index, error.code)) return;
    const data = { maxPerMinute: BAD_MESSAGES_PER_MINUTE_MAX };
    this.#network.shutOutPeer(index, { code: 'admission.badMessages', data }, SHUT_OUT_MS);
  }

  #takePeerMessage(from: number, verified: VerifiedPeerMessage | null): void {
    if (verified === null) return;
    const { message, bodies } = verified;
    const { store } = this.#options;
    if (message.type === 'getHeaders') this.#answerPeer(from, async () => await headersFor(store, message));
    else if (message.type === 'getBlock') this.#answerPeer(from, async () => await blockFor(store, message));
    else {
      if (message.type === 'recall') this.#compareWithGuard(from, message.statements);
      this.#enqueue({ type: 'peerMessage', from, message, bodies });
    }
  }

  /** What the guard never signed was signed by somebody else, or by this replica before its guard was replaced. */
  #compareWithGuard(from: number, statements: readonly SignedStatement[]): void {
    for (const { statement } of statements) {
      if (!this.#options.guard.mayHaveSigned(statement)) this.#enqueue({ type: 'foreign', from, statement });
    }
  }

  #answerPeer(to: number, answer: () => Promise<PeerMessage | null>): void {
    this.#reads.take(`replica ${String(to)}`, answer).then(
      (message) => {
        if (message !== null) this.#send(to, message);
      },
      (error: unknown) => this.#readFailed(error),
    );
  }

  #clientMessage(clientId: number, bytes: Uint8Array): void {
    const sender = this.#clients.of(clientId);
    sender.delivery.push(
      this.#handleClientMessage(clientId, bytes, sender.verifier),
      bytes.length,
      (input) => {
        if (input !== null) this.#enqueue(input);
      },
      (error) => {
        const plain = toPlainError(error);
        this.#event({ type: 'badMessage', from: `client ${String(clientId)}`, error: plain });
        this.#badMessages.ofClient(plain.code);
        this.#network.closeClient(clientId, plain);
      },
    );
  }

  async #handleClientMessage(
    clientId: number,
    bytes: Uint8Array,
    verifier: SignatureVerifier,
  ): Promise<Input | null> {
    const message = this.#inbox.clientMessage(bytes);
    switch (message.type) {
      case 'request':
        return await this.#takeRequest(clientId, message.request, verifier);
      case 'commit':
        return message;
      case 'evidence':
        return await this.#inbox.clientEvidence(clientId, message.evidence, verifier);
      case 'getStatus':
        this.#sendStatus(clientId);
        return null;
      case 'getReceipt':
      case 'getEpochChange':
        await this.#reads.take(
          `client ${String(clientId)}`,
          async () => await this.#answers.answer(clientId, message),
        );
        return null;
    }
  }

  async #takeRequest(
    clientId: number,
    bytes: Uint8Array,
    verifier: SignatureVerifier,
  ): Promise<Input | null> {
    const { request, refusal } = await this.#inbox.clientRequest(bytes, verifier);
    if (refusal !== null) {
      this.#answers.refuseTo(clientId, request.id, refusal);
      return null;
    }
    this.#answers.wait(clientId, request.id);
    return { type: 'request', request };
  }

  #clientLeft(clientId: number): void {
    this.#answers.leave(clientId);
    this.#clients.forget(clientId);
  }

  #peerChanged(index: number, connected: boolean): void {
    if (connected) {
      this.#connected.add(index);
      this.#peers.connectedAgain(index);
    } else this.#connected.delete(index);
    this.#enqueue({ type: 'reachable', replica: index, reachable: connected });
    this.#event({ type: 'peer', index, connected });
  }

  #reportUnreachable(): void {
    for (let replica = 0; replica < this.#membership.sizes.n; replica++) {
      if (replica === this.index || this.#connected.has(replica)) continue;
      this.#enqueue({ type: 'reachable', replica, reachable: false });
    }
  }

  // Steps

  #enqueue(input: Input): void {
    if (this.#stopped) return;
    this.#inputs.push(input);
    this.#working ??= this.#work().finally(() => {
      this.#working = null;
    });
  }

  async #work(): Promise<void> {
    try {
      // One turn of the event loop, so that what arrives together is grouped.
      await new Promise((resolve) => setImmediate(resolve));
      while (this.#inputs.length > 0 && !this.#stopped) await this.#workGroup();
    } catch (error) {
      this.#halt(error);
    }
  }

  async #workGroup(): Promise<void> {
    const group = this.#inputs.splice(0, GROUP_INPUTS_MAX);
    const nowMs = this.#now();
    const effects = group.flatMap((input) => this.#consensus.step(input, nowMs));
    effects.push(...this.#consensus.flush(nowMs));
    const operations = effects.flatMap((effect) => (effect.type === 'persist' ? [effect.operation] : []));
    if (operations.length > 0) await this.#options.store.commit(operations);
    const statements = statementsToSign(effects);
    const signed = statements.length > 0 ? this.#options.guard.sign(statements) : null;
    // Nothing of this asserts what is still to be signed: it need not wait for the guard's disk.
    for (const effect of effects) this.#carryOut(effect);
    // What is signed goes on first, in the order in which it was asked for.
    if (signed !== null) this.#inputs.unshift(...(await signed).map(inputOf));
    const checkpoints = operations.filter((operation) => operation.type === 'checkpoint');
    for (const { checkpoint } of checkpoints) this.#options.guard.settle(checkpoint.height);
  }

  /** Stops loudly: after a failed write or a broken rule nothing this replica says could be trusted. */
  #halt(error: unknown): void {
    if (this.#stopped) return;
    this.#halted = toPlainError(error);
    this.#end();
    this.#event({ type: 'halted', error: this.#halted });
    void this.#network.close();
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'persist':
      case 'sign':
        // Done apart: what a message asserts is durable, and then signed.
        return;
      case 'send':
        return this.#send(effect.to, effect.message);
      case 'broadcast':
        return this.#outlet.toPeers(effect.message);
      case 'respond':
        return this.#answers.respond(effect);
      case 'refuse':
        return this.#answers.refuse(effect.requestId, effect.error);
      case 'alreadyFinal':
        return this.#answers.alreadyFinal(effect.requestId, effect.height);
      case 'finalize':
        return this.#answers.finalize(effect);
      case 'setTimer':
        return this.#setTimer(effect.timer, effect.delayMs);
      case 'clearTimer':
        clearTimeout(this.#timers.get(effect.timer));
        this.#timers.delete(effect.timer);
        return;
      case 'announce':
        return this.#event(effect.announcement);
    }
  }

  #setTimer(timer: TimerName, delayMs: number): void {
    clearTimeout(this.#timers.get(timer));
    if (this.#stopped) return;
    this.#timers.set(
      timer,
      setTimeout(() => {
        this.#timers.delete(timer);
        this.#enqueue({ type: 'timer', timer });
      }, delayMs),
    );
  }

  // What goes out

  #send(to: number, message: PeerMessage): void {
    if (to !== this.index) this.#outlet.toPeer(to, message);
  }

  #sendStatus(clientId: number): void {
    const { tipHeight, stable, learner, listening } = this.#consensus.standing;
    this.#outlet.toClients([clientId], {
      type: 'status',
      epoch: this.#answers.epoch,
      tipHeight,
      stableHeight: stable.height,
      connectedReplicas: this.#connected.size + 1,
      participating: this.#halted === null && learner === null && !listening,
    });
  }

  /** A failed read harms nobody but the one who asked; a failed write stops the replica. */
  #readFailed(error: unknown): void {
    if (!this.#stopped) this.#event({ type: 'badMessage', from: 'the store', error: toPlainError(error) });
  }
}

function inputOf(answer: Answer): Input {
  return 'signature' in answer ? { type: 'signed', ...answer } : { type: 'refused', ...answer };
}
