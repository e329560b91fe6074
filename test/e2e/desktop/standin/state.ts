/**
 * What the stand-in knows: what it was asked for, the handlers it was given, and how it ends.
 * @module
 */
import type * as Electron from 'electron';
import { Events } from './strict.ts';

/** What a test chooses of the machine. */
export interface StandInOptions {
  readonly dataDirectory: string;
  readonly locale: string;
  readonly isPackaged: boolean;
  /** Whether another one runs already. */
  readonly isSecond: boolean;
  /** The keychain of the session; without it, the one that protects nothing. */
  readonly keychain?: {
    readonly backend: ReturnType<Electron.SafeStorage['getSelectedStorageBackend']>;
    /** What it encrypts with: another one opens nothing. */
    readonly secret: string;
  };
}

/** Something the program asked Electron for. */
export interface Recorded {
  readonly call: string;
  readonly args: readonly unknown[];
  readonly isReady: boolean;
}

type BeforeRequest = (details: { url: string }, callback: (response: { cancel?: boolean }) => void) => void;

/** One Electron, in one process. */
export const State = {
  options: JSON.parse(process.env['STAND_IN'] ?? '{}') as StandInOptions,
  recorded: [] as Recorded[],
  sent: [] as { channel: string; args: unknown[] }[],
  isReady: false,
  ready: Promise.withResolvers<undefined>() as unknown as PromiseWithResolvers<void>,
  appEvents: new Events(),
  powerEvents: new Events(),
  sessionEvents: new Events(),
  contentsEvents: new Events(),
  windowEvents: new Events(),
  windowClosed: true,
  contents: null as Electron.WebContents | null,
  handlers: new Map<string, (event: Electron.IpcMainInvokeEvent, ...args: unknown[]) => unknown>(),
  schemeHandler: null as ((request: Request) => Response | Promise<Response>) | null,
  beforeRequest: null as BeforeRequest | null,
  openHandler: null as ((details: Electron.HandlerDetails) => Electron.WindowOpenHandlerResponse) | null,
  permissionRequest: null as
    ((contents: unknown, permission: string, callback: (granted: boolean) => void) => void) | null,
  permissionCheck: null as ((contents: unknown, permission: string, origin: string) => boolean) | null,
  devicePermission: null as ((details: unknown) => boolean) | null,
  /** Processes of replicas that have run. */
  pids: [] as number[],

  newWindow(): Events {
    this.windowEvents = new Events();
    return this.windowEvents;
  },

  becomeReady(): void {
    this.isReady = true;
    this.ready.resolve();
  },

  /** As a person does it: the last window's end may end the program. */
  closeWindow(): void {
    this.windowClosed = true;
    this.windowEvents.emit('closed');
    this.appEvents.emit('window-all-closed');
  },

  quit(): void {
    const answer = this.appEvents.emitRefusable('before-quit');
    if (answer?.refused === true) return;
    this.windowClosed = true;
    this.windowEvents.emit('closed');
    process.exit(0);
  },
};

/** Keeps what the program asked for. */
export function record(call: string, ...args: readonly unknown[]): void {
  State.recorded.push({ call, args: structuredClone(args), isReady: State.isReady });
}
