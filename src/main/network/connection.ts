/**
 * One authenticated connection: messages out and in, heartbeats, and the bounds on both.
 * @module
 */
import type { TLSSocket } from 'node:tls';
import { WebSocket, type RawData } from 'ws';
import { CountersignError, type PlainError } from '../../shared/errors.ts';
import { Heartbeat } from './heartbeat.ts';
import type { NetworkLimits } from './limits.ts';
import { connectionError, silent } from './connectionErrors.ts';
import { closeCodeOf, closeReasonOf, errorOfClose, tellable } from './refusals.ts';
import { TokenBucket } from './tokenBucket.ts';

/** A WebSocket whose handshake is done, and what it ran over. It must be paused until `Connection.start`. */
export interface EstablishedSocket {
  readonly webSocket: WebSocket;
  readonly tlsSocket: TLSSocket;
  /** The other side, as `host:port`. */
  readonly address: string;
  /** Messages that came in one packet with the end of the handshake. */
  readonly early: readonly Uint8Array[];
}

/** Which bounds hold for a connection, by what is at its other end. A guest is a replica that does not take part. */
export type Counterpart = 'replica' | 'guest' | 'client';

/** What a connection tells its owner. A handler must not throw: that is a bug, and ends the process as such. */
export interface ConnectionHandlers {
  readonly onMessage: (bytes: Uint8Array) => void;
  /** Once, when the connection has ended for whatever reason. Nothing comes after it. */
  readonly onClosed: (reason: PlainError) => void;
}

/** What a connection has carried so far. */
export interface Traffic {
  bytesIn: number;
  bytesOut: number;
  messagesIn: number;
  messagesOut: number;
  lastMessageAtMs: number | null;
}

/** What each queued message takes besides its bytes: without it, many tiny ones would escape the bound. */
const QUEUED_MESSAGE_OVERHEAD_BYTES = 256;

/** An open, authenticated connection. */
export class Connection {
  /** The other side, as `host:port`. */
  readonly address: string;
  /** Resolves after `onClosed`. */
  readonly closed: Promise<void>;
  readonly #webSocket: WebSocket;
  readonly #tlsSocket: TLSSocket;
  readonly #limits: NetworkLimits;
  readonly #queueMaxBytes: number;
  readonly #rates: { readonly messages: TokenBucket; readonly bytes: TokenBucket } | null;
  readonly #handlers: ConnectionHandlers;
  readonly #traffic: Traffic;
  readonly #early: readonly Uint8Array[];
  readonly #heartbeat: Heartbeat;
  #queuedBytes = 0;
  #isCorked = false;
  #isPaused = false;
  /** Why this side closes, once it does. */
  #reason: PlainError | null = null;

  /** @param traffic - counted on, so that an owner can keep one count over many connections */
  constructor(
    socket: EstablishedSocket,
    counterpart: Counterpart,
    limits: NetworkLimits,
    traffic: Traffic,
    handlers: ConnectionHandlers,
  ) {
    this.address = socket.address;
    this.#webSocket = socket.webSocket;
    this.closed = new Promise((resolve) => this.#webSocket.once('close', () => resolve()));
    this.#tlsSocket = socket.tlsSocket;
    this.#early = socket.early;
    this.#limits = limits;
    this.#traffic = traffic;
    this.#handlers = handlers;
    this.#queueMaxBytes = counterpart === 'client' ? limits.clientQueueMaxBytes : limits.replicaQueueMaxBytes;
    // A guest is sent blocks as a replica is, but asks as a client does: nobody has agreed on it yet.
    this.#rates = counterpart === 'replica' ? null : clientRates(limits);
    this.#heartbeat = new Heartbeat(limits, {
      isListening: () => !this.#isPaused,
      onPing: (payload) => this.#webSocket.ping(payload),
      onDead: () => {
        this.cut(silent(this.address));
      },
    });
  }

  /** Begins to read. Call it once, after the owner has taken note of the connection. */
  start(): void {
    this.#webSocket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    this.#webSocket.on('ping', (payload) => {
      if (this.#isWithinRates(0)) this.#heartbeat.onPeerPing(payload);
    });
    this.#webSocket.on('pong', (payload) => this.#heartbeat.onPong(payload));
    this.#webSocket.on('error', (error) => this.#fail(error));
    this.#webSocket.on('close', (code, reason) => this.#closed(code, reason.toString()));
    this.#heartbeat.start();
    for (const bytes of this.#early) this.#accept(bytes);
    if (!this.#isPaused) this.#webSocket.resume();
  }

  /** Time from ping to pong in ms, or null before the first pong. */
  get roundTripMs(): number | null {
    return this.#heartbeat.roundTripMs;
  }

  /** How far the other side's clock is ahead of this one, in ms; null before it is known. */
  get clockOffsetMs(): number | null {
    return this.#heartbeat.clockOffsetMs;
  }

  /**
   * Queues a message. False when the connection is closing, also by this very call: when more than the limit
   * would wait for the other side, it is cut, and the other side catches up after it has connected again.
   * `bytes` must not change afterwards. Throws `admission.messageTooLarge`.
   */
  send(bytes: Uint8Array): boolean {
    const { maxMessageBytes } = this.#limits;
    if (bytes.length > maxMessageBytes) {
      throw new CountersignError('admission.messageTooLarge', { maxBytes: maxMessageBytes });
    }
    if (this.#reason !== null || this.#webSocket.readyState !== WebSocket.OPEN) return false;
    const sizeBytes = bytes.length + QUEUED_MESSAGE_OVERHEAD_BYTES;
    // One message always fits, however small the limit.
    if (this.#queuedBytes > 0 && this.#queuedBytes + sizeBytes > this.#queueMaxBytes) {
      this.cut({ code: 'admission.queueFull', data: { maxBytes: this.#queueMaxBytes } });
      return false;
    }
    this.#cork();
    this.#queuedBytes += sizeBytes;
    this.#webSocket.send(bytes, () => {
      this.#queuedBytes -= sizeBytes;
    });
    this.#traffic.messagesOut += 1;
    this.#traffic.bytesOut += bytes.length;
    return true;
  }

  /** Stops reading, so that the other side has to wait. A few messages that were already read may still come. */
  pause(): void {
    this.#isPaused = true;
    this.#webSocket.pause();
  }

  /** Reads again. */
  resume(): void {
    this.#isPaused = false;
    this.#webSocket.resume();
  }

  /** See `Heartbeat.probe`. */
  probe(): void {
    if (this.#reason === null) this.#heartbeat.probe();
  }

  /** Says why and closes; cuts the connection where that takes longer than the grace. Ignores what still comes. */
  close(reason: PlainError): void {
    if (this.#reason !== null) return;
    this.#reason = reason;
    const told = tellable(reason);
    this.#webSocket.resume(); // or the other side's goodbye would not be seen
    this.#webSocket.close(closeCodeOf(told), closeReasonOf(told));
  }

  /** Ends the connection at once, without a word: for a side that does not listen. */
  cut(reason: PlainError): void {
    this.#reason ??= reason;
    this.#webSocket.terminate();
  }

  /** Messages of one turn of the event loop leave in as few TLS records as possible. */
  #cork(): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    this.#tlsSocket.cork();
    process.nextTick(() => {
      this.#isCorked = false;
      this.#tlsSocket.uncork();
    });
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (!isBinary) {
      this.close({ code: 'encoding.invalid', data: { at: 'message', problem: 'must be binary' } });
      return;
    }
    this.#accept(ownBytes(data));
  }

  #accept(bytes: Uint8Array): void {
    if (this.#reason !== null || !this.#isWithinRates(bytes.length)) return;
    this.#heartbeat.onSignOfLife();
    this.#traffic.messagesIn += 1;
    this.#traffic.bytesIn += bytes.length;
    this.#traffic.lastMessageAtMs = Date.now();
    this.#handlers.onMessage(bytes);
  }

  #isWithinRates(sizeBytes: number): boolean {
    if (this.#rates === null) return true;
    if (!this.#rates.messages.take(1)) return this.#tooFast(this.#limits.clientMessagesPerSecond);
    if (!this.#rates.bytes.take(sizeBytes)) return this.#tooFast(this.#limits.clientBytesPerSecond);
    return true;
  }

  #tooFast(maxPerSecond: number): false {
    this.close({ code: 'admission.rate', data: { maxPerSecond } });
    return false;
  }

  /** A broken frame, a message above the limit, a reset: the WebSocket closes by itself after this. */
  #fail(error: Error & { readonly code?: string }): void {
    const isTooLarge = error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH';
    this.#reason ??= isTooLarge
      ? { code: 'admission.messageTooLarge', data: { maxBytes: this.#limits.maxMessageBytes } }
      : connectionError(this.address, error.code ?? error.message);
  }

  #closed(code: number, reason: string): void {
    this.#heartbeat.stop();
    this.#handlers.onClosed(
      this.#reason ?? errorOfClose(code, reason, this.address, this.#limits.maxMessageBytes),
    );
  }
}

function clientRates(limits: NetworkLimits): { messages: TokenBucket; bytes: TokenBucket } {
  const nowMs = (): number => performance.now();
  return {
    messages: new TokenBucket(limits.clientMessagesPerSecond, limits.clientMessageBurst, nowMs),
    bytes: new TokenBucket(limits.clientBytesPerSecond, limits.clientByteBurst, nowMs),
  };
}

/**
 * A message's bytes, apart from the buffer it was read into: whoever keeps a message of 100 bytes must not keep
 * 64 KiB alive.
 */
export function ownBytes(data: RawData): Uint8Array {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  const buffer = Array.isArray(data) ? Buffer.concat(data) : data;
  const isOwn = buffer.byteLength === buffer.buffer.byteLength;
  return isOwn ? new Uint8Array(buffer.buffer) : new Uint8Array(buffer);
}
