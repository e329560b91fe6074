/**
 * The inbox and the blocks, against a real network of four processes: drafts of several files, one of them declined and
 * taken back, a batch that is signed after a look at each and without the one that is left out, and the addresses of what
 * was signed, which lead back to it.
 * @module
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Supervisor } from '../support/flow.ts';
import type { Look, TestedConsole, View, Way } from '../support/way.ts';
import { WORDS, words } from '../support/words.ts';

const TITLES = ['minutes.txt', 'plan.txt', 'survey.txt'] as const;
const [LEFT_OUT] = TITLES;
const PATIENCE_MS = 60_000;

export function inboxAndBlocks(way: Way, look: Look): void {
  const { language } = look;
  const { item, state, toast, block, blocks } = WORDS[language];
  describe(`the inbox and the blocks in the ${way.name}, in ${language}`, () => {
    let tested: TestedConsole;
    let view: View;
    let supervisor: Supervisor;

    beforeAll(async () => {
      tested = await way.start();
      view = await tested.open(look);
      supervisor = new Supervisor(view, language);
      await supervisor.tryIt();
    });
    afterAll(async () => await tested.remove());

    const row = (title: string): Locator =>
      view.page
        .getByRole('article')
        .filter({ has: view.page.getByRole('link', { name: title, exact: true }) });

    it('makes a draft of each file that is handed over', async () => {
      for (const title of TITLES) {
        const path = join(tested.directory, title);
        await writeFile(path, `What ${title} says.\n`);
        await supervisor.hand([path], 'document');
        await row(title).getByText(state.draft, { exact: true }).waitFor();
      }
    });

    it('declines one, and takes that back', async () => {
      await row(LEFT_OUT).getByRole('button', { name: item.decline, exact: true }).click();
      await row(LEFT_OUT).getByText(state.declined, { exact: true }).waitFor();
      await view.page.getByRole('button', { name: toast.undo, exact: true }).click();
      await row(LEFT_OUT).getByText(state.draft, { exact: true }).waitFor();
    });

    it('signs a batch after a look at each, and leaves out what is not to be signed', async () => {
      await supervisor.signAllDrafts(TITLES, LEFT_OUT);
      for (const title of TITLES.filter((one) => one !== LEFT_OUT)) {
        // In one block or in two.
        const final = new RegExp(`^\\s*(${supervisor.finalAt(1)}|${supervisor.finalAt(2)})\\s*$`);
        await row(title).getByText(final).waitFor({ timeout: PATIENCE_MS });
      }
      await row(LEFT_OUT).getByText(state.draft, { exact: true }).waitFor();
      // It was not tried, so it is selected still.
      expect(await row(LEFT_OUT).getByRole('checkbox').isChecked()).toBe(true);
    });

    it('leads from a block to its requests and back, and by each address to the same again', async () => {
      const { page } = view;
      await supervisor.open('blocks');
      await page
        .getByRole('table', { name: blocks.list })
        .getByRole('link', { name: '1', exact: true })
        .click();
      const heading = page.getByRole('heading', { level: 1, name: words(block.heading, { height: 1 }) });
      await heading.waitFor();
      expect(new URL(page.url()).pathname).toBe('/blocks/1');
      await page.reload();
      await heading.waitFor();
      await page.locator('main a[href^="/requests/"]').first().click();
      const request = page.getByRole('heading', { level: 1, name: /\.txt$/ });
      await request.waitFor();
      const title = await request.textContent();
      const { pathname } = new URL(page.url());
      expect(pathname).toMatch(/^\/requests\/[0-9a-f]{64}$/);
      await page.goBack();
      await heading.waitFor();
      await page.goto(tested.address(pathname));
      await request.waitFor();
      expect(await request.textContent()).toBe(title);
    });

    it('did nothing that a strict page must not', () => {
      expect(view.complaints).toEqual([]);
    });
  });
}
