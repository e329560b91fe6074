/**
 * Calls and deltas over Electron's IPC. Electron itself stays outside: what is needed of it is handed in.
 * @module
 */
import { IPC_DELTA, IPC_PREFIX, type Answer } from '../../../shared/contract/bridge.ts';
import { CHANNEL_NAMES } from '../../../shared/contract/channels.ts';
import type { CallTarget } from './callTarget.ts';

/** What is needed of Electron's `ipcMain`. `Event` is its event, of which only the sender check knows more. */
export interface IpcMainLike<Event> {
  handle(channel: string, listener: (event: Event, input: unknown) => Promise<Answer>): void;
  removeHandler(channel: string): void;
}

export interface ElectronIpcOptions<Event> {
  readonly ipcMain: IpcMainLike<Event>;
  readonly target: CallTarget;
  /** Whether a call comes from the main frame of the console's own window, at its own origin (SECURITY.md 6). */
  readonly isTrusted: (event: Event) => boolean;
  /** Sends to the console's windows. Must not throw, also when there is none. */
  readonly send: (channel: string, value: unknown) => void;
}

/** Registers exactly the contract's channels. Returns a function that takes them back. */
export function serveElectronIpc<Event>(options: ElectronIpcOptions<Event>): () => void {
  const { ipcMain, target, isTrusted, send } = options;
  for (const channel of CHANNEL_NAMES) {
    ipcMain.handle(`${IPC_PREFIX}${channel}`, async (event, input) => {
      // Before anything is awaited: a frame can navigate away meanwhile.
      if (!isTrusted(event)) return REFUSED;
      return await target.answer(channel, input);
    });
  }
  const unsubscribe = target.onDelta((delta) => send(IPC_DELTA, delta));
  return () => {
    unsubscribe();
    for (const channel of CHANNEL_NAMES) ipcMain.removeHandler(`${IPC_PREFIX}${channel}`);
  };
}

const REFUSED: Answer = { ok: false, error: { code: 'console.badToken', data: {} } };
