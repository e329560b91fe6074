/**
 * The confirmation window (SECURITY.md 1 and 8): modal, with a session, a preload and a scheme's host of its own. Its
 * few calls are known to its own contents alone: to any other page they do not exist.
 * @module
 */
import { BrowserWindow, screen, session, type IpcMainInvokeEvent, type Session } from 'electron';
import { CONFIRM_CHANNEL_NAMES } from '../../../shared/contract/confirm.ts';
import { CONFIRM_IPC_PREFIX } from '../../../shared/contract/confirmNames.ts';
import type { Answer } from '../../../shared/contract/bridge.ts';
import { CountersignError } from '../../../shared/errors.ts';
import type { Language } from '../../../shared/text/quantities.ts';
import { confineSession } from '../permissions.ts';
import { isPageAt } from '../sender.ts';
import { webPreferences } from '../window.ts';
import { WORDS } from '../words.ts';
import { CONFIRM_ORIGIN, confirmUrl, isConfirmRequest, serveConfirmScheme } from './confirmScheme.ts';
import type { ConfirmWindow, WindowSide } from './round.ts';

export interface ConfirmWindowOptions {
  /** Path of the built preload. */
  readonly preload: string;
  /** Folder of the built pages. */
  readonly pageFolder: string;
  /** The console's window, which waits; `null` where it has gone. */
  readonly parent: () => BrowserWindow | null;
  /** The language that the console speaks. */
  readonly language: () => Language;
}

/** Without `persist:` in its name, it is kept in memory alone. */
const PARTITION = 'countersign-confirm';
/** Of a new window where the screen has room for it, and the least that its page is laid out for, in DIPs. */
const SIZE = { width: 940, height: 760 };
const SIZE_MIN = { minWidth: 420, minHeight: 420 };
const REFUSED: Answer = { ok: false, error: { code: 'console.badToken', data: {} } };

/** Makes windows, which share one session. Once the app is ready. */
export class ConfirmWindows {
  readonly #options: ConfirmWindowOptions;
  #session: Session | null = null;

  constructor(options: ConfirmWindowOptions) {
    this.#options = options;
  }

  /** Opens a window that is shown once its page can be seen. */
  open({ answer, ended }: WindowSide): ConfirmWindow {
    const window = this.#create();
    const { webContents } = window;
    for (const channel of CONFIRM_CHANNEL_NAMES) {
      webContents.ipc.handle(
        `${CONFIRM_IPC_PREFIX}${channel}`,
        async (event: IpcMainInvokeEvent, input: unknown) => {
          // Before anything is awaited: a frame can navigate away meanwhile.
          if (!isPageAt(event, webContents, CONFIRM_ORIGIN)) return REFUSED;
          return await answer(channel, input);
        },
      );
    }
    const interrupted = (): void => ended(new CountersignError('confirm.interrupted', {}));
    window.once('closed', () => ended(new CountersignError('confirm.cancelled', {})));
    webContents.on('render-process-gone', interrupted);
    window.once('ready-to-show', () => window.show());
    window.loadURL(confirmUrl(this.#options.language())).catch(interrupted);
    return {
      front: () => {
        if (!window.isDestroyed()) window.focus();
      },
      close: () => {
        if (!window.isDestroyed()) window.destroy();
      },
    };
  }

  #create(): BrowserWindow {
    const { preload, parent, language } = this.#options;
    const { width, height } = screen.getPrimaryDisplay().workAreaSize;
    const over = parent();
    const window = new BrowserWindow({
      width: Math.min(SIZE.width, width),
      height: Math.min(SIZE.height, height),
      ...SIZE_MIN,
      ...(over === null ? {} : { parent: over, modal: true }),
      show: false,
      title: WORDS[language()].confirmTitle,
      minimizable: false,
      fullscreenable: false,
      autoHideMenuBar: true,
      webPreferences: { ...webPreferences(preload, false), session: this.#ownSession() },
    });
    // Its keys could reload the page, or open another one's tools.
    if (process.platform !== 'darwin') window.removeMenu();
    return window;
  }

  #ownSession(): Session {
    if (this.#session !== null) return this.#session;
    const own = session.fromPartition(PARTITION, { cache: false });
    confineSession(own, { isOwnRequest: isConfirmRequest, isOwnDownload: () => false });
    serveConfirmScheme(own.protocol, this.#options.pageFolder);
    this.#session = own;
    return own;
  }
}
