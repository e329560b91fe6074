/**
 * The console's window (SECURITY.md 1), and what happens when its page's process dies.
 * @module
 */
import { BrowserWindow, screen, type WebPreferences } from 'electron';
import { CONSOLE_ORIGIN } from './origin.ts';

export interface WindowOptions {
  /** Path of the built preload. */
  readonly preload: string;
  readonly allowDevTools: boolean;
}

/** Size of a new window where the screen has room for it, and the least that the pages are laid out for, in DIPs. */
const SIZE = { width: 1_280, height: 840 };
const SIZE_MIN = { minWidth: 720, minHeight: 480 };

/** Pause before the page of a dead process is loaded again, in milliseconds; doubles up to the largest. */
const RELOAD_AFTER_MS = 500;
const RELOAD_MAX_MS = 30_000;
/** A page that lived so long counts as healthy again, in milliseconds. */
const HEALTHY_AFTER_MS = 60_000;

/** A window that is shown once its page can be seen. The page is not loaded yet: see `loadConsole`. */
export function createConsoleWindow({ preload, allowDevTools }: WindowOptions): BrowserWindow {
  const { width, height } = screen.getPrimaryDisplay().workAreaSize;
  const window = new BrowserWindow({
    width: Math.min(SIZE.width, width),
    height: Math.min(SIZE.height, height),
    ...SIZE_MIN,
    show: false,
    title: 'Countersign',
    webPreferences: webPreferences(preload, allowDevTools),
  });
  window.once('ready-to-show', () => window.show());
  reviveWhenGone(window);
  return window;
}

/** Loads the console's first page. Rejects where it cannot be loaded. */
export async function loadConsole(window: BrowserWindow): Promise<void> {
  await window.loadURL(`${CONSOLE_ORIGIN}/`);
}

/** Brings a window to the front. */
export function showWindow(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
}

// All of it is said, also what Electron has as its default: a default can change.
function webPreferences(preload: string, allowDevTools: boolean): WebPreferences {
  return {
    preload,
    contextIsolation: true,
    sandbox: true,
    webSecurity: true,
    allowRunningInsecureContent: false,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webviewTag: false,
    experimentalFeatures: false,
    plugins: false,
    navigateOnDragDrop: false,
    safeDialogs: true,
    spellcheck: false,
    devTools: allowDevTools,
  };
}

/** Loads the page again when its process dies, after a pause that grows while it keeps dying. */
function reviveWhenGone(window: BrowserWindow): void {
  const { webContents } = window;
  let delayMs = RELOAD_AFTER_MS;
  let diedAtMs = 0;
  let timer: NodeJS.Timeout | undefined;
  webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason === 'clean-exit') return;
    const nowMs = performance.now();
    if (nowMs - diedAtMs > HEALTHY_AFTER_MS) delayMs = RELOAD_AFTER_MS;
    diedAtMs = nowMs;
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (!webContents.isDestroyed()) webContents.reload();
    }, delayMs);
    delayMs = Math.min(2 * delayMs, RELOAD_MAX_MS);
  });
  window.once('closed', () => clearTimeout(timer));
}
