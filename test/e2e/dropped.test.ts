/**
 * What is dropped on a page, and what was chosen there, is still there when the page is left and comes back: in a real
 * browser, in both languages, against made-up data that keeps to the contract.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildPages } from '../renderer/fixture/build.ts';
import { FixtureServer, TOKEN } from '../renderer/fixture/server.ts';
import { Auditor } from './support/audit.ts';
import { launchBrowser, openPage, type Language, type WatchedPage } from './support/browser.ts';
import { WORDS, words } from './support/words.ts';

let folder: string;
let browser: Browser;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-dropped-'));
  await buildPages(folder);
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true });
});

describe.each<Language>(['en', 'zh-CN'])('in %s', (language) => {
  const W = WORDS[language];
  let server: FixtureServer;
  let watched: WatchedPage;

  beforeEach(async () => {
    server = new FixtureServer(folder);
    watched = await openPage(browser, `${await server.listen()}/#token=${TOKEN}`, { language });
    await heading(W.overview.title).waitFor();
  });
  afterEach(async () => {
    expect(watched.complaints).toEqual([]);
    await watched.context.close();
    await server.close();
  });

  const heading = (name: string): Locator =>
    watched.page.getByRole('heading', { level: 1, name, exact: true });
  const open = async (page: { readonly title: string }): Promise<void> => {
    await watched.page.getByRole('navigation').getByRole('link', { name: page.title }).click();
    await heading(page.title).waitFor();
  };

  describe('receipts', () => {
    const results = (): Locator => watched.page.getByRole('article');
    const drop = async (texts: readonly string[]): Promise<void> => {
      const files = texts.map((text, at) => ({
        name: `${String(at)}.json`,
        mimeType: '',
        buffer: Buffer.from(text),
      }));
      await watched.page.locator('input[type=file]').first().setInputFiles(files);
    };

    it('are all counted and listed, and are still there after a look at the ledger', async () => {
      const { page } = watched;
      await open(W.verify);
      await drop(Array.from({ length: 60 }, (_, at) => (at === 3 ? 'tampered' : 'receipt')));
      const list = new Intl.ListFormat(language).format([
        words(W.verify.count.valid, { count: 59 }),
        words(W.verify.count.invalid, { count: 1 }),
      ]);
      const total = page.getByText(words(W.verify.total, { count: 60, parts: list }), { exact: true });
      await total.waitFor();
      expect(await results().count()).toBe(60);
      expect(await page.getByRole('list', { name: W.proof.title }).count()).toBe(1);
      await results().first().getByRole('link', { name: W.progress.open }).click();
      await page.waitForURL('**/requests/*');
      await page.goBack();
      await total.waitFor();

      await page.getByText(words(W.verify.onlyBad, { count: 1 })).click();
      await expect.poll(async () => await results().count()).toBe(1);
      await results().getByText('3.json', { exact: true }).waitFor();
      const proof = page.getByRole('button', { name: words(W.verify.proofOf, { name: '3.json' }) });
      await proof.press('Enter');
      await results().getByText(W.proof.todo.certificate).waitFor();
      expect(await proof.getAttribute('aria-expanded')).toBe('true');
      const auditor = await Auditor.of(watched);
      expect(await auditor.look('receipts', language)).toEqual([]);

      await page.getByRole('button', { name: W.verify.clear }).press('Enter');
      await expect.poll(async () => await results().count()).toBe(0);
      expect(await total.count()).toBe(0);
    });

    it('that cannot be verified are results, too', async () => {
      await open(W.verify);
      server.setReachable(false);
      await watched.page.getByText(W.connection.lost).waitFor();
      await drop(['receipt', 'receipt', 'receipt', 'receipt', 'receipt', 'receipt']);
      await expect.poll(async () => await results().count()).toBe(6);
      await results().getByText('0.json', { exact: true }).waitFor();
      expect(await results().getByText(W.verified.unchecked, { exact: true }).count()).toBe(6);
      server.setReachable(true);
      await watched.page.getByText(W.connection.lost).waitFor({ state: 'hidden' });
      // What the browser itself says of the lost connection.
      watched.complaints.length = 0;
    });
  });

  /** Holds a file over the middle of the page and lets it go. Whether the browser would then do as it likes. */
  const dropFile = async (on: string, name: string): Promise<boolean> =>
    await watched.page.locator(on).evaluate((element, fileName) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File(['a,b\n1,2\n'], fileName));
      const options = { bubbles: true, cancelable: true, dataTransfer };
      const isHeldFree = element.dispatchEvent(new DragEvent('dragover', options));
      const isDropFree = element.dispatchEvent(new DragEvent('drop', options));
      return isHeldFree || isDropFree;
    }, name);

  it('a file that nobody takes does nothing', async () => {
    expect(await dropFile('h1', 'stray.csv')).toBe(false);
    expect(await watched.page.getByText('stray.csv').count()).toBe(0);
    server.main.setStage({ name: 'locked' });
    await heading(W.locked.title).waitFor();
    expect(await dropFile('h1', 'stray.csv')).toBe(false);
  });

  describe('the inbox', () => {
    const sign = (count: number): Locator =>
      watched.page.getByRole('button', { name: words(W.inbox.signCount, { count }), exact: true });
    const search = (): Locator => watched.page.getByRole('searchbox', { name: W.inbox.search });

    it('takes what is dropped beside its zone, once, and nothing while it asks about something else', async () => {
      const { page } = watched;
      await open(W.inbox);
      const before = server.main.items.size;
      expect(await dropFile('h1', 'beside.txt')).toBe(false);
      await page.getByRole('link', { name: 'beside.txt' }).waitFor();
      expect(await dropFile('main .zone', 'inside.txt')).toBe(false);
      await page.getByRole('link', { name: 'inside.txt' }).waitFor();
      expect(server.main.items.size).toBe(before + 2);

      expect(await dropFile('h1', 'table.csv')).toBe(false);
      const dialog = page.getByRole('dialog', { name: W.purpose.title });
      await dialog.getByText('table.csv').waitFor();
      expect(await dropFile('h1', 'other.csv')).toBe(false);
      expect(await dialog.getByText('other.csv').count()).toBe(0);
      await dialog.getByRole('button', { name: W.purpose.document }).click();
      await page.getByRole('link', { name: 'table.csv' }).waitFor();
      expect(server.main.items.size).toBe(before + 3);
      await page.getByText(W.inbox.dropHint, { exact: true }).waitFor();
    });

    it('keeps what was selected and searched for when an item is opened, and when signing is cancelled', async () => {
      const { page } = watched;
      await open(W.inbox);
      await page.getByText(W.inbox.selectAll).click();
      await sign(4).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('button', { name: W.action.cancel }).click();
      await dialog.waitFor({ state: 'hidden' });
      await sign(4).waitFor();

      await search().fill('week 46');
      await page.getByRole('article').getByRole('link').first().click();
      await page.waitForURL('**/inbox/*');
      await page.goBack();
      await sign(4).waitFor();
      expect(await search().inputValue()).toBe('week 46');

      server.main.items.delete('item-0');
      server.tell({ topic: 'itemRemoved', id: 'item-0' });
      await sign(3).waitFor();
    });
  });
});
