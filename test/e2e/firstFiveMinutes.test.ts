/**
 * The first five minutes (PRODUCT.md), in a real browser against a real network of four processes, in both languages:
 * set up, drop the sample, review, sign, watch it become final, export the receipt, verify it on the page and, with
 * nothing but the genesis, in a fresh process.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, openPage, type Language, type WatchedPage } from './support/browser.ts';
import { Supervisor } from './support/flow.ts';
import { ServedConsole, countersign } from './support/serve.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const SAMPLE = join(root, 'resources/demo/assessments.csv');
const DOCUMENTS = [join(root, 'LICENSE'), join(root, 'README.md')];

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => await browser.close());

describe.each<Language>(['en', 'zh-CN'])('the first five minutes in %s', (language) => {
  let served: ServedConsole;
  let watched: WatchedPage;
  let supervisor: Supervisor;
  let receiptPath: string;

  beforeAll(async () => {
    served = await ServedConsole.start();
    watched = await openPage(browser, served.url, { language });
    supervisor = new Supervisor(watched.page, language);
  });
  afterAll(async () => {
    await watched.context.close();
    await served.remove();
  });

  it('sets up a network of four replicas', async () => {
    await supervisor.tryIt();
    expect(await watched.page.locator('html').getAttribute('lang')).toBe(language);
  });

  it('drops the sample, reviews it, signs it and sees it become final', async () => {
    await supervisor.hand([SAMPLE], 'assessments');
    await supervisor.review('assessments');
    await watched.page.getByText('A-2026-0001', { exact: true }).waitFor();
    await supervisor.sign();
    await supervisor.untilFinal();
    await supervisor.open('inbox');
    await watched.page.getByText(supervisor.finalAt(1)).waitFor();
  });

  it('exports a receipt that holds elsewhere, and is refused with one byte changed', async () => {
    await watched.page.getByRole('link', { name: 'assessments', exact: true }).click();
    await supervisor.untilFinal();
    const text = await supervisor.exportReceipt();
    receiptPath = join(served.directory, 'receipt.json');
    await writeFile(receiptPath, text);
    const verified = await countersign('verify', receiptPath, '--genesis', served.genesis);
    expect(verified.errors).toBe('');
    expect(verified.answer).toMatchObject({ valid: true, kind: 'assessments', height: 1 });

    const tamperedPath = join(served.directory, 'tampered.json');
    await writeFile(tamperedPath, text.replace(/"height": (\d)/, '"height": 9'));
    const refused = await countersign('verify', tamperedPath, '--genesis', served.genesis);
    expect(refused.code).toBe(3);
    expect(await supervisor.verify(receiptPath)).toBe(true);
    expect(await supervisor.verify(tamperedPath)).toBe(false);
  });

  it('signs documents with a locked key, by passphrase', async () => {
    await supervisor.lock();
    await supervisor.hand(DOCUMENTS, 'document');
    await watched.page.getByRole('link', { name: /LICENSE/ }).waitFor();
    await supervisor.review((await watched.page.getByRole('link', { name: /LICENSE/ }).textContent()) ?? '');
    await supervisor.sign();
    await supervisor.untilFinal();
    await supervisor.open('blocks');
    await watched.page.getByRole('link', { name: '2', exact: true }).first().waitFor();
  });

  it('finds what was signed while one types, with the keyboard alone, and again by its address', async () => {
    const { page } = watched;
    await supervisor.open('overview');
    await supervisor.searchFor('0001 2026');
    const found = page.getByRole('link', { name: 'assessments', exact: true });
    await found.waitFor();
    await page.locator('mark', { hasText: '0001' }).first().waitFor();
    expect(await page.getByRole('link', { name: /LICENSE/ }).count()).toBe(0);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await supervisor.untilFinal();
    await page.goBack();
    await found.waitFor();
    await supervisor.searchFor('licen');
    await page.getByRole('link', { name: /LICENSE/ }).waitFor();
    await found.waitFor({ state: 'detached' });
    expect(new URL(page.url()).search).toBe('?q=licen');
    await page.reload();
    await page.getByRole('link', { name: /LICENSE/ }).waitFor();
    await supervisor.searchFor('licen nowhere');
    await supervisor.untilNothingFound();
    await supervisor.searchFor('2');
    await page.locator('main a[href="/blocks/2"]').first().waitFor();
  });

  it('shows the same after a restart of the program, without reloading the page', async () => {
    await supervisor.open('inbox');
    expect(await served.stop()).toBe(0);
    await supervisor.untilDisconnected();
    await served.run();
    await supervisor.untilBack();
    await supervisor.open('inbox');
    await watched.page.getByText(supervisor.finalAt(1)).waitFor();
    await watched.page.getByText(supervisor.finalAt(2)).waitFor();
    expect(await supervisor.verify(receiptPath)).toBe(true);
  });

  it('did nothing that a strict page must not', () => {
    // While the program was down the browser reports that it could not connect.
    const complaints = watched.complaints.filter(
      (complaint) => !complaint.includes('ERR_CONNECTION_REFUSED'),
    );
    expect(complaints).toEqual([]);
  });
});
