/**
 * The edge of a replica: bytes come in, are parsed once into a typed message, and the signatures that it stands on are
 * verified, before agreement sees it. Messages of one sender stay in order while their signatures are verified side by
 * side.
 * @module
 */
import type { Hex } from '../../shared/encoding/hex.ts';
import { CountersignError, toPlainError, type PlainError } from '../../shared/errors.ts';
import type { Membership } from '../consensus/config.ts';
import type { Consensus } from '../consensus/consensus.ts';
import {
  decodeMessage,
  maxMessageBytes,
  peerMessageCodec,
  toReplicaCodec,
  type PeerMessage,
  type ToReplicaMessage,
} from '../consensus/messages.ts';
import { bodiesOf, messageChecks, requestCheck } from '../consensus/verification.ts';
import type { GenesisLimits } from '../ledger/genesis.ts';
import { decodeRequest, type SignedRequest } from '../ledger/request.ts';
import type { SignatureCheck } from '../ledger/statement.ts';

/** A message from a replica whose signatures hold. */
export interface VerifiedPeerMessage {
  readonly message: PeerMessage;
  readonly bodies: readonly SignedRequest[];
}

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
  readonly limits: GenesisLimits;
  readonly consensus: Consensus;
  readonly verifier: SignatureVerifier;
}

export class Inbox {
  readonly #options: InboxOptions;
  readonly #maxBytes: number;

  constructor(options: InboxOptions) {
    this.#options = options;
    this.#maxBytes = maxMessageBytes(options.limits.maxBlockBytes);
  }

  /** The message of a replica. Throws `encoding.*`, or `request.badSignature`, or `handshake.badProof`. */
  async peerMessage(from: number, bytes: Uint8Array): Promise<VerifiedPeerMessage> {
    const { membership, limits } = this.#options;
    const message = decodeMessage(peerMessageCodec, bytes, this.#maxBytes);
    const bodies = bodiesOf(message).map((body) => decodeRequest(body, limits.maxRequestBytes));
    const checks = messageChecks(membership, from, message);
    const verdicts = await Promise.all([
      checks === undefined ? false : this.#allHold(checks),
      ...bodies.map(async (body) => await this.#isSignedBySupervisor(body)),
    ]);
    if (verdicts.includes(false)) {
      const publicKey = membership.replicaKeys[from] ?? String(from);
      throw new CountersignError('handshake.badProof', { publicKey });
    }
    return { message, bodies };
  }

  /** The message of a client; a request in it is not verified yet. Throws `encoding.*`. */
  clientMessage(bytes: Uint8Array): ToReplicaMessage {
    return decodeMessage(toReplicaCodec, bytes, this.#maxBytes);
  }

  /** A client's request: its source is not checked, only its supervisor's signature. Throws `encoding.*`. */
  async clientRequest(bytes: Uint8Array): Promise<VerifiedRequest> {
    const { consensus } = this.#options;
    // Bounded by the message; one over the network's own limit is refused by its id, so that its client gives up.
    const request = decodeRequest(bytes, this.#maxBytes);
    const refusal = consensus.ledger.objectionWhateverTheOrder(request);
    if (refusal !== undefined) return { request, refusal };
    try {
      if (await this.#isSignedBySupervisor(request)) return { request, refusal: null };
    } catch (error) {
      return { request, refusal: toPlainError(error) };
    }
    return { request, refusal: { code: 'request.badSignature', data: { id: request.id } } };
  }

  async #isSignedBySupervisor(request: SignedRequest): Promise<boolean> {
    // The very same request has been verified when it came first.
    const known = this.#options.consensus.checkedRequest(request);
    if (known?.signature === request.signature) return true;
    return await this.#allHold([requestCheck(request)]);
  }

  async #allHold(checks: readonly SignatureCheck[]): Promise<boolean> {
    const { verifier } = this.#options;
    const verdicts = await Promise.all(
      checks.map(
        async ({ signature, digest, publicKey }) => await verifier.verify(signature, digest, publicKey),
      ),
    );
    return !verdicts.includes(false);
  }
}

/** Messages of one sender, delivered in the order of their arrival, each when it is ready. */
export class OrderedDelivery {
  readonly #maxWaiting: number;
  readonly #onFull: (full: boolean) => void;
  #tail: Promise<void> = Promise.resolve();
  #waiting = 0;
  #full = false;

  /** `onFull` is told when `maxWaiting` messages wait, and again when half of them have gone. */
  constructor(maxWaiting: number, onFull: (full: boolean) => void) {
    this.#maxWaiting = maxWaiting;
    this.#onFull = onFull;
  }

  /** Delivers what `ready` resolves to after everything pushed before; `failed` is told of a rejection. */
  push<T>(ready: Promise<T>, deliver: (value: T) => void, failed: (error: unknown) => void): void {
    this.#waiting++;
    this.#report();
    // A rejection before its turn must not count as unhandled.
    const settled = ready.then(
      (value) => () => deliver(value),
      (error: unknown) => () => failed(error),
    );
    this.#tail = this.#tail.then(async () => {
      const act = await settled;
      this.#waiting--;
      this.#report();
      act();
    });
  }

  #report(): void {
    const full = this.#full ? this.#waiting > this.#maxWaiting / 2 : this.#waiting >= this.#maxWaiting;
    if (full === this.#full) return;
    this.#full = full;
    this.#onFull(full);
  }
}
