/**
 * The bridge in a browser: one WebSocket that comes back by itself.
 *
 * Calls in flight when it breaks reject with `console.disconnected`: whether they were carried out is not known, and
 * the snapshot after the reconnection tells.
 * @module
 */
import {
  serverFrameSchema,
  type CallFrame,
  type ClientFrame,
  type ServerFrame,
} from '../../shared/contract/bridge.ts';
import type { Channel, Input, Output } from '../../shared/contract/channels.ts';
import type { ConsoleError, Delta } from '../../shared/contract/model.ts';
import type { CountersignError } from '../../shared/errors.ts';
import { reconnectDelayMs } from './backoff.ts';
import { disconnected, readAnswer, type ConnectionListener, type RendererBridge } from './rendererBridge.ts';

/** Where and how to connect. */
export interface SocketBridgeOptions {
  /** `ws:` or `wss:` address of the console's socket. */
  readonly url: string;
  /** Subprotocols: the console's, and the token. */
  readonly protocols: readonly string[];
  /**
   * Whether the server answers plain HTTP. A browser hides why a WebSocket was refused; a server that answers HTTP
   * and refuses the socket does not accept the token.
   */
  readonly serverAnswers: () => Promise<boolean>;
  /** Chance for the waits, from 0 up to 1. */
  readonly random?: () => number;
}

/** Refusals in a row, by a server that answers, after which the token is held to be wrong. */
export const REFUSALS_UNTIL_BAD_TOKEN = 2;
/** Own close code for a frame that breaks the contract. */
const CLOSE_BAD_FRAME = 4400;
const BAD_TOKEN: ConsoleError = { code: 'console.badToken', data: {} };

interface Waiting {
  readonly settle: (answer: unknown) => void;
  readonly fail: (error: CountersignError) => void;
}

/** The bridge over a WebSocket. Connects as soon as it is made. */
export class SocketBridge implements RendererBridge {
  private readonly options: SocketBridgeOptions;
  private readonly deltaListeners = new Set<(delta: Delta) => void>();
  private readonly connectionListeners = new Set<ConnectionListener>();
  private readonly waiting = new Map<number, Waiting>();
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private nextId = 1;
  private attempts = 0;
  private refusals = 0;
  private connected = false;
  private watching = true;
  private error: ConsoleError | null = null;
  private closed = false;

  constructor(options: SocketBridgeOptions) {
    this.options = options;
    this.connect();
  }

  call<C extends Channel>(channel: C, input: Input<C>): Promise<Output<C>> {
    const { socket } = this;
    if (socket === null || !this.connected) return Promise.reject(disconnected());
    const id = this.nextId++;
    const frame: CallFrame = { type: 'call', id, channel, input };
    return new Promise((resolve, reject) => {
      this.waiting.set(id, {
        settle: (answer) => {
          try {
            resolve(readAnswer(channel, answer));
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
          }
        },
        fail: reject,
      });
      socket.send(JSON.stringify(frame));
    });
  }

  onDelta(listener: (delta: Delta) => void): () => void {
    this.deltaListeners.add(listener);
    return () => this.deltaListeners.delete(listener);
  }

  onConnection(listener: ConnectionListener): () => void {
    this.connectionListeners.add(listener);
    if (this.connected || this.error !== null) listener(this.connected, this.error);
    return () => this.connectionListeners.delete(listener);
  }

  watch(watching: boolean): void {
    if (watching === this.watching) return;
    this.watching = watching;
    if (this.connected) this.sayWatching();
  }

  onGo(): () => void {
    return () => undefined;
  }

  onOpening(): () => void {
    return () => undefined;
  }

  reconnect(): void {
    if (this.closed || this.connected || this.timer === null) return;
    this.attempts = 0;
    this.clearTimer();
    this.connect();
  }

  close(): void {
    this.closed = true;
    this.clearTimer();
    this.socket?.close();
    this.drop();
  }

  private connect(): void {
    const socket = new WebSocket(this.options.url, [...this.options.protocols]);
    this.socket = socket;
    let opened = false;
    socket.addEventListener('open', () => {
      opened = true;
      this.attempts = 0;
      this.refusals = 0;
      this.connected = true;
      // Every connection begins as one that somebody watches.
      if (!this.watching) this.sayWatching();
      this.tell();
    });
    socket.addEventListener('message', (event: MessageEvent<unknown>) => this.receive(socket, event.data));
    socket.addEventListener('close', () => {
      if (this.socket !== socket) return;
      this.drop();
      if (!this.closed) void this.retry(opened);
    });
  }

  private sayWatching(): void {
    this.socket?.send(JSON.stringify({ type: 'watch', watching: this.watching } satisfies ClientFrame));
  }

  private receive(socket: WebSocket, data: unknown): void {
    const frame = parseFrame(data);
    if (frame === null) {
      socket.close(CLOSE_BAD_FRAME);
    } else if (frame.type === 'delta') {
      for (const listener of this.deltaListeners) listener(frame.delta);
    } else {
      const waiting = this.waiting.get(frame.id);
      this.waiting.delete(frame.id);
      waiting?.settle(frame.answer);
    }
  }

  /** The connection is gone: everything that waits for an answer is told so. */
  private drop(): void {
    this.socket = null;
    const wasConnected = this.connected;
    this.connected = false;
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    for (const { fail } of waiting) fail(disconnected());
    if (wasConnected) this.tell();
  }

  private async retry(opened: boolean): Promise<void> {
    if (!opened && (await this.refused())) {
      this.error = BAD_TOKEN;
      this.tell();
      return;
    }
    // close() may have come while the server was asked.
    if (this.isClosed()) return;
    this.attempts += 1;
    const chance = (this.options.random ?? Math.random)();
    this.timer = setTimeout(
      () => {
        this.timer = null;
        this.connect();
      },
      reconnectDelayMs(this.attempts, chance),
    );
  }

  private async refused(): Promise<boolean> {
    this.refusals = (await this.options.serverAnswers()) ? this.refusals + 1 : 0;
    return this.refusals >= REFUSALS_UNTIL_BAD_TOKEN;
  }

  private isClosed(): boolean {
    return this.closed;
  }

  private tell(): void {
    for (const listener of this.connectionListeners) listener(this.connected, this.error);
  }

  private clearTimer(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}

function parseFrame(data: unknown): ServerFrame | null {
  if (typeof data !== 'string') return null;
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return null;
  }
  const frame = serverFrameSchema.safeParse(value);
  return frame.success ? frame.data : null;
}
