/**
 * One attempt of an initiator to connect: TCP, TLS, WebSocket upgrade, hello, and the check of the welcome.
 * @module
 */
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { WebSocket, type RawData } from 'ws';
import { toPlainError, type PlainError } from '../../shared/errors.ts';
import { ownBytes, type EstablishedSocket } from './connection.ts';
import { RefusedByResponder, checkReply, makeHello, type Party } from './handshake.ts';
import type { NetworkLimits } from './limits.ts';
import { connectionError, silent } from './connectionErrors.ts';
import { addressText, type PeerAddress } from './peerBook.ts';
import { closeCodeOf, closeReasonOf, errorOfClose, tellable } from './refusals.ts';
import { TLS_VERSION, exporterOf, tlsSocketOf, watchHandshakeBytes, webSocketOptions } from './tls.ts';

/** How an attempt ends: exactly one of these is called, once, never within the constructor. */
export interface DialHandlers {
  readonly onAuthenticated: (socket: EstablishedSocket) => void;
  /** `isRefused` when the responder said so itself or proved to be someone else. */
  readonly onFailed: (error: PlainError, isRefused: boolean) => void;
}

/** One attempt. */
export class Dial {
  readonly #target: PeerAddress;
  readonly #party: Party;
  readonly #limits: NetworkLimits;
  readonly #handlers: DialHandlers;
  readonly #address: string;
  readonly #webSocket: WebSocket;
  readonly #timer: NodeJS.Timeout;
  readonly #early: Uint8Array[] = [];
  #tlsSocket: TLSSocket | null = null;
  #watch: { stop: () => void } | null = null;
  #exporter: Uint8Array | null = null;
  #hasReply = false;
  #isSettled = false;

  /** Throws a `SyntaxError` when the target's host is not the name or address of a host. */
  constructor(target: PeerAddress, party: Party, limits: NetworkLimits, handlers: DialHandlers) {
    this.#target = target;
    this.#party = party;
    this.#limits = limits;
    this.#handlers = handlers;
    this.#address = addressText(target);
    this.#webSocket = new WebSocket(`wss://${this.#address}/`, {
      ...webSocketOptions(limits),
      perMessageDeflate: false,
      minVersion: TLS_VERSION,
      // Certificates prove nothing here: the responder proves its key over this very connection (`handshake.ts`).
      rejectUnauthorized: false,
    });
    this.#timer = setTimeout(() => this.#timeOut(), limits.authenticateTimeoutMs);
    this.#webSocket.on('upgrade', (response) => this.#upgraded(response));
    this.#webSocket.on('open', () => this.#opened());
    this.#webSocket.on('message', (data) => this.#receive(data));
    this.#webSocket.on('error', (error: NodeJS.ErrnoException) => {
      this.#fail(connectionError(this.#address, error.code ?? error.message));
    });
    this.#webSocket.on('close', (code, reason) => {
      this.#fail(errorOfClose(code, reason.toString(), this.#address, limits.maxMessageBytes));
    });
  }

  /** Ends the attempt without calling any handler. */
  abort(): void {
    this.#isSettled = true;
    clearTimeout(this.#timer);
    this.#webSocket.terminate();
  }

  #upgraded(response: IncomingMessage): void {
    this.#tlsSocket = tlsSocketOf(response.socket);
    this.#exporter = exporterOf(this.#tlsSocket);
  }

  #opened(): void {
    if (this.#tlsSocket === null || this.#exporter === null) return;
    this.#watch = watchHandshakeBytes(this.#tlsSocket, this.#limits.maxHandshakeBytes, () => {
      if (!this.#hasReply) this.#giveUp(malformed('answers too much'));
    });
    try {
      this.#webSocket.send(makeHello(this.#party, this.#exporter, this.#target.publicKey));
    } catch (error) {
      this.#giveUp(toPlainError(error)); // the own key cannot be used
    }
  }

  #receive(data: RawData): void {
    const bytes = ownBytes(data);
    if (this.#hasReply) {
      this.#early.push(bytes); // at most what one packet holds: the WebSocket is paused
      return;
    }
    this.#hasReply = true;
    this.#watch?.stop();
    this.#webSocket.pause();
    void this.#check(bytes);
  }

  async #check(reply: Uint8Array): Promise<void> {
    const failure = await this.#problemOf(reply);
    if (this.#isSettled) return;
    if (failure === null) this.#handOver();
    else this.#refuse(failure);
  }

  async #problemOf(reply: Uint8Array): Promise<unknown> {
    try {
      await checkReply(this.#party, this.#exporter ?? new Uint8Array(), this.#target.publicKey, reply);
      return null;
    } catch (error) {
      return error;
    }
  }

  #handOver(): void {
    if (this.#tlsSocket === null) return;
    this.#isSettled = true;
    clearTimeout(this.#timer);
    this.#webSocket.removeAllListeners(); // all of them are this object's
    this.#handlers.onAuthenticated({
      webSocket: this.#webSocket,
      tlsSocket: this.#tlsSocket,
      address: this.#address,
      early: this.#early,
    });
  }

  #refuse(failure: unknown): void {
    this.#webSocket.resume(); // or the responder's goodbye would not be seen
    if (failure instanceof RefusedByResponder) {
      this.#webSocket.close();
      this.#fail(failure.reason, true);
      return;
    }
    this.#giveUp(toPlainError(failure), true);
  }

  /** Says why and closes. */
  #giveUp(error: PlainError, isRefused = false): void {
    const told = tellable(error);
    this.#webSocket.close(closeCodeOf(told), closeReasonOf(told));
    this.#fail(error, isRefused);
  }

  #timeOut(): void {
    const { authenticateTimeoutMs: timeoutMs } = this.#limits;
    this.#fail(
      this.#webSocket.readyState === WebSocket.OPEN
        ? { code: 'handshake.timeout', data: { timeoutMs } }
        : silent(this.#address),
    );
    this.#webSocket.terminate();
  }

  #fail(error: PlainError, isRefused = false): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    clearTimeout(this.#timer);
    this.#handlers.onFailed(error, isRefused);
  }
}

function malformed(problem: string): PlainError {
  return { code: 'handshake.malformed', data: { problem } };
}
