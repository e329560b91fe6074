/**
 * What comes from each replica or each client: delivered in order, verified within the sender's share, and no more of
 * it at a time than may wait.
 * @module
 */
import { OrderedDelivery, type SignatureVerifier } from './inbox.ts';
import { VerifierShare } from './verifierShare.ts';

/** Most messages of one sender that wait to be verified and taken in, before the replica stops reading from it. */
export const WAITING_MESSAGES_MAX = 1_024;
/** The same in bytes. */
const WAITING_BYTES_MAX = 16 * 1024 * 1024;

/** What comes from one replica or client. */
export interface Sender {
  readonly delivery: OrderedDelivery;
  /** Its share of the verifier. */
  readonly verifier: SignatureVerifier;
}

export interface SendersOptions {
  readonly verifier: SignatureVerifier;
  /** Share of each sender: signatures that are verified at a time. */
  readonly jobsMax: number;
  /** Stops reading from a sender of whom too much waits, or goes on. */
  readonly hold: (sender: number, held: boolean) => void;
}

export class Senders {
  readonly #options: SendersOptions;
  readonly #senders = new Map<number, Sender>();

  constructor(options: SendersOptions) {
    this.#options = options;
  }

  /** The sender with this index or id. */
  of(id: number): Sender {
    const known = this.#senders.get(id);
    if (known !== undefined) return known;
    const { verifier, jobsMax, hold } = this.#options;
    const limits = { messages: WAITING_MESSAGES_MAX, bytes: WAITING_BYTES_MAX };
    const sender = {
      delivery: new OrderedDelivery(limits, (full) => hold(id, full)),
      verifier: new VerifierShare(verifier, jobsMax),
    };
    this.#senders.set(id, sender);
    return sender;
  }

  /** The sender has gone for good. */
  forget(id: number): void {
    this.#senders.delete(id);
  }

  /** The sender has connected again: what it sent before still waits, and this must not be a way around that. */
  connectedAgain(id: number): void {
    if (this.of(id).delivery.isFull) this.#options.hold(id, true);
  }
}
