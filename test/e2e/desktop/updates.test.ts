/**
 * SECURITY.md, 16, in the built program on the stand-in with its built page in a real Chromium: a release is looked for
 * when a person says so, fetched from a real server, and shown; nothing is installed, and nothing restarts.
 */
import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { PACKAGE, RELEASE_KEYS, ReleaseServer, description, packageAt } from '../../support/releases.ts';
import { launchBrowser, type Language } from '../support/browser.ts';
import { WORDS } from '../support/words.ts';
import { BUILT, Program, endPrograms } from './standin/program.ts';
import { stage } from './standin/stage.ts';
import type { StandInOptions } from './standin/state.ts';
import { WindowPage } from './standin/windowPage.ts';
import { SETUP, optionsOf } from './starting.ts';

/** The stand-in says that it is 1.2.3. */
const NAME = packageAt('').name;

let folder: string;
/** The built program as somebody packs it who publishes releases. */
let packed: string;
let server: ReleaseServer;
let browser: Browser;
const pages: WindowPage[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-updates-'));
  await mkdir(join(folder, 'downloads'));
  server = await ReleaseServer.start();
  await writeFile(join(folder, 'authority.pem'), server.certificate);
  process.env['NODE_EXTRA_CA_CERTS'] = join(folder, 'authority.pem');
  packed = join(folder, 'app/out');
  await cp(BUILT, packed, { recursive: true });
  await symlink(join(BUILT, '../node_modules'), join(folder, 'app/node_modules'));
  await writeFile(
    join(packed, 'main/updates.json'),
    JSON.stringify({ format: 1, url: server.url('/update'), keys: RELEASE_KEYS, threshold: 2 }),
  );
  browser = await launchBrowser();
});
afterEach(async () => {
  await Promise.all(pages.splice(0).map(async (page) => await page.close()));
  await endPrograms();
});
afterAll(async () => {
  delete process.env['NODE_EXTRA_CA_CERTS'];
  await browser.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

function options(more: Partial<StandInOptions> = {}): StandInOptions {
  return { ...optionsOf(join(folder, 'data')), ...more };
}

/** The page of the program's window, at its settings. */
async function show(program: Program, language: Language): Promise<Page> {
  const shown = {
    kind: 'console',
    url: 'countersign://console/',
    preload: join(packed, 'preload/console.cjs'),
  } as const;
  const theme = language === 'en' ? 'light' : 'dark';
  const opened = await WindowPage.open(browser, program, shown, { language, theme, width: 1_280 });
  pages.push(opened);
  return opened.page;
}

it('SECURITY 16: an update is looked for, fetched and shown when a person says so, and nothing more', async () => {
  const program = await Program.start(options(), packed);
  await stage(program, 'setup');
  await program.output('setup.try', SETUP);
  await stage(program, 'running');
  const page = await show(program, 'en');
  const words = WORDS.en.updates;
  await program.ask('clickMenu', 'application', 'Updates…');
  const panel = page.getByRole('region', { name: words.title });
  await panel.getByText(words.never, { exact: true }).waitFor();
  expect(server.asked).toEqual([]);

  server.put('/update', description(server.url('/package'), {}, [2]));
  await panel.getByRole('button', { name: words.look }).click();
  await panel.getByRole('alert').getByText('too few release keys').waitFor();

  server.put('/update', description(server.url('/package')));
  await panel.getByRole('button', { name: words.look }).click();
  await panel.getByText('Search finds words of refusals.').waitFor();
  // Somebody else's page says so too, until it is laid aside.
  await page.getByRole('link', { name: WORDS.en.overview.title, exact: true }).click();
  await page.getByRole('button', { name: words.notNow }).waitFor();
  await page.screenshot({ path: join(BUILT, '../screenshots/updates-banner.png') });
  await page.getByRole('link', { name: words.lookAtIt }).click();

  server.put('/package', Buffer.alloc(PACKAGE.length, 'x'));
  await panel.getByRole('button', { name: NAME }).click();
  await panel.getByRole('alert').getByText('is not the one that was signed').waitFor();
  expect(await readdir(join(folder, 'downloads'))).toEqual([]);

  server.put('/package', PACKAGE);
  await panel.getByRole('button', { name: NAME }).click();
  await panel.getByText(words.install.AppImage).waitFor();
  const path = join(folder, 'downloads', NAME);
  expect(await readFile(path)).toEqual(PACKAGE);
  await panel.getByRole('button', { name: words.show }).click();
  expect((await program.calls('shell.showItemInFolder'))[0]?.args).toEqual([path]);
  await page.screenshot({ path: join(BUILT, '../screenshots/updates-ready.png') });
  expect(pages[0]?.complaints).toEqual([]);
  // It runs on, and what was asked of the system is only that.
  await stage(program, 'running');
  const asked = (await program.ask('recorded')).map(({ call }) => call);
  expect(asked.filter((call) => /relaunch|quit|openExternal|openPath/.test(call))).toEqual([]);
  expect(server.asked.every(({ headers }) => headers['user-agent'] === undefined)).toBe(true);
  expect(await program.quit()).toBe(0);
});

it('SECURITY 16: a package that came another way is checked without the network, in either language', async () => {
  const path = join(folder, NAME);
  await writeFile(path, PACKAGE);
  await writeFile(join(folder, 'countersign-update.json'), description('https://releases.example/package'));
  server.asked.length = 0;
  const program = await Program.start(options({ chosenFile: path }), packed);
  await stage(program, 'running');
  await program.output('desktop.set', { language: 'zh-CN' });
  const page = await show(program, 'zh-CN');
  await page.getByRole('link', { name: WORDS['zh-CN'].settings.title, exact: true }).click();
  const panel = page.getByRole('region', { name: WORDS['zh-CN'].updates.title });
  await panel.getByRole('button', { name: WORDS['zh-CN'].updates.check }).click();
  await panel.getByText(WORDS['zh-CN'].updates.install.AppImage).waitFor();
  const [dialog] = await program.calls('dialog.showOpenDialog');
  expect(dialog?.args[0]).toMatchObject({ properties: ['openFile'] });
  await page.screenshot({ path: join(BUILT, '../screenshots/updates-checked-zh.png') });
  expect(server.asked).toEqual([]);
  expect(await program.quit()).toBe(0);
});

it('a package that is being fetched leaves nothing when the program is quit', async () => {
  const downloads = join(folder, 'quitting/downloads');
  await mkdir(downloads, { recursive: true });
  server.put('/update', description(server.url('/package')));
  server.put('/package', (_request, response) => response.writeHead(200).write(PACKAGE.subarray(0, 1_000)));
  const program = await Program.start(options({ dataDirectory: join(folder, 'quitting/data') }), packed);
  await stage(program, 'setup');
  await program.output('update.look', {});
  const state = async (): Promise<unknown> => (await program.output('update.get', {})).update?.state;
  await expect.poll(state).toMatchObject({ name: 'offered' });
  await program.output('update.fetch', { fileName: NAME });
  await expect.poll(state).toMatchObject({ name: 'fetching', receivedBytes: 1_000 });
  expect(await readdir(downloads)).toHaveLength(1);
  expect(await program.quit()).toBe(0);
  expect(await readdir(downloads)).toEqual([]);
});

it('a build that was made without a source says so, and looks nowhere', async () => {
  const program = await Program.start(options());
  await stage(program, 'running');
  const { update } = await program.output('update.get', {});
  expect(update).toMatchObject({ source: null, running: '1.2.3', state: { name: 'idle' } });
  for (const channel of ['update.look', 'update.check'] as const) {
    expect(await program.call(channel, {})).toMatchObject({ error: { code: 'update.noSource' } });
  }
  expect((await program.ask('recorded')).map(({ call }) => call)).not.toContain('dialog.showOpenDialog');
  expect(await program.quit()).toBe(0);
});
