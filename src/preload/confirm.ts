/**
 * The bridge into the confirmation window: `window.countersignConfirm`, four functions, and nothing else.
 *
 * Runs sandboxed. What crosses is plain data, checked on the main side; the page never sees Electron's event object.
 * @module
 */
import { contextBridge, ipcRenderer } from 'electron';
import type { ConfirmChannel } from '../shared/contract/confirm.ts';
import { CONFIRM_IPC_PREFIX, type ConfirmApi } from '../shared/contract/confirmNames.ts';

function calls(channel: ConfirmChannel): (input: unknown) => Promise<unknown> {
  return async (input) => (await ipcRenderer.invoke(`${CONFIRM_IPC_PREFIX}${channel}`, input)) as unknown;
}

const api: ConfirmApi = {
  open: calls('open'),
  item: calls('item'),
  confirm: calls('confirm'),
  cancel: calls('cancel'),
};

contextBridge.exposeInMainWorld('countersignConfirm', api);
