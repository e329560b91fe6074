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
    return readAnswer(channel, await this.api.call(channel, input));
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

  reconnect(): void {
    // Never lost, so there is nothing to wake.
  }

  close(): void {
    // The window's end is the connection's end.
  }
}
