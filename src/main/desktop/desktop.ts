/**
 * The life of the program in a window: it opens, runs the console, and stops everything in order before it quits.
 * @module
 */
import { join } from 'node:path';
import { app, ipcMain, powerMonitor, session, type IpcMainInvokeEvent } from 'electron';
import { IPC_OPENING } from '../../shared/contract/bridge.ts';
import { DESKTOP_BY_DEFAULT, type DesktopView, type DesktopWishes } from '../../shared/contract/desktop.ts';
import type { OpeningStep } from '../../shared/contract/opening.ts';
import { NOTICES_BY_DEFAULT } from '../../shared/contract/settings.ts';
import { CountersignError, toPlainError } from '../../shared/errors.ts';
import type { Language } from '../../shared/text/quantities.ts';
import { ConsoleApp } from '../console/consoleApp.ts';
import type { DesktopHost } from '../console/desktopHost.ts';
import { toConsoleError } from '../console/errors.ts';
import type { Updater } from '../console/updates/updater.ts';
import { serveElectronIpc } from '../console/transports/electronIpc.ts';
import { INDEX_FILE, findFile } from '../console/transports/staticFiles.ts';
import { ConfirmDesk } from './confirm/confirmDesk.ts';
import { ConfirmWindows } from './confirm/confirmWindow.ts';
import { showErrorBox, showProblem } from './errorBox.ts';
import { isThere, openFolder, showAbout } from './help.ts';
import { findKeychain } from './keychain.ts';
import { logEvent } from './log.ts';
import { isHiddenStart, renewStartAtLogin, setStartAtLogin } from './login/startAtLogin.ts';
import { MainWindow } from './mainWindow.ts';
import { OpeningDesk } from './opening/openingDesk.ts';
import type { SystemWays } from './opening/systemWays.ts';
import { confineContents, confineSession, consoleRequests } from './permissions.ts';
import type { Places } from './places.ts';
import { Presence } from './presence.ts';
import { forkUtilityReplicas } from './replicaProcess.ts';
import { serveConsoleScheme } from './scheme.ts';
import { watchScreenLock } from './screenLock.ts';
import { isConsolePage } from './sender.ts';
import type { DesktopSettings } from './settings/desktopSettings.ts';
import { followTheme } from './settings/theme.ts';
import { UpdateDesk } from './updates/updateDesk.ts';
import { WORDS, chosenLanguage } from './words.ts';

/**
 * How long stopping may take before the program ends by force, in milliseconds. Longer than a replica's process is
 * given to stop (`CHILD_STOP_TIMEOUT_MS`), so that a single stuck one does not cost the others their end in order.
 */
export const QUIT_TIMEOUT_MS = 20_000;

const EXIT_FAILED = 1;

/** Where a person looks for updates. */
const UPDATES_PAGE = '/settings#updates';

/** Where the program is on its way out. */
type Ending = 'no' | 'stopping' | 'stopped';

export class Desktop implements DesktopHost {
  readonly updates: UpdateDesk;
  readonly #places: Places;
  readonly #console: ConsoleApp;
  readonly #confirm: ConfirmDesk;
  readonly #settings: DesktopSettings;
  readonly #window: MainWindow;
  readonly #ways: SystemWays;
  readonly #updater: Updater;
  readonly #opening = new OpeningDesk(() => this.#console);
  #presence: Presence | null = null;
  /** Whether the console's page can be loaded: before that, who wants the window has to wait. */
  #isServing = false;
  #isAwaited = false;
  #endWatching: () => void = () => undefined;
  #setting: Promise<void> = Promise.resolve();
  #ending: Ending = 'no';
  #exitCode = 0;

  constructor(places: Places, settings: DesktopSettings, ways: SystemWays, updater: Updater) {
    this.#places = places;
    this.#ways = ways;
    this.#updater = updater;
    this.updates = new UpdateDesk({
      updater,
      window: () => this.#window.window,
      language: () => this.#language(),
    });
    const windows = new ConfirmWindows({
      preload: places.confirmPreload,
      pageFolder: places.pageFolder,
      parent: () => this.#window.window,
      language: () => this.#language(),
    });
    this.#confirm = new ConfirmDesk({ openWindow: (side) => windows.open(side) });
    this.#settings = settings;
    this.#window = new MainWindow({
      preload: places.preload,
      allowDevTools: allowsDevTools(),
      settings,
      language: () => this.#language(),
      isEnding: () => this.#ending !== 'no',
      onHidden: () => {
        // Its window lies over one that nobody sees any more.
        this.#confirm.end(new CountersignError('confirm.cancelled', {}));
        if (settings.wishes.lockWhenHidden) this.#console.lockKey();
      },
      onPageDies: (error) => {
        logFailure(error);
        const language = this.#language();
        this.#do(showProblem(WORDS[language].pageDies, error, language));
      },
      onFailure: (error) => this.#fail(error),
    });
    this.#console = new ConsoleApp({
      dataDirectory: places.dataDirectory,
      version: app.getVersion(),
      startChild: forkUtilityReplicas(places.headlessEntry),
      findKeychain,
      confirmer: this.#confirm,
      desktop: this,
      log: logEvent,
    });
  }

  /** Listens to what the system asks of the program, and opens the window when it is ready. Before the app is ready. */
  run(): void {
    process.on('uncaughtException', (error) => this.#fail(error));
    process.on('unhandledRejection', (reason) => this.#fail(reason));
    app.on('web-contents-created', (_event, contents) => confineContents(contents));
    this.#ways.deliver((wishes) => {
      this.#opening.add(wishes);
      this.#show();
      this.#window.send(IPC_OPENING, null);
    });
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

  view(): DesktopView {
    const { wishes, problem } = this.#settings;
    return {
      wishes,
      defaults: DESKTOP_BY_DEFAULT,
      problem: problem === null ? null : toConsoleError(problem),
    };
  }

  async set(change: Partial<DesktopWishes>): Promise<void> {
    // One after another: the entry of the session and the setting must say the same in the end.
    const done = this.#setting.then(async () => await this.#set(change));
    this.#setting = done.catch(() => undefined);
    await done;
    this.#presence?.look();
  }

  async #set(change: Partial<DesktopWishes>): Promise<void> {
    const { startAtLogin: wasStarted } = this.#settings.wishes;
    await this.#settings.set(change);
    try {
      // Also where that is what counts already: settings that were lost leave their entry behind.
      if (change.startAtLogin !== undefined) await setStartAtLogin(change.startAtLogin);
    } catch (error) {
      await this.#settings.set({ startAtLogin: wasStarted }).catch(logFailure);
      throw error;
    }
  }

  async openNext(taken: number): Promise<OpeningStep> {
    return await this.#opening.next(taken);
  }

  async #open(): Promise<void> {
    const { pageFolder } = this.#places;
    followTheme(this.#settings);
    confineSession(session.defaultSession, consoleRequests(allowsDevTools()));
    await requirePage(pageFolder);
    serveConsoleScheme(session.defaultSession.protocol, pageFolder);
    serveElectronIpc({
      ipcMain,
      target: this.#console,
      isTrusted: (event: IpcMainInvokeEvent) =>
        isConsolePage(event, this.#window.window?.webContents ?? null),
      send: (channel, value) => this.#window.send(channel, value),
    });
    this.#isServing = true;
    this.#watchTheMachine();
    this.#presence = await this.#appear();
    this.#updater.start();
    // The page is there from the first moment, and shows what the program waits for.
    this.#console.start().catch((error: unknown) => {
      // Whoever quits meanwhile need not hear that the start was stopped.
      if (this.#ending === 'no') this.#fail(error);
    });
    const isHidden = isHiddenStart(process.argv, process.platform);
    if (this.#isAwaited || this.#opening.size > 0 || !isHidden) await this.#window.show();
    const { problem } = this.#settings;
    if (problem !== null) {
      await showProblem(WORDS[this.#language()].settings.problem, problem, this.#language());
    }
    if (this.#settings.wishes.startAtLogin) await this.#renewStartAtLogin();
  }

  /** A start goes on without it. */
  async #renewStartAtLogin(): Promise<void> {
    try {
      await renewStartAtLogin();
    } catch (error) {
      logFailure(error);
      await showProblem(WORDS[this.#language()].settings.problem, error, this.#language());
    }
  }

  /**
   * Nobody signs while the machine sleeps or its screen is locked; the replica goes on. After that everybody is found
   * again at once, and not at the end of a pause.
   */
  #watchTheMachine(): void {
    const lock = (): void => {
      this.#confirm.end(new CountersignError('confirm.screenLocked', {}));
      this.#console.lockKey();
    };
    const wake = (): void => this.#console.wake();
    powerMonitor.on('suspend', lock);
    powerMonitor.on('resume', wake);
    this.#endWatching = watchScreenLock({
      isWanted: () => this.#confirm.isAsking || this.#console.glance().running?.keyUnlocked === true,
      onLocked: lock,
      onUnlocked: wake,
    });
  }

  /** The menu, the tray and notifications. */
  async #appear(): Promise<Presence> {
    const { dataDirectory, documentsFolder } = this.#places;
    const lockKey = (): void => this.#console.lockKey();
    const go = (path: string): void => this.#show(path);
    return new Presence({
      glance: () => this.#console.glance(),
      noticeWishes: () => this.#console.noticeWishes ?? NOTICES_BY_DEFAULT,
      language: () => this.#language(),
      isSeen: () => this.#window.isSeen,
      allowDevTools: allowsDevTools(),
      hasDocuments: await isThere(documentsFolder),
      menu: {
        go,
        lockKey,
        about: () => this.#do(showAbout(this.#language(), dataDirectory)),
        updates: () => go(UPDATES_PAGE),
        openDocuments: () => this.#do(openFolder(documentsFolder)),
        openDataFolder: () => this.#do(openFolder(dataDirectory)),
      },
      tray: { open: () => this.#show(), openInbox: () => go('/inbox'), lockKey, quit: () => app.quit() },
    });
  }

  #language(): Language {
    return chosenLanguage(this.#settings.wishes.language, app.getLocale());
  }

  /** A second start, a click on the program's icon, or a way to a page of the console. */
  #show(path?: string): void {
    if (this.#ending !== 'no' || !app.isReady()) return;
    if (!this.#isServing) {
      this.#isAwaited = true;
      return;
    }
    this.#window.show(path).catch((error: unknown) => this.#fail(error));
  }

  /** Something that a person asked for, of which only its failure has to be told. */
  #do(work: Promise<void>): void {
    work.catch((error: unknown) => {
      logFailure(error);
      showErrorBox('failedToDo', error, this.#language());
    });
  }

  /** Says what went wrong in the words of the system's language, and ends in order. */
  #fail(error: unknown): void {
    logEvent({ kind: 'fatal', error: toPlainError(error) });
    if (this.#exitCode !== 0) return;
    this.#exitCode = EXIT_FAILED;
    // What goes wrong on the way out changes nothing for the person.
    if (this.#ending !== 'no') return;
    if (app.isReady()) {
      showErrorBox(this.#window.wasOpen ? 'failed' : 'startFailed', error, this.#language());
    }
    this.#stop();
  }

  #stop(): void {
    if (this.#ending !== 'no') return;
    this.#ending = 'stopping';
    this.#confirm.close(new CountersignError('stopped', { what: 'Countersign' }));
    this.#endWatching();
    this.#presence?.close();
    void Promise.all([this.#updater.close(), this.#stopConsole()]).then(() => {
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

function logFailure(error: unknown): void {
  logEvent({ kind: 'desktopFailed', error: toPlainError(error) });
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
