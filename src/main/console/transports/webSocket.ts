/**
 * Calls and deltas over WebSocket: one connection for each page in a browser.
 *
 * A page that nobody sees gets no deltas. One that reads too slowly misses some and, by the gap in their numbers, asks
 * for a snapshot; one that hardly reads at all is cut off. A page that calls too much is not read from until its calls are answered.
 * @module
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import {
  CONSOLE_FRAME_BYTES_MAX,
  CONSOLE_SUBPROTOCOL,
  clientFrameSchema,
  type CallFrame,
  type ClientFrame,
  type ServerFrame,
} from '../../../shared/contract/bridge.ts';
import type { Delta } from '../../../shared/contract/model.ts';
import type { CallTarget } from './callTarget.ts';

/** Limits of the WebSocket transport. */
export interface SocketLimits {
  /** Most pages connected at a time: a person has a few tabs. */
  readonly maxConnections: number;
  /** Calls of one page that are answered at a time; then its socket is not read from. */
  readonly maxCallsInFlight: number;
  /** Bytes that wait to be read by a page before it misses deltas. */
  readonly maxDeltaBacklogBytes: number;
  /** Bytes that wait to be read by a page before it is cut off. A snapshot and a receipt fit in. */
  readonly maxBacklogBytes: number;
  /** Largest frame of a page, in bytes. */
  readonly maxFrameBytes: number;
  /** Time between two pings, in milliseconds; a page that has not answered the last one by then is cut off. */
  readonly pingIntervalMs: number;
}

export const SOCKET_LIMITS: SocketLimits = {
  maxConnections: 32,
  maxCallsInFlight: 32,
  maxDeltaBacklogBytes: 1024 * 1024,
  maxBacklogBytes: 128 * 1024 * 1024,
  maxFrameBytes: CONSOLE_FRAME_BYTES_MAX,
  pingIntervalMs: 30_000,
};

/** Close codes of RFC 6455, section 7.4.1. */
const CLOSE_GOING_AWAY = 1001;
const CLOSE_UNSUPPORTED_DATA = 1003;
const CLOSE_POLICY = 1008;

export class ConsoleSockets {
  readonly #target: CallTarget;
  readonly #limits: SocketLimits;
  readonly #server: WebSocketServer;
  readonly #pages = new Set<Page>();
  /** Ends the listening; `null` while no page is watched. */
  #unsubscribe: (() => void) | null = null;
  readonly #pings: NodeJS.Timeout;

  constructor(target: CallTarget, limits: Partial<SocketLimits> = {}) {
    this.#target = target;
    this.#limits = { ...SOCKET_LIMITS, ...limits };
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: this.#limits.maxFrameBytes,
      perMessageDeflate: false,
      // The token is offered as a subprotocol too, and is never sent back.
      handleProtocols: () => CONSOLE_SUBPROTOCOL,
    });
    this.#pings = setInterval(() => this.#ping(), this.#limits.pingIntervalMs);
  }

  /** Pages connected. */
  get size(): number {
    return this.#pages.size;
  }

  get isFull(): boolean {
    return this.#pages.size >= this.#limits.maxConnections;
  }

  /** Takes over a connection whose request has been checked. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      const page: Page = new Page(webSocket, {
        target: this.#target,
        limits: this.#limits,
        onWatching: () => this.#listen(),
        onClosed: () => {
          this.#pages.delete(page);
          this.#listen();
        },
      });
      this.#pages.add(page);
      this.#listen();
    });
  }

  /** Says goodbye to all pages and waits until they have gone. */
  async close(): Promise<void> {
    clearInterval(this.#pings);
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    await Promise.all([...this.#pages].map(async (page) => await page.close()));
    this.#server.close();
  }

  /** Nothing is put together while nobody looks. */
  #listen(): void {
    const isWatched = [...this.#pages].some((page) => page.isWatching);
    if (isWatched === (this.#unsubscribe !== null)) return;
    this.#unsubscribe?.();
    this.#unsubscribe = isWatched ? this.#target.onDelta((delta) => this.#broadcast(delta)) : null;
  }

  #broadcast(delta: Delta): void {
    // Once for all pages.
    const text = JSON.stringify({ type: 'delta', delta } satisfies ServerFrame);
    for (const page of this.#pages) page.tell(text);
  }

  #ping(): void {
    for (const page of this.#pages) page.ping();
  }
}

/** How long a page may take to say goodbye, in milliseconds. */
const GOODBYE_MS = 1_000;

interface PageOptions {
  readonly target: CallTarget;
  readonly limits: SocketLimits;
  /** Somebody begins or ceases to see it. */
  readonly onWatching: () => void;
  readonly onClosed: () => void;
}

/** One connected page. */
class Page {
  readonly #socket: WebSocket;
  readonly #options: PageOptions;
  readonly #closed: Promise<void>;
  #callsInFlight = 0;
  #isAlive = true;
  #isWatching = true;
  /** The last delta that was left out. Where it is not the only one, its number shows the page that it misses some. */
  #missed: string | null = null;

  constructor(socket: WebSocket, options: PageOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#closed = new Promise((resolve) => {
      socket.once('close', () => {
        options.onClosed();
        resolve();
      });
    });
    socket.on('message', (data, isBinary) => this.#frame(data, isBinary));
    socket.on('pong', () => {
      this.#isAlive = true;
    });
    // A broken frame or one that is too large: ws closes with the right code, and 'close' follows.
    socket.on('error', () => undefined);
  }

  get isWatching(): boolean {
    return this.#isWatching;
  }

  /** Sends a delta, unless nobody sees the page, or it reads too slowly: then it will miss its number. */
  tell(text: string): void {
    if (!this.#isWatching) return;
    const isBehind = this.#socket.bufferedAmount > this.#options.limits.maxDeltaBacklogBytes;
    this.#missed = isBehind ? text : null;
    if (!isBehind) this.#send(text);
  }

  ping(): void {
    // While it is not read from, its pongs are not either.
    if (this.#socket.isPaused) return;
    if (!this.#isAlive) {
      this.#socket.terminate();
      return;
    }
    this.#isAlive = false;
    this.#socket.ping();
  }

  async close(): Promise<void> {
    this.#socket.close(CLOSE_GOING_AWAY);
    const timer = setTimeout(() => this.#socket.terminate(), GOODBYE_MS);
    await this.#closed;
    clearTimeout(timer);
  }

  #frame(data: RawData, isBinary: boolean): void {
    if (isBinary || !Buffer.isBuffer(data)) {
      this.#socket.close(CLOSE_UNSUPPORTED_DATA, 'frames are text');
      return;
    }
    const frame = parseFrame(data);
    if (frame === null) this.#socket.close(CLOSE_POLICY, 'not a call');
    else if (frame.type === 'call') void this.#call(frame);
    else this.#watch(frame.watching);
  }

  #watch(watching: boolean): void {
    this.#isWatching = watching;
    // Whoever looks again asks for a snapshot.
    this.#missed = null;
    this.#options.onWatching();
  }

  async #call({ id, channel, input }: CallFrame): Promise<void> {
    this.#callsInFlight += 1;
    const { target, limits } = this.#options;
    if (this.#callsInFlight >= limits.maxCallsInFlight) this.#socket.pause();
    try {
      const answer = await target.answer(channel, input);
      this.#send(JSON.stringify({ type: 'answer', id, answer } satisfies ServerFrame));
    } finally {
      this.#callsInFlight -= 1;
      if (this.#socket.isPaused) this.#socket.resume();
    }
  }

  #send(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > this.#options.limits.maxBacklogBytes) {
      this.#socket.terminate();
      return;
    }
    // What cannot be sent any more ends with 'close'.
    this.#socket.send(text, () => {
      // It has read on: also where nothing more happens, it learns that it missed something.
      if (this.#missed !== null) this.tell(this.#missed);
    });
  }
}

function parseFrame(data: Buffer): ClientFrame | null {
  try {
    const frame = clientFrameSchema.safeParse(JSON.parse(data.toString('utf8')));
    return frame.success ? frame.data : null;
  } catch {
    return null;
  }
}
