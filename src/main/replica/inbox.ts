/**
 * The edge of a replica: bytes come in, are parsed once into a typed message, and the signatures that it stands on are
 * verified, before agreement sees it. Messages of one sender stay in order while their signatures are verified side by
 * side.
 * @module
 */
import type { Hex } from '../../shared/encoding/hex.ts';
import { CountersignError, hasCode, toPlainError, type PlainError } from '../../shared/errors.ts';
import type { Membership } from '../consensus/config.ts';
import type { Consensus } from '../consensus/consensus.ts';
import type { Input } from '../consensus/effects.ts';
import {
  decodeMessage,
  maxMessageBytes,
  peerMessageCodec,
  toReplicaCodec,
  type PeerMessage,
  type ToReplicaMessage,
} from '../consensus/messages.ts';
import { bodiesOf, isOfEpoch, messageChecks } from '../consensus/verification.ts';
import { isStrongPublicKey } from '../keys/ed25519.ts';
import { epochOf, evidenceChecks, type Evidence } from '../ledger/evidence.ts';
import type { Genesis } from '../ledger/genesis.ts';
import { decodeRequest, type SignedRequest } from '../ledger/request.ts';
import { registeredKey, requestChecks } from '../ledger/requestChecks.ts';
import type { SignatureCheck } from '../ledger/statement.ts';

/** A message from a replica whose signatures hold. */
export interface VerifiedPeerMessage {
  readonly message: PeerMessage;
  readonly bodies: readonly SignedRequest[];
}

/** What a guest may ask: the stable part of the chain. */
export type GuestMessage = Extract<PeerMessage, { readonly type: 'getHeaders' | 'getBlock' }>;

/** What a client's request was found to be. */
export type VerifiedRequest =
  | { readonly request: SignedRequest; readonly refusal: null }
  | { readonly request: SignedRequest; readonly refusal: PlainError };

/** Verifies signatures; the one verifier of the program stands behind it. */
export interface SignatureVerifier {
  verify(signature: Hex, digest: Uint8Array, publicKey: Hex): Promise<boolean>;
}

export interface InboxOptions {
  readonly membership: Membership;
  readonly genesis: Genesis;
  readonly consensus: Consensus;
  /** Verifies, unless a message comes with its sender's share. */
  readonly verifier: SignatureVerifier;
}

export class Inbox {
  readonly #options: InboxOptions;
  readonly #maxBytes: number;

  constructor(options: InboxOptions) {
    this.#options = options;
    this.#maxBytes = maxMessageBytes(options.genesis);
  }

  /**
   * The message of a replica; `null` for one of another epoch, which is nobody's fault (rule E3). Throws
   * `message.malformed` or `message.badSignature`.
   */
  async peerMessage(
    from: number,
    bytes: Uint8Array,
    verifier: SignatureVerifier = this.#options.verifier,
  ): Promise<VerifiedPeerMessage | null> {
    const { membership, genesis } = this.#options;
    const sender = `replica ${String(from)}`;
    const message = orMalformed(sender, UNREADABLE, () =>
      decodeMessage(peerMessageCodec, bytes, this.#maxBytes),
    );
    if (!isOfEpoch(membership, message)) return null;
    const { type } = message;
    const bodies = orMalformed(sender, type, () =>
      bodiesOf(message).map((body) => decodeRequest(body, genesis.limits.maxRequestBytes)),
    );
    const checks = messageChecks(membership, from, message);
    if (checks === undefined) {
      const problem = 'no signature could make it valid';
      throw new CountersignError('message.malformed', { from: sender, type, problem });
    }
    const verdicts = await Promise.all([
      allHold(verifier, checks),
      ...bodies.map(async (body) => await this.#isSignedBySupervisor(verifier, body)),
    ]);
    if (verdicts.includes(false)) throw new CountersignError('message.badSignature', { from: sender, type });
    return { message, bodies };
  }

  /**
   * The message of a replica that is no member of the epoch: a question, or `null` for what only members say. Throws
   * `message.malformed`.
   */
  guestMessage(from: number, bytes: Uint8Array): GuestMessage | null {
    const message = orMalformed(`replica ${String(from)}`, UNREADABLE, () =>
      decodeMessage(peerMessageCodec, bytes, this.#maxBytes),
    );
    return message.type === 'getHeaders' || message.type === 'getBlock' ? message : null;
  }

  /** The message of a client; a request in it is not verified yet. Throws `encoding.*`. */
  clientMessage(bytes: Uint8Array): ToReplicaMessage {
    return decodeMessage(toReplicaCodec, bytes, this.#maxBytes);
  }

  /** A client's request: its source is not checked, only its supervisor's signature. Throws `encoding.*`. */
  async clientRequest(
    bytes: Uint8Array,
    verifier: SignatureVerifier = this.#options.verifier,
  ): Promise<VerifiedRequest> {
    const { consensus } = this.#options;
    // Bounded by the message; one over the network's own limit is refused by its id, so that its client gives up.
    const request = decodeRequest(bytes, this.#maxBytes);
    const { ledger } = consensus;
    const refusal =
      weakness(request) ?? ledger.objectionWhateverTheOrder(request) ?? ledger.objectionToSupervisor(request);
    if (refusal !== undefined) return { request, refusal };
    try {
      if (await this.#isSignedBySupervisor(verifier, request)) return { request, refusal: null };
    } catch (error) {
      return { request, refusal: toPlainError(error) };
    }
    return { request, refusal: { code: 'request.badSignature', data: { id: request.id } } };
  }

  /** A client's evidence (rule K3); `null` for that of another epoch. Throws `message.malformed` or `message.badSignature`. */
  async clientEvidence(
    clientId: number,
    evidence: Evidence,
    verifier: SignatureVerifier = this.#options.verifier,
  ): Promise<Input | null> {
    const { networkId, epoch, replicaKeys } = this.#options.membership;
    if (epochOf(evidence) !== epoch) return null;
    const from = `client ${String(clientId)}`;
    const type = 'evidence';
    const checks = evidenceChecks(networkId, replicaKeys, evidence);
    if (checks === undefined) {
      throw new CountersignError('message.malformed', {
        from,
        type,
        problem: 'it accuses nobody of the network',
      });
    }
    if (!(await allHold(verifier, checks)))
      throw new CountersignError('message.badSignature', { from, type });
    return { type: 'evidence', evidence };
  }

  async #isSignedBySupervisor(verifier: SignatureVerifier, request: SignedRequest): Promise<boolean> {
    // The very same request has been verified when it came first.
    const known = this.#options.consensus.checkedRequest(request);
    if (known?.signature === request.signature) return true;
    if (weakness(request) !== null) return false;
    return await allHold(verifier, requestChecks(request));
  }
}

async function allHold(verifier: SignatureVerifier, checks: readonly SignatureCheck[]): Promise<boolean> {
  const verdicts = await Promise.all(
    checks.map(
      async ({ signature, digest, publicKey }) => await verifier.verify(signature, digest, publicKey),
    ),
  );
  return !verdicts.includes(false);
}

/** A key about whose signatures verifiers could disagree is never registered (`keys/ed25519.ts`). */
function weakness(request: SignedRequest): PlainError | null {
  const registered = registeredKey(request);
  if (registered === null || isStrongPublicKey(registered.publicKey)) return null;
  return { code: 'key.weak', data: { problem: registered.publicKey } };
}

/** What stands for the type of a message that cannot be read. */
const UNREADABLE = 'unknown';

/** What `read` reads. Throws `message.malformed` where it throws `encoding.*`. */
function orMalformed<T>(from: string, type: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!hasCode(error, 'encoding.invalid') && !hasCode(error, 'encoding.tooLarge')) throw error;
    const problem = hasCode(error, 'encoding.invalid')
      ? `${error.data.at} ${error.data.problem}`
      : `more than ${String(error.data.maxBytes)} bytes`;
    throw new CountersignError('message.malformed', { from, type, problem }, { cause: error });
  }
}

/** How much of one sender may wait. One message more may exceed it. */
export interface WaitingLimits {
  readonly messages: number;
  readonly bytes: number;
}

/** Messages of one sender, delivered in the order of their arrival, each when it is ready. */
export class OrderedDelivery {
  readonly #limits: WaitingLimits;
  readonly #onFull: (full: boolean) => void;
  #tail: Promise<void> = Promise.resolve();
  #waiting = 0;
  #waitingBytes = 0;
  #full = false;

  /** `onFull` is told when as much waits as may, and again when half of it has gone. */
  constructor(limits: WaitingLimits, onFull: (full: boolean) => void) {
    this.#limits = limits;
    this.#onFull = onFull;
  }

  /** Whether as much waits as may, and half of it has not gone since. */
  get isFull(): boolean {
    return this.#full;
  }

  /**
   * Delivers what `ready` resolves to after everything pushed before; `failed` is told of a rejection. `sizeBytes`: of
   * the message. A message waits until whoever it is delivered to says that it is `done` with it: agreement may be held
   * up by its disk.
   */
  push<T>(
    ready: Promise<T>,
    sizeBytes: number,
    deliver: (value: T, done: () => void) => void,
    failed: (error: unknown) => void,
  ): void {
    this.#count(1, sizeBytes);
    const done = (): void => this.#count(-1, -sizeBytes);
    // A rejection before its turn must not count as unhandled.
    const settled = ready.then(
      (value) => () => deliver(value, done),
      (error: unknown) => () => {
        done();
        failed(error);
      },
    );
    this.#tail = this.#tail.then(async () => {
      const act = await settled;
      act();
    });
  }

  #count(messages: number, bytes: number): void {
    this.#waiting += messages;
    this.#waitingBytes += bytes;
    const { messages: maxMessages, bytes: maxBytes } = this.#limits;
    const full = this.#full
      ? this.#waiting > maxMessages / 2 || this.#waitingBytes > maxBytes / 2
      : this.#waiting >= maxMessages || this.#waitingBytes >= maxBytes;
    if (full === this.#full) return;
    this.#full = full;
    this.#onFull(full);
  }
}
