/**
 * The first five minutes (PRODUCT.md), against a real network of four processes: set up, drop the sample, review, sign,
 * watch it become final, export the receipt, verify it on the page and, with nothing but the genesis, in a fresh process.
 * @module
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ERROR_CATALOGUES } from '../../../src/shared/locales/errorWords.ts';
import { Supervisor } from '../support/flow.ts';
import { countersign } from '../support/serve.ts';
import type { Look, TestedConsole, View, Way } from '../support/way.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const SAMPLE = join(root, 'resources/demo/assessments.csv');
const DOCUMENTS = [join(root, 'LICENSE'), join(root, 'README.md')];

export function firstFiveMinutes(way: Way, look: Look): void {
  const { language } = look;
  describe(`the first five minutes in the ${way.name}, in ${language}`, () => {
    let tested: TestedConsole;
    let view: View;
    let supervisor: Supervisor;
    let receiptPath: string;

    beforeAll(async () => {
      tested = await way.start();
      view = await tested.open(look);
      supervisor = new Supervisor(view, language);
    });
    afterAll(async () => await tested.remove());

    it('sets up a network of four replicas', async () => {
      await supervisor.tryIt();
      expect(await view.page.locator('html').getAttribute('lang')).toBe(language);
    });

    it('drops the sample, reviews it, signs it and sees it become final', async () => {
      await supervisor.hand([SAMPLE], 'assessments');
      await supervisor.review('assessments');
      await view.page.getByText('A-2026-0001', { exact: true }).waitFor();
      await supervisor.sign();
      await supervisor.untilFinal();
      await supervisor.open('inbox');
      await view.page.getByText(supervisor.finalAt(1)).waitFor();
    });

    it('refuses a table of 50 MB as assessments, says what to do, and goes on as before', async () => {
      const path = join(tested.directory, 'huge.csv');
      await writeFile(path, 'place,class\n'.repeat(50_000_000 / 12));
      await supervisor.hand([path], 'assessments');
      const { what, action } = ERROR_CATALOGUES[language]['import.tooLarge'];
      await view.page.getByText(action, { exact: false }).first().waitFor();
      await view.page
        .getByText(what.split('{sizeBytes}')[0]!.replace('{name}', 'huge.csv'))
        .first()
        .waitFor();
      expect(await view.page.getByRole('link', { name: 'huge', exact: true }).count()).toBe(0);
      await supervisor.open('overview');
      await supervisor.open('inbox');
      await view.page.getByText(supervisor.finalAt(1)).waitFor();
    });

    it('exports a receipt that holds elsewhere, and is refused with one byte changed', async () => {
      await view.page.getByRole('link', { name: 'assessments', exact: true }).click();
      await supervisor.untilFinal();
      const text = await supervisor.exportReceipt();
      receiptPath = join(tested.directory, 'receipt.json');
      await writeFile(receiptPath, text);
      const verified = await countersign('verify', receiptPath, '--genesis', tested.genesis);
      expect(verified.errors).toBe('');
      expect(verified.answer).toMatchObject({ valid: true, kind: 'assessments', height: 1 });

      const tamperedPath = join(tested.directory, 'tampered.json');
      await writeFile(tamperedPath, text.replace(/"height": (\d)/, '"height": 9'));
      const refused = await countersign('verify', tamperedPath, '--genesis', tested.genesis);
      expect(refused.code).toBe(3);
      expect(await supervisor.verify(receiptPath)).toBe(true);
      expect(await supervisor.verify(tamperedPath)).toBe(false);
    });

    it('signs documents with a locked key, by passphrase', async () => {
      await supervisor.lock();
      await supervisor.hand(DOCUMENTS, 'document');
      await view.page.getByRole('link', { name: /LICENSE/ }).waitFor();
      await supervisor.review((await view.page.getByRole('link', { name: /LICENSE/ }).textContent()) ?? '');
      await supervisor.sign();
      await supervisor.untilFinal();
      await supervisor.open('blocks');
      await view.page.getByRole('link', { name: '2', exact: true }).first().waitFor();
    });

    it('finds what was signed while one types, with the keyboard alone, and again by its address', async () => {
      const { page } = view;
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
      // The address follows what was asked for last, in its own time.
      await page.waitForURL(({ search }) => search === '?q=licen');
      await page.reload();
      await page.getByRole('link', { name: /LICENSE/ }).waitFor();
      await supervisor.searchFor('licen nowhere');
      await supervisor.untilNothingFound();
      await supervisor.searchFor('2');
      await page.locator('main a[href="/blocks/2"]').first().waitFor();
    });

    it('shows the same after a restart of the program', async () => {
      await supervisor.open('inbox');
      expect(await tested.restart()).toBe(0);
      await supervisor.untilBack();
      await supervisor.open('inbox');
      await view.page.getByText(supervisor.finalAt(1)).waitFor();
      await view.page.getByText(supervisor.finalAt(2)).waitFor();
      expect(await supervisor.verify(receiptPath)).toBe(true);
    });

    it('did nothing that a strict page must not', () => {
      expect(view.complaints).toEqual([]);
    });
  });
}
