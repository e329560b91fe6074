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
  /** Whether somebody starts it a second time just when Electron is ready: Electron keeps such starts until then. */
  readonly startedTwice?: boolean;
  /** How far the clock of the computer is ahead, in milliseconds; right unless given. */
  readonly clockByMs?: number;
  /** The keychain of the session; without it, the one that protects nothing. */
  readonly keychain?: {
    readonly backend: ReturnType<Electron.SafeStorage['getSelectedStorageBackend']>;
    /** What it encrypts with: another one opens nothing. */
    readonly secret: string;
    /** Whether it can be had at all: yes unless told otherwise. */
    readonly isAvailable?: boolean;
  };
  /** Work areas of the screens, the first of which is the primary one. */
  readonly displays?: readonly Electron.Rectangle[];
  /** What the program is started with, after its own name. */
  readonly arguments?: readonly string[];
  /** Where it is started; without it, where the test runs. */
  readonly workingDirectory?: string;
  /** What a person chooses where they are asked for a file; without it they change their mind. */
  readonly chosenFile?: string;
  /** The system that it takes this one for; what the system itself does stays as it is. */
  readonly platform?: NodeJS.Platform;
  /** What it finds in its environment besides. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The process in whose mount namespace it runs; without it, in this one's. */
  readonly namespaceOf?: number;
  /** Whether it was macOS that started it, with the session. */
  readonly wasOpenedAtLogin?: boolean;
  /** Replicas in processes of their own end as soon as they are started. */
  readonly replicasDie?: boolean;
  /** Links that macOS hands over before the app is ready. */
  readonly urlsBeforeReady?: readonly string[];
}

/** Something the program asked Electron for. */
export interface Recorded {
  readonly call: string;
  readonly args: readonly unknown[];
  readonly isReady: boolean;
}

/** What one session was given. */
export interface SessionState {
  sessionEvents: Events;
  schemeHandler: ((request: Request) => Response | Promise<Response>) | null;
  beforeRequest: BeforeRequest | null;
  permissionRequest:
    ((contents: unknown, permission: string, callback: (granted: boolean) => void) => void) | null;
  permissionCheck: ((contents: unknown, permission: string, origin: string) => boolean) | null;
  devicePermission: ((details: unknown) => boolean) | null;
}

/** One window, with its page. */
export interface StandInWindow {
  readonly id: number;
  readonly parent: StandInWindow | null;
  /** What `new BrowserWindow` returned. */
  handle: object | null;
  readonly contents: Electron.WebContents;
  readonly events: Events;
  readonly contentsEvents: Events;
  /** Handlers that only its own page reaches. */
  readonly handlers: Map<string, IpcHandler>;
  readonly session: SessionState;
  readonly preload: string;
  url: string;
  isClosed: boolean;
}

export type IpcHandler = (event: Electron.IpcMainInvokeEvent, ...args: unknown[]) => unknown;

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
  isScreenLocked: false,
  /** Told once the program has asked whether the screen is locked. */
  lockWaiters: [] as (() => void)[],
  /** What pages say without an answer. */
  ipcEvents: new Events(),
  sessionEvents: new Events(),
  contentsEvents: new Events(),
  windowEvents: new Events(),
  windowClosed: true,
  isFocused: false,
  /** Where the window is while it is not maximised. */
  bounds: { x: 0, y: 0, width: 1_024, height: 768 },
  themeSource: 'system' as Electron.NativeTheme['themeSource'],
  trayEvents: new Events(),
  menus: { application: [], tray: [] } as Record<
    'application' | 'tray',
    (Electron.MenuItem | Electron.MenuItemConstructorOptions)[]
  >,
  /** Those that were shown, oldest first. */
  notifications: [] as Events[],
  /** Boxes that wait for an answer. */
  boxes: [] as ((answer: Electron.MessageBoxReturnValue) => void)[],
  contents: null as Electron.WebContents | null,
  handlers: new Map<string, IpcHandler>(),
  /** All windows that were ever opened. */
  windows: [] as StandInWindow[],
  /** By name of their partition. */
  sessions: new Map<string, SessionState>(),
  schemeHandler: null as ((request: Request) => Response | Promise<Response>) | null,
  beforeRequest: null as BeforeRequest | null,
  openHandler: null as ((details: Electron.HandlerDetails) => Electron.WindowOpenHandlerResponse) | null,
  permissionRequest: null as SessionState['permissionRequest'],
  permissionCheck: null as SessionState['permissionCheck'],
  devicePermission: null as SessionState['devicePermission'],
  /** Processes of replicas that have run. */
  pids: [] as number[],
  /** By process, what V8 does where it cannot go on. */
  replicas: new Map<number, () => void>(),

  newWindow(): Events {
    this.windowEvents = new Events();
    return this.windowEvents;
  },

  becomeReady(): void {
    this.isReady = true;
    this.ready.resolve();
  },

  /** As a person does it, who may be asked first. The last window's end may end the program. */
  closeWindow(): void {
    if (this.windowEvents.emitRefusable('close')?.refused === true) return;
    this.closeChildren();
    this.windowClosed = true;
    this.windowEvents.emit('closed');
    this.appEvents.emit('window-all-closed');
  },

  /** The window over the console's that is open, if there is one. */
  child(): StandInWindow | null {
    return this.windows.find(({ parent, isClosed }) => parent !== null && !isClosed) ?? null;
  },

  /** A window ends before the one that it belongs to. */
  closeChildren(): void {
    for (let child = this.child(); child !== null; child = this.child()) this.end(child);
  },

  /** The end of a window, whoever brings it about. */
  end(window: StandInWindow): void {
    if (window.isClosed) return;
    window.isClosed = true;
    window.events.emit('closed');
  },

  quit(): void {
    const answer = this.appEvents.emitRefusable('before-quit');
    if (answer?.refused === true) return;
    this.closeChildren();
    this.windowClosed = true;
    this.windowEvents.emit('closed');
    process.exit(0);
  },
};

/** Keeps what the program asked for. */
export function record(call: string, ...args: readonly unknown[]): void {
  State.recorded.push({ call, args: structuredClone(args), isReady: State.isReady });
}
