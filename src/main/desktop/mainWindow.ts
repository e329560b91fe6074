/**
 * The console's window through the life of the program: where it was, what closing it does, and which page it is to show.
 * @module
 */
import { app, type BrowserWindow } from 'electron';
import { IPC_GO } from '../../shared/contract/bridge.ts';
import { toPlainError } from '../../shared/errors.ts';
import { logEvent } from './log.ts';
import { askClosing } from './settings/askClosing.ts';
import type { DesktopSettings } from './settings/desktopSettings.ts';
import { createConsoleWindow, loadConsole, showWindow, type WindowOptions } from './window.ts';
import type { Language } from '../../shared/text/quantities.ts';

export interface MainWindowOptions extends Pick<WindowOptions, 'allowDevTools' | 'onPageDies' | 'preload'> {
  readonly settings: DesktopSettings;
  readonly language: () => Language;
  /** Whether the program ends: then nothing is asked any more. */
  readonly isEnding: () => boolean;
  /** The window goes on without being seen. */
  readonly onHidden: () => void;
  /** The page could not be loaded. */
  readonly onFailure: (error: unknown) => void;
}

/** How long a window stays where it is before that is kept, in milliseconds: it is moved by many small steps. */
const SETTLED_AFTER_MS = 1_000;

export class MainWindow {
  readonly #options: MainWindowOptions;
  #window: BrowserWindow | null = null;
  #isLoaded = false;
  #wasOpen = false;
  #isAsking = false;
  #settling: NodeJS.Timeout | undefined;

  constructor(options: MainWindowOptions) {
    this.#options = options;
  }

  /** The window; `null` while there is none. */
  get window(): BrowserWindow | null {
    return this.#window;
  }

  /** Whether its page has ever been there. */
  get wasOpen(): boolean {
    return this.#wasOpen;
  }

  /** Whether a person sees it. */
  get isSeen(): boolean {
    return this.#window?.isFocused() ?? false;
  }

  /** Shows it, at the page `path` where that is given. Opens it where there is none. */
  async show(path?: string): Promise<void> {
    const window = this.#window;
    if (window === null) {
      await this.#open(path ?? '/');
      return;
    }
    showWindow(window);
    if (path === undefined) return;
    // A page that is loading hears nothing yet.
    if (this.#isLoaded) window.webContents.send(IPC_GO, path);
    else await this.#load(window, path);
  }

  /** Sends to its page; nothing happens where there is none. */
  send(channel: string, value: unknown): void {
    this.#window?.webContents.send(channel, value);
  }

  async #open(path: string): Promise<void> {
    const { settings, preload, allowDevTools, onPageDies } = this.#options;
    const window = createConsoleWindow({ preload, allowDevTools, onPageDies, place: settings.window });
    this.#window = window;
    window.on('close', (event) => this.#close(window, event));
    window.on('hide', () => this.#options.onHidden());
    for (const moved of ['resize', 'move', 'maximize', 'unmaximize'] as const) {
      window.on(moved as 'resize', () => this.#moved(window));
    }
    window.webContents.on('did-start-loading', () => {
      this.#isLoaded = false;
    });
    window.webContents.on('did-finish-load', () => {
      this.#isLoaded = true;
    });
    window.once('closed', () => {
      clearTimeout(this.#settling);
      this.#window = null;
      this.#isLoaded = false;
    });
    await this.#load(window, path);
  }

  async #load(window: BrowserWindow, path: string): Promise<void> {
    try {
      await loadConsole(window, path);
      this.#wasOpen = true;
    } catch (error) {
      // Closed, or sent elsewhere, while it was loading: somebody wanted that.
      if (!window.isDestroyed() && !this.#options.isEnding() && !isAborted(error)) throw error;
    }
  }

  #close(window: BrowserWindow, event: { preventDefault(): void }): void {
    const { settings, isEnding } = this.#options;
    if (isEnding()) return;
    const { closing } = settings.wishes;
    event.preventDefault();
    if (closing === 'ask') this.#ask(window).catch((error: unknown) => this.#options.onFailure(error));
    else this.#leave(window, closing);
  }

  async #ask(window: BrowserWindow): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      const { settings, language } = this.#options;
      const answer = await askClosing(window, language());
      if (answer === null || window.isDestroyed()) return;
      if (answer.remember) await settings.set({ closing: answer.closing }).catch(logFailure);
      this.#leave(window, answer.closing);
    } finally {
      this.#isAsking = false;
    }
  }

  #leave(window: BrowserWindow, closing: 'quit' | 'tray'): void {
    if (closing === 'quit') app.quit();
    else window.hide();
  }

  #moved(window: BrowserWindow): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      if (window.isDestroyed() || window.isMinimized()) return;
      const { x, y, width, height } = window.getNormalBounds();
      // Where it was is a convenience: nobody is told that it could not be kept.
      this.#options.settings
        .setWindow({ x, y, width, height, maximised: window.isMaximized() })
        .catch(logFailure);
    }, SETTLED_AFTER_MS);
  }
}

function logFailure(error: unknown): void {
  logEvent({ kind: 'desktopFailed', error: toPlainError(error) });
}

/** Another page was asked for before this one was there. */
function isAborted(error: unknown): boolean {
  return error instanceof Error && error.message.includes('ERR_ABORTED');
}
