/**
 * What clients send to a replica: read, verified within the sender's share, and answered, or handed on to agreement.
 * @module
 */
import { toPlainError, type PlainError } from '../../shared/errors.ts';
import type { Input } from '../consensus/effects.ts';
import type { ClientAnswers } from './clientAnswers.ts';
import type { Inbox, SignatureVerifier } from './inbox.ts';
import { Senders } from './senders.ts';
import type { Turns } from './turns.ts';
import { CLIENT_JOBS_MAX } from './verifierShare.ts';

export interface ClientDoorOptions {
  readonly verifier: SignatureVerifier;
  readonly inbox: Inbox;
  readonly answers: ClientAnswers;
  /** Reads from the store take turns. */
  readonly reads: Turns;
  /** Stops reading from a client of whom too much waits, or goes on. */
  readonly hold: (clientId: number, held: boolean) => void;
  /** Something for agreement, which says when it is `done` with it. */
  readonly onInput: (input: Input, done: () => void) => void;
  /** Asks where this replica stands. */
  readonly onStatus: (clientId: number) => void;
  /** Sent what no correct client sends. */
  readonly onBad: (clientId: number, error: PlainError) => void;
}

export class ClientDoor {
  readonly #options: ClientDoorOptions;
  readonly #clients: Senders;

  constructor(options: ClientDoorOptions) {
    const { verifier, hold } = options;
    this.#options = options;
    this.#clients = new Senders({ verifier, jobsMax: CLIENT_JOBS_MAX, hold });
  }

  /** The client has sent this. */
  take(clientId: number, bytes: Uint8Array): void {
    const { onInput, onBad } = this.#options;
    const sender = this.#clients.of(clientId);
    sender.delivery.push(
      this.#handle(clientId, bytes, sender.verifier),
      bytes.length,
      (input, done) => {
        if (input === null) done();
        else onInput(input, done);
      },
      (error) => onBad(clientId, toPlainError(error)),
    );
  }

  /** The client has gone. */
  leave(clientId: number): void {
    this.#options.answers.leave(clientId);
    this.#clients.forget(clientId);
  }

  async #handle(clientId: number, bytes: Uint8Array, verifier: SignatureVerifier): Promise<Input | null> {
    const { inbox, answers, reads, onStatus } = this.#options;
    const message = inbox.clientMessage(bytes);
    switch (message.type) {
      case 'request':
        return await this.#takeRequest(clientId, message.request, verifier);
      case 'commit':
        return message;
      case 'evidence':
        return await inbox.clientEvidence(clientId, message.evidence, verifier);
      case 'getStatus':
        onStatus(clientId);
        return null;
      case 'getReceipt':
      case 'getEpochChange':
        await reads.take(`client ${String(clientId)}`, async () => await answers.answer(clientId, message));
        return null;
    }
  }

  async #takeRequest(
    clientId: number,
    bytes: Uint8Array,
    verifier: SignatureVerifier,
  ): Promise<Input | null> {
    const { inbox, answers } = this.#options;
    const { request, refusal } = await inbox.clientRequest(bytes, verifier);
    if (refusal !== null) {
      answers.refuseTo(clientId, request.id, refusal);
      return null;
    }
    answers.wait(clientId, request.id);
    return { type: 'request', request };
  }
}
