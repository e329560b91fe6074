/**
 * A simple client (PROTOCOL.md, rules, 8): sends its request to all replicas, counts equal answers, commits when a
 * quorum answered but not all, sends again when fewer did.
 * @module
 */
import {
  decodeMessage,
  encodeMessage,
  maxMessageBytes,
  toClientCodec,
  toReplicaCodec,
  type FinalMessage,
  type RefusalMessage,
  type ResponseMessage,
  type ToReplicaMessage,
} from '../../../src/main/consensus/messages.ts';
import type { SignedRequest } from '../../../src/main/ledger/request.ts';
import type { Hex } from '../../../src/shared/encoding/hex.ts';
import { Tracking } from '../../../src/main/client/tracking.ts';
import type { World } from './world.ts';

/** How a request became final: all replicas answered alike, or enough reported a stable checkpoint. */
export interface Finality {
  readonly how: 'fast' | 'certified';
  readonly height: number;
  readonly hash: Hex;
  readonly atMs: number;
}

/** A request on its way. */
export interface Sent {
  readonly request: SignedRequest;
  /** The message that carries it. */
  readonly bytes: Uint8Array;
  /** The real client's count of what the replicas said. */
  readonly tracking: Tracking;
  readonly responses: Map<number, ResponseMessage>;
  readonly finals: Map<number, FinalMessage>;
  readonly refusals: Map<number, RefusalMessage['error']>;
  finality: Finality | null;
  commits: number;
  resends: number;
}

export class SimulatedClient {
  readonly index: number;
  readonly sent = new Map<Hex, Sent>();
  readonly #world: World;
  /** Whether it commits and sends again by itself. */
  readonly #persistent: boolean;

  constructor(world: World, index: number, persistent: boolean) {
    this.#world = world;
    this.index = index;
    this.#persistent = persistent;
  }

  /** Sends a request to all replicas, or to those of `to` at first. */
  submit(request: SignedRequest, to: readonly number[] = this.#everyone): Sent {
    const sent: Sent = {
      request,
      bytes: encodeMessage(toReplicaCodec, { type: 'request', request: request.bytes }),
      tracking: new Tracking(request.id, this.#world.newest.sizes, this.#world.newest.epoch),
      responses: new Map(),
      finals: new Map(),
      refusals: new Map(),
      finality: null,
      commits: 0,
      resends: 0,
    };
    this.sent.set(request.id, sent);
    this.#say(() => `sends ${this.#world.transcript.request(request.id)}`);
    this.#sendRequest(sent, to);
    if (this.#persistent) this.#wait(sent);
    return sent;
  }

  /** Sends the request again to all. */
  resend(sent: Sent): void {
    sent.resends++;
    this.#say(() => `sends ${this.#world.transcript.request(sent.request.id)} again`);
    this.#sendRequest(sent, this.#everyone);
  }

  /** Sends a commit to all (rule K2). */
  commit(height: number, hash: Hex, tag: Hex): void {
    this.#say(() => `commits ${this.#world.transcript.block(height, hash)}`);
    this.#send(this.#everyone, { type: 'commit', height, hash, tag });
  }

  /** There is a newer epoch: what those of the one before said counts no more (rule E3). */
  enterEpoch(): void {
    const { epoch, sizes } = this.#world.newest;
    for (const { tracking } of this.sent.values()) tracking.enter(epoch, sizes);
  }

  receive(from: number, bytes: Uint8Array): void {
    if (!this.#everyone.includes(from)) return;
    const message = decodeMessage(toClientCodec, bytes, maxMessageBytes(this.#world.network.genesis));
    if (message.type === 'receipt' || message.type === 'status' || message.type === 'epochChange') return;
    const sent = this.sent.get(message.requestId);
    if (sent === undefined) return;
    if (message.type === 'refusal') {
      sent.refusals.set(from, message.error);
      sent.tracking.refusal(from, message);
    } else if (message.type === 'response') {
      sent.responses.set(from, message);
      sent.tracking.response(from, message);
    } else {
      sent.finals.set(from, message);
      sent.tracking.final(from, message);
    }
    this.#conclude(sent, message);
  }

  get #everyone(): readonly number[] {
    return this.#world.newest.replicaKeys.map((publicKey) => this.#world.nodeOf(publicKey));
  }

  #send(to: readonly number[], message: ToReplicaMessage): void {
    const bytes = encodeMessage(toReplicaCodec, message);
    for (const replica of to) this.#world.carryFromClient(this.index, replica, bytes);
  }

  /** The request as it is sent, encoded once. */
  #sendRequest(sent: Sent, to: readonly number[]): void {
    for (const replica of to) this.#world.carryFromClient(this.index, replica, sent.bytes);
  }

  #wait(sent: Sent): void {
    this.#world.agenda.plan(this.#world.options.clientTimeoutMs, () => {
      if (sent.finality !== null) return;
      const { agreement, hasQuorum } = sent.tracking;
      if (hasQuorum && agreement !== null && sent.commits === sent.resends) {
        const { height, hash, tag } = agreement;
        sent.commits++;
        this.commit(height, hash, tag);
      } else {
        this.resend(sent);
      }
      this.#wait(sent);
    });
  }

  /** FAST by n equal answers, or f+1 replicas report the same stable block (rule K1): `message` was the last. */
  #conclude(sent: Sent, message: ResponseMessage | FinalMessage | RefusalMessage): void {
    const how = sent.finality === null ? sent.tracking.progress.finality : null;
    if (how === null || message.type === 'refusal') return;
    const { height, hash } = message;
    const { agenda, transcript, monitor } = this.#world;
    sent.finality = { how, height, hash, atMs: agenda.nowMs };
    this.#say(
      () => `sees ${transcript.request(sent.request.id)} final, ${how}, in ${transcript.block(height, hash)}`,
    );
    monitor.onFinal(sent.request.id, height, hash, how);
  }

  #say(line: () => string): void {
    this.#world.say(() => `client ${line()}`);
  }
}

/** The largest number of answers with equal height, hash and tag (rule C5). */
export function largestGroup(responses: Iterable<ResponseMessage>): readonly ResponseMessage[] {
  return largest(responses, ({ height, hash, tag }) => `${String(height)} ${hash} ${tag}`);
}

function largest<T>(items: Iterable<T>, keyOf: (item: T) => string): readonly T[] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return [...groups.values()].reduce((best, group) => (group.length > best.length ? group : best), []);
}
