/**
 * The supervisor's client: sends a signed request to all replicas, counts what they answer, commits where the fast
 * path is missed, and asks again until a stable checkpoint covers it (PROTOCOL.md, rules, 8).
 *
 * A request is sent again with the same bytes, and replicas execute it once, so sending again is always safe. Who
 * calls `track` keeps the request durable first; after a restart it is tracked again.
 * @module
 */
import type { Hex } from '../../shared/encoding/hex.ts';
import { CountersignError, fromPlainError, toPlainError, type PlainError } from '../../shared/errors.ts';
import {
  decodeMessage,
  encodeMessage,
  maxMessageBytes,
  toClientCodec,
  toReplicaCodec,
  type StatusMessage,
  type ToClientMessage,
  type ToReplicaMessage,
} from '../consensus/messages.ts';
import { networkIdOf, quorumSizes, type Genesis } from '../ledger/genesis.ts';
import { decodeReceipt, type Receipt } from '../ledger/receipt.ts';
import type { SignedRequest } from '../ledger/request.ts';
import { ClientNetwork, type PeerStatus } from '../network/index.ts';
import { peersOf } from '../network/genesisPeers.ts';
import { Tracking, type Progress } from './tracking.ts';

export interface SupervisorClientOptions {
  readonly genesis: Genesis;
  readonly verify: (signature: Hex, digest: Uint8Array, publicKey: Hex) => Promise<boolean>;
  /** Told of each change. Must not throw. */
  readonly onProgress?: (progress: Progress) => void;
  readonly onConnection?: (replica: number, connected: boolean, error: PlainError | null) => void;
  /** What a replica sent that no correct one sends. */
  readonly onBadMessage?: (replica: number, error: PlainError) => void;
}

/** How long to wait for the last responses before committing with a quorum, in milliseconds (rule K2). */
export const COMMIT_AFTER_MS = 400;
/** First pause before sending a request again, in milliseconds; doubles up to `RESEND_MAX_MS`. */
export const RESEND_AFTER_MS = 2_000;
export const RESEND_MAX_MS = 15_000;
/** How long to wait for one replica's receipt or status before asking the next, in milliseconds. */
export const ANSWER_TIMEOUT_MS = 5_000;
/** Most requests that one client tracks at a time. */
export const TRACKED_MAX = 10_000;

interface Tracked {
  readonly request: SignedRequest;
  readonly bytes: Uint8Array;
  readonly tracking: Tracking;
  commitTimer: NodeJS.Timeout | undefined;
  resendTimer: NodeJS.Timeout | undefined;
  resendMs: number;
}

/** Somebody waits for a `receipt` or a `status` from one replica. */
interface Question {
  readonly replica: number;
  readonly accept: (message: ToClientMessage) => boolean;
  readonly fail: (error: CountersignError) => void;
}

export class SupervisorClient {
  readonly #options: SupervisorClientOptions;
  readonly #network: ClientNetwork;
  readonly #sizes;
  readonly #maxBytes: number;
  readonly #tracked = new Map<Hex, Tracked>();
  readonly #connected = new Set<number>();
  readonly #questions = new Set<Question>();
  #closed = false;

  constructor(options: SupervisorClientOptions) {
    const { genesis, verify } = options;
    this.#options = options;
    this.#sizes = quorumSizes(genesis.replicas.length);
    // A receipt holds one request and the headers of one window: less than a full block and its overhead.
    this.#maxBytes = maxMessageBytes(genesis);
    this.#network = new ClientNetwork({
      networkId: networkIdOf(genesis),
      replicas: peersOf(genesis),
      limits: { maxMessageBytes: this.#maxBytes },
      verify,
      onMessage: (replica, bytes) => this.#message(replica, bytes),
      onUp: (replica) => this.#up(replica),
      onDown: (replica, error) => this.#down(replica, error),
    });
  }

  /** Connects with all replicas, and goes on trying with those that cannot be reached. */
  start(): void {
    this.#network.start();
  }

  /** How each replica can be reached. */
  status(): readonly PeerStatus[] {
    return this.#network.status();
  }

  get connectedCount(): number {
    return this.#connected.size;
  }

  /** Sends a request until it is covered or refused. Tracking it again does nothing. */
  track(request: SignedRequest): void {
    if (this.#closed || this.#tracked.has(request.id)) return;
    if (this.#tracked.size >= TRACKED_MAX)
      throw new CountersignError('draft.tooMany', { maxDrafts: TRACKED_MAX });
    const tracked: Tracked = {
      request,
      bytes: encodeMessage(toReplicaCodec, { type: 'request', request: request.bytes }),
      tracking: new Tracking(request.id, this.#sizes),
      commitTimer: undefined,
      resendTimer: undefined,
      resendMs: RESEND_AFTER_MS,
    };
    this.#tracked.set(request.id, tracked);
    this.#network.broadcast(tracked.bytes);
    this.#scheduleResend(tracked);
    this.#options.onProgress?.(tracked.tracking.progress);
  }

  /** Stops following a request. What has been sent stays sent. */
  forget(requestId: Hex): void {
    const tracked = this.#tracked.get(requestId);
    if (tracked !== undefined) this.#drop(tracked);
  }

  /** How far a tracked request has come. */
  progress(requestId: Hex): Progress | undefined {
    return this.#tracked.get(requestId)?.tracking.progress;
  }

  /**
   * The receipt of a request from the first replica that has one which `check` does not reject: a faulty replica's
   * must not hide a good one. Throws the most telling of what they answered and `check` threw, or
   * `client.noReplica`.
   */
  async receipt(requestId: Hex, check: (receipt: Receipt) => Promise<unknown>): Promise<Receipt> {
    let failure: CountersignError = new CountersignError('client.noReplica', { replicas: this.#sizes.n });
    for (const replica of [...this.#connected]) {
      try {
        const receipt = await this.#ask(replica, { type: 'getReceipt', requestId }, (message) => {
          if (message.type === 'refusal' && message.requestId === requestId)
            throw fromPlainError(message.error);
          return message.type === 'receipt' && message.requestId === requestId
            ? decodeReceipt(message.receipt)
            : undefined;
        });
        await check(receipt);
        return receipt;
      } catch (error) {
        failure = moreTelling(failure, fromPlainError(toPlainError(error)));
      }
    }
    throw failure;
  }

  /** Where a replica says that it stands. Throws `timeout` or `client.noReplica`. */
  async replicaStatus(replica: number): Promise<StatusMessage> {
    if (!this.#connected.has(replica))
      throw new CountersignError('client.noReplica', { replicas: this.#sizes.n });
    return await this.#ask(replica, { type: 'getStatus' }, (message) =>
      message.type === 'status' ? message : undefined,
    );
  }

  /** Resolves when at least `count` replicas are connected. Throws `timeout`. */
  async waitForReplicas(count: number, timeoutMs: number): Promise<void> {
    const deadlineMs = Date.now() + timeoutMs;
    const PAUSE_MS = 20;
    while (this.#connected.size < count) {
      if (this.#closed || Date.now() >= deadlineMs) {
        throw new CountersignError('timeout', { what: `${String(count)} replicas`, timeoutMs });
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const tracked of this.#tracked.values()) this.#drop(tracked);
    for (const question of this.#questions)
      question.fail(new CountersignError('stopped', { what: 'client' }));
    await this.#network.close();
  }

  #up(replica: number): void {
    this.#connected.add(replica);
    for (const { bytes } of this.#tracked.values()) this.#network.send(replica, bytes);
    this.#options.onConnection?.(replica, true, null);
  }

  #down(replica: number, error: PlainError): void {
    this.#connected.delete(replica);
    for (const question of this.#questions) {
      if (question.replica === replica) question.fail(fromPlainError(error));
    }
    // Who was waited for may be the one that has gone.
    for (const tracked of this.#tracked.values()) this.#considerCommit(tracked);
    this.#options.onConnection?.(replica, false, error);
  }

  #message(replica: number, bytes: Uint8Array): void {
    let message: ToClientMessage;
    try {
      message = decodeMessage(toClientCodec, bytes, this.#maxBytes);
    } catch (error) {
      this.#options.onBadMessage?.(replica, toPlainError(error));
      return;
    }
    for (const question of this.#questions) {
      if (question.replica === replica && question.accept(message)) return;
    }
    this.#count(replica, message);
  }

  #count(replica: number, message: ToClientMessage): void {
    if (message.type === 'receipt' || message.type === 'status') return;
    const tracked = this.#tracked.get(message.requestId);
    if (tracked === undefined) return;
    const { tracking } = tracked;
    if (message.type === 'response') tracking.response(replica, message);
    else if (message.type === 'final') tracking.final(replica, message);
    else tracking.refusal(replica, message);
    if (tracking.isSettled) this.#drop(tracked);
    else this.#considerCommit(tracked);
    this.#options.onProgress?.(tracking.progress);
  }

  /** With a quorum of answers: commit at once where the others cannot be reached, else after a pause (rule K2). */
  #considerCommit(tracked: Tracked): void {
    if (!tracked.tracking.hasQuorum || !this.#tracked.has(tracked.request.id)) return;
    const missing = tracked.tracking.missing();
    // All answered alike: it is final already, and nobody need be bothered.
    if (missing.length === 0) return;
    const reachable = missing.some((replica) => this.#connected.has(replica));
    if (!reachable) this.#commit(tracked);
    else tracked.commitTimer ??= setTimeout(() => this.#commit(tracked), COMMIT_AFTER_MS);
  }

  #commit(tracked: Tracked): void {
    clearTimeout(tracked.commitTimer);
    tracked.commitTimer = undefined;
    const { agreement } = tracked.tracking;
    if (agreement === null || agreement.replicas.length === this.#sizes.n) return;
    const { height, hash, tag } = agreement;
    this.#network.broadcast(encodeMessage(toReplicaCodec, { type: 'commit', height, hash, tag }));
  }

  #scheduleResend(tracked: Tracked): void {
    tracked.resendTimer = setTimeout(() => {
      this.#network.broadcast(tracked.bytes);
      tracked.resendMs = Math.min(2 * tracked.resendMs, RESEND_MAX_MS);
      this.#scheduleResend(tracked);
      this.#considerCommit(tracked);
    }, tracked.resendMs);
  }

  #drop(tracked: Tracked): void {
    clearTimeout(tracked.commitTimer);
    clearTimeout(tracked.resendTimer);
    this.#tracked.delete(tracked.request.id);
  }

  async #ask<T>(
    replica: number,
    message: ToReplicaMessage,
    answerOf: (message: ToClientMessage) => T | undefined,
  ): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const question: Question = {
      replica,
      accept: (candidate) => {
        try {
          const answer = answerOf(candidate);
          if (answer === undefined) return false;
          // Answered: the next message of this kind is the next question's.
          this.#questions.delete(question);
          resolve(answer);
          return true;
        } catch (error) {
          this.#questions.delete(question);
          reject(error instanceof Error ? error : new Error(String(error)));
          return true;
        }
      },
      fail: reject,
    };
    const timer = setTimeout(() => {
      reject(new CountersignError('timeout', { what: message.type, timeoutMs: ANSWER_TIMEOUT_MS }));
    }, ANSWER_TIMEOUT_MS);
    this.#questions.add(question);
    try {
      if (!this.#network.send(replica, encodeMessage(toReplicaCodec, message))) {
        throw new CountersignError('client.noReplica', { replicas: this.#sizes.n });
      }
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#questions.delete(question);
    }
  }
}

/** Of two replicas' answers the one to show: that it is on its way says more than that it is not there, or nothing. */
function moreTelling(before: CountersignError, after: CountersignError): CountersignError {
  const TELLING = ['request.notFinal', 'request.notFound'];
  const rank = ({ code }: CountersignError): number => {
    const at = TELLING.indexOf(code);
    return at === -1 ? TELLING.length : at;
  };
  return rank(before) < rank(after) ? before : after;
}
