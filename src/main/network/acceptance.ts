/**
 * The responder's side of a handshake, from the WebSocket upgrade to the welcome.
 * @module
 */
import type { TLSSocket } from 'node:tls';
import type { RawData, WebSocket } from 'ws';
import { toPlainError, type PlainError } from '../../shared/errors.ts';
import { ownBytes, type EstablishedSocket } from './connection.ts';
import { checkHello, makeRefused, makeWelcome, type Initiator, type Responder } from './handshake.ts';
import { closeCodeOf, closeReasonOf, tellable } from './refusals.ts';
import { exporterOf, watchHandshakeBytes } from './tls.ts';

/** What an acceptance needs of its listener. */
export interface AcceptanceHandlers {
  /** Throws the error to refuse a proven initiator with. */
  readonly admit: (initiator: Initiator) => void;
  readonly onAuthenticated: (socket: EstablishedSocket, initiator: Initiator) => void;
  /** The initiator was refused, or left. */
  readonly onRefused: (error: PlainError) => void;
}

/** Waits for a hello, and answers it. */
export class Acceptance {
  readonly #webSocket: WebSocket;
  readonly #tlsSocket: TLSSocket;
  readonly #address: string;
  readonly #responder: Responder;
  readonly #handlers: AcceptanceHandlers;
  readonly #exporter: Uint8Array;
  readonly #watch: { stop: () => void };
  #hasHello = false;
  #isSettled = false;

  /** Call it in the very turn in which the upgrade was completed. */
  constructor(
    webSocket: WebSocket,
    tlsSocket: TLSSocket,
    address: string,
    responder: Responder,
    handlers: AcceptanceHandlers,
  ) {
    this.#webSocket = webSocket;
    this.#tlsSocket = tlsSocket;
    this.#address = address;
    this.#responder = responder;
    this.#handlers = handlers;
    this.#exporter = exporterOf(tlsSocket);
    webSocket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    // A broken frame: the WebSocket closes by itself, and 'close' follows.
    webSocket.on('error', () => undefined);
    webSocket.on('close', () => this.#settle({ code: 'handshake.malformed', data: { problem: 'has left' } }));
    this.#watch = watchHandshakeBytes(tlsSocket, responder.maxHandshakeBytes, () => this.#tooMuch());
  }

  /** Says why and closes, unless the handshake is over. */
  refuse(error: PlainError): void {
    if (this.#isSettled) return;
    const told = tellable(error);
    this.#webSocket.resume(); // or the initiator's goodbye would not be seen
    this.#webSocket.send(makeRefused(told));
    this.#webSocket.close(closeCodeOf(told), closeReasonOf(told));
    this.#settle(error);
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#isSettled) return;
    if (!isBinary || this.#hasHello) {
      const problem = isBinary ? 'sends more than a hello' : 'sends text';
      this.refuse({ code: 'handshake.malformed', data: { problem } });
      return;
    }
    this.#hasHello = true;
    this.#webSocket.pause();
    void this.#answer(ownBytes(data));
  }

  /** Reads no more, or a stranger could fill the buffers until the connection is closed. */
  #tooMuch(): void {
    if (this.#isSettled) {
      this.#webSocket.terminate();
      return;
    }
    this.refuse({ code: 'handshake.malformed', data: { problem: 'sends too much before it is known' } });
    this.#webSocket.pause();
  }

  async #answer(hello: Uint8Array): Promise<void> {
    const known = await this.#check(hello);
    // From here to the hand-over nothing waits, so that whoever is admitted is also handed over.
    if (known === null || this.#isSettled || !this.#isAdmitted(known.initiator)) return;
    this.#webSocket.send(known.welcome);
    this.#handOver(known.initiator);
  }

  /** The initiator and its welcome, or null after a refusal. */
  async #check(hello: Uint8Array): Promise<{ initiator: Initiator; welcome: Uint8Array } | null> {
    try {
      const initiator = await checkHello(this.#responder, this.#exporter, hello);
      return { initiator, welcome: makeWelcome(this.#responder, this.#exporter, initiator) };
    } catch (error) {
      this.refuse(toPlainError(error));
      return null;
    }
  }

  #isAdmitted(initiator: Initiator): boolean {
    try {
      this.#handlers.admit(initiator);
      return true;
    } catch (error) {
      this.refuse(toPlainError(error));
      return false;
    }
  }

  #handOver(initiator: Initiator): void {
    this.#isSettled = true;
    this.#watch.stop();
    this.#webSocket.removeAllListeners(); // all of them are this object's
    const socket: EstablishedSocket = {
      webSocket: this.#webSocket,
      tlsSocket: this.#tlsSocket,
      address: this.#address,
      early: [],
    };
    this.#handlers.onAuthenticated(socket, initiator);
  }

  #settle(error: PlainError): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#handlers.onRefused(error);
  }
}
