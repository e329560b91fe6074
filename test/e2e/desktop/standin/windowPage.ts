/**
 * A window of the stand-in in a page of a real Chromium: its files come from the handler of its session, its built
 * preload runs in an isolated world, and its calls go to the handlers of the built main process.
 * @module
 */
import { readFile } from 'node:fs/promises';
import type { Browser, BrowserContext, CDPSession, Page, Route } from 'playwright-core';
import { takeDownErrors, type PageOptions } from '../../support/browser.ts';
import type { Program } from './program.ts';
import { isolatedWorld, mainWorld } from './worlds.ts';

/** Chromium does not know the scheme: its hosts get names below this one, each an origin of its own as well. */
const TEST_DOMAIN = 'countersign.test';

/** Under which address Chromium shows a page of the scheme. */
export function addressOf(url: string): string {
  const { host, pathname, search } = new URL(url);
  return `https://${host}.${TEST_DOMAIN}${pathname}${search}`;
}

/** A window to show: `child` is the one over the console's. */
export interface ShownWindow {
  readonly kind: 'console' | 'child';
  readonly url: string;
  readonly preload: string;
}

/** Something that crossed between the page's process and the main process. */
export interface Crossed {
  readonly channel: string;
  readonly what: unknown;
}

interface Asked {
  readonly id?: number;
  readonly channel: string;
  readonly input: unknown;
}

export class WindowPage {
  readonly page: Page;
  /** What the page did that it must not. */
  readonly complaints: string[];
  /** All that crossed, in both directions. */
  readonly crossed: Crossed[] = [];
  readonly context: BrowserContext;
  readonly #program: Program;
  readonly #kind: ShownWindow['kind'];
  #worldId: number | undefined;

  private constructor(page: Page, program: Program, kind: ShownWindow['kind'], complaints: string[]) {
    this.context = page.context();
    this.page = page;
    this.complaints = complaints;
    this.#program = program;
    this.#kind = kind;
  }

  /** Opens it; what it does that it must not is added to `complaints`. */
  static async open(
    browser: Browser,
    program: Program,
    shown: ShownWindow,
    { language, theme = 'light', width = 940, height = 760 }: PageOptions,
    complaints: string[] = [],
  ): Promise<WindowPage> {
    const context = await browser.newContext({
      locale: language === 'en' ? 'en-GB' : language,
      timezoneId: 'UTC',
      colorScheme: program.themeSource === 'system' ? theme : program.themeSource,
      reducedMotion: 'reduce',
      viewport: { width, height },
    });
    // Whatever a page asks for, the program refuses: desktop.test.ts holds it to that.
    await context.grantPermissions([]);
    const page = await context.newPage();
    const opened = new WindowPage(page, program, shown.kind, complaints);
    const follow = (source: Program['themeSource']): void => {
      page.emulateMedia({ colorScheme: source === 'system' ? theme : source }).catch(() => undefined);
    };
    program.themeListeners.add(follow);
    page.once('close', () => program.themeListeners.delete(follow));
    await opened.#prepare(await context.newCDPSession(page), shown.preload);
    await page.goto(addressOf(shown.url));
    return opened;
  }

  async close(): Promise<void> {
    // What the page still loads has nobody to load it for.
    await this.page.unrouteAll({ behavior: 'ignoreErrors' });
    await this.context.close();
  }

  async #prepare(devTools: CDPSession, preload: string): Promise<void> {
    const { page } = this;
    await takeDownErrors(page, this.complaints);
    await page.route('**/*', async (route) => {
      await this.#load(route);
    });
    await devTools.send('Page.enable');
    devTools.on('Runtime.executionContextCreated', ({ context }) => {
      if (context.name === 'preload') this.#worldId = context.id;
    });
    devTools.on('Runtime.bindingCalled', ({ payload, executionContextId }) => {
      void this.#answer(devTools, JSON.parse(payload) as Asked, executionContextId);
    });
    await devTools.send('Runtime.enable');
    await devTools.send('Runtime.addBinding', { name: 'standInAsk', executionContextName: 'preload' });
    const code = await readFile(preload, 'utf8');
    // Its wires are laid before it exposes anything.
    await devTools.send('Page.addScriptToEvaluateOnNewDocument', { source: `(${mainWorld.toString()})();` });
    await devTools.send('Page.addScriptToEvaluateOnNewDocument', {
      source: `(${isolatedWorld.toString()})((require, module, exports) => {${code}\n});`,
      worldName: 'preload',
    });
    if (this.#kind === 'console') {
      this.#program.onSent = ({ channel, args }) => {
        this.crossed.push({ channel, what: args });
        void this.#evaluate(
          devTools,
          `standInTell(${JSON.stringify(channel)}, ${JSON.stringify(args)})`,
          this.#worldId,
        );
      };
    }
  }

  /** A file of the page. A program that has ended answers nothing; its window would be gone with it. */
  async #load(route: Route): Promise<void> {
    const { hostname, pathname, search } = new URL(route.request().url());
    if (!hostname.endsWith(TEST_DOMAIN)) {
      this.complaints.push(`request: ${route.request().url()}`);
      await route.fulfill({ status: 404 });
      return;
    }
    const [host = ''] = hostname.split('.');
    const fetch = this.#kind === 'child' ? 'childFetch' : 'fetch';
    const file = await this.#program
      .ask(fetch, `countersign://${host}${pathname}${search}`, 'GET')
      .catch((error: unknown) => String(error));
    if (file === null || typeof file === 'string') {
      if (!this.#program.isGone) this.complaints.push(`${pathname}: ${file ?? 'nobody answers the scheme'}`);
      await route.abort();
      return;
    }
    await route.fulfill(file);
  }

  async #answer(devTools: CDPSession, { id, channel, input }: Asked, world: number): Promise<void> {
    this.crossed.push({ channel, what: input });
    if (id === undefined) {
      await this.#program.ask('say', channel, input, 'page').catch(() => undefined);
      return;
    }
    const invoke = this.#kind === 'child' ? 'childInvoke' : 'invoke';
    const answer = await this.#program.ask(invoke, channel, input, 'page').then(
      (value) => ({ value }),
      (error: unknown) => ({ error: String(error) }),
    );
    this.crossed.push({ channel, what: answer });
    await this.#evaluate(devTools, `standInSettle(${String(id)}, ${JSON.stringify(answer)})`, world);
  }

  /** In the preload's world. A page that has gone meanwhile hears nothing. */
  async #evaluate(devTools: CDPSession, expression: string, contextId: number | undefined): Promise<void> {
    if (contextId === undefined) return;
    await devTools.send('Runtime.evaluate', { expression, contextId }).catch(() => undefined);
  }
}
