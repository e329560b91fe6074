/**
 * The console in the window of the desktop program: its built bundles on the stand-in, and their pages in Chromium.
 * @module
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Output } from '../../../src/shared/contract/channels.ts';
import { genesisPath } from '../../../src/main/replica/embeddedLayout.ts';
import { launchBrowser, type Language } from '../support/browser.ts';
import type { Confirming, Look, TestedConsole, View, Way } from '../support/way.ts';
import { opened } from './confirming.ts';
import { BUILT, Program } from './standin/program.ts';
import { WindowPage, addressOf } from './standin/windowPage.ts';

const LOOK_AGAIN_MS = 20;
/** As wide as the pages that browsers are tested with. */
const SIZE = { width: 1_280, height: 860 };
const URL_OF_CONSOLE = 'countersign://console/';

export const WINDOW: Way = {
  name: 'window',
  start: async (prepare) => {
    const directory = join(await mkdtemp(join(tmpdir(), 'countersign-window-')), 'data');
    await mkdir(directory, { mode: 0o700 });
    await prepare?.(directory);
    return new WindowConsole(await launchBrowser(), directory);
  },
};

class WindowConsole implements TestedConsole {
  readonly directory: string;
  readonly secrets = [];
  readonly #browser: Browser;
  #view: WindowView | null = null;

  constructor(browser: Browser, directory: string) {
    this.#browser = browser;
    this.directory = directory;
  }

  get genesis(): string {
    return genesisPath(this.directory);
  }

  /** The program starts with it: it speaks the language of the system that it starts on. */
  async open(look: Look): Promise<View> {
    if (this.#view !== null) throw new Error('a program has one window for its console');
    this.#view = new WindowView(this.#browser, this.directory, look);
    await this.#view.show();
    return this.#view;
  }

  address(path: string): string {
    return addressOf(new URL(path, URL_OF_CONSOLE).href);
  }

  async registry(): Promise<Output<'registry.get'>> {
    return await this.#shown.program.output('registry.get', {});
  }

  async versions(): Promise<NodeJS.ProcessVersions> {
    return await Promise.resolve(process.versions);
  }

  async restart(): Promise<number | null> {
    const view = this.#shown;
    const code = await view.quit();
    await view.show();
    return code;
  }

  async remove(): Promise<void> {
    await this.#view?.quit();
    await this.#browser.close();
    await rm(dirname(this.directory), { recursive: true, force: true });
  }

  get #shown(): WindowView {
    if (this.#view === null) throw new Error('no window is open');
    return this.#view;
  }
}

/** The window of one program after the other. */
class WindowView implements View {
  readonly language: Language;
  readonly complaints: string[] = [];
  readonly confirming: Confirming = { run: async (answer) => await this.#confirm(answer) };
  readonly #browser: Browser;
  readonly #directory: string;
  readonly #look: Look;
  #running: { readonly program: Program; readonly window: WindowPage } | null = null;

  constructor(browser: Browser, directory: string, look: Look) {
    this.#browser = browser;
    this.#directory = directory;
    this.#look = { ...SIZE, ...look };
    this.language = look.language;
  }

  get page(): Page {
    return this.#now.window.page;
  }

  get context(): BrowserContext {
    return this.#now.window.context;
  }

  get program(): Program {
    return this.#now.program;
  }

  async show(): Promise<void> {
    const program = await Program.start({
      dataDirectory: this.#directory,
      locale: this.language === 'en' ? 'en-GB' : this.language,
      isPackaged: true,
    });
    await program.calls('window.show');
    const shown = {
      kind: 'console',
      url: URL_OF_CONSOLE,
      preload: join(BUILT, 'preload/console.cjs'),
    } as const;
    const window = await WindowPage.open(this.#browser, program, shown, this.#look, this.complaints);
    this.#running = { program, window };
  }

  /** As a person does it; the exit code. */
  async quit(): Promise<number | null> {
    if (this.#running === null) return null;
    const { program, window } = this.#running;
    this.#running = null;
    const before = this.complaints.length;
    const code = await program.quit();
    await window.close();
    // A page that was still loading misses its program for a moment: in Electron it ends with it.
    this.complaints.splice(before);
    return code;
  }

  async #confirm(answer: (page: Page) => Promise<void>): Promise<void> {
    const { program } = this.#now;
    const { id, url, preload } = await opened(program);
    const shown = { kind: 'child', url, preload } as const;
    const { width: _width, height: _height, ...look } = this.#look;
    const window = await WindowPage.open(this.#browser, program, shown, look, this.complaints);
    await answer(window.page);
    while ((await program.ask('child'))?.id === id) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
    await window.close();
  }

  get #now(): { readonly program: Program; readonly window: WindowPage } {
    if (this.#running === null) throw new Error('the program is not running');
    return this.#running;
  }
}
