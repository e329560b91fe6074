/**
 * What the confirmation window shows of a change of the registry, that what this version cannot read cannot be signed,
 * and that the window looks as the console does: with the built bundles, and a real network behind them.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ItemView } from '../../../src/shared/contract/model.ts';
import { ERROR_CATALOGUES } from '../../../src/shared/locales/errorWords.ts';
import { contentHashOf } from '../../../src/main/ledger/contentHash.ts';
import { genesisPath } from '../../../src/main/replica/embeddedLayout.ts';
import { openClientStore } from '../../../src/main/storage/openClientStore.ts';
import { createStoreWorker } from '../../../src/main/storage/storeWorker.ts';
import { Auditor } from '../support/audit.ts';
import { launchBrowser, type Language, type PageOptions } from '../support/browser.ts';
import { PASSPHRASE } from '../support/flow.ts';
import { countersign } from '../support/serve.ts';
import { WORDS, words } from '../support/words.ts';
import { draftIn, opened } from './confirming.ts';
import { BUILT, Program, endPrograms } from './standin/program.ts';
import { stage } from './standin/stage.ts';
import { WindowPage } from './standin/windowPage.ts';

const NAME = 'Ada Lovelace';
const NETWORK = 'Trial';
/** The number of a kind that nothing is of yet. */
const UNKNOWN_KIND = 99;
const PATIENCE_MS = 30_000;

let folder: string;
let directory: string;
let program: Program;
let browser: Browser;
const pages: WindowPage[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-kinds-'));
  directory = join(folder, 'data');
  browser = await launchBrowser();
  program = await start();
  await stage(program, 'setup');
  const setup = { supervisorName: NAME, organisation: 'Society', networkName: NETWORK };
  await program.output('setup.try', { ...setup, passphrase: PASSPHRASE });
  await stage(program, 'running');
});
afterEach(async () => {
  if ((await program.ask('child')) !== null) await program.ask('childClose');
  const complaints = pages.flatMap((page) => page.complaints);
  await Promise.all(pages.splice(0).map(async (page) => await page.close()));
  expect(complaints).toEqual([]);
});
afterAll(async () => {
  await browser.close();
  await endPrograms();
  await rm(folder, { recursive: true, force: true });
});

async function start(): Promise<Program> {
  return await Program.start({
    dataDirectory: directory,
    locale: 'en-GB',
    isPackaged: true,
  });
}

/** The console's page at `path`. */
async function showConsole(path: string, look: Partial<PageOptions> = {}): Promise<Page> {
  const url = `countersign://console${path}`;
  const shown = { kind: 'console', url, preload: join(BUILT, 'preload/console.cjs') } as const;
  const options = { language: 'en', width: 1_280, ...look } as const;
  const window = await WindowPage.open(browser, program, shown, options);
  pages.push(window);
  return window.page;
}

/** The window that is open over it, as the program has it opened. */
async function lookAt(look: Partial<PageOptions> = {}): Promise<WindowPage> {
  const { url, preload } = await opened(program);
  const window = await WindowPage.open(
    browser,
    program,
    { kind: 'child', url, preload },
    { language: 'en', ...look },
  );
  pages.push(window);
  await window.page.getByRole('heading', { level: 1 }).waitFor();
  return window;
}

async function itemOf(id: string): Promise<ItemView> {
  return (await program.output('item.get', { id, firstRecord: 0, recordCount: 0 })).item;
}

/** The draft of a change that adds a supervisor, whose card is made elsewhere. */
async function proposeSupervisor(name: string): Promise<ItemView> {
  const at = (file: string): string => join(folder, file);
  await writeFile(at('passphrase'), `${PASSPHRASE}\n`, { mode: 0o600 });
  const keyed = ['--passphrase-file', at('passphrase')];
  expect(await countersign('keygen', '--out', at(`${name}.pem`), ...keyed)).toMatchObject({ code: 0 });
  const made = await countersign(
    ...['card', '--genesis', genesisPath(directory), '--key', at(`${name}.pem`), ...keyed],
    ...['--name', name, '--organisation', 'House', '--out', at(`${name}.cscard`)],
  );
  expect(made.errors).toBe('');
  const cardText = await readFile(at(`${name}.cscard`), 'utf8');
  const { cards } = await program.output('registry.readCards', { cardText });
  const proposal = { kind: 'addSupervisor', cardText, cardKey: cards[0]?.publicKey ?? '' } as const;
  const { itemId } = await program.output('registry.propose', { proposal });
  return await itemOf(itemId);
}

describe('SECURITY 8: a change of the registry', () => {
  it.each<Language>(['en', 'zh-CN'])(
    'is said in a sentence and shown fact by fact, in %s',
    async (language) => {
      expect(await program.call('desktop.set', { language })).toMatchObject({ ok: true });
      const newcomer = language === 'en' ? 'Bea' : 'Cleo';
      const item = await proposeSupervisor(newcomer);
      const { sentence, registry, confirm, unlock } = WORDS[language];
      const items = [{ id: item.id, shownHash: item.contentHash }];
      const asked = program.call('item.sign', { items, passphrase: null });
      const window = await lookAt({ language });
      const { page } = window;
      const [before = '', after = ''] = words(sentence.registry.propose, {
        supervisor: NAME,
        network: NETWORK,
      }).split('{title}');
      const said = page.getByRole('region', { name: sentence.region });
      await said.getByText(before).and(said.getByText(after)).waitFor();
      await page.getByText(registry.changeOf.addSupervisor, { exact: true }).waitFor();
      const table = page.getByRole('table', { name: registry.difference });
      const name = table.getByRole('row').filter({ hasText: registry.field.name });
      expect(await name.getByRole('cell').allInnerTexts()).toEqual([
        registry.nothing,
        expect.stringContaining(newcomer),
      ]);
      await page.getByText(item.contentHash).first().waitFor();
      const auditor = await Auditor.of(window);
      expect(await auditor.look('a change of the registry', language)).toEqual([]);
      await page.screenshot({ path: join(BUILT, `../screenshots/confirm-registry-${language}.png`) });

      const field = page.getByLabel(unlock.passphrase, { exact: true });
      if ((await field.count()) > 0) await field.fill(PASSPHRASE);
      await page.getByRole('button', { name: confirm.sign, exact: true }).click();
      expect(await asked).toMatchObject({ ok: true, output: { results: [{ id: item.id, error: null }] } });
      await expect.poll(async () => (await itemOf(item.id)).state, { timeout: PATIENCE_MS }).toBe('final');
    },
  );

  it('counts once it is final: the first one is a supervisor, and has to approve the second', async () => {
    await program.call('desktop.set', { language: 'auto' });
    // What a quorum says is final may still be on its way to the own replica.
    const read = async (): Promise<readonly [string[], number]> => {
      const { supervisors, proposals } = await program.output('registry.get', {});
      return [supervisors.map(({ name }) => name).toSorted(), proposals.length];
    };
    await expect.poll(read, { timeout: PATIENCE_MS }).toEqual([[NAME, 'Bea'], 1]);
  });
});

describe('SECURITY 8: a kind of request that this version does not know', () => {
  it('cannot be signed: no window opens, and the console says why', async () => {
    const known = await draftIn(program, 'newer.pdf', 'made by a newer version');
    expect(await program.quit()).toBe(0);
    await makeUnknown(known.id);
    program = await start();
    await stage(program, 'running');
    const before = (await program.calls('BrowserWindow')).length;
    const { contentHash, state } = (await program.output('session.snapshot', {})).items.find(
      ({ id }) => id === known.id,
    )!;
    expect([state, contentHash === known.contentHash]).toEqual(['draft', false]);

    const asked = { items: [{ id: known.id, shownHash: contentHash }], passphrase: null };
    expect(await program.call('item.sign', asked)).toMatchObject({
      ok: false,
      error: { code: 'encoding.invalid', data: { problem: 'has an unknown kind' } },
    });
    const page = await showConsole(`/inbox/${known.id}`);
    const { what, action } = ERROR_CATALOGUES.en['encoding.invalid'];
    await page.getByRole('alert').getByText('has an unknown kind').first().waitFor();
    await page.getByRole('alert').getByText(what.split('{')[0]!).first().waitFor();
    await page.getByRole('alert').getByText(action).first().waitFor();
    expect(await page.getByRole('button', { name: WORDS.en.review.sign }).count()).toBe(0);
    await page.screenshot({ path: join(BUILT, '../screenshots/confirm-unknown-kind.png') });
    expect(await program.ask('child')).toBeNull();
    expect((await program.calls('BrowserWindow')).length).toBe(before);
    // In a batch with others nothing is signed either.
    const other = await draftIn(program, 'known.pdf', 'of a kind that is known');
    const items = [...asked.items, { id: other.id, shownHash: other.contentHash }];
    expect(await program.call('item.sign', { items, passphrase: null })).toMatchObject({
      ok: false,
      error: { code: 'encoding.invalid' },
    });
    expect((await itemOf(other.id)).state).toBe('draft');
  });

  /** Makes of what is kept of a draft what a newer version might have left there. */
  async function makeUnknown(id: string): Promise<void> {
    const store = await openClientStore({ directory, createWorker: createStoreWorker });
    try {
      const stored = (await store.get(id))!;
      const payload = Uint8Array.from(stored.payload);
      // After the head of the array, the kind as a small number: one byte becomes the two of a larger one.
      expect(payload[1]).toBe(2);
      const unknown = Uint8Array.from([payload[0]!, 0x18, UNKNOWN_KIND, ...payload.subarray(2)]);
      const detail = { ...(JSON.parse(stored.detail) as object), contentHash: contentHashOf(unknown) };
      await store.put({ ...stored, payload: unknown, detail: JSON.stringify(detail) });
    } finally {
      await store.close();
    }
  }
});

describe('the theme', () => {
  const isDark = async (page: Page): Promise<boolean> =>
    await page.evaluate(() => document.documentElement.classList.contains('dark'));

  it.each([
    ['dark', 'light'],
    ['light', 'dark'],
  ] as const)(
    '%s, chosen in the console, is that of the confirmation on a %s system',
    async (chosen, system) => {
      const item = await draftIn(program, `${chosen}.csv`, 'name,grade\nAda,1\nGrace,2\n');
      const page = await showConsole(`/inbox/${item.id}`, { theme: system });
      await page.getByLabel(WORDS.en.settings.theme, { exact: true }).first().selectOption(chosen);
      await expect.poll(async () => await isDark(page)).toBe(chosen === 'dark');
      await expect.poll(() => program.themeSource).toBe(chosen);
      await page.getByRole('button', { name: WORDS.en.review.sign, exact: true }).click();
      const { page: window } = await lookAt({ theme: system });
      expect(await isDark(window)).toBe(chosen === 'dark');
      await window.getByRole('table').waitFor();
      await window.screenshot({ path: join(BUILT, `../screenshots/confirm-chosen-${chosen}.png`) });

      // While it is open, it follows.
      const other = chosen === 'dark' ? 'light' : 'dark';
      expect(await program.call('desktop.set', { theme: other })).toMatchObject({ ok: true });
      await expect.poll(async () => await isDark(window)).toBe(other === 'dark');
      expect(await program.call('desktop.set', { theme: 'auto' })).toMatchObject({ ok: true });
      await expect.poll(async () => await isDark(window)).toBe(system === 'dark');
      await window.keyboard.press('Escape');
    },
  );

  it('lasts: the next start has it before anything is shown', async () => {
    expect(await program.call('desktop.set', { theme: 'dark' })).toMatchObject({ ok: true });
    expect(await program.quit()).toBe(0);
    program = await start();
    await program.calls('window.show');
    const calls = (await program.ask('recorded')).map(({ call, args }) => [call, args[0]] as const);
    const themed = calls.findIndex(
      ([call, source]) => call === 'nativeTheme.themeSource' && source === 'dark',
    );
    expect(themed).toBeGreaterThanOrEqual(0);
    expect(calls.findIndex(([call]) => call === 'BrowserWindow')).toBeGreaterThan(themed);
    expect(await isDark(await showConsole('/', { theme: 'light' }))).toBe(true);
    await program.call('desktop.set', { theme: 'auto' });
  });
});
