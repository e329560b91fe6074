/**
 * The command palette in a real browser, by keyboard alone, in both languages, against made-up data that keeps to the
 * contract.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildPages } from '../renderer/fixture/build.ts';
import { hash } from '../renderer/fixture/data.ts';
import { FixtureServer, TOKEN } from '../renderer/fixture/server.ts';
import { Auditor } from './support/audit.ts';
import { launchBrowser, openPage, type Language, type WatchedPage } from './support/browser.ts';
import { WORDS, words } from './support/words.ts';

let folder: string;
let browser: Browser;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-palette-'));
  await buildPages(folder);
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true });
});

describe.each<Language>(['en', 'zh-CN'])('the command palette in %s', (language) => {
  const W = WORDS[language];
  let server: FixtureServer;
  let watched: WatchedPage;
  let input: Locator;

  beforeEach(async () => {
    server = new FixtureServer(folder);
    watched = await openPage(browser, `${await server.listen()}/#token=${TOKEN}`, { language });
    input = watched.page.getByRole('combobox', { name: W.palette.input });
    await watched.page.getByRole('heading', { level: 1, name: W.overview.title }).waitFor();
  });
  afterEach(async () => {
    expect(watched.complaints).toEqual([]);
    await watched.context.close();
    await server.close();
  });

  const press = async (...keys: readonly string[]): Promise<void> => {
    for (const key of keys) await watched.page.keyboard.press(key);
  };
  const type = async (text: string): Promise<void> => {
    await press('Control+k');
    await input.waitFor();
    await watched.page.keyboard.type(text);
  };
  const heading = (name: string | RegExp): Locator =>
    watched.page.getByRole('heading', { level: 1, name, exact: true });

  it('goes to a page by its name in either language, and gives the focus to its title', async () => {
    await type('收件');
    await press('Enter');
    await heading(W.inbox.title).waitFor();
    await type('view ch');
    await press('Enter');
    await heading(W.views.title).waitFor();
    expect(await input.count()).toBe(0);
  });

  it('goes to a block by its height, and to a request by its id', async () => {
    await type('4120');
    await press('Enter');
    await watched.page.waitForURL('**/blocks/4120');
    const id = hash('request');
    await type(id);
    await press('Enter');
    await watched.page.waitForURL(`**/requests/${id}`);
  });

  it('lists what can be done, says which is chosen, and leaves nothing behind on Escape', async () => {
    await press('Control+k');
    const options = watched.page.getByRole('listbox', { name: W.palette.title }).getByRole('option');
    await options.first().waitFor();
    const chosen = async (): Promise<string | null> => await input.getAttribute('aria-activedescendant');
    expect(await chosen()).toBe('palette-0');
    await press('ArrowDown');
    await expect.poll(chosen).toBe('palette-1');
    expect(await options.nth(1).getAttribute('aria-selected')).toBe('true');
    await press('ArrowUp', 'ArrowUp');
    await expect.poll(chosen).toBe(`palette-${String((await options.count()) - 1)}`);
    const auditor = await Auditor.of(watched);
    expect(await auditor.look('the palette', language)).toEqual([]);
    await watched.page.keyboard.type('zzqqxx');
    await watched.page.getByText(W.palette.none).waitFor();
    await press('Enter', 'Escape');
    await input.waitFor({ state: 'detached' });
  });

  it('does commands: language, theme, shortcuts, unlocking, and signing what is selected', async () => {
    await type(language === 'en' ? 'Speak' : 'speak');
    await press('Enter');
    const other: Language = language === 'en' ? 'zh-CN' : 'en';
    await heading(WORDS[other].overview.title).waitFor();
    const dark = words(WORDS[other].palette.do.theme, { theme: WORDS[other].settings.themes.dark });
    await press('Control+k');
    await watched.page.getByRole('option', { name: dark }).click();
    await expect.poll(async () => await watched.page.locator('html').getAttribute('class')).toContain('dark');

    await watched.page.getByRole('button', { name: WORDS[other].palette.open }).click();
    await watched.page.keyboard.type('unlock');
    await press('Enter');
    await watched.page.getByRole('dialog', { name: WORDS[other].unlock.title }).waitFor();
    await press('Escape');
    await watched.page.getByRole('dialog').waitFor({ state: 'hidden' });

    await press('Control+k');
    await watched.page.keyboard.type('shortcuts');
    await press('Enter');
    const help = watched.page.getByRole('dialog', { name: WORDS[other].shortcuts.title });
    await help.getByText(WORDS[other].shortcuts.palette).waitFor();
    await help.getByText(words(WORDS[other].shortcuts.goTo, { page: WORDS[other].registry.title })).waitFor();
    await press('Escape');
    await help.waitFor({ state: 'hidden' });

    await press('g', 'i');
    await watched.page.getByText(WORDS[other].inbox.selectAll).click();
    await press('Control+k');
    await watched.page.keyboard.type('selected');
    await press('Enter');
    await watched.page
      .getByRole('dialog')
      .getByRole('button', { name: WORDS[other].action.cancel })
      .waitFor();
  });
});
