/**
 * What the program shows beside its console, for people to look at, in both languages and both themes: into
 * `screenshots/`. Each picture is checked for what must be on it.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import english from '../../../src/main/desktop/locales/en.json' with { type: 'json' };
import chinese from '../../../src/main/desktop/locales/zh-CN.json' with { type: 'json' };
import { NOTICES_BY_DEFAULT } from '../../../src/shared/contract/settings.ts';
import { fill } from '../../../src/main/desktop/words.ts';
import { launchBrowser, type Language, type Theme } from '../support/browser.ts';
import { WORDS } from '../support/words.ts';
import { callWindow, draftIn, opened, unlock } from './confirming.ts';
import { draw, drawnBy, labels } from './drawn.ts';
import { BUILT, Program, endPrograms } from './standin/program.ts';
import { stage } from './standin/stage.ts';
import { WindowPage } from './standin/windowPage.ts';

const PASSPHRASE = 'correct horse battery staple';
const SCREENSHOTS = join(BUILT, '../screenshots');
const DESKTOP_WORDS = { en: english, 'zh-CN': chinese };
const LANGUAGES: readonly Language[] = ['en', 'zh-CN'];
const THEMES: readonly Theme[] = ['light', 'dark'];
const TITLES = { en: 'Grades', 'zh-CN': '成绩' };

let folder: string;
let browser: Browser;
let program: Program;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-pictures-'));
  await mkdir(SCREENSHOTS, { recursive: true });
  const dataDirectory = join(folder, 'data');
  const options = { dataDirectory, locale: 'en-GB', isPackaged: true };
  [program, browser] = await Promise.all([Program.start(options), launchBrowser()]);
  await stage(program, 'setup');
  const setup = { supervisorName: 'Ada Lovelace', organisation: 'Society', networkName: 'Trial' };
  await program.call('setup.try', { ...setup, passphrase: PASSPHRASE });
  await stage(program, 'running');
  await unlock(program, PASSPHRASE);
  // A change of view, as there may be on a busy machine, is another matter.
  await program.output('settings.setNotices', { notices: { ...NOTICES_BY_DEFAULT, viewChange: false } });
  // Nobody is notified of what is seen in the window.
  await program.call('desktop.set', { closing: 'tray', lockWhenHidden: false });
  await program.ask('closeWindow');
});
afterAll(async () => {
  await browser.close();
  await endPrograms();
  await rm(folder, { recursive: true, force: true });
});

/** Signs a small table, so that there is something to notify of. */
async function signOne(title: string, words: (typeof DESKTOP_WORDS)[Language]): Promise<void> {
  const { id, contentHash } = await draftIn(program, `${title}.csv`, 'name,grade\nAda,1\n');
  // The program looks once a second, and tells of nothing that began and ended between two looks.
  const waiting = fill(words.tray.drafts.one, { count: '1' });
  await expect.poll(() => labels(program, 'tray.setContextMenu'), { timeout: 30_000 }).toContain(waiting);
  const asked = program.call('item.sign', { items: [{ id, shownHash: contentHash }], passphrase: null });
  await opened(program);
  const input = { ids: [id], passphrase: PASSPHRASE, later: false };
  expect(await callWindow(program, 'confirm', input)).toMatchObject({ ok: true });
  expect(await asked).toMatchObject({ ok: true });
}

describe.each(LANGUAGES)('in %s', (language) => {
  const words = DESKTOP_WORDS[language];

  it('the tray, its menu, the menus and a notification', async () => {
    expect(await program.call('desktop.set', { language })).toEqual({ ok: true, output: {} });
    await signOne(TITLES[language], words);
    const shown = async (): Promise<(string | undefined)[]> => {
      const { tray, notices } = await drawnBy(program);
      return [tray[0]?.label, notices.at(-1)?.body];
    };
    await expect.poll(shown, { timeout: 30_000 }).toEqual([words.tray.state.inStep, TITLES[language]]);
    for (const theme of THEMES) {
      const page = await draw(browser, await drawnBy(program), theme);
      await page.getByText(words.tray.state.inStep, { exact: true }).first().waitFor();
      await page.getByRole('heading', { name: words.menu.help, exact: true }).waitFor();
      await page.getByText(TITLES[language], { exact: true }).waitFor();
      const coloured = await page.evaluate(() => {
        const canvas = document.querySelector('canvas');
        const data = canvas?.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
        return data.some((value) => value > 0);
      });
      expect(coloured).toBe(true);
      await page.screenshot({ path: join(SCREENSHOTS, `desktop-tray.${language}.${theme}.png`) });
      await page.context().close();
    }
  });

  it.each(THEMES)('the console in its window, with what is set for the desktop, %s', async (theme) => {
    const shown = { kind: 'console', url: 'countersign://console/settings' } as const;
    const preload = join(BUILT, 'preload/console.cjs');
    const size = { width: 1_280, height: 1_600 };
    const window = await WindowPage.open(
      browser,
      program,
      { ...shown, preload },
      { language, theme, ...size },
    );
    await window.page.getByRole('heading', { level: 1, name: WORDS[language].settings.title }).waitFor();
    await window.page.getByRole('heading', { name: WORDS[language].desktop.title, exact: true }).waitFor();
    await window.page.screenshot({ path: join(SCREENSHOTS, `desktop-settings.${language}.${theme}.png`) });
    expect(window.complaints).toEqual([]);
    await window.close();
  });
});
