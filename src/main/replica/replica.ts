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
import { DEFAULT_OPTIONS, membershipAt, type Membership } from '../consensus/config.ts';
import { Consensus, type Holdings } from '../consensus/consensus.ts';
import {
  statementsToSign,
  type DurableState,
  type Effect,
  type Input,
  type StableCheckpoint,
} from '../consensus/effects.ts';
import { RUN_TOKEN_BYTES, maxMessageBytes, type PeerMessage } from '../consensus/messages.ts';
import type { Answer } from '../keys/guard/signGuard.ts';
import type { SignedStatement } from '../ledger/statement.ts';
import { ReplicaNetwork } from '../network/index.ts';
import { markedLearner } from '../storage/derive.ts';
import { AgreementTimers } from './agreementTimers.ts';
import { BAD_MESSAGES_PER_MINUTE_MAX, BadMessages, SHUT_OUT_MS } from './badMessages.ts';
import { ClientAnswers } from './clientAnswers.ts';
import { ClientDoor } from './clientDoor.ts';
import { admissionOf, guestsAt, type Guest } from './guests.ts';
import { GuestWatch } from './guestWatch.ts';
import { blockFor, headersFor } from './history.ts';
import { Inbox, type VerifiedPeerMessage } from './inbox.ts';
import { NetworkOutlet, type Outlet } from './outlet.ts';
import { peersOf } from '../network/genesisPeers.ts';
import { Senders } from './senders.ts';
import type { ReplicaEvent, ReplicaOptions, ReplicaStatus } from './replicaTypes.ts';
import { Turns } from './turns.ts';
import { REPLICA_JOBS_MAX } from './verifierShare.ts';

export type { Interpose, ReplicaEvent, ReplicaOptions, ReplicaStatus } from './replicaTypes.ts';

/** Most inputs in one group of steps, so that one transaction stays short. */
const GROUP_INPUTS_MAX = 512;
/** How long a starting replica waits for the others before it counts them as unreachable, in milliseconds. */
const REACHABILITY_GRACE_MS = 3_000;

/** Something for agreement; whoever it came from is told by `done` that it waits no more. */
interface WaitingInput {
  readonly input: Input;
  readonly done: () => void;
}

const nobody = (): void => undefined;

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
  readonly #clients: ClientDoor;
  readonly #guests: GuestWatch;
  readonly #reads = new Turns();
  readonly #timers = new AgreementTimers((timer) => this.#enqueue({ type: 'timer', timer }));
  readonly #inputs: WaitingInput[] = [];
  readonly #connected = new Set<number>();
  #working: Promise<void> | null = null;
  #graceTimer: NodeJS.Timeout | undefined;
  #stopped = false;
  #halted: PlainError | null = null;

  private constructor(
    options: ReplicaOptions,
    membership: Membership,
    guests: readonly Guest[],
    consensus: Consensus,
    listen: { readonly host: string; readonly port: number },
  ) {
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
    this.#guests = new GuestWatch({
      genesis,
      store: options.store,
      membership,
      guests,
      registryDigest: consensus.standing.stable.registryDigest,
      onGuests: (entries) => {
        for (const index of this.#network.setGuests(entries)) {
          this.#peers.forget(index);
          this.#badMessages.forget(index);
        }
      },
      onAdmission: (admission) => this.#event({ type: 'membership', epoch: membership.epoch, admission }),
      onReadFailed: (error) => this.#readFailed(error),
    });
    this.#network = new ReplicaNetwork({
      networkId: membership.networkId,
      identity: guard,
      ownIndex: membership.ownIndex,
      peers: peersOf(membership),
      guests: this.#guests.entries,
      listen,
      limits: { maxMessageBytes: maxMessageBytes(genesis) },
      verify: async (signature, digest, publicKey) => await verifier.verify(signature, digest, publicKey),
      onPeerMessage: (index, bytes) => this.#peerMessage(index, bytes),
      onPeerUp: (index) => this.#peerChanged(index, true),
      onPeerDown: (index) => this.#peerChanged(index, false),
      onClientMessage: (clientId, bytes) => this.#clients.take(clientId, bytes),
      onClientUp: () => undefined,
      onClientDown: (clientId) => this.#clients.leave(clientId),
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
    this.#clients = new ClientDoor({
      verifier,
      inbox: this.#inbox,
      answers: this.#answers,
      reads: this.#reads,
      hold: (id, held) => (held ? this.#network.pauseClient(id) : this.#network.resumeClient(id)),
      onInput: (input, done) => this.#enqueue(input, done),
      onStatus: (clientId) => this.#sendStatus(clientId),
      onBad: (clientId, error) => {
        this.#event({ type: 'badMessage', from: `client ${String(clientId)}`, error });
        this.#badMessages.ofClient(error.code);
        this.#network.closeClient(clientId, error);
      },
    });
  }

  /**
   * Loads what was durable, listens and takes part in its epoch, or follows where it is no member. It does so until the
   * epoch ends, which it announces: `Epochs` starts it again. Throws `key.unknown` where neither the registry nor the
   * caller says where this replica listens, and what the store and the network throw.
   */
  static async start(options: ReplicaOptions): Promise<Replica> {
    return await Replica.startFrom(options, await options.store.load());
  }

  /** `start`, from what has just been loaded from the store. */
  static async startFrom(options: ReplicaOptions, loaded: DurableState): Promise<Replica> {
    const { genesis, guard, learner: reason } = options;
    const { publicKey } = guard;
    const membership = membershipAt(genesis, loaded, publicKey);
    const guests = guestsAt(genesis, loaded.registryRequests, loaded.stable.height);
    const { entry } = admissionOf(membership.replicas, guests, publicKey);
    const listen = options.listen ?? entry ?? options.ownAddress;
    if (listen === undefined) throw new CountersignError('key.unknown', { publicKey });
    const learner = markedLearner(loaded.learner, reason === undefined ? null : { reason, publicKey });
    await guard.enter(loaded.position.epoch);
    const consensusOptions = { ...DEFAULT_OPTIONS, ...options.consensus };
    const consensus = new Consensus(genesis, membership, consensusOptions, { ...loaded, learner });
    const replica = new Replica(options, membership, guests, consensus, listen);
    await replica.#network.start();
    const token = toHex(randomBytes(RUN_TOKEN_BYTES));
    replica.#enqueue({ type: 'start', token, signed: options.guard.statements });
    replica.#graceTimer = setTimeout(() => replica.#reportUnreachable(), REACHABILITY_GRACE_MS);
    return replica;
  }

  /** This replica's index in the sorted list of members; -1 where it is none. */
  get index(): number {
    return this.#membership.ownIndex;
  }

  status(): ReplicaStatus {
    return {
      standing: this.#consensus.standing,
      membership: this.#membership,
      admission: this.#guests.admission,
      ownEntry: this.#guests.ownEntry,
      network: this.#network.status(),
      connectedReplicas: this.#connectedReplicas,
      halted: this.#halted,
      badMessages: this.#badMessages.counts,
    };
  }

  /** How much waits and is held in memory. */
  get load(): { readonly inputs: number; readonly holdings: Holdings } {
    return { inputs: this.#inputs.length, holdings: this.#consensus.holdings };
  }

  /** The machine has slept: connects again at once, and is patient anew. See `ReplicaNetwork.wake`. */
  wake(): void {
    if (this.#stopped) return;
    this.#timers.wake();
    this.#network.wake();
  }

  /** Leaves the network, lets the step under way become durable, and ends. The store is the caller's to close. */
  async stop(): Promise<void> {
    this.#end();
    await this.#network.close();
    await this.#working;
    await this.#guests.stop();
  }

  /**
   * Stops loudly: after a failed write, a broken rule or the loss of its store nothing this replica says could be trusted.
   * The first reason counts.
   */
  halt(error: unknown): void {
    if (this.#stopped) return;
    this.#halted = toPlainError(error);
    this.#end();
    this.#event({ type: 'halted', error: this.#halted });
    void this.#network.close();
  }

  #end(): void {
    this.#stopped = true;
    clearTimeout(this.#graceTimer);
    this.#timers.close();
    this.#inputs.length = 0;
  }

  get #connectedReplicas(): number {
    return this.#connected.size + (this.index >= 0 ? 1 : 0);
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
      this.#isMember(index)
        ? this.#inbox.peerMessage(index, bytes, sender.verifier)
        : this.#guestMessage(index, bytes),
      bytes.length,
      (verified, done) => this.#takePeerMessage(index, verified, done),
      (error) => this.#badPeerMessage(index, toPlainError(error)),
    );
  }

  async #guestMessage(index: number, bytes: Uint8Array): Promise<VerifiedPeerMessage | null> {
    const message = this.#inbox.guestMessage(index, bytes);
    return await Promise.resolve(message === null ? null : { message, bodies: [] });
  }

  #isMember(index: number): boolean {
    return index < this.#membership.sizes.n;
  }

  #badPeerMessage(index: number, error: PlainError): void {
    this.#event({ type: 'badMessage', from: `replica ${String(index)}`, error });
    // What this replica could not verify, because too much waits or it stops, is not the sender's fault.
    if (error.code !== 'message.malformed' && error.code !== 'message.badSignature') return;
    if (!this.#badMessages.ofReplica(index, error.code)) return;
    const data = { maxPerMinute: BAD_MESSAGES_PER_MINUTE_MAX };
    this.#network.shutOutPeer(index, { code: 'admission.badMessages', data }, SHUT_OUT_MS);
  }

  #takePeerMessage(from: number, verified: VerifiedPeerMessage | null, done: () => void): void {
    if (verified === null) return done();
    const { message, bodies } = verified;
    const { store } = this.#options;
    switch (message.type) {
      case 'getHeaders':
        this.#answerPeer(from, async () => await headersFor(store, message));
        return done();
      case 'getBlock':
        this.#answerPeer(from, async () => await blockFor(store, message));
        return done();
      default:
        if (message.type === 'recall') this.#compareWithGuard(from, message.statements);
        this.#enqueue({ type: 'peerMessage', from, message, bodies }, done);
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

  #peerChanged(index: number, connected: boolean): void {
    if (!this.#isMember(index)) {
      if (connected) this.#peers.connectedAgain(index);
      this.#event({ type: 'peer', index, connected });
      return;
    }
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

  /** `done`: called when agreement has taken the input in. What waits for that is held against its sender. */
  #enqueue(input: Input, done: () => void = nobody): void {
    if (this.#stopped) return;
    this.#inputs.push({ input, done });
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
      this.halt(error);
    }
  }

  async #workGroup(): Promise<void> {
    const group = this.#inputs.splice(0, GROUP_INPUTS_MAX);
    const nowMs = this.#now();
    const effects = group.flatMap(({ input, done }) => {
      done();
      return this.#consensus.step(input, nowMs);
    });
    effects.push(...this.#consensus.flush(nowMs));
    const operations = effects.flatMap((effect) => (effect.type === 'persist' ? [effect.operation] : []));
    if (operations.length > 0) await this.#options.store.commit(operations);
    const statements = statementsToSign(effects);
    const signed = statements.length > 0 ? this.#options.guard.sign(statements) : null;
    // Nothing of this asserts what is still to be signed: it need not wait for the guard's disk.
    for (const effect of effects) this.#carryOut(effect);
    // What is signed goes on first, in the order in which it was asked for.
    if (signed !== null)
      this.#inputs.unshift(...(await signed).map((answer) => ({ input: inputOf(answer), done: nobody })));
    const checkpoints = operations.filter((operation) => operation.type === 'checkpoint');
    for (const { checkpoint } of checkpoints) this.#options.guard.settle(checkpoint.height);
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
        // Guests are told where the chain stands, and ask for what they lack.
        if (effect.message.type === 'beacon') this.#outlet.toGuests(effect.message);
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
        return this.#timers.set(effect.timer, effect.delayMs);
      case 'clearTimer':
        return this.#timers.clear(effect.timer);
      case 'announce':
        if (effect.announcement.type === 'stable') this.#becameStable(effect.announcement.checkpoint);
        if (effect.announcement.type === 'epochEnded') this.#guests.end();
        return this.#event(effect.announcement);
    }
  }

  // What goes out

  #becameStable(checkpoint: StableCheckpoint): void {
    const { certificate } = checkpoint;
    if (certificate !== null) this.#outlet.toGuests({ type: 'stable', certificate });
    this.#guests.stableAt(checkpoint);
  }

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
      connectedReplicas: this.#connectedReplicas,
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
