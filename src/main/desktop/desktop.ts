/**
 * The life of the program in a window: it opens, runs the console, and stops everything in order before it quits.
 * @module
 */
import { join } from 'node:path';
import {
  Menu,
  app,
  ipcMain,
  powerMonitor,
  session,
  type BrowserWindow,
  type IpcMainInvokeEvent,
} from 'electron';
import { CountersignError, toPlainError } from '../../shared/errors.ts';
import { ConsoleApp } from '../console/consoleApp.ts';
import { serveElectronIpc } from '../console/transports/electronIpc.ts';
import { INDEX_FILE, findFile } from '../console/transports/staticFiles.ts';
import { showErrorBox } from './errorBox.ts';
import { findKeychain } from './keychain.ts';
import { logEvent } from './log.ts';
import { menuTemplate } from './menu.ts';
import { confineContents, confineSession } from './permissions.ts';
import type { Places } from './places.ts';
import { forkUtilityReplicas } from './replicaProcess.ts';
import { serveConsoleScheme } from './scheme.ts';
import { isConsolePage } from './sender.ts';
import { createConsoleWindow, loadConsole, showWindow } from './window.ts';
import { WORDS, languageOf } from './words.ts';

/**
 * How long stopping may take before the program ends by force, in milliseconds. Longer than a replica's process is
 * given to stop (`CHILD_STOP_TIMEOUT_MS`), so that a single stuck one does not cost the others their end in order.
 */
export const QUIT_TIMEOUT_MS = 20_000;

const EXIT_FAILED = 1;

/** Where the program is on its way out. */
type Ending = 'no' | 'stopping' | 'stopped';

export class Desktop {
  readonly #places: Places;
  readonly #console: ConsoleApp;
  #window: BrowserWindow | null = null;
  #ending: Ending = 'no';
  #exitCode = 0;
  #wasOpen = false;

  constructor(places: Places) {
    this.#places = places;
    this.#console = new ConsoleApp({
      dataDirectory: places.dataDirectory,
      version: app.getVersion(),
      startChild: forkUtilityReplicas(places.headlessEntry),
      findKeychain,
      log: logEvent,
    });
  }

  /** Listens to what the system asks of the program, and opens the window when it is ready. Before the app is ready. */
  run(): void {
    process.on('uncaughtException', (error) => this.#fail(error));
    process.on('unhandledRejection', (reason) => this.#fail(reason));
    app.on('web-contents-created', (_event, contents) => confineContents(contents));
    app.on('second-instance', () => this.#show());
    app.on('activate', () => this.#show());
    app.on('window-all-closed', () => {
      if (process.platform !== 'darwin') app.quit();
    });
    app.on('before-quit', (event) => {
      if (this.#ending === 'stopped') return;
      event.preventDefault();
      this.#stop();
    });
    // Not awaited by the entry: Electron is ready only after the entry has run to its end.
    app.whenReady().then(
      async () => await this.#open().catch((error: unknown) => this.#fail(error)),
      (error: unknown) => this.#fail(error),
    );
  }

  async #open(): Promise<void> {
    const { pageFolder } = this.#places;
    const language = languageOf(app.getLocale());
    Menu.setApplicationMenu(
      Menu.buildFromTemplate(
        menuTemplate({
          words: WORDS[language].menu,
          platform: process.platform,
          allowDevTools: allowsDevTools(),
        }),
      ),
    );
    confineSession(session.defaultSession, { allowDevTools: allowsDevTools() });
    await requirePage(pageFolder);
    serveConsoleScheme(session.defaultSession.protocol, pageFolder);
    serveElectronIpc({
      ipcMain,
      target: this.#console,
      isTrusted: (event: IpcMainInvokeEvent) => isConsolePage(event, this.#window?.webContents ?? null),
      send: (channel, value) => this.#window?.webContents.send(channel, value),
    });
    this.#lockKeyWhenAway();
    // The page is there from the first moment, and shows what the program waits for.
    this.#console.start().catch((error: unknown) => {
      // Whoever quits meanwhile need not hear that the start was stopped.
      if (this.#ending === 'no') this.#fail(error);
    });
    await this.#openWindow();
  }

  /** Nobody signs while the machine sleeps or its screen is locked. The replica goes on. */
  #lockKeyWhenAway(): void {
    const lock = (): void => this.#console.lockKey();
    powerMonitor.on('suspend', lock);
    powerMonitor.on('lock-screen', lock);
  }

  async #openWindow(): Promise<void> {
    const { preload } = this.#places;
    const window = createConsoleWindow({ preload, allowDevTools: allowsDevTools() });
    this.#window = window;
    window.once('closed', () => {
      this.#window = null;
    });
    try {
      await loadConsole(window);
      this.#wasOpen = true;
    } catch (error) {
      // Closed while it was loading: somebody wanted that.
      if (!window.isDestroyed() && this.#ending === 'no') throw error;
    }
  }

  /** A second start, or a click on the program's icon. */
  #show(): void {
    if (this.#ending !== 'no' || !app.isReady()) return;
    if (this.#window !== null) showWindow(this.#window);
    else this.#openWindow().catch((error: unknown) => this.#fail(error));
  }

  /** Says what went wrong in the words of the system's language, and ends in order. */
  #fail(error: unknown): void {
    logEvent({ kind: 'fatal', error: toPlainError(error) });
    if (this.#exitCode !== 0) return;
    this.#exitCode = EXIT_FAILED;
    // What goes wrong on the way out changes nothing for the person.
    if (this.#ending !== 'no') return;
    if (app.isReady()) showErrorBox(this.#wasOpen ? 'failed' : 'startFailed', error);
    this.#stop();
  }

  #stop(): void {
    if (this.#ending !== 'no') return;
    this.#ending = 'stopping';
    void this.#stopConsole().then(() => {
      this.#ending = 'stopped';
      if (this.#exitCode === 0) app.quit();
      else app.exit(this.#exitCode);
    });
  }

  /** Stops everything within `QUIT_TIMEOUT_MS`. Never rejects. */
  async #stopConsole(): Promise<void> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      late.reject(new CountersignError('timeout', { what: 'Countersign', timeoutMs: QUIT_TIMEOUT_MS }));
    }, QUIT_TIMEOUT_MS);
    try {
      await Promise.race([this.#console.stop(), late.promise]);
    } catch (error) {
      this.#exitCode = EXIT_FAILED;
      logEvent({ kind: 'quitTimeout', error: toPlainError(error) });
    } finally {
      clearTimeout(timer);
    }
  }
}

/** A page that was never built would leave the window empty. Throws `file.notFound`. */
async function requirePage(pageFolder: string): Promise<void> {
  const { kind } = await findFile(pageFolder, `/${INDEX_FILE}`);
  if (kind !== 'file') throw new CountersignError('file.notFound', { path: join(pageFolder, INDEX_FILE) });
}

/** Developers run it from its source; what people install has no way in. */
function allowsDevTools(): boolean {
  return !app.isPackaged;
}
