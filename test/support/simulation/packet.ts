/**
 * A message on its way between replicas: encoded once, decoded once and verified once, however many receive it. The
 * receivers share the result, which nobody changes.
 * @module
 */
import {
  decodeMessage,
  encodeMessage,
  maxMessageBytes,
  peerMessageCodec,
  type PeerMessage,
} from '../../../src/main/consensus/messages.ts';
import { bodiesOf, isOfEpoch, messageChecks } from '../../../src/main/consensus/verification.ts';
import type { Membership } from '../../../src/main/consensus/config.ts';
import type { Genesis } from '../../../src/main/ledger/genesis.ts';
import { REPLICAS_MAX } from '../../../src/main/ledger/limits.ts';
import type { SignedRequest } from '../../../src/main/ledger/request.ts';
import { hasCode } from '../../../src/shared/errors.ts';
import type { Edge } from './edge.ts';

/** What a correct replica makes of a message. */
export interface Verified {
  readonly message: PeerMessage;
  readonly bodies: readonly SignedRequest[];
}

export class Packet {
  #bytes: Uint8Array | null;
  /** `null`: the bytes are no message. `undefined`: not decoded yet. */
  #message: PeerMessage | null | undefined;
  readonly #verified = new Map<number, Verified | null>();

  private constructor(bytes: Uint8Array | null, message: PeerMessage | undefined) {
    this.#bytes = bytes;
    this.#message = message;
  }

  /** The message as the network carries it. Throws where it breaks its codec: it is checked on the way out. */
  static of(message: PeerMessage): Packet {
    return new Packet(encodeMessage(peerMessageCodec, message), undefined);
  }

  /** Any bytes, such as a faulty replica may send. */
  static ofBytes(bytes: Uint8Array): Packet {
    return new Packet(bytes, undefined);
  }

  /** A correct replica's message that goes round the codec: for long runs, where every fourth one or so does not. */
  static asIs(message: PeerMessage): Packet {
    return new Packet(null, message);
  }

  /** The message that the bytes encode; `undefined` where they encode none. */
  message(genesis: Genesis): PeerMessage | undefined {
    if (this.#message === undefined) this.#message = decoded(genesis, this.#bytes!);
    return this.#message ?? undefined;
  }

  /**
   * What a correct replica takes of it when it comes from the replica `from`; `undefined` where it is no message that
   * one would send, and `null` where it is of another epoch.
   */
  verified(from: number, membership: Membership, edge: Edge): Verified | null | undefined {
    const received = this.message(edge.genesis);
    if (received !== undefined && !isOfEpoch(membership, received)) return null;
    // A recall is signed by whom it is sent to.
    if (received?.type === 'recall') return this.#verify(from, membership, edge) ?? undefined;
    const key = membership.epoch * REPLICAS_MAX + from;
    let verified = this.#verified.get(key);
    if (verified === undefined) {
      verified = this.#verify(from, membership, edge);
      this.#verified.set(key, verified);
    }
    return verified ?? undefined;
  }

  #verify(from: number, membership: Membership, edge: Edge): Verified | null {
    const message = this.message(edge.genesis);
    if (message === undefined) return null;
    const bodies: SignedRequest[] = [];
    for (const bytes of bodiesOf(message)) {
      const request = edge.request(bytes);
      if (request === undefined) return null;
      bodies.push(request);
    }
    const checks = messageChecks(membership, from, message);
    return checks?.every((check) => edge.signatures.isValid(check)) === true ? { message, bodies } : null;
  }
}

function decoded(genesis: Genesis, bytes: Uint8Array): PeerMessage | null {
  try {
    return decodeMessage(peerMessageCodec, bytes, maxMessageBytes(genesis));
  } catch (error) {
    if (!hasCode(error, 'encoding.invalid') && !hasCode(error, 'encoding.tooLarge')) throw error;
    return null;
  }
}
