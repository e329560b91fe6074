/**
 * A set of replicas as a client is connected with it: messages to and from each, and questions that wait for an answer.
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
  type ToClientMessage,
  type ToReplicaMessage,
} from '../consensus/messages.ts';
import type { EpochChange, ReplicaSet } from '../ledger/epochChange.ts';
import { networkIdOf, quorumSizes, type Genesis, type QuorumSizes } from '../ledger/genesis.ts';
import { peersOf } from '../network/genesisPeers.ts';
import { ClientNetwork, type PeerStatus } from '../network/index.ts';

export interface MembersOptions {
  readonly genesis: Genesis;
  readonly set: ReplicaSet;
  readonly verify: (signature: Hex, digest: Uint8Array, publicKey: Hex) => Promise<boolean>;
  /** A replica has said in which epoch it is. */
  readonly onEpoch: (source: Source, epoch: number) => void;
  /** A message that answers no question. */
  readonly onMessage: (replica: number, message: ToClientMessage) => void;
  readonly onUp: (replica: number) => void;
  readonly onDown: (replica: number, error: PlainError) => void;
  readonly onBadMessage: (replica: number, error: PlainError) => void;
}

/** One of the replicas, as somebody to ask. */
export interface Source {
  readonly members: Members;
  readonly replica: number;
}

/** How long to wait for one replica's answer to a question, in milliseconds. */
export const ANSWER_TIMEOUT_MS = 5_000;

/** Somebody waits for an answer of one replica. */
interface Question {
  readonly replica: number;
  readonly accept: (message: ToClientMessage) => boolean;
  readonly fail: (error: CountersignError) => void;
}

export class Members {
  readonly set: ReplicaSet;
  readonly sizes: QuorumSizes;
  readonly connected = new Set<number>();
  /** Those of them that have said in which epoch they are. */
  readonly heard = new Set<number>();
  /** By the index of the replica. */
  readonly sources: readonly Source[];
  readonly #options: MembersOptions;
  readonly #network: ClientNetwork;
  readonly #maxBytes: number;
  readonly #questions = new Set<Question>();

  constructor(options: MembersOptions) {
    const { genesis, set, verify } = options;
    this.#options = options;
    this.set = set;
    this.sizes = quorumSizes(set.replicas.length);
    this.sources = set.replicas.map((_, replica) => ({ members: this, replica }));
    // A receipt holds one request and its proof: less than a full block and its overhead.
    this.#maxBytes = maxMessageBytes({ limits: genesis.limits, replicas: set.replicas });
    this.#network = new ClientNetwork({
      networkId: networkIdOf(genesis),
      replicas: peersOf(set),
      limits: { maxMessageBytes: this.#maxBytes },
      verify,
      onMessage: (replica, bytes) => this.#message(replica, bytes),
      onUp: (replica) => {
        this.connected.add(replica);
        options.onUp(replica);
      },
      onDown: (replica, error) => this.#down(replica, error),
    });
  }

  /** Connects with all replicas, and goes on trying with those that cannot be reached. */
  start(): void {
    this.#network.start();
  }

  /** See `ReplicaNetwork.wake`. */
  wake(): void {
    this.#network.wake();
  }

  /** How each replica can be reached. */
  status(): readonly PeerStatus[] {
    return this.#network.status();
  }

  send(replica: number, message: ToReplicaMessage): boolean {
    return this.#network.send(replica, encodeMessage(toReplicaCodec, message));
  }

  /** Asks for the proof of who takes part after `epoch`; `null` where the replica has none. Throws as `ask` does. */
  async askEpochChange(replica: number, epoch: number): Promise<EpochChange | null> {
    const answer = await this.ask(replica, { type: 'getEpochChange', epoch }, (message) =>
      message.type === 'epochChange' && message.epoch === epoch ? message : undefined,
    );
    return answer.change;
  }

  /** Sends a message that is encoded already. */
  sendBytes(replica: number, bytes: Uint8Array): void {
    this.#network.send(replica, bytes);
  }

  broadcast(bytes: Uint8Array): void {
    this.#network.broadcast(bytes);
  }

  /**
   * Sends a question and waits for the message from which `answerOf` makes its answer. Throws what that throws,
   * `timeout`, `client.noReplica`, or why the connection has ended.
   */
  async ask<T>(
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
      if (!this.send(replica, message)) {
        throw new CountersignError('client.noReplica', { replicas: this.sizes.n });
      }
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#questions.delete(question);
    }
  }

  /** Ends all connections; every question fails with `stopped`. */
  async close(): Promise<void> {
    for (const question of this.#questions) {
      question.fail(new CountersignError('stopped', { what: 'client' }));
    }
    await this.#network.close();
  }

  #down(replica: number, error: PlainError): void {
    this.connected.delete(replica);
    this.heard.delete(replica);
    for (const question of this.#questions) {
      if (question.replica === replica) question.fail(fromPlainError(error));
    }
    this.#options.onDown(replica, error);
  }

  #message(replica: number, bytes: Uint8Array): void {
    let message: ToClientMessage;
    try {
      message = decodeMessage(toClientCodec, bytes, this.#maxBytes);
    } catch (error) {
      this.#options.onBadMessage(replica, toPlainError(error));
      return;
    }
    const source = this.sources[replica];
    if (source !== undefined && (message.type === 'status' || message.type === 'response')) {
      this.heard.add(replica);
      this.#options.onEpoch(source, message.epoch);
    }
    for (const question of this.#questions) {
      if (question.replica === replica && question.accept(message)) return;
    }
    this.#options.onMessage(replica, message);
  }
}
