/**
 * A real Chromium, and pages in it that report everything that a strict page must not do.
 * @module
 */
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { CHROMIUM_FLAGS, ensureBrowser } from '../../../scripts/browser.mjs';

export type Language = 'en' | 'zh-CN';
export type Theme = 'light' | 'dark';

export interface PageOptions {
  readonly language: Language;
  readonly theme?: Theme;
  readonly width?: number;
  readonly height?: number;
}

/** A page and what it did that it must not: policy violations, errors, requests that leave this machine. */
export interface WatchedPage {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly complaints: string[];
}

export async function launchBrowser(): Promise<Browser> {
  return await chromium.launch({ executablePath: await ensureBrowser(), args: [...CHROMIUM_FLAGS] });
}

export async function openPage(browser: Browser, url: string, options: PageOptions): Promise<WatchedPage> {
  const { language, theme = 'light', width = 1_280, height = 860 } = options;
  const context = await browser.newContext({
    locale: language === 'en' ? 'en-GB' : language,
    timezoneId: 'UTC',
    colorScheme: theme,
    reducedMotion: 'reduce',
    viewport: { width, height },
    acceptDownloads: true,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  await takeDownErrors(page, complaints);
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    const local = hostname === '127.0.0.1' || protocol === 'blob:' || protocol === 'data:';
    if (!local) complaints.push(`request: ${request.url()}`);
  });
  await page.goto(url);
  return { page, context, complaints };
}

/** Takes down every error of a page that is still empty, and everything that its policies refuse. */
export async function takeDownErrors(page: Page, complaints: string[]): Promise<void> {
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
    });
  });
}
