/**
 * The bridge into the console's window: `window.countersign`, and nothing else.
 *
 * Runs sandboxed. Only the contract's channels pass; what crosses is plain data, checked on the main side, and the
 * page never sees Electron's event object.
 * @module
 */
import { contextBridge, ipcRenderer, type IpcRendererEvent } from 'electron';
import type { PreloadApi } from '../shared/contract/bridge.ts';
import {
  IPC_DELTA,
  IPC_GO,
  IPC_OPENING,
  IPC_PREFIX,
  IPC_SEEN,
  IPC_WATCH,
  PRELOAD_CHANNELS,
} from '../shared/contract/names.ts';

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
    const forward = (_event: IpcRendererEvent, delta: unknown): void => {
      try {
        listener(delta);
      } finally {
        ipcRenderer.send(IPC_SEEN, numberOf(delta));
      }
    };
    ipcRenderer.on(IPC_DELTA, forward);
    return () => {
      ipcRenderer.off(IPC_DELTA, forward);
    };
  },
  watch(watching) {
    ipcRenderer.send(IPC_WATCH, watching);
  },
  onGo(listener) {
    const forward = (_event: IpcRendererEvent, path: unknown): void => listener(path);
    ipcRenderer.on(IPC_GO, forward);
    return () => {
      ipcRenderer.off(IPC_GO, forward);
    };
  },
  onOpening(listener) {
    const forward = (): void => listener();
    ipcRenderer.on(IPC_OPENING, forward);
    return () => {
      ipcRenderer.off(IPC_OPENING, forward);
    };
  },
};

/** The number of a delta. */
function numberOf(delta: unknown): number {
  const { sequence } = delta as { readonly sequence: number };
  return sequence;
}

contextBridge.exposeInMainWorld('countersign', api);
