/**
 * Windows of the stand-in: the console's, and those that belong to it. Each has the events, the session and the calls of
 * its own page. Of the console's, `State` keeps what tests ask for.
 * @module
 */
import type * as Electron from 'electron';
import { requireReady } from './ready.ts';
import { stateOf, theDefaultSession } from './sessions.ts';
import { State, record, type IpcHandler, type StandInWindow } from './state.ts';
import { Events, strict } from './strict.ts';

/** A page's process. */
function createContents(own: () => StandInWindow): Electron.WebContents {
  const isDestroyed = (): boolean => (own().parent === null ? State.windowClosed : own().isClosed);
  const contents = {
    on: (event: string, listener: (...args: never[]) => void) => own().contentsEvents.on(event, listener),
    isDestroyed,
    ipc: strict('webContents.ipc', {
      handle: (channel: string, handler: IpcHandler) => {
        const { handlers } = own();
        if (handlers.has(channel)) throw new Error(`a second handler for '${channel}'`);
        handlers.set(channel, handler);
      },
    } satisfies Pick<Electron.IpcMain, 'handle'>) as unknown as Electron.IpcMain,
    setWindowOpenHandler: (
      handler: (details: Electron.HandlerDetails) => Electron.WindowOpenHandlerResponse,
    ) => {
      State.openHandler = handler;
    },
    setWebRTCIPHandlingPolicy: (policy: string) => record('webContents.setWebRTCIPHandlingPolicy', policy),
    send: (channel: string, ...args: unknown[]) => {
      if (isDestroyed()) throw new Error('Object has been destroyed');
      const sent = structuredClone({ channel, args });
      State.sent.push(sent);
      process.send?.({ push: { window: own().id, ...sent } });
    },
    reload: () => record('webContents.reload'),
  } satisfies Pick<
    Electron.WebContents,
    'ipc' | 'isDestroyed' | 'on' | 'reload' | 'send' | 'setWebRTCIPHandlingPolicy' | 'setWindowOpenHandler'
  >;
  return strict('webContents', contents) as unknown as Electron.WebContents;
}

/** The options as they can be kept: sessions and windows by their names. */
function plainOptions(
  options: Electron.BrowserWindowConstructorOptions,
  parent: StandInWindow | null,
): object {
  const { parent: _window, webPreferences = {}, ...rest } = options;
  const { session, ...preferences } = webPreferences;
  return {
    ...rest,
    ...(parent === null ? {} : { parent: parent.id }),
    webPreferences: {
      ...preferences,
      ...(session === undefined ? {} : { session: stateOf(session).partition }),
    },
  };
}

/** Called with `new`, like Electron's class: what it returns is the window. */
function createWindow(options: Electron.BrowserWindowConstructorOptions): object {
  requireReady('BrowserWindow');
  const parent = State.windows.find(({ handle }) => handle === options.parent) ?? null;
  if (options.parent !== undefined && parent === null) throw new Error('the parent is no window');
  if (options.modal === true && parent === null) throw new Error('a modal window has a parent');
  if (parent?.isClosed === true) throw new Error('Object has been destroyed');
  record('BrowserWindow', plainOptions(options, parent));
  const isChild = parent !== null;
  if (!isChild) State.windowClosed = false;
  const events = isChild ? new Events() : State.newWindow();
  const contents = createContents(() => own);
  const own: StandInWindow = {
    id: State.windows.length,
    parent,
    handle: null,
    contents,
    events,
    contentsEvents: isChild ? new Events() : State.contentsEvents,
    handlers: new Map(),
    session: stateOf(options.webPreferences?.session ?? theDefaultSession()).state,
    preload: options.webPreferences?.preload ?? '',
    url: '',
    isClosed: false,
  };
  State.windows.push(own);
  if (!isChild) {
    State.contents = contents;
    events.once('closed', () => (own.isClosed = true));
  }
  State.appEvents.emit('web-contents-created', {}, contents);
  own.handle = strict('window', windowOf(own));
  return own.handle;
}

function windowOf(own: StandInWindow): object {
  const isDestroyed = (): boolean => (own.parent === null ? State.windowClosed : own.isClosed);
  const requireAlive = (): void => {
    if (isDestroyed()) throw new Error('Object has been destroyed');
  };
  return {
    on: own.events.on,
    once: own.events.once,
    webContents: own.contents,
    isDestroyed,
    isMinimized: () => false,
    isMaximized: () => false,
    isFocused: () => State.isFocused,
    getNormalBounds: () => State.bounds,
    maximize: () => record('window.maximize'),
    restore: () => record('window.restore'),
    hide: () => {
      requireAlive();
      State.isFocused = false;
      record('window.hide');
      own.events.emit('hide');
    },
    show: () => {
      requireAlive();
      if (own.parent === null) State.isFocused = true;
      record('window.show', ...(own.parent === null ? [] : [own.id]));
    },
    focus: () => {
      requireAlive();
      if (own.parent === null) State.isFocused = true;
      record('window.focus', ...(own.parent === null ? [] : [own.id]));
    },
    removeMenu: () => record('window.removeMenu', own.id),
    destroy: () => {
      record('window.destroy', own.id);
      State.end(own);
    },
    loadURL: async (url: string) => {
      requireAlive();
      record('window.loadURL', url);
      const response = await own.session.schemeHandler?.(new Request(url));
      if (response === undefined) throw new Error(`ERR_UNKNOWN_URL_SCHEME (-302) loading '${url}'`);
      own.url = url;
      own.contentsEvents.emit('did-finish-load');
      own.events.emit('ready-to-show');
    },
  } satisfies Pick<
    Electron.BrowserWindow,
    | 'destroy'
    | 'focus'
    | 'getNormalBounds'
    | 'hide'
    | 'isDestroyed'
    | 'isFocused'
    | 'isMaximized'
    | 'isMinimized'
    | 'loadURL'
    | 'maximize'
    | 'on'
    | 'once'
    | 'removeMenu'
    | 'restore'
    | 'show'
    | 'webContents'
  >;
}
export const BrowserWindow = strict('BrowserWindow', createWindow);
