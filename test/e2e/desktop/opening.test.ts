/**
 * Links and files from outside, with the built program on the stand-in and its built page in a real Chromium: a first start
 * with a receipt, a second one with a draft, links to pages, and links that want more than that.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Channel, Input, Output } from '../../../src/shared/contract/channels.ts';
import { channels } from '../../../src/shared/contract/channels.ts';
import { errorWords, type AnyError } from '../../../src/shared/locales/errorWords.ts';
import { launchBrowser, type Language, type PageOptions } from '../support/browser.ts';
import { WORDS } from '../support/words.ts';
import { callWindow, draftIn, opened } from './confirming.ts';
import { BUILT, Program, endPrograms } from './standin/program.ts';
import { stage } from './standin/stage.ts';
import type { StandInOptions } from './standin/state.ts';
import { WindowPage } from './standin/windowPage.ts';

const PASSPHRASE = 'correct horse battery staple';
const TABLE = 'name,grade\nAda,1\n';

let folder: string;
let files: string;
let browser: Browser;
const pages: WindowPage[] = [];

function options(more: Partial<StandInOptions> = {}): StandInOptions {
  const dataDirectory = join(folder, 'data');
  return { dataDirectory, locale: 'en-GB', isPackaged: true, ...more };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-opening-'));
  files = join(folder, 'files');
  await mkdir(files);
  browser = await launchBrowser();
  await makeFiles();
});
afterEach(async () => {
  await Promise.all(pages.splice(0).map(async (page) => await page.close()));
  await endPrograms();
});
afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
});

/** A network in the data directory, a receipt of it, and a draft that it has not seen. */
async function makeFiles(): Promise<void> {
  const program = await Program.start(options());
  await stage(program, 'setup');
  const setup = { supervisorName: 'Ada Lovelace', organisation: 'Society', networkName: 'Trial' };
  await program.output('setup.try', { ...setup, passphrase: PASSPHRASE });
  await stage(program, 'running');
  const item = await draftIn(program, 'Grades.csv', TABLE);
  const signed = program.call('item.sign', {
    items: [{ id: item.id, shownHash: item.contentHash }],
    passphrase: null,
  });
  await opened(program);
  await callWindow(program, 'confirm', { ids: [item.id], passphrase: PASSPHRASE, later: false });
  expect(await signed).toMatchObject({ ok: true });
  const { requestId } = (await program.output('item.get', { id: item.id, ...NO_RECORDS })).item;
  const receipt = await later(program, 'receipt.export', { requestId: requestId ?? '' });
  await writeFile(join(files, 'grades.csreceipt'), receipt.text);
  const other = await draftIn(program, 'More.csv', `${TABLE}Grace,2\n`);
  const exported = await program.output('item.exportDraft', {
    id: other.id,
    shownHash: other.contentHash,
    signers: [],
    note: '',
  });
  await writeFile(join(files, 'more.csdraft'), exported.text);
  await program.output('item.remove', { id: other.id });
  expect(await program.quit()).toBe(0);
}
const NO_RECORDS = { firstRecord: 0, recordCount: 0 };

/** The output of a channel, once it has one: a receipt needs a checkpoint. */
async function later<C extends Channel>(program: Program, channel: C, input: Input<C>): Promise<Output<C>> {
  for (;;) {
    const answer = await program.call(channel, input);
    if (answer.ok) return channels[channel].output.parse(answer.output) as Output<C>;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The page in the window of the program. */
async function show(program: Program, look: Partial<PageOptions> = {}): Promise<Page> {
  const shown = {
    kind: 'console',
    url: 'countersign://console/',
    preload: join(BUILT, 'preload/console.cjs'),
  } as const;
  const opened = await WindowPage.open(browser, program, shown, { language: 'en', width: 1_280, ...look });
  pages.push(opened);
  return opened.page;
}

async function picture(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(BUILT, `../screenshots/opening-${name}.png`) });
}

async function untilPath(page: Page, wanted: RegExp): Promise<void> {
  while (!wanted.test(new URL(page.url()).pathname)) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** Waits until the page tells of an error, however it sets names apart. */
async function told(page: Page, error: AnyError, language: Language): Promise<void> {
  const { what } = errorWords(error, language);
  const plain = (text: string): string => text.replace(/[\u2066-\u2069]/g, '');
  await expect
    .poll(async () => (await page.getByRole('alert').allInnerTexts()).map(plain).join('\n'), {
      timeout: 20_000,
    })
    .toContain(plain(what));
}

describe('a file', () => {
  it('that the program is started with waits for the network, and is verified', async () => {
    const program = await Program.start(
      options({ arguments: ['--hidden', 'grades.csreceipt'], workingDirectory: files }),
    );
    // Somebody wants to see it: it is no start by itself.
    await program.calls('window.show');
    const page = await show(program);
    await untilPath(page, /^\/verify$/);
    await page.getByRole('article').getByText(WORDS.en.verified.valid, { exact: true }).waitFor();
    expect(await page.getByText('grades.csreceipt').count()).toBe(1);
    await picture(page, 'receipt');
    expect(pages[0]?.complaints).toEqual([]);
    expect(await program.quit()).toBe(0);
  });

  it('of a second start is found from where that was started, and nothing is signed', async () => {
    const program = await Program.start(options());
    await stage(program, 'running');
    await program.output('desktop.set', { closing: 'tray' });
    const page = await show(program);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await program.ask('closeWindow');
    await program.calls('window.hide');
    const shows = (await program.calls('window.show')).length;
    await program.ask('secondStart', ['./more.csdraft'], files);
    await untilPath(page, /^\/inbox\/.+/);
    expect((await program.calls('window.show')).length).toBe(shows + 1);
    const id = decodeURIComponent(new URL(page.url()).pathname.slice('/inbox/'.length));
    const { item } = await program.output('item.get', { id, ...NO_RECORDS });
    expect(item).toMatchObject({ state: 'draft', requestId: null, source: 'more.csdraft' });
    expect(await program.ask('child')).toBeNull();
    // Opened once more, it is the same item.
    await page.goBack();
    await program.ask('secondStart', ['more.csdraft'], files);
    await untilPath(page, new RegExp(`^/inbox/${id}$`));
    expect(await program.quit()).toBe(0);
  });

  it('of several waits beside the others, and what cannot be read is told in words', async () => {
    await writeFile(join(files, 'bad.csreq'), 'no request');
    const program = await Program.start(options());
    await stage(program, 'running');
    const page = await show(program);
    await program.ask('secondStart', ['none.csreceipt', 'bad.csreq', 'table.csv', 'grades.csreceipt'], files);
    await page.getByRole('article').getByText(WORDS.en.verified.valid, { exact: true }).waitFor();
    for (const error of [
      { code: 'file.notFound', data: { path: join(files, 'none.csreceipt') } },
      { code: 'opening.unknownKind', data: { name: 'table.csv' } },
    ]) {
      await told(page, error, 'en');
    }
    expect(await page.getByRole('alert').count()).toBe(3);
    // What is wrong inside a file says in which one.
    expect(await page.getByRole('alert').getByText('bad.csreq', { exact: true }).count()).toBe(1);
    await picture(page, 'several');
    expect(await program.quit()).toBe(0);
  });

  it('that comes while nothing is set up waits, and the page says why', async () => {
    const dataDirectory = join(folder, 'empty');
    const program = await Program.start(
      options({ dataDirectory, arguments: ['grades.csreceipt'], workingDirectory: files }),
    );
    await stage(program, 'setup');
    for (const language of ['en', 'zh-CN'] as const) {
      await program.output('desktop.set', { language });
      const page = await show(program, { language, theme: language === 'en' ? 'light' : 'dark' });
      await page.getByText(WORDS[language].opening.why.setup).waitFor();
      await page.getByText('grades.csreceipt').waitFor();
      await picture(page, `waiting-${language}`);
    }
  });
});

describe('SECURITY 2: a link', () => {
  it('leads to a page: before the app is ready, from a second start, and from the system', async () => {
    const program = await Program.start(options({ urlsBeforeReady: ['countersign://open/blocks/0'] }));
    expect((await program.calls('app.setAsDefaultProtocolClient'))[0]?.args[0]).toBe('countersign');
    await program.calls('window.show');
    const page = await show(program);
    await untilPath(page, /^\/blocks\/0$/);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await program.ask('secondStart', ['countersign://open/evidence'], folder);
    await untilPath(page, /^\/evidence$/);
    expect(await program.ask('openUrl', 'countersign://open/keys/')).toBe(true);
    await untilPath(page, /^\/keys$/);
    expect(await program.ask('openFile', join(files, 'grades.csreceipt'))).toBe(true);
    await untilPath(page, /^\/verify$/);
    await page.getByRole('article').getByText(WORDS.en.verified.valid, { exact: true }).waitFor();
    expect(await program.quit()).toBe(0);
  });

  it('that names anything but a page opens nothing, and the person is told in either language', async () => {
    const program = await Program.start(options());
    await stage(program, 'running');
    for (const language of ['en', 'zh-CN'] as const) {
      await program.output('desktop.set', { language });
      const page = await show(program, { language });
      await page.getByRole('heading', { level: 1 }).waitFor();
      const before = page.url();
      for (const [link, code] of [
        ['countersign://open/..%2f..%2fkeys', 'opening.linkPage'],
        ['countersign://console/keys', 'opening.linkHost'],
        ['countersign://open/keys/unlock?passphrase=x', 'opening.linkPage'],
      ] as const) {
        await program.ask('secondStart', [link], folder);
        await told(page, { code, data: { link } }, language);
        expect(page.url()).toBe(before);
      }
      await picture(page, `hostile-${language}`);
      await pages.pop()?.close();
    }
    expect(await program.ask('child')).toBeNull();
    expect((await program.calls('window.loadURL')).map(({ args }) => args)).toEqual([
      ['countersign://console/'],
    ]);
    expect(await program.quit()).toBe(0);
  });

  it('is not asked of the system by a program that is not installed', async () => {
    const program = await Program.start(options({ isPackaged: false, arguments: ['.'] }));
    await stage(program, 'running');
    expect((await program.ask('recorded')).map(({ call }) => call)).not.toContain(
      'app.setAsDefaultProtocolClient',
    );
    expect(await program.output('opening.next', { taken: 0 })).toEqual({
      opened: null,
      number: 0,
      waiting: [],
    });
  });
});

it('the packages tell the system of the kinds of files that the program opens', async () => {
  const config = await readFile(new URL('../../../electron-builder.yml', import.meta.url), 'utf8');
  for (const ending of ['csreceipt', 'csreq', 'csdraft']) expect(config).toContain(`- ext: ${ending}\n`);
  expect(config).toContain('schemes: [countersign]');
});
