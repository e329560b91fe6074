/**
 * The bridge into the console's window: `window.countersign`, and nothing else.
 *
 * Runs sandboxed. Only the contract's channels pass; what crosses is plain data, checked on the main side, and the
 * page never sees Electron's event object.
 * @module
 */
import { contextBridge, ipcRenderer, type IpcRendererEvent } from 'electron';
import type { PreloadApi } from '../shared/contract/bridge.ts';
import { IPC_DELTA, IPC_PREFIX, PRELOAD_CHANNELS } from '../shared/contract/names.ts';

const allowed: ReadonlySet<string> = new Set(PRELOAD_CHANNELS);

const api: PreloadApi = {
  async call(channel, input) {
    if (!allowed.has(channel)) {
      return { ok: false, error: { code: 'console.unknownChannel', data: { channel } } };
    }
    const answer: unknown = await ipcRenderer.invoke(`${IPC_PREFIX}${channel}`, input);
    return answer;
  },
  onDelta(listener) {
    const forward = (_event: IpcRendererEvent, delta: unknown): void => listener(delta);
    ipcRenderer.on(IPC_DELTA, forward);
    return () => {
      ipcRenderer.off(IPC_DELTA, forward);
    };
  },
};

contextBridge.exposeInMainWorld('countersign', api);
