/**
 * What the system shows of the program besides its window: the menu, the tray and notifications, in the language that a
 * person has chosen. It looks at the console once a second, whether or not there is a window.
 * @module
 */
import { Menu } from 'electron';
import type { NoticeWishes } from '../../shared/contract/settings.ts';
import type { Language } from '../../shared/text/quantities.ts';
import type { Glance } from '../console/glance.ts';
import { menuTemplate, type MenuActions } from './menu.ts';
import { Notifier } from './notify/notifier.ts';
import { DesktopTray } from './tray/desktopTray.ts';
import { trayFace, type TrayActions } from './tray/trayFace.ts';
import { WORDS } from './words.ts';

/** Time between two looks, in milliseconds. */
const LOOK_INTERVAL_MS = 1_000;

export interface PresenceOptions {
  readonly glance: () => Glance;
  /** What a person wants to be notified about. */
  readonly noticeWishes: () => NoticeWishes;
  readonly language: () => Language;
  /** Whether a person sees the window. */
  readonly isSeen: () => boolean;
  readonly allowDevTools: boolean;
  readonly hasDocuments: boolean;
  readonly menu: MenuActions;
  readonly tray: TrayActions;
}

export class Presence {
  readonly #options: PresenceOptions;
  readonly #tray: DesktopTray;
  readonly #notifier: Notifier;
  readonly #timer: NodeJS.Timeout;
  /** What the menu was made for. */
  #menuOf = '';

  /** Shows the menu and the tray, and begins to look. Once the app is ready. */
  constructor(options: PresenceOptions) {
    this.#options = options;
    this.#tray = new DesktopTray(options.tray, 'outOfStep');
    this.#notifier = new Notifier(options.menu.go);
    this.#timer = setInterval(() => this.look(), LOOK_INTERVAL_MS);
    this.look();
  }

  /** Looks now: the language may have changed. */
  look(): void {
    const { glance: look, language: speaks, noticeWishes, isSeen } = this.#options;
    const language = speaks();
    const glance = look();
    this.#showMenu(language, glance.running?.embedded ?? false);
    this.#tray.show(trayFace(glance, language), language);
    if (glance.running === null) return;
    this.#notifier.look({
      look: glance.running.look,
      wishes: noticeWishes(),
      language,
      isSeen: isSeen(),
      nowMs: performance.now(),
    });
  }

  close(): void {
    clearInterval(this.#timer);
    this.#tray.close();
  }

  #showMenu(language: Language, embedded: boolean): void {
    const menuOf = `${language} ${String(embedded)}`;
    if (menuOf === this.#menuOf) return;
    this.#menuOf = menuOf;
    const { allowDevTools, hasDocuments, menu: actions } = this.#options;
    const { platform } = process;
    const words = WORDS[language];
    const template = menuTemplate({ words, platform, allowDevTools, embedded, hasDocuments, actions });
    Menu.setApplicationMenu(Menu.buildFromTemplate(template));
  }
}
