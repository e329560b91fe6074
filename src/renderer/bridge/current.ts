/**
 * The one bridge of this page, for the stores and the screens.
 * @module
 */
import type { Channel, Input, Output } from '../../shared/contract/channels.ts';
import { disconnected, type RendererBridge } from './rendererBridge.ts';

let current: RendererBridge | null = null;

/** Sets the bridge that `call` uses. */
export function useAsBridge(bridge: RendererBridge | null): void {
  current = bridge;
}

/** Calls a channel of the main process. Rejects with a `CountersignError`. */
export function call<C extends Channel>(channel: C, input: Input<C>): Promise<Output<C>> {
  return current === null ? Promise.reject(disconnected()) : current.call(channel, input);
}

/** Tries to connect at once. */
export function reconnect(): void {
  current?.reconnect();
}
