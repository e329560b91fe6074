/**
 * Calls and deltas over Electron's IPC. Electron itself stays outside: what is needed of it is handed in.
 *
 * A window that nobody sees gets no deltas, and one whose page is slow misses some: both ask for a snapshot later.
 * @module
 */
import { IPC_DELTA, IPC_PREFIX, IPC_SEEN, IPC_WATCH, type Answer } from '../../../shared/contract/bridge.ts';
import { CHANNEL_NAMES, type Channel } from '../../../shared/contract/channels.ts';
import type { CallTarget } from './callTarget.ts';
import { WindowFlow } from './windowFlow.ts';

/** What is needed of Electron's `ipcMain`. `Event` is its event, of which only the sender check knows more. */
export interface IpcMainLike<Event> {
  handle(channel: string, listener: (event: Event, input: unknown) => Promise<Answer>): void;
  removeHandler(channel: string): void;
  on(channel: string, listener: (event: Event, value: unknown) => void): unknown;
  removeAllListeners(channel: string): unknown;
}

export interface ElectronIpcOptions<Event> {
  readonly ipcMain: IpcMainLike<Event>;
  readonly target: CallTarget;
  /** Whether a call comes from the main frame of the console's own window, at its own origin (SECURITY.md 6). */
  readonly isTrusted: (event: Event) => boolean;
  /** Sends to the console's windows. Must not throw, also when there is none. */
  readonly send: (channel: string, value: unknown) => void;
}

const SNAPSHOT: Channel = 'session.snapshot';
const REFUSED: Answer = { ok: false, error: { code: 'console.badToken', data: {} } };

/** Registers exactly the contract's channels. Returns a function that takes them back. */
export function serveElectronIpc<Event>(options: ElectronIpcOptions<Event>): () => void {
  const { ipcMain, target, isTrusted, send } = options;
  const flow = new WindowFlow((delta) => send(IPC_DELTA, delta));
  let unsubscribe: (() => void) | null = null;
  const watch = (isWatching: boolean): void => {
    if (isWatching === (unsubscribe !== null)) return;
    unsubscribe?.();
    flow.reset();
    unsubscribe = isWatching ? target.onDelta((delta) => flow.tell(delta)) : null;
  };

  for (const channel of CHANNEL_NAMES) {
    ipcMain.handle(`${IPC_PREFIX}${channel}`, async (event, input) => {
      // Before anything is awaited: a frame can navigate away meanwhile.
      if (!isTrusted(event)) return REFUSED;
      // A page that was loaded anew never says that it took what was sent to the one before.
      if (channel === SNAPSHOT) flow.reset();
      return await target.answer(channel, input);
    });
  }
  ipcMain.on(IPC_WATCH, (event, value) => {
    if (isTrusted(event)) watch(value === true);
  });
  ipcMain.on(IPC_SEEN, (event, value) => {
    if (isTrusted(event) && typeof value === 'number') flow.seen(value);
  });
  watch(true);
  return () => {
    watch(false);
    for (const channel of CHANNEL_NAMES) ipcMain.removeHandler(`${IPC_PREFIX}${channel}`);
    for (const channel of [IPC_WATCH, IPC_SEEN]) ipcMain.removeAllListeners(channel);
  };
}
