/**
 * The edge of a simulated replica: what comes from outside is parsed once and its signatures are verified. Requests
 * are remembered by their bytes, as one run meets the same ones again and again.
 * @module
 */
import { decodeMessage, maxMessageBytes, toReplicaCodec } from '../../../src/main/consensus/messages.ts';
import type { ToReplicaMessage } from '../../../src/main/consensus/messages.ts';
import { requestChecks } from '../../../src/main/ledger/requestChecks.ts';
import { evidenceChecks, type Evidence } from '../../../src/main/ledger/evidence.ts';
import type { Genesis } from '../../../src/main/ledger/genesis.ts';
import { decodeRequest, type SignedRequest } from '../../../src/main/ledger/request.ts';
import type { Hex } from '../../../src/shared/encoding/hex.ts';
import { hasCode } from '../../../src/shared/errors.ts';
import type { TestNetwork } from '../ledger.ts';
import type { Signatures } from './signatures.ts';

export class Edge {
  readonly genesis: Genesis;
  readonly signatures: Signatures;
  readonly #networkId: Hex;
  readonly #maxBytes: number;
  readonly #clientMessages = new WeakMap<Uint8Array, { readonly message: ToReplicaMessage | undefined }>();
  readonly #requests = new WeakMap<Uint8Array, { readonly request: SignedRequest | undefined }>();

  constructor({ genesis, networkId }: TestNetwork, signatures: Signatures) {
    this.genesis = genesis;
    this.signatures = signatures;
    this.#networkId = networkId;
    this.#maxBytes = maxMessageBytes(genesis);
  }

  /** The request with a valid signature that `bytes` are. */
  request(bytes: Uint8Array): SignedRequest | undefined {
    const known = this.#requests.get(bytes);
    if (known !== undefined) return known.request;
    const parsed = attempt(() => decodeRequest(bytes, this.genesis.limits.maxRequestBytes));
    const request =
      parsed !== undefined && requestChecks(parsed).every((check) => this.signatures.isValid(check))
        ? parsed
        : undefined;
    this.#requests.set(bytes, { request });
    return request;
  }

  /** The message of a client that `bytes` are. */
  clientMessage(bytes: Uint8Array): ToReplicaMessage | undefined {
    const known = this.#clientMessages.get(bytes);
    if (known !== undefined) return known.message;
    const message = attempt(() => decodeMessage(toReplicaCodec, bytes, this.#maxBytes));
    this.#clientMessages.set(bytes, { message });
    return message;
  }

  /** Whether evidence holds by itself: two signatures of one replica, of those of its epoch. */
  provesFault(evidence: Evidence, replicaKeys: readonly Hex[]): boolean {
    const checks = evidenceChecks(this.#networkId, replicaKeys, evidence);
    return checks?.every((check) => this.signatures.isValid(check)) === true;
  }
}

/** What `parse` returns, or nothing where the bytes are no message: nobody trusts what comes from outside. */
function attempt<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (!hasCode(error, 'encoding.invalid') && !hasCode(error, 'encoding.tooLarge')) throw error;
    return undefined;
  }
}
