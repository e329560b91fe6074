/**
 * The console's window (SECURITY.md 1), and what happens when its page's process dies.
 * @module
 */
import { BrowserWindow, screen, type WebPreferences } from 'electron';
import { CountersignError } from '../../shared/errors.ts';
import { CONSOLE_ORIGIN } from './origin.ts';
import { openingOf, type WindowPlace } from './settings/windowPlace.ts';

export interface WindowOptions {
  /** Path of the built preload. */
  readonly preload: string;
  readonly allowDevTools: boolean;
  /** Where it was; `null` where it was nowhere yet. */
  readonly place: WindowPlace | null;
  /** Told, once in a row of deaths, that the process of its page dies again and again. */
  readonly onPageDies: (error: CountersignError<'desktop.pageDies'>) => void;
}

/** The least that the pages are laid out for, in DIPs. */
const SIZE_MIN = { minWidth: 720, minHeight: 480 };

/** Pause before the page of a dead process is loaded again, in milliseconds; doubles up to the largest. */
const RELOAD_AFTER_MS = 500;
const RELOAD_MAX_MS = 30_000;
/** A page that lived so long counts as healthy again, in milliseconds. */
const HEALTHY_AFTER_MS = 60_000;
/** At so many deaths in a row a person is told: the pauses have come to eight seconds by then. */
const DEATHS_TOLD = 5;

/** A window that is shown once its page can be seen. The page is not loaded yet: see `loadConsole`. */
export function createConsoleWindow(options: WindowOptions): BrowserWindow {
  const { preload, allowDevTools, place } = options;
  const screens = screen.getAllDisplays().map(({ workArea }) => workArea);
  const { maximised, ...bounds } = openingOf(place, screens, screen.getPrimaryDisplay().workArea);
  const window = new BrowserWindow({
    ...bounds,
    ...SIZE_MIN,
    show: false,
    title: 'Countersign',
    webPreferences: webPreferences(preload, allowDevTools),
  });
  window.once('ready-to-show', () => {
    if (maximised) window.maximize();
    window.show();
  });
  reviveWhenGone(window, options.onPageDies);
  return window;
}

/** Loads the console at the page `path`. Rejects where it cannot be loaded. */
export async function loadConsole(window: BrowserWindow, path: string): Promise<void> {
  await window.loadURL(`${CONSOLE_ORIGIN}${path}`);
}

/** Brings a window to the front. */
export function showWindow(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
}

/** The walls around a page (SECURITY.md 1). All of it is said, also what Electron has as its default, which can change. */
export function webPreferences(preload: string, allowDevTools: boolean): WebPreferences {
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
function reviveWhenGone(window: BrowserWindow, onPageDies: WindowOptions['onPageDies']): void {
  const { webContents } = window;
  let delayMs = RELOAD_AFTER_MS;
  let diedAtMs = 0;
  let deaths = 0;
  let timer: NodeJS.Timeout | undefined;
  webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason === 'clean-exit') return;
    const nowMs = performance.now();
    if (nowMs - diedAtMs > HEALTHY_AFTER_MS) {
      delayMs = RELOAD_AFTER_MS;
      deaths = 0;
    }
    diedAtMs = nowMs;
    deaths += 1;
    if (deaths === DEATHS_TOLD)
      onPageDies(new CountersignError('desktop.pageDies', { times: deaths, reason }));
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (!webContents.isDestroyed()) webContents.reload();
    }, delayMs);
    delayMs = Math.min(2 * delayMs, RELOAD_MAX_MS);
  });
  window.once('closed', () => clearTimeout(timer));
}
