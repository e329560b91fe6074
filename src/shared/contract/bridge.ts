/**
 * How a page reaches the main process, whichever transport carries it, and the frames of the WebSocket transport.
 * @module
 */
import { z } from 'zod';
import type { Channel, Input, Output } from './channels.ts';
import { countSchema, deltaSchema, errorSchema, type ConsoleError, type Delta } from './model.ts';

export { IPC_DELTA, IPC_GO, IPC_OPENING, IPC_PREFIX, IPC_SEEN, IPC_WATCH } from './names.ts';

/** What the page is given. Implemented over Electron IPC by the preload, and over WebSocket in a browser. */
export interface ConsoleBridge {
  /** Calls a channel. Rejects with a `CountersignError`. */
  call<C extends Channel>(channel: C, input: Input<C>): Promise<Output<C>>;
  /** Subscribes to deltas; returns a function that ends the subscription. */
  onDelta(listener: (delta: Delta) => void): () => void;
  /** Tells when the connection is lost or back. In Electron it never is. */
  onConnection(listener: (connected: boolean, error: ConsoleError | null) => void): () => void;
  /**
   * Says whether somebody sees the page. While nobody does, it is told of no deltas; when somebody does again, it has to
   * ask for a snapshot. Holds over a lost connection.
   */
  watch(watching: boolean): void;
  /** Calls `listener` with the address of a page that is to be shown. A browser has nobody else who would ask for one. */
  onGo(listener: (path: string) => void): () => void;
  /** Calls `listener` when something is to be opened: see `opening.next`. Never in a browser. */
  onOpening(listener: () => void): () => void;
}

/** What the preload puts on `window.countersign`: values cross as plain data and are checked on the main side. */
export interface PreloadApi {
  call(channel: string, input: unknown): Promise<unknown>;
  /** A delta counts as taken when the listener has returned. */
  onDelta(listener: (delta: unknown) => void): () => void;
  watch(watching: boolean): void;
  onGo(listener: (path: unknown) => void): () => void;
  onOpening(listener: () => void): () => void;
}

/** The answer of a channel, in either transport: an error travels as data, never as an exception. */
export const answerSchema = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), output: z.unknown() }),
  z.strictObject({ ok: z.literal(false), error: errorSchema }),
]);
export type Answer = z.infer<typeof answerSchema>;

/** A call from a browser. */
export const callFrameSchema = z.strictObject({
  type: z.literal('call'),
  id: countSchema,
  channel: z.string().max(64),
  input: z.unknown(),
});
/** What a browser says of itself: see `ConsoleBridge.watch`. It counts as watching until it says otherwise. */
export const watchFrameSchema = z.strictObject({ type: z.literal('watch'), watching: z.boolean() });
/** What a browser sends. */
export const clientFrameSchema = z.discriminatedUnion('type', [callFrameSchema, watchFrameSchema]);
/** What a browser receives. */
export const serverFrameSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('answer'), id: countSchema, answer: answerSchema }),
  z.strictObject({ type: z.literal('delta'), delta: deltaSchema }),
]);
export type ClientFrame = z.infer<typeof clientFrameSchema>;
export type CallFrame = z.infer<typeof callFrameSchema>;
export type ServerFrame = z.infer<typeof serverFrameSchema>;

/** Path of the WebSocket, and of the page's token: in the fragment of the URL, and then as a subprotocol. */
export const CONSOLE_SOCKET_PATH = '/console';
/** Subprotocol of the console's WebSocket. The token follows as a second one, prefixed with `TOKEN_PREFIX`. */
export const CONSOLE_SUBPROTOCOL = 'countersign.console.1';
export const TOKEN_PREFIX = 'token.';

/** Largest frame from a browser, in bytes: one upload chunk in base64, or a dropped receipt. */
export const CONSOLE_FRAME_BYTES_MAX = 64 * 1024 * 1024;
