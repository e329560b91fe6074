/**
 * The bridge inside Electron: the preload's `window.countersign`. It is never lost.
 * @module
 */
import type { PreloadApi } from '../../shared/contract/bridge.ts';
import type { Channel, Input, Output } from '../../shared/contract/channels.ts';
import { deltaSchema, type Delta } from '../../shared/contract/model.ts';
import { readAnswer, type ConnectionListener, type RendererBridge } from './rendererBridge.ts';

/** The bridge over what the preload exposes. */
export class ElectronBridge implements RendererBridge {
  private readonly api: PreloadApi;

  constructor(api: PreloadApi) {
    this.api = api;
  }

  async call<C extends Channel>(channel: C, input: Input<C>): Promise<Output<C>> {
    return readAnswer(channel, await this.api.call(channel, plain(input)));
  }

  onDelta(listener: (delta: Delta) => void): () => void {
    return this.api.onDelta((raw) => {
      const delta = deltaSchema.safeParse(raw);
      // A delta that cannot be read leaves a gap in the numbers, and a gap asks for a snapshot.
      if (delta.success) listener(delta.data);
    });
  }

  onConnection(listener: ConnectionListener): () => void {
    listener(true, null);
    return () => undefined;
  }

  watch(watching: boolean): void {
    this.api.watch(watching);
  }

  onGo(listener: (path: string) => void): () => void {
    return this.api.onGo((path) => {
      if (typeof path === 'string' && path.startsWith('/')) listener(path);
    });
  }

  onOpening(listener: () => void): () => void {
    return this.api.onOpening(listener);
  }

  reconnect(): void {
    // Never lost, so there is nothing to wake.
  }

  close(): void {
    // The window's end is the connection's end.
  }
}

/** What is in a store stands behind a proxy, which cannot cross into the preload's world: here, as in a socket, data does. */
function plain(input: unknown): unknown {
  return JSON.parse(JSON.stringify(input));
}
