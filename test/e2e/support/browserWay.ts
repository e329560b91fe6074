/**
 * The console in a browser, served by a program without a window.
 * @module
 */
import type { Browser } from 'playwright-core';
import { channels, type Output } from '../../../src/shared/contract/channels.ts';
import { launchBrowser, openPage } from './browser.ts';
import { ServedConsole, countersign } from './serve.ts';
import type { Look, TestedConsole, View, Way } from './way.ts';
import { WORDS } from './words.ts';

/** What the browser itself says of a server that is away. */
const AWAY = /ERR_CONNECTION_REFUSED|WebSocket connection/;

export const BROWSER: Way = {
  name: 'browser',
  start: async (prepare) => {
    const [browser, served] = await Promise.all([launchBrowser(), ServedConsole.start(prepare)]);
    return new BrowserConsole(browser, served);
  },
};

/** Its pages, each in a profile of its own, stay over a restart: they find the program again by themselves. */
export class BrowserConsole implements TestedConsole {
  readonly served: ServedConsole;
  readonly #browser: Browser;
  readonly #views: View[] = [];

  constructor(browser: Browser, served: ServedConsole) {
    this.#browser = browser;
    this.served = served;
  }

  get directory(): string {
    return this.served.directory;
  }

  get genesis(): string {
    return this.served.genesis;
  }

  async open(look: Look): Promise<View> {
    const { language } = look;
    const watched = await openPage(this.#browser, this.served.url, look);
    const view = { ...watched, language, confirming: null };
    this.#views.push(view);
    return view;
  }

  address(path: string): string {
    return new URL(path, this.served.url).href;
  }

  async registry(): Promise<Output<'registry.get'>> {
    const { answer, errors } = await countersign('registry', 'show', '--console', this.served.url);
    if (errors !== '') throw new Error(errors);
    return channels['registry.get'].output.parse(answer);
  }

  /** The token in its address. */
  get secrets(): readonly string[] {
    return [new URL(this.served.url).hash.replace('#token=', '')];
  }

  async versions(): Promise<NodeJS.ProcessVersions> {
    return await Promise.resolve(process.versions);
  }

  async restart(whileAway?: () => Promise<void>): Promise<number | null> {
    const code = await this.served.stop();
    const lost = async (state: 'hidden' | 'visible'): Promise<void> => {
      await Promise.all(
        this.#views.map(
          async ({ page, language }) =>
            await page.getByText(WORDS[language].connection.lost).waitFor({ state }),
        ),
      );
    };
    await lost('visible');
    await whileAway?.();
    await this.served.run();
    await lost('hidden');
    for (const { complaints } of this.#views) {
      complaints.splice(0, complaints.length, ...complaints.filter((complaint) => !AWAY.test(complaint)));
    }
    return code;
  }

  async remove(): Promise<void> {
    await this.#browser.close();
    await this.served.remove();
  }
}
