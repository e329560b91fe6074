/**
 * The supervisor's client: sends a signed request to all replicas, counts what they answer, commits where the fast
 * path is missed, and asks again until a stable checkpoint covers it (PROTOCOL.md, rules, 8).
 *
 * A request is sent again with the same bytes, and replicas execute it once, so sending again is always safe. Who
 * calls `track` keeps the request durable first; after a restart it is tracked again.
 *
 * It works with the replicas of one epoch at a time. Where one of them is in a later epoch, and proves it, the client
 * goes on with the replicas of that epoch, and counts anew (rule E3).
 * @module
 */
import type { Hex } from '../../shared/encoding/hex.ts';
import { CountersignError, fromPlainError, toPlainError, type PlainError } from '../../shared/errors.ts';
import {
  encodeMessage,
  toReplicaCodec,
  type StatusMessage,
  type ToClientMessage,
} from '../consensus/messages.ts';
import { firstReplicaSet, type EpochChange, type ReplicaSet } from '../ledger/epochChange.ts';
import type { Genesis } from '../ledger/genesis.ts';
import { decodeReceipt, type Receipt } from '../ledger/receipt.ts';
import type { SignedRequest } from '../ledger/request.ts';
import type { PeerStatus } from '../network/index.ts';
import { EpochFollower } from './epochFollower.ts';
import { Members, type Source } from './members.ts';
import { Tracking, type Progress } from './tracking.ts';

export interface SupervisorClientOptions {
  readonly genesis: Genesis;
  /** The newest replicas that are proven already (`verifyEpochChanges`); those of the genesis unless given. */
  readonly from?: ReplicaSet;
  readonly verify: (signature: Hex, digest: Uint8Array, publicKey: Hex) => Promise<boolean>;
  /** Told of each change. Must not throw. */
  readonly onProgress?: (progress: Progress) => void;
  /** Of the replicas of the epoch that the client works with. */
  readonly onConnection?: (replica: number, connected: boolean, error: PlainError | null) => void;
  /** What a replica sent that no correct one sends. */
  readonly onBadMessage?: (replica: number, error: PlainError) => void;
  /** A change of the replicas is proven, and leads to `set`: worth keeping for the next start. Must not throw. */
  readonly onEpochChange?: (change: EpochChange, set: ReplicaSet) => void;
}

/** How long to wait for the last responses before committing with a quorum, in milliseconds (rule K2). */
export const COMMIT_AFTER_MS = 400;
/** First pause before sending a request again, in milliseconds; doubles up to `RESEND_MAX_MS`. */
export const RESEND_AFTER_MS = 2_000;
export const RESEND_MAX_MS = 15_000;
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

export class SupervisorClient {
  readonly #options: SupervisorClientOptions;
  readonly #follower: EpochFollower<Source>;
  readonly #tracked = new Map<Hex, Tracked>();
  readonly #closing = new Set<Promise<void>>();
  /** Of the epoch that the client works with. */
  #members: Members;
  /** Those before, while too few of the present ones are connected: they may know of a later epoch still. */
  #former: Members | null = null;
  #closed = false;

  constructor(options: SupervisorClientOptions) {
    const { genesis, verify, from = firstReplicaSet(genesis) } = options;
    this.#options = options;
    this.#follower = new EpochFollower<Source>({
      genesis,
      from,
      verify: async ({ signature, digest, publicKey }) => await verify(signature, digest, publicKey),
      ask: async ({ members, replica }, epoch) => await members.askEpochChange(replica, epoch),
      onProven: (change, set) => options.onEpochChange?.(change, set),
      onArrived: (set) => this.#enter(set),
      onFailed: ({ replica }, error) => options.onBadMessage?.(replica, error),
    });
    this.#members = this.#membersOf(from);
  }

  /** Connects with all replicas, and goes on trying with those that cannot be reached. */
  start(): void {
    this.#members.start();
  }

  /**
   * The machine has slept, or its network is back: connects at once with all that are not connected. What is tracked is
   * sent to each as soon as it is.
   */
  wake(): void {
    this.#former?.wake();
    this.#members.wake();
  }

  /** The replicas that the client works with, and their epoch. */
  get replicas(): ReplicaSet {
    return this.#members.set;
  }

  /** How each replica can be reached. */
  status(): readonly PeerStatus[] {
    return this.#members.status();
  }

  get connectedCount(): number {
    return this.#members.connected.size;
  }

  /** Sends a request until it is covered or refused. Tracking it again does nothing. */
  track(request: SignedRequest): void {
    if (this.#closed || this.#tracked.has(request.id)) return;
    if (this.#tracked.size >= TRACKED_MAX)
      throw new CountersignError('draft.tooMany', { maxDrafts: TRACKED_MAX });
    const { sizes, set } = this.#members;
    const tracked: Tracked = {
      request,
      bytes: encodeMessage(toReplicaCodec, { type: 'request', request: request.bytes }),
      tracking: new Tracking(request.id, sizes, set.epoch),
      commitTimer: undefined,
      resendTimer: undefined,
      resendMs: RESEND_AFTER_MS,
    };
    this.#tracked.set(request.id, tracked);
    this.#members.broadcast(tracked.bytes);
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
    let failure: CountersignError = this.#noReplica();
    for (const { members, replica } of this.#reachable()) {
      try {
        const receipt = await members.ask(replica, { type: 'getReceipt', requestId }, (message) => {
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
    if (!this.#members.connected.has(replica)) throw this.#noReplica();
    return await this.#members.ask(replica, { type: 'getStatus' }, (message) =>
      message.type === 'status' ? message : undefined,
    );
  }

  /**
   * Resolves when at least `count` replicas, or a quorum or all of the present ones, are connected and have said in which
   * epoch they are, and no later one is being proven. Throws `timeout`.
   */
  async waitForReplicas(count: number | 'quorum' | 'all', timeoutMs: number): Promise<void> {
    const deadlineMs = performance.now() + timeoutMs;
    const PAUSE_MS = 20;
    const needed = (): number => {
      const { n, q } = this.#members.sizes;
      return count === 'quorum' ? q : count === 'all' ? n : count;
    };
    while (this.#members.heard.size < needed() || this.#follower.isWalking) {
      if (this.#closed || performance.now() >= deadlineMs) {
        throw new CountersignError('timeout', { what: `${String(needed())} replicas`, timeoutMs });
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#follower.close();
    for (const tracked of this.#tracked.values()) this.#drop(tracked);
    for (const members of [this.#members, this.#former]) if (members !== null) this.#leave(members);
    await Promise.all(this.#closing);
  }

  // Who takes part

  #membersOf(set: ReplicaSet): Members {
    const { genesis, verify, onConnection, onBadMessage } = this.#options;
    const isPresent = (): boolean => this.#members === members;
    const members: Members = new Members({
      genesis,
      set,
      verify,
      onEpoch: (source, epoch) => this.#follower.heard(source, epoch),
      onMessage: (replica, message) => {
        if (isPresent()) this.#count(replica, message);
      },
      onUp: (replica) => {
        // The answer says whether it is in a later epoch.
        members.send(replica, { type: 'getStatus' });
        if (isPresent()) this.#up(replica);
      },
      onDown: (replica, error) => {
        const source = members.sources[replica];
        if (source !== undefined) this.#follower.gone(source);
        if (!isPresent()) return;
        // Who was waited for may be the one that has gone.
        for (const tracked of this.#tracked.values()) this.#considerCommit(tracked);
        onConnection?.(replica, false, error);
      },
      onBadMessage: (replica, error) => onBadMessage?.(replica, error),
    });
    return members;
  }

  /** Goes on with the replicas of a later epoch. What those before have said counts no more (rule E3). */
  #enter(set: ReplicaSet): void {
    const before = this.#members;
    if (this.#closed || set.epoch <= before.set.epoch) return;
    // Of two that are not needed any more, the one that is connected may still lead further.
    if (before.connected.size > 0 || this.#former === null) {
      if (this.#former !== null) this.#leave(this.#former);
      this.#former = before;
    } else {
      this.#leave(before);
    }
    this.#members = this.#membersOf(set);
    for (const tracked of this.#tracked.values()) {
      clearTimeout(tracked.commitTimer);
      tracked.commitTimer = undefined;
      tracked.tracking.enter(set.epoch, this.#members.sizes);
      this.#options.onProgress?.(tracked.tracking.progress);
    }
    this.#members.start();
  }

  #leave(members: Members): void {
    for (const source of members.sources) this.#follower.gone(source);
    const closing: Promise<void> = members.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  #up(replica: number): void {
    const { connected, sizes } = this.#members;
    if (this.#former !== null && connected.size >= sizes.q) {
      this.#leave(this.#former);
      this.#former = null;
    }
    for (const { bytes } of this.#tracked.values()) this.#members.sendBytes(replica, bytes);
    this.#options.onConnection?.(replica, true, null);
  }

  /** All who can be asked for what proves itself, the present ones first. */
  #reachable(): readonly Source[] {
    return [this.#members, this.#former].flatMap((members) =>
      members === null ? [] : members.sources.filter(({ replica }) => members.connected.has(replica)),
    );
  }

  #noReplica(): CountersignError {
    return new CountersignError('client.noReplica', { replicas: this.#members.sizes.n });
  }

  // Requests

  #count(replica: number, message: ToClientMessage): void {
    if (message.type === 'receipt' || message.type === 'status' || message.type === 'epochChange') return;
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
    const reachable = missing.some((replica) => this.#members.connected.has(replica));
    if (!reachable) this.#commit(tracked);
    else tracked.commitTimer ??= setTimeout(() => this.#commit(tracked), COMMIT_AFTER_MS);
  }

  #commit(tracked: Tracked): void {
    clearTimeout(tracked.commitTimer);
    tracked.commitTimer = undefined;
    const { agreement } = tracked.tracking;
    if (agreement === null || agreement.replicas.length === this.#members.sizes.n) return;
    const { height, hash, tag } = agreement;
    this.#members.broadcast(encodeMessage(toReplicaCodec, { type: 'commit', height, hash, tag }));
  }

  #scheduleResend(tracked: Tracked): void {
    tracked.resendTimer = setTimeout(() => {
      this.#members.broadcast(tracked.bytes);
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
