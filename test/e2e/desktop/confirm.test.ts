/**
 * The confirmation window of the built program (SECURITY.md 8): its walls, its calls, and signing in it, with its built
 * page in a real Chromium and a real network behind the built main process.
 */
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { IPC_PREFIX, type Answer } from '../../../src/shared/contract/bridge.ts';
import { CONFIRM_CHANNEL_NAMES } from '../../../src/shared/contract/confirm.ts';
import { CONFIRM_IPC_PREFIX } from '../../../src/shared/contract/confirmNames.ts';
import { snapshotSchema, type ItemView, type Snapshot } from '../../../src/shared/contract/model.ts';
import { Auditor } from '../support/audit.ts';
import { launchBrowser, type PageOptions } from '../support/browser.ts';
import { WORDS } from '../support/words.ts';
import { callWindow, draftIn, opened, outputOf, unlock } from './confirming.ts';
import { BUILT, Program, endPrograms } from './standin/program.ts';
import type { StandInOptions } from './standin/state.ts';
import { WindowPage } from './standin/windowPage.ts';
import { WALLS } from './walls.ts';

const PASSPHRASE = 'correct horse battery staple';
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; " +
  "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types vue";
const ENGLISH: PageOptions = { language: 'en' };

let folder: string;
let program: Program;
let browser: Browser;
const pages: WindowPage[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-confirm-'));
  [program, browser] = await Promise.all([Program.start(options()), launchBrowser()]);
  await until(({ stage }) => stage.name === 'setup');
  const setup = { supervisorName: 'Ada Lovelace', organisation: 'Society', networkName: 'Trial' };
  await program.call('setup.try', { ...setup, passphrase: PASSPHRASE });
  await until(({ stage }) => stage.name === 'running');
  await lock();
});
afterAll(async () => {
  await browser.close();
  await endPrograms();
  await rm(folder, { recursive: true, force: true });
});
afterEach(async () => {
  if ((await program.ask('child')) !== null) await program.ask('childClose');
  await Promise.all(pages.splice(0).map(async (page) => await page.close()));
  await lock();
  // A test that cancels counts as somebody who says no: the next one begins with somebody who says yes.
  expect(await unlock(program, PASSPHRASE)).toMatchObject({ ok: true });
  await lock();
});

function options(): StandInOptions {
  return { dataDirectory: join(folder, 'data'), locale: 'en-GB', isPackaged: true };
}

async function lock(): Promise<void> {
  await program.call('key.lock', {});
}

async function snapshot(): Promise<Snapshot> {
  const answer = await program.call('session.snapshot', {}).catch(() => null);
  if (answer?.ok !== true) return await new Promise((resolve) => setTimeout(() => resolve(snapshot()), 50));
  return snapshotSchema.parse(answer.output);
}

async function until(isWanted: (snapshot: Snapshot) => boolean): Promise<Snapshot> {
  for (;;) {
    const now = await snapshot();
    if (isWanted(now)) return now;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function draft(name: string, text: string): Promise<ItemView> {
  return await draftIn(program, name, text);
}

function sign(...items: readonly ItemView[]): Promise<Answer> {
  const shown = items.map(({ id, contentHash }) => ({ id, shownHash: contentHash }));
  return program.call('item.sign', { items: shown, passphrase: null });
}

async function stateOf({ id }: ItemView): Promise<string | undefined> {
  return (await snapshot()).items.find((item) => item.id === id)?.state;
}

/** The window that is open, in Chromium. */
async function look(options: PageOptions = ENGLISH): Promise<WindowPage> {
  const { url, preload } = await opened(program);
  const child = { kind: 'child', preload, url: url.replace(/en$/, options.language) } as const;
  const shown = await WindowPage.open(browser, program, child, options);
  pages.push(shown);
  await shown.page.getByRole('heading', { level: 1 }).waitFor();
  return shown;
}

describe('SECURITY 1: the confirmation window', () => {
  it('is modal over the console, has every wall up, a session and a preload of its own', async () => {
    const asked = sign(await draft('walls.pdf', 'walls'));
    await opened(program);
    const window = (await program.calls('BrowserWindow')).at(-1);
    expect(window?.args).toEqual([
      expect.objectContaining({
        parent: 0,
        modal: true,
        show: false,
        webPreferences: {
          preload: join(BUILT, 'preload/confirm.cjs'),
          session: 'countersign-confirm',
          ...WALLS,
        },
      }),
    ]);
    const [partition] = await program.calls('session.fromPartition');
    expect(partition?.args).toEqual(['countersign-confirm', { cache: false }]);
    expect((await program.calls('window.loadURL')).at(-1)?.args).toEqual([
      'countersign://confirm/?language=en',
    ]);
    for (const event of ['will-navigate', 'will-frame-navigate', 'will-redirect', 'will-attach-webview']) {
      expect(await program.ask('childRefusal', event), event).toBe(true);
    }
    await program.ask('childClose');
    expect(await asked).toMatchObject({ ok: false, error: { code: 'confirm.cancelled' } });
  });

  it('its built preload requires electron alone', async () => {
    const code = await readFile(join(BUILT, 'preload/confirm.cjs'), 'utf8');
    const required = [...code.matchAll(/require\(\s*["'`]([^"'`]+)/g)].map(([, name]) => name);
    expect(required).toEqual(['electron']);
  });

  it('SECURITY 2-5: reaches its one page and its parts; no other file, host, address or permission', async () => {
    const asked = sign(await draft('scheme.pdf', 'scheme'));
    await opened(program);
    const fetch = async (path: string, method = 'GET') =>
      await program.ask('childFetch', `countersign://confirm${path}`, method);
    const html = await readFile(join(BUILT, 'renderer/confirm.html'), 'utf8');
    expect(await fetch('/')).toMatchObject({ status: 200, body: html });
    const parts = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '');
    expect(parts.length).toBeGreaterThan(1);
    for (const part of parts) {
      const answer = await fetch(part);
      expect(answer, part).toMatchObject({ status: 200, headers: { 'content-security-policy': POLICY } });
      // Nothing of the console's own in it.
      expect(answer?.body).not.toMatch(/session\.snapshot|createPinia|countersign\.language/);
    }
    const page = await readFile(join(BUILT, 'renderer/index.html'), 'utf8');
    const script = /src="(\/assets\/index[^"]+)"/.exec(page)?.[1] ?? '';
    await access(join(BUILT, 'renderer', script));
    for (const path of [
      script,
      '/index.html',
      '/confirm.html',
      '/assets/',
      '/blocks/3',
      '/..%2fmain/index.js',
      '/%2e%2e%2fmain%2findex.js',
      '/assets/..%2f..%2fpackage.json',
      '//etc/passwd',
      '/%00',
    ]) {
      expect(await fetch(path), path).toMatchObject({
        status: 404,
        body: '',
        headers: { 'content-security-policy': POLICY },
      });
    }
    expect(await fetch('/', 'POST')).toMatchObject({ status: 405 });
    for (const url of [
      'countersign://console/',
      'countersign://confirm.example/',
      'countersign://confirm:8/',
    ]) {
      expect(await program.ask('childFetch', url, 'GET'), url).toMatchObject({ status: 404, body: '' });
    }
    for (const url of ['https://example.com/', 'countersign://console/', 'data:,a', 'file:///etc/passwd']) {
      expect(await program.ask('childBeforeRequest', url), url).toEqual({ cancel: true });
    }
    expect(await program.ask('childBeforeRequest', 'countersign://confirm/')).toEqual({ cancel: false });
    expect(await program.ask('childDownload', 'blob:countersign://confirm/0')).toBe(true);
    for (const permission of ['media', 'clipboard-read', 'usb']) {
      expect(await program.ask('childPermission', permission)).toEqual({
        request: false,
        check: false,
        device: false,
      });
    }
    // The console's own scheme has nothing of it.
    for (const url of ['countersign://console/confirm.html', 'countersign://confirm/']) {
      expect(await program.ask('fetch', url, 'GET'), url).toMatchObject({ status: 404 });
    }
    await program.ask('childClose');
    await asked;
  });
});

describe('SECURITY 6: the calls of the window', () => {
  it('are exactly its contract, known to it alone; it has no others', async () => {
    const asked = sign(await draft('calls.pdf', 'calls'));
    await opened(program);
    const names = CONFIRM_CHANNEL_NAMES.map((name) => `${CONFIRM_IPC_PREFIX}${name}`);
    expect((await program.ask('childHandlers')).toSorted()).toEqual(names.toSorted());
    for (const name of names) {
      await expect(program.ask('invoke', name, {}, 'page'), name).rejects.toThrow('No handler registered');
    }
    const refused = { ok: false, error: { code: 'console.badToken', data: {} } };
    for (const channel of ['session.snapshot', 'item.sign', 'key.export']) {
      expect(await program.ask('childInvoke', `${IPC_PREFIX}${channel}`, {}, 'page'), channel).toEqual(
        refused,
      );
    }
    for (const channel of CONFIRM_CHANNEL_NAMES) {
      for (const caller of ['frame', 'elsewhere', 'gone', 'otherWindow'] as const) {
        expect(await callWindow(program, channel, {}, caller), `${channel} ${caller}`).toEqual(refused);
      }
    }
    for (const input of [null, 1, 'x', [], { ids: 'all' }, { __proto__: null, more: 1 }]) {
      expect(await callWindow(program, 'confirm', input)).toMatchObject({
        ok: false,
        error: { code: 'console.badInput' },
      });
    }
    await program.ask('childClose');
    await asked;
  });
});

describe('SECURITY 8: signing', () => {
  it('shows its own copy and signs with the passphrase, which the console page never sees', async () => {
    const item = await draft('grades.csv', 'name,grade\nAda\u202e,1\nGrace\u200b,2\n');
    const consolePage = await WindowPage.open(
      browser,
      program,
      {
        kind: 'console',
        url: `countersign://console/inbox/${item.id}`,
        preload: join(BUILT, 'preload/console.cjs'),
      },
      { ...ENGLISH, width: 1_280 },
    );
    pages.push(consolePage);
    await consolePage.page.getByRole('button', { name: WORDS.en.review.sign, exact: true }).click();
    await consolePage.page.getByText(WORDS.en.confirm.elsewhere).waitFor();
    expect(await consolePage.page.locator('input[type="password"]').count()).toBe(0);

    const { page, complaints, crossed } = await look();
    await page.getByText('as Ada Lovelace, for the network “Trial”').waitFor();
    const view = crossed.find(({ channel }) => channel === 'confirm:open');
    expect(view).toBeDefined();
    const { networkId } = (await snapshot()).network ?? { networkId: '' };
    const fingerprint = await program.output('settings.get', {});
    await page.getByText(fingerprint.networkWords).waitFor();
    expect(await page.getByText(item.contentHash).count()).toBeGreaterThan(0);
    expect(networkId).not.toBe('');
    // What text can hide is shown as what it is.
    await page.getByText('U+202E').waitFor();
    await page.getByText('U+200B').waitFor();

    // SECURITY 6: its world has the four functions, frozen, and nothing of the console's.
    expect(
      await page.evaluate(() => [
        Object.keys(Reflect.get(window, 'countersignConfirm') as object),
        Reflect.get(window, 'countersign') === undefined,
        typeof Reflect.get(window, 'require'),
      ]),
    ).toEqual([CONFIRM_CHANNEL_NAMES, true, 'undefined']);
    // The harmless choice has the focus.
    const focused = page.locator(':focus');
    expect(await focused.textContent()).toContain(WORDS.en.action.cancel);
    const field = page.getByLabel(WORDS.en.unlock.passphrase);
    await field.fill('not the passphrase');
    await field.press('Enter');
    await page.getByText('The passphrase does not open this key.').waitFor();
    expect([await field.inputValue(), await stateOf(item)]).toEqual(['', 'draft']);
    await field.fill(PASSPHRASE);
    await page.getByRole('button', { name: WORDS.en.confirm.sign, exact: true }).click();
    await until(({ items }) => items.some(({ id, state }) => id === item.id && state === 'final'));
    expect(await program.ask('child')).toBeNull();
    await consolePage.page.getByText(WORDS.en.confirm.elsewhere).waitFor({ state: 'hidden' });

    const told = JSON.stringify(consolePage.crossed);
    expect(told).toContain('item.sign');
    expect(told).not.toContain(PASSPHRASE);
    expect(told).not.toContain('not the passphrase');
    expect(await consolePage.page.evaluate(() => document.documentElement.outerHTML)).not.toContain(
      PASSPHRASE,
    );
    expect(JSON.stringify(await program.ask('deltas'))).not.toContain(PASSPHRASE);
    expect(program.errors).not.toContain(PASSPHRASE);
    expect([...complaints, ...consolePage.complaints]).toEqual([]);
  });

  it('of a batch: each item is looked at, one is left out, the passphrase is asked for once', async () => {
    const items = [
      await draft('first.pdf', 'first'),
      await draft('second.pdf', 'second'),
      await draft('third.pdf', 'third'),
    ];
    const asked = sign(...items);
    const { page, complaints } = await look();
    await page.getByText('You would sign “first.pdf”').waitFor();
    await page.getByRole('checkbox', { name: /second\.pdf/ }).press(' ');
    const button = page.getByRole('button', { name: 'Sign 2 items' });
    await page.getByLabel(WORDS.en.unlock.passphrase).fill(PASSPHRASE);
    expect(await button.isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'third.pdf', exact: true }).click();
    await page.getByText('You would sign “third.pdf”').waitFor();
    await button.click();
    await page.getByText(WORDS.en.sign.allSent).waitFor();
    await page.getByText(WORDS.en.sign.leftOut).waitFor();
    await page.screenshot({ path: join(BUILT, '../screenshots/confirm-results.png') });
    await page.keyboard.press('Escape');
    const [first, second, third] = items;
    expect(await asked).toMatchObject({
      output: {
        results: [
          { id: first?.id, error: null },
          { id: third?.id, error: null },
        ],
      },
    });
    expect(await stateOf(second!)).toBe('draft');
    expect(complaints).toEqual([]);
  });

  it('waits for the key where it is confirmed for later, and an unlock that was confirmed signs it', async () => {
    const item = await draft('later.pdf', 'later');
    const asked = sign(item);
    const { page } = await look();
    await page.getByText('You would sign').waitFor();
    await page.getByRole('button', { name: WORDS.en.sign.later }).click();
    expect(await asked).toMatchObject({ ok: true });
    expect(await stateOf(item)).toBe('needsUnlock');
    const unlocking = program.call('key.unlock', { passphrase: null });
    const second = await look();
    await second.page.getByText('1 request that you told to sign is signed at once.').waitFor();
    await second.page.screenshot({ path: join(BUILT, '../screenshots/confirm-unlock.png') });
    await second.page.getByLabel(WORDS.en.unlock.passphrase).fill(PASSPHRASE);
    await second.page.keyboard.press('Enter');
    expect(await unlocking).toEqual({ ok: true, output: {} });
    await until(({ items }) => items.some(({ id, state }) => id === item.id && state === 'final'));
  });

  it('refuses a passphrase from the console page, and a hash that is not the own copy’s', async () => {
    const item = await draft('tampered.pdf', 'tampered');
    const items = [{ id: item.id, shownHash: item.contentHash }];
    expect(await program.call('item.sign', { items, passphrase: PASSPHRASE })).toMatchObject({
      error: { code: 'confirm.passphraseHere' },
    });
    expect(await program.call('key.unlock', { passphrase: PASSPHRASE })).toMatchObject({
      error: { code: 'confirm.passphraseHere' },
    });
    const other = [{ id: item.id, shownHash: 'f'.repeat(64) }];
    expect(await program.call('item.sign', { items: other, passphrase: null })).toMatchObject({
      error: { code: 'draft.changed' },
    });
    expect([await program.ask('child'), await stateOf(item)]).toEqual([null, 'draft']);
  });

  it.each([
    ['the window is closed', 'confirm.cancelled', async () => await program.ask('childClose')],
    [
      'the window’s process crashes',
      'confirm.interrupted',
      async () => await program.ask('childEvent', 'render-process-gone', { reason: 'crashed', exitCode: 1 }),
    ],
    ['the screen is locked', 'confirm.screenLocked', async () => await program.ask('lockScreen', true)],
    ['the machine sleeps', 'confirm.screenLocked', async () => await program.ask('powerEvent', 'suspend')],
  ] as const)('where %s: nothing is signed', async (_when, code, happen) => {
    const item = await draft(`${code}.pdf`, code);
    const asked = sign(item);
    await opened(program);
    await happen();
    expect(await asked).toMatchObject({ ok: false, error: { code } });
    expect([await program.ask('child'), await stateOf(item)]).toEqual([null, 'draft']);
    await program.ask('lockScreen', false);
  });

  it('where the item changes meanwhile, or goes: nothing is signed', async () => {
    const edited = await draft('edited.pdf', 'edited');
    const first = sign(edited);
    await opened(program);
    await program.output('item.edit', { id: edited.id, decision: 'rejected' });
    expect(await first).toMatchObject({ ok: false, error: { code: 'draft.changed' } });
    const removed = await draft('removed.pdf', 'removed');
    const second = sign(removed);
    await opened(program);
    await program.output('item.remove', { id: removed.id });
    expect(await second).toMatchObject({ ok: false, error: { code: 'draft.notFound' } });
    expect([await program.ask('child'), await stateOf(edited)]).toEqual([null, 'draft']);
  });

  it('where it is closed while the key is derived: nothing is signed, and the key stays locked', async () => {
    const item = await draft('closed-late.pdf', 'closed late');
    const asked = sign(item);
    await opened(program);
    const decision = { ids: [item.id], passphrase: PASSPHRASE, later: false };
    const confirmed = callWindow(program, 'confirm', decision);
    await program.ask('childClose');
    expect(await asked).toMatchObject({ ok: false, error: { code: 'confirm.cancelled' } });
    expect(await confirmed).toMatchObject({ ok: false });
    const { key } = await snapshot();
    expect([key?.unlocked, await stateOf(item)]).toEqual([false, 'draft']);
  });

  it('asked for in a loop opens one window at a time, and no flood of them', async () => {
    const item = await draft('loop.pdf', 'loop');
    const before = (await program.calls('BrowserWindow')).length;
    const many = Array.from({ length: 50 }, () => sign(item));
    await opened(program);
    await program.ask('childClose');
    const codes = (await Promise.all(many)).map((answer) => (answer.ok ? '' : answer.error.code));
    expect(codes.toSorted().slice(0, 2)).toEqual(['confirm.busy', 'confirm.busy']);
    expect(codes.filter((code) => code !== 'confirm.busy')).toEqual(['confirm.cancelled']);
    let last: Answer | null = null;
    for (let again = 0; again < 20; again++) {
      const asked = sign(item);
      // Either a window opens, or it is refused.
      while (!(await Promise.race([asked.then(() => true), sleep(20).then(() => false)]))) {
        if ((await program.ask('child')) !== null) await program.ask('childClose');
      }
      last = await asked;
    }
    expect(last).toMatchObject({ ok: false, error: { code: 'confirm.tooOften' } });
    expect((await program.calls('BrowserWindow')).length - before).toBeLessThanOrEqual(5);
    await expectTooOften();
  });
});

/** Waits until windows are opened again, so that the tests behind this one can. */
async function expectTooOften(): Promise<void> {
  const answer = await program.call('key.unlock', { passphrase: null });
  expect(answer).toMatchObject({ ok: false, error: { code: 'confirm.tooOften' } });
  if (!answer.ok) await sleep(Number(answer.error.data['waitMs']));
}

async function sleep(forMs: number): Promise<false> {
  return await new Promise((resolve) => setTimeout(() => resolve(false), forMs));
}

describe('for everybody', () => {
  it.each([
    ['en', 'light', 940],
    ['en', 'dark', 420],
    ['zh-CN', 'light', 420],
    ['zh-CN', 'dark', 940],
  ] as const)(
    'in %s, %s, %i pixels wide: no violation, the whole way by keys',
    async (language, theme, width) => {
      const words = WORDS[language];
      const items = [
        await draft(`rows-${language}-${theme}.csv`, `n,t\n${'1,some words\n'.repeat(5_000)}`),
        await draft(`file-${language}-${theme}.pdf`, 'content'),
      ];
      const asked = sign(...items);
      const shown = await look({ language, theme, width });
      const { page, complaints } = shown;
      await page.getByRole('table').waitFor();
      // Thousands of rows, of which the page holds those that are seen.
      expect(await page.getByRole('row').count()).toBeLessThan(100);
      const auditor = await Auditor.of(shown);
      expect(await auditor.look('confirmation', language)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
      await page.screenshot({ path: join(BUILT, `../screenshots/confirm-${language}-${theme}.png`) });

      const { title } = items[1]!;
      await page.getByRole('button', { name: title, exact: true }).press('Enter');
      await page.getByRole('cell', { name: title }).first().waitFor();
      await page.getByLabel(words.unlock.passphrase).press('Tab');
      await page.keyboard.press('Escape');
      expect(await asked).toMatchObject({ ok: false, error: { code: 'confirm.cancelled' } });
      expect(complaints).toEqual([]);
    },
  );
});

it('SECURITY 8: where the program quits meanwhile, nothing is signed', async () => {
  const item = await draft('quitting.pdf', 'quitting');
  const asked = sign(item).catch((error: unknown) => error);
  await opened(program);
  expect(await program.quit()).toBe(0);
  const answer = await asked;
  if (!(answer instanceof Error)) expect(answer).toMatchObject({ ok: false, error: { code: 'stopped' } });
  program = await Program.start(options());
  await until(({ stage }) => stage.name === 'running');
  expect(await stateOf(item)).toBe('draft');
});

it('outputs of the window are those of its contract', async () => {
  const item = await draft('contract.pdf', 'contract');
  const asked = sign(item);
  await opened(program);
  expect(await outputOf(program, 'open', {})).toMatchObject({ items: [{ id: item.id }] });
  const detail = await outputOf(program, 'item', { id: item.id, firstRecord: 0, recordCount: 0 });
  expect(detail.item.contentHash).toBe(item.contentHash);
  await outputOf(program, 'cancel', {});
  expect(await asked).toMatchObject({ error: { code: 'confirm.cancelled' } });
});
