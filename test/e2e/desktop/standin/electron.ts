/**
 * A stand-in for Electron, for machines on which its program cannot be had: the part of it that Countersign uses, in
 * the shapes that electron.d.ts declares, with the rules of the real one that can be broken by mistake. What main
 * processes and pages tell each other is cloned; replicas run in real processes.
 * @module
 */
import type * as Electron from 'electron';
import { writeSync } from 'node:fs';
import { State, record } from './state.ts';
import { strict } from './strict.ts';

export { utilityProcess } from './utilityProcess.ts';

type Main = typeof Electron;
type Part<K extends keyof Main, P extends keyof Main[K]> = Pick<Main[K], P>;

/** A page's process. */
function createContents(): Electron.WebContents {
  const contents = {
    on: State.contentsEvents.on,
    isDestroyed: () => State.windowClosed,
    setWindowOpenHandler: (
      handler: (details: Electron.HandlerDetails) => Electron.WindowOpenHandlerResponse,
    ) => {
      State.openHandler = handler;
    },
    setWebRTCIPHandlingPolicy: (policy: string) => record('webContents.setWebRTCIPHandlingPolicy', policy),
    send: (channel: string, ...args: unknown[]) => {
      if (State.windowClosed) throw new Error('Object has been destroyed');
      State.sent.push(structuredClone({ channel, args }));
    },
    reload: () => record('webContents.reload'),
  } satisfies Pick<
    Electron.WebContents,
    'isDestroyed' | 'on' | 'reload' | 'send' | 'setWebRTCIPHandlingPolicy' | 'setWindowOpenHandler'
  >;
  return strict('webContents', contents) as unknown as Electron.WebContents;
}

/** Called with `new`, like Electron's class: what it returns is the window. */
function createWindow(options: Electron.BrowserWindowConstructorOptions): object {
  requireReady('BrowserWindow');
  record('BrowserWindow', options);
  State.windowClosed = false;
  const events = State.newWindow();
  const contents = createContents();
  State.contents = contents;
  appEvents.emit('web-contents-created', {}, contents);
  const window = {
    on: events.on,
    once: events.once,
    webContents: contents,
    isDestroyed: () => State.windowClosed,
    isMinimized: () => false,
    restore: () => record('window.restore'),
    show: () => record('window.show'),
    focus: () => record('window.focus'),
    loadURL: async (url: string) => {
      record('window.loadURL', url);
      const response = await State.schemeHandler?.(new Request(url));
      if (response === undefined) throw new Error(`ERR_UNKNOWN_URL_SCHEME (-302) loading '${url}'`);
      events.emit('ready-to-show');
    },
  } satisfies Pick<
    Electron.BrowserWindow,
    'focus' | 'isDestroyed' | 'isMinimized' | 'loadURL' | 'on' | 'once' | 'restore' | 'show' | 'webContents'
  >;
  return strict('window', window);
}
export const BrowserWindow = strict('BrowserWindow', createWindow);

const appEvents = State.appEvents;
export const app = strict('app', {
  on: appEvents.on,
  isPackaged: State.options.isPackaged,
  enableSandbox: () => {
    requireNotReady('app.enableSandbox');
    record('app.enableSandbox');
  },
  commandLine: strict('app.commandLine', {
    appendSwitch: (name: string, value?: string) => {
      requireNotReady('app.commandLine.appendSwitch');
      record('app.commandLine.appendSwitch', name, value);
    },
  } satisfies Pick<Electron.CommandLine, 'appendSwitch'>) as unknown as Electron.CommandLine,
  setPath: (name: string, path: string) => {
    requireNotReady('app.setPath');
    record('app.setPath', name, path);
  },
  requestSingleInstanceLock: () => {
    record('app.requestSingleInstanceLock');
    return !State.options.isSecond;
  },
  whenReady: async () => await State.ready.promise,
  isReady: () => State.isReady,
  getLocale: () => {
    requireReady('app.getLocale');
    return State.options.locale;
  },
  getVersion: () => '1.2.3',
  quit: () => State.quit(),
  exit: (code?: number) => process.exit(code ?? 0),
} satisfies Part<
  'app',
  | 'commandLine'
  | 'enableSandbox'
  | 'exit'
  | 'getLocale'
  | 'getVersion'
  | 'isPackaged'
  | 'isReady'
  | 'on'
  | 'quit'
  | 'requestSingleInstanceLock'
  | 'setPath'
  | 'whenReady'
>);

export const Menu = strict('Menu', {
  buildFromTemplate: (template: (Electron.MenuItemConstructorOptions | Electron.MenuItem)[]) => {
    requireReady('Menu.buildFromTemplate');
    record('Menu.buildFromTemplate', template);
    return strict('menu', {}) as unknown as Electron.Menu;
  },
  setApplicationMenu: (menu: Electron.Menu | null) => record('Menu.setApplicationMenu', menu !== null),
} satisfies Part<'Menu', 'buildFromTemplate' | 'setApplicationMenu'>);

export const dialog = strict('dialog', {
  showErrorBox: (title: string, content: string) => {
    requireReady('dialog.showErrorBox');
    // At once: the real one waits until it has been read, and the program may end right after it.
    writeSync(process.stderr.fd, `box: ${title}\n${content}\n`);
  },
} satisfies Part<'dialog', 'showErrorBox'>);

export const ipcMain = strict('ipcMain', {
  handle: (channel: string, handler: (event: Electron.IpcMainInvokeEvent, ...args: unknown[]) => unknown) => {
    if (State.handlers.has(channel)) throw new Error(`a second handler for '${channel}'`);
    State.handlers.set(channel, handler);
  },
  removeHandler: (channel: string) => {
    State.handlers.delete(channel);
  },
} satisfies Part<'ipcMain', 'handle' | 'removeHandler'>);

export const powerMonitor = strict('powerMonitor', {
  on: State.powerEvents.on,
} satisfies Part<'powerMonitor', 'on'>);

/** The asynchronous half alone: the other is deprecated. A keychain encrypts with its own secret, and knows its work. */
export const safeStorage = strict('safeStorage', {
  getSelectedStorageBackend: () =>
    State.isReady ? (State.options.keychain?.backend ?? 'basic_text') : 'unknown',
  isAsyncEncryptionAvailable: async () => {
    requireReady('safeStorage.isAsyncEncryptionAvailable');
    return await Promise.resolve(true);
  },
  encryptStringAsync: async (plainText: string) => {
    requireReady('safeStorage.encryptStringAsync');
    record('safeStorage.encryptStringAsync', plainText);
    return await Promise.resolve(Buffer.from(`v11${secretMark()}${plainText}`, 'utf8'));
  },
  decryptStringAsync: async (encrypted: Buffer) => {
    requireReady('safeStorage.decryptStringAsync');
    const prefix = `v11${secretMark()}`;
    const text = encrypted.toString('utf8');
    await Promise.resolve();
    if (!text.startsWith(prefix)) throw new Error('Error while decrypting the ciphertext provided');
    return { shouldReEncrypt: false, result: text.slice(prefix.length) };
  },
} satisfies Part<
  'safeStorage',
  'decryptStringAsync' | 'encryptStringAsync' | 'getSelectedStorageBackend' | 'isAsyncEncryptionAvailable'
>);

function secretMark(): string {
  const SECRET_CHARS = 16;
  return (State.options.keychain?.secret ?? 'peanuts').padEnd(SECRET_CHARS, '.').slice(0, SECRET_CHARS);
}

export const screen = strict('screen', {
  getPrimaryDisplay: () => {
    requireReady('screen');
    return strict('display', { workAreaSize: { width: 1_024, height: 768 } }) as Electron.Display;
  },
} satisfies Part<'screen', 'getPrimaryDisplay'>);

const sessionProtocol = strict('session.protocol', {
  handle: (scheme: string, handler: (request: Request) => Response | Promise<Response>) => {
    if (State.schemeHandler !== null) throw new Error(`a second handler for ${scheme}`);
    record('protocol.handle', scheme);
    State.schemeHandler = handler;
  },
} satisfies Part<'protocol', 'handle'>);

export const protocol = strict('protocol', {
  registerSchemesAsPrivileged: (schemes: Electron.CustomScheme[]) => {
    requireNotReady('protocol.registerSchemesAsPrivileged');
    record('protocol.registerSchemesAsPrivileged', schemes);
  },
} satisfies Part<'protocol', 'registerSchemesAsPrivileged'>);

const defaultSession = strict('session.defaultSession', {
  on: State.sessionEvents.on,
  protocol: sessionProtocol as Electron.Protocol,
  webRequest: strict('session.webRequest', {
    onBeforeRequest: (...args: unknown[]) => {
      if (args.length !== 1) throw new Error('a filter would let requests through that it does not name');
      State.beforeRequest = args[0] as typeof State.beforeRequest;
    },
  } satisfies Pick<Electron.WebRequest, 'onBeforeRequest'>) as unknown as Electron.WebRequest,
  setPermissionRequestHandler: (handler: unknown) => {
    State.permissionRequest = handler as typeof State.permissionRequest;
  },
  setPermissionCheckHandler: (handler: unknown) => {
    State.permissionCheck = handler as typeof State.permissionCheck;
  },
  setDevicePermissionHandler: (handler: unknown) => {
    State.devicePermission = handler as typeof State.devicePermission;
  },
  setSpellCheckerEnabled: (enabled: boolean) => record('session.setSpellCheckerEnabled', enabled),
} satisfies Pick<
  Electron.Session,
  | 'on'
  | 'protocol'
  | 'setDevicePermissionHandler'
  | 'setPermissionCheckHandler'
  | 'setPermissionRequestHandler'
  | 'setSpellCheckerEnabled'
  | 'webRequest'
>);

export const session = strict('session', {
  get defaultSession() {
    requireReady('session.defaultSession');
    return defaultSession as unknown as Electron.Session;
  },
} satisfies Part<'session', 'defaultSession'>);

function requireReady(what: string): void {
  if (!State.isReady) throw new Error(`${what} cannot be used before the app is ready`);
}

function requireNotReady(what: string): void {
  if (State.isReady) throw new Error(`${what} must be used before the app is ready`);
}
