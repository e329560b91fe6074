/**
 * The console in the window of the desktop program, in the real Electron.
 * @module
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { BrowserContext, ElectronApplication, Page } from 'playwright-core';
import { answerSchema, type PreloadApi } from '../../../src/shared/contract/bridge.ts';
import { channels, type Output } from '../../../src/shared/contract/channels.ts';
import { genesisPath } from '../../../src/main/replica/embeddedLayout.ts';
import { takeDownErrors, type Language } from '../support/browser.ts';
import type { Confirming, Look, TestedConsole, View, Way } from '../support/way.ts';
import { launchElectron, quitElectron } from './realElectron.ts';

const URL_OF_CONSOLE = 'countersign://console/';
const SIZE = { width: 1_280, height: 860 };

/** `path`: of the program of Electron. */
export function electronWay(path: string): Way {
  return {
    name: 'electron',
    start: async (prepare) => {
      const directory = join(await mkdtemp(join(tmpdir(), 'countersign-electron-')), 'data');
      await mkdir(directory, { mode: 0o700 });
      await prepare?.(directory);
      return new ElectronConsole(path, directory);
    },
  };
}

class ElectronConsole implements TestedConsole {
  readonly directory: string;
  readonly secrets = [];
  readonly #path: string;
  #view: ElectronView | null = null;

  constructor(path: string, directory: string) {
    this.#path = path;
    this.directory = directory;
  }

  get genesis(): string {
    return genesisPath(this.directory);
  }

  async open(look: Look): Promise<View> {
    if (this.#view !== null) throw new Error('a program has one window for its console');
    this.#view = new ElectronView(this.#path, this.directory, look);
    await this.#view.show();
    return this.#view;
  }

  address(path: string): string {
    return new URL(path, URL_OF_CONSOLE).href;
  }

  async registry(): Promise<Output<'registry.get'>> {
    const answer = answerSchema.parse(
      await this.#shown.page.evaluate(
        async () => await (Reflect.get(window, 'countersign') as PreloadApi).call('registry.get', {}),
      ),
    );
    if (!answer.ok) throw new Error(JSON.stringify(answer.error));
    return channels['registry.get'].output.parse(answer.output);
  }

  async versions(): Promise<Pick<NodeJS.ProcessVersions, 'node' | 'v8'>> {
    return await this.#shown.app.evaluate(() => ({ node: process.versions.node, v8: process.versions.v8 }));
  }

  async restart(): Promise<number | null> {
    const view = this.#shown;
    const code = await view.quit();
    await view.show();
    return code;
  }

  async remove(): Promise<void> {
    await this.#view?.quit();
    await rm(dirname(this.directory), { recursive: true, force: true });
  }

  get #shown(): ElectronView {
    if (this.#view === null) throw new Error('no window is open');
    return this.#view;
  }
}

class ElectronView implements View {
  readonly language: Language;
  readonly complaints: string[] = [];
  readonly confirming: Confirming = { run: async (answer) => await this.#confirm(answer) };
  readonly #path: string;
  readonly #directory: string;
  readonly #look: Look;
  #running: { readonly app: ElectronApplication; readonly page: Page } | null = null;

  constructor(path: string, directory: string, look: Look) {
    this.#path = path;
    this.#directory = directory;
    this.#look = look;
    this.language = look.language;
  }

  get page(): Page {
    return this.#now.page;
  }

  get context(): BrowserContext {
    return this.app.context();
  }

  get app(): ElectronApplication {
    return this.#now.app;
  }

  async show(): Promise<void> {
    const { language, theme = 'light', width = SIZE.width, height = SIZE.height } = this.#look;
    const app = await launchElectron(this.#path, this.#directory, {
      // What Chromium takes as the language of the system.
      args: [`--lang=${language === 'en' ? 'en-GB' : language}`],
      locale: language === 'en' ? 'en-GB' : language,
      colorScheme: theme,
      timezoneId: 'UTC',
      acceptDownloads: true,
    });
    const page = await app.firstWindow();
    await page.setViewportSize({ width, height });
    await takeDownErrors(page, this.complaints);
    // What happened before anybody listened happens once more.
    await page.reload();
    this.#running = { app, page };
  }

  /** As a person does it; the exit code. */
  async quit(): Promise<number | null> {
    if (this.#running === null) return null;
    const { app } = this.#running;
    this.#running = null;
    return await quitElectron(app);
  }

  async #confirm(answer: (page: Page) => Promise<void>): Promise<void> {
    const { app, page: own } = this.#now;
    const known = (): Page | undefined => app.windows().find((page) => page !== own && !page.isClosed());
    const page = known() ?? (await app.waitForEvent('window'));
    const closed = page.waitForEvent('close');
    await takeDownErrors(page, this.complaints);
    await answer(page);
    await closed;
  }

  get #now(): { readonly app: ElectronApplication; readonly page: Page } {
    if (this.#running === null) throw new Error('the program is not running');
    return this.#running;
  }
}
