/**
 * A stand-in for Electron, for machines on which its program cannot be had: the part of it that Countersign uses, in
 * the shapes that electron.d.ts declares, with the rules of the real one that can be broken by mistake. What main
 * processes and pages tell each other is cloned; replicas run in real processes.
 * @module
 */
import { join } from 'node:path';
import type * as Electron from 'electron';
import { markRunning } from './instance.ts';
import { requireNotReady, requireReady } from './ready.ts';
import { State, record } from './state.ts';
import { strict } from './strict.ts';

export { Menu, Notification, Tray, dialog, nativeImage, shell } from './presence.ts';
export { session } from './sessions.ts';
export { utilityProcess } from './utilityProcess.ts';
export { BrowserWindow } from './windows.ts';

type Main = typeof Electron;
type Part<K extends keyof Main, P extends keyof Main[K]> = Pick<Main[K], P>;

const appEvents = State.appEvents;
let userData = '';
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
    if (name === 'userData') userData = path;
  },
  getPath: (name: string) => {
    if (name !== 'downloads') throw new Error(`nobody was expected to ask for ${name}`);
    return join(State.options.dataDirectory, '../downloads');
  },
  requestSingleInstanceLock: () => {
    record('app.requestSingleInstanceLock');
    return markRunning(userData);
  },
  whenReady: async () => await State.ready.promise,
  isReady: () => State.isReady,
  getLocale: () => {
    requireReady('app.getLocale');
    return State.options.locale;
  },
  getVersion: () => '1.2.3',
  getAppPath: () => '/opt/countersign',
  // Windows alone has it.
  setAppUserModelId: (id: string) => {
    if (process.platform !== 'win32') throw new TypeError('app.setAppUserModelId is not a function');
    record('app.setAppUserModelId', id);
  },
  setAsDefaultProtocolClient: (scheme: string, path?: string, args?: string[]) => {
    record('app.setAsDefaultProtocolClient', scheme, path, args);
    return true;
  },
  getLoginItemSettings: () => {
    requireLoginItems('app.getLoginItemSettings');
    requireReady('app.getLoginItemSettings');
    return strict('app.getLoginItemSettings()', {
      openAtLogin: false,
      // Of macOS alone.
      ...(process.platform === 'darwin' && { wasOpenedAtLogin: State.options.wasOpenedAtLogin ?? false }),
    }) as Electron.LoginItemSettings;
  },
  setLoginItemSettings: (settings: Electron.Settings) => {
    requireLoginItems('app.setLoginItemSettings');
    record('app.setLoginItemSettings', settings);
  },
  quit: () => State.quit(),
  exit: (code?: number) => process.exit(code ?? 0),
} satisfies Part<
  'app',
  | 'commandLine'
  | 'enableSandbox'
  | 'exit'
  | 'getAppPath'
  | 'getLocale'
  | 'getLoginItemSettings'
  | 'getPath'
  | 'getVersion'
  | 'isPackaged'
  | 'isReady'
  | 'on'
  | 'quit'
  | 'requestSingleInstanceLock'
  | 'setAppUserModelId'
  | 'setAsDefaultProtocolClient'
  | 'setLoginItemSettings'
  | 'setPath'
  | 'whenReady'
>);

/** As electron.d.ts declares: for macOS and Windows. */
function requireLoginItems(call: string): void {
  if (!['darwin', 'win32'].includes(process.platform))
    throw new Error(`${call} is not for ${process.platform}`);
}

export const ipcMain = strict('ipcMain', {
  handle: (channel: string, handler: (event: Electron.IpcMainInvokeEvent, ...args: unknown[]) => unknown) => {
    if (State.handlers.has(channel)) throw new Error(`a second handler for '${channel}'`);
    State.handlers.set(channel, handler);
  },
  removeHandler: (channel: string) => {
    State.handlers.delete(channel);
  },
  on: State.ipcEvents.on,
  removeAllListeners: State.ipcEvents.removeAllListeners,
} satisfies Part<'ipcMain', 'handle' | 'on' | 'removeAllListeners' | 'removeHandler'>);

export const powerMonitor = strict('powerMonitor', {
  on: State.powerEvents.on,
  getSystemIdleState: (idleThreshold: number) => {
    requireReady('powerMonitor.getSystemIdleState');
    if (!(idleThreshold > 0)) throw new TypeError('Invalid idle threshold, must be greater than 0');
    for (const heard of State.lockWaiters.splice(0)) setImmediate(heard);
    return State.isScreenLocked ? 'locked' : 'active';
  },
} satisfies Part<'powerMonitor', 'getSystemIdleState' | 'on'>);

/** What pages hear of as if the system had said it. */
export const nativeTheme = strict('nativeTheme', {
  get themeSource() {
    return State.themeSource;
  },
  set themeSource(source: Electron.NativeTheme['themeSource']) {
    if (!['system', 'light', 'dark'].includes(source)) throw new TypeError(`themeSource cannot be ${source}`);
    record('nativeTheme.themeSource', source);
    State.themeSource = source;
    process.send?.({ theme: source });
  },
} satisfies Part<'nativeTheme', 'themeSource'>);

/** The asynchronous half alone: the other is deprecated. A keychain encrypts with its own secret, and knows its work. */
export const safeStorage = strict('safeStorage', {
  getSelectedStorageBackend: () =>
    State.isReady ? (State.options.keychain?.backend ?? 'basic_text') : 'unknown',
  isAsyncEncryptionAvailable: async () => {
    requireReady('safeStorage.isAsyncEncryptionAvailable');
    return await Promise.resolve(State.options.keychain?.isAvailable ?? true);
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
    return displays()[0]!;
  },
  getAllDisplays: () => {
    requireReady('screen');
    return displays();
  },
} satisfies Part<'screen', 'getAllDisplays' | 'getPrimaryDisplay'>);

function displays(): Electron.Display[] {
  const areas = State.options.displays ?? [{ x: 0, y: 0, width: 1_024, height: 768 }];
  return areas.map((workArea) => {
    const { width, height } = workArea;
    return strict('display', { workArea, workAreaSize: { width, height } }) as Electron.Display;
  });
}

export const protocol = strict('protocol', {
  registerSchemesAsPrivileged: (schemes: Electron.CustomScheme[]) => {
    requireNotReady('protocol.registerSchemesAsPrivileged');
    record('protocol.registerSchemesAsPrivileged', schemes);
  },
} satisfies Part<'protocol', 'registerSchemesAsPrivileged'>);
