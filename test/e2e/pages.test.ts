/**
 * The pages in a real browser under their content security policy, against made-up data that keeps to the contract.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CHROMIUM_FLAGS, ensureBrowser } from '../../scripts/browser.mjs';
import { buildPages } from '../renderer/fixture/build.ts';
import { openChange } from '../renderer/fixture/agreement.ts';
import { hash } from '../renderer/fixture/data.ts';
import { PASSPHRASE } from '../renderer/fixture/main.ts';
import { FixtureServer, TOKEN } from '../renderer/fixture/server.ts';
import { NOTHING_SET_UP } from '../renderer/fixture/setup.ts';

const PATIENCE_MS = 30_000;

let folder: string;
let browser: Browser;
let server: FixtureServer;
let address: string;
let page: Page;
let problems: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-pages-'));
  await buildPages(folder);
  browser = await chromium.launch({ executablePath: await ensureBrowser(), args: CHROMIUM_FLAGS });
});
afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  server = new FixtureServer(folder);
  address = await server.listen();
  problems = [];
  page = await browser.newPage({ locale: 'en-GB', viewport: { width: 1280, height: 800 } });
  page.on('console', (message) => {
    // A broken connection is reported by the browser itself.
    const expected = /WebSocket connection|ERR_CONNECTION/.test(message.text());
    if (['error', 'warning'].includes(message.type()) && !expected) problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(error.message));
});
afterEach(async () => {
  await page.close();
  await server.close();
});

/** As patient as Playwright's own waiting: a busy machine is not a fault of the page. */
const eventually = <T>(read: () => T) => expect.poll(read, { timeout: PATIENCE_MS });

async function open(path: string, token = TOKEN): Promise<void> {
  await page.goto(`${address}${path}#token=${token}`);
}
const heading = (name: string | RegExp) => page.getByRole('heading', { level: 1, name });

describe('the pages', () => {
  it('notice what the policy refuses', async () => {
    await open('/');
    await heading('Overview').waitFor();
    await page.evaluate(() => document.body.setAttribute('style', 'color: red'));
    await eventually(() => problems.length).toBe(1);
    expect(problems[0]).toContain('Content Security Policy');
  });

  it.each([
    ['/', 'Overview'],
    ['/inbox', 'Inbox'],
    ['/inbox/item-0', 'Bathing water, west coast, week 46'],
    ['/inbox/item-7', 'Annual report, signed copy'],
    ['/blocks', 'Blocks'],
    ['/blocks/4120', 'Block 4,120'],
    [`/requests/${hash('request')}`, 'Groundwater wells, quarterly review'],
    ['/checkpoints', 'Checkpoints'],
    ['/search', 'Search'],
    ['/search?q=report&kind=document&toHeight=4000', 'Search'],
    ['/views', 'View changes'],
    ['/evidence', 'Evidence'],
    ['/evidence/3', 'Evidence against University Laboratory'],
    ['/evidence/2', 'Evidence'],
    ['/faults', 'Fault panel'],
    ['/registry', 'Registry'],
    ['/peers', 'Peers'],
    ['/diagnostics', 'Diagnostics'],
    ['/settings', 'Settings'],
    ['/verify', 'Verify a receipt'],
    ['/nowhere/at/all', 'Nothing here'],
  ])(
    'open at %s without a violation, keep the token out of the address, and survive a reload',
    async (path, name) => {
      await open(path);
      await heading(name).waitFor();
      expect(page.url()).toBe(address + path);
      await page.reload();
      await heading(name).waitFor();
      expect(await page.title()).toMatch(/ · Countersign$/);
      expect(problems).toEqual([]);
    },
  );

  it('say so when the token is wrong or missing', async () => {
    await open('/', 'wrong');
    await page.getByText('This page has no valid access token.').waitFor();
    const fresh = await browser.newPage();
    await fresh.goto(address);
    await fresh.getByText('This page has no valid access token.').waitFor();
    await fresh.close();
  });

  it('set up, start and fail in words', async () => {
    server.main.setVault('none');
    server.main.setStage({ name: 'setup' });
    await open('/');
    await page.getByLabel('Passphrase for your key').fill('short');
    await page.getByRole('button', { name: 'Try it' }).click();
    await page.getByText('Take at least 8 characters.').waitFor();
    await page.getByLabel('Passphrase for your key').fill('four words make sense');
    await page.getByLabel('The passphrase again').fill('four words make sense');
    await page.getByRole('button', { name: 'Try it' }).click();
    await heading('Starting').waitFor();
    server.main.setStage({ name: 'failed', error: { code: 'storage.full', data: { path: '/data' } } });
    await page.getByText('The disk that holds /data is full, so this could not be kept.').waitFor();
    expect(problems).toEqual([]);
  });

  it('create a network step by step, with the keyboard, and go on after a reload', async () => {
    server.main.become(NOTHING_SET_UP);
    server.main.setStage({ name: 'setup' });
    await open('/');
    await page.getByRole('button', { name: 'Create a network' }).press('Enter');
    await heading('Create a network').waitFor();
    const card = page.getByRole('button', { name: 'Make the keys and the card' });
    await card.press('Enter');
    await page.getByText('This is needed.').first().waitFor();
    await page.getByLabel('Your organisation').fill('Analytical Society');
    await page.getByLabel('Name of your replica').fill('Replica A');
    const address = page.getByLabel('Address at which the others reach this machine');
    await address.fill('0.0.0.0');
    expect(await address.getAttribute('aria-invalid')).toBe('true');
    await address.fill('replica-1.example.org');
    await page.getByLabel('Your name, as a supervisor').fill('Ada Lovelace');
    await page.getByLabel('Passphrase for your keys').fill('four words make sense');
    await page.getByLabel('The passphrase again').fill('four words make sense');
    await card.press('Enter');

    await page.getByRole('heading', { name: 'Cards of the others' }).waitFor();
    expect(await page.locator('[aria-current=step]').textContent()).toContain('Cards of the others');
    const make = page.getByRole('button', { name: 'Make the network' });
    expect(await make.isDisabled()).toBe(true);
    await page.getByLabel('Or paste a card').fill('bad card');
    await page.getByRole('button', { name: 'Add', exact: true }).press('Enter');
    await page.getByText('was not made by the holder of the key').waitFor();
    await page.getByLabel('Or paste a card').fill('good cards');
    await page.getByRole('button', { name: 'Add', exact: true }).press('Enter');
    await page.getByText('4 replicas of at least 4').waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Remove Replica D' }).waitFor();
    await page.getByLabel('Name of the network').fill('Assessments of four');
    await make.press('Enter');

    await page.getByRole('list', { name: 'Fingerprint' }).getByText('spice').waitFor();
    const start = page.getByRole('button', { name: 'Start the replica' });
    await page.getByLabel('Passphrase of your keys').fill('four words make sense');
    expect(await start.isDisabled()).toBe(true);
    await page.getByText('I have compared the words').click();
    await start.press('Enter');
    await heading('Starting').waitFor();
    expect(problems).toEqual([]);
  });

  it('ask for the passphrase of the replica, and say what it waits for', async () => {
    server.main.setStage({ name: 'locked' });
    await open('/');
    const field = page.getByLabel("Passphrase of the replica's key");
    await field.fill('not this one');
    await field.press('Enter');
    await page.getByText('The passphrase does not open this key.').waitFor();
    await field.fill(PASSPHRASE);
    await field.press('Enter');
    await heading('Starting').waitFor();
    server.main.embedded = false;
    server.main.replica = { connected: 2 };
    server.main.setStage({ name: 'running', sinceMs: Date.now() });
    await page.reload();
    await page.getByText('2 of 4 replicas are connected; 3 are needed.').waitFor();
    expect(problems).toEqual([]);
  });

  it('change language and theme without a reload', async () => {
    await open('/');
    await heading('Overview').waitFor();
    await page.getByLabel('Language').selectOption('zh-CN');
    await heading('概览').waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN');
    await page.getByLabel('主题').selectOption('dark');
    expect(await page.locator('html').getAttribute('class')).toContain('dark');
    await page.reload();
    await heading('概览').waitFor();
    expect(problems).toEqual([]);
  });
});

describe('review and signing', () => {
  it('focuses Cancel, saves what is typed, and shows its hash anew', async () => {
    await open('/inbox/item-0');
    const cancel = page.getByRole('button', { name: 'Cancel' });
    await eventually(() => cancel.evaluate((button) => button === document.activeElement)).toBe(true);
    await page.getByLabel('Title').fill('Bathing water, corrected');
    await eventually(() => server.main.items.get('item-0')?.title).toBe('Bathing water, corrected');
    await page.getByText('All changes saved').waitFor();
    await page.getByRole('tab', { name: 'Bytes and hash' }).click();
    await page.getByText(server.main.items.get('item-0')!.contentHash).waitFor();
    expect(await page.getByText('The content changed').count()).toBe(0);
    expect(problems).toEqual([]);
  });

  it('climbs from signed to final after the right passphrase', async () => {
    await open('/inbox/item-0');
    await page.getByRole('button', { name: 'Sign…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Passphrase').fill('wrong');
    await dialog.getByRole('button', { name: 'Sign…' }).click();
    await dialog.getByText('The passphrase does not open this key.').waitFor();
    await dialog.getByLabel('Passphrase').fill(PASSPHRASE);
    await dialog.getByRole('button', { name: 'Sign…' }).click();
    await page.getByText('Final at height 4,214: all 4 replicas answered alike.').waitFor();
    expect(problems).toEqual([]);
  });

  it('refuses to sign what changed under the eyes, and says what did', async () => {
    const { title } = server.main.items.get('item-1')!;
    await open('/inbox/item-1');
    await page.getByRole('button', { name: 'Sign…' }).waitFor();
    server.main.remarks.set('item-1', 'Seen again');
    server.main.update('item-1', { title: 'Another title', contentHash: hash('someone else') });
    await page.getByText('The content changed since you opened it.').waitFor();
    const changes = page.getByRole('table', { name: 'What changed' });
    const cells = (name: string): Promise<string[]> =>
      changes
        .getByRole('row')
        .filter({ has: page.getByRole('rowheader', { name }) })
        .getByRole('cell')
        .allInnerTexts();
    await eventually(() => cells('Title')).toEqual([title, 'Another title']);
    expect(await cells('Remark')).toEqual(['(empty)', 'Seen again']);
    expect(await cells('Decision')).toEqual([]);
    // It changes once more while one reads.
    server.main.remarks.set('item-1', '');
    server.main.update('item-1', { title, contentHash: hash('someone else again') });
    await page.getByText('something else in it changed').waitFor();
    expect(await page.getByRole('button', { name: 'Sign…' }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Show current content' }).click();
    await eventually(() => page.getByRole('button', { name: 'Sign…' }).isDisabled()).toBe(false);
  });

  it('signs a batch, leaving out what was unticked', async () => {
    await open('/inbox');
    await page.getByText('Select all drafts').click();
    await page.getByRole('button', { name: 'Sign 4 items…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.locator('.el-checkbox').first().click();
    await dialog.getByLabel('Passphrase').fill(PASSPHRASE);
    const sign = dialog.getByRole('button', { name: 'Sign 3 items…' });
    expect(await sign.isDisabled()).toBe(true);
    await dialog.getByText('Look at 3 more items').waitFor();
    // The first is looked at when the dialog opens; the others by keys.
    await dialog.locator('[aria-current="true"]').focus();
    for (const unseen of ['Look at 2 more items', 'Look at 1 more item,']) {
      await page.keyboard.press('ArrowDown');
      await dialog.getByText(unseen).waitFor();
    }
    await page.keyboard.press('ArrowDown');
    await eventually(() => sign.isDisabled()).toBe(false);
    // One that somebody else changes has to be looked at again.
    server.main.update('item-2', { contentHash: hash('changed by someone else') });
    await dialog.getByText('Changed since', { exact: true }).waitFor();
    expect(await sign.isDisabled()).toBe(true);
    await page.keyboard.press('ArrowUp');
    await eventually(() => sign.isDisabled()).toBe(false);
    await dialog.getByRole('button', { name: 'Sign 3 items…' }).click();
    await dialog.getByText('All were signed and sent.').waitFor();
    expect(await dialog.getByText('Signed and sent', { exact: true }).count()).toBe(3);
    expect(await dialog.getByText('Left out').count()).toBe(1);
    expect(server.main.items.get('item-0')?.state).toBe('draft');
  });

  it('shows an empty text as empty and a false as false', async () => {
    await open('/inbox/item-0');
    const row = page.getByRole('row').filter({ hasText: 'WB-101' }).first();
    await row.waitFor();
    expect(await row.getByRole('cell').allInnerTexts()).toEqual([
      'WB-101',
      '2026-11-02T08:01',
      '肠球菌',
      '12.87',
      'CFU/100 ml',
      'false',
      '',
    ]);
  });
});

describe('what is promised of', () => {
  it('the replicas: the view that each of them is in', async () => {
    await open('/');
    const card = page.getByRole('article').filter({ hasText: 'University Laboratory' });
    // What to do stands there for whoever has no pointer, too.
    await card.getByText(/cannot be reached.*Check/).waitFor();
    expect(await card.locator('dt:text-is("View") + dd').innerText()).toBe('3');
    expect(problems).toEqual([]);
  });

  it('the registry: who signed what made somebody count, or count no more', async () => {
    await open('/registry');
    await page.getByText('Show those of before').click();
    const signed = page.getByRole('link', { name: 'Who signed this' });
    // One since genesis has no request.
    await eventually(() => signed.count()).toBe(2);
    await signed.first().click();
    expect(page.url()).toContain(`/requests/${hash('registry request 1204')}`);
    expect(problems).toEqual([]);
  });
});

describe('the log', () => {
  it('is that of the program that runs, also where it has been started again', async () => {
    await open('/diagnostics');
    const lines = page.getByRole('region', { name: 'Lines, newest first' }).getByRole('listitem');
    await eventually(() => lines.count()).toBe(9);
    server.setReachable(false);
    server.main.restart();
    server.setReachable(true);
    await eventually(() => lines.count()).toBe(2);
    await lines.filter({ hasText: 'stage.running' }).waitFor();
    expect(problems).toEqual([]);
  });
});

describe('the inbox', () => {
  it('asks what a table is meant as, and makes a draft of it', async () => {
    await open('/inbox');
    await page
      .locator('input[type=file]')
      .setInputFiles([{ name: 'week-47.csv', mimeType: 'text/csv', buffer: Buffer.alloc(700_000, 'a,b\n') }]);
    await page.getByRole('button', { name: 'Review as assessments' }).click();
    await page.getByRole('link', { name: 'week-47.csv' }).waitFor();
    expect(problems).toEqual([]);
  });

  it('takes back a decline', async () => {
    await open('/inbox');
    await page.getByRole('button', { name: 'Decline' }).first().click();
    await eventually(() => server.main.items.get('item-0')?.state).toBe('declined');
    await page.getByRole('button', { name: 'Undo' }).click();
    await eventually(() => server.main.items.get('item-0')?.state).toBe('draft');
  });
});

describe('a lost connection', () => {
  it('is told, loses nothing that was typed, and heals by itself', async () => {
    await open('/inbox/item-2');
    await page.getByLabel('Remark').waitFor();
    server.setReachable(false);
    await page.getByText('The connection to Countersign is lost.').waitFor();
    await page.getByLabel('Remark').fill('typed while it was away');
    await page.getByText('Not saved').waitFor();
    server.setReachable(true);
    await page.getByText('All changes saved').waitFor();
    expect(await page.getByLabel('Remark').inputValue()).toBe('typed while it was away');
    expect(server.main.remarks.get('item-2')).toBe('typed while it was away');
    expect(await page.getByText('The connection to Countersign is lost.').count()).toBe(0);
  });

  it('loses nothing to a reload either', async () => {
    await open('/inbox/item-2');
    await page.getByLabel('Remark').waitFor();
    server.setReachable(false);
    await page.getByText('The connection to Countersign is lost.').waitFor();
    await page.getByLabel('Remark').fill('typed, and not saved');
    await page.getByText('Not saved').waitFor();
    server.setReachable(true);
    await page.reload();
    await eventually(() => server.main.remarks.get('item-2')).toBe('typed, and not saved');
    expect(await page.getByLabel('Remark').inputValue()).toBe('typed, and not saved');
    await page.reload();
    await page.getByLabel('Remark').waitFor();
    await page.getByText('All changes saved').waitFor();
  });
});

describe('the search', () => {
  it('shows what it finds while one types, marks it, and can be walked through with the keyboard', async () => {
    await open('/inbox/item-0');
    await heading('Bathing water, west coast, week 46').waitFor();
    await page.keyboard.press('/');
    await heading('Search').waitFor();
    await page.getByRole('heading', { name: 'What can be searched' }).waitFor();
    await page.keyboard.type('annual rep');
    await page.locator('mark', { hasText: 'rep' }).first().waitFor();
    await eventually(() => new URL(page.url()).search).toBe('?q=annual+rep');
    await page.getByText('12 found so far, and there may be more').waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('type'))).toBe('search');
    await page.getByRole('button', { name: 'Search on' }).click();
    await page.getByText('24 found so far, and there may be more').waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('s');
    await page.getByRole('heading', { name: 'What can be searched' }).waitFor();
    expect(problems).toEqual([]);
  });

  it('keeps its filters in its address, and says what to change where nothing is found', async () => {
    await open('/search?q=nothing');
    await page.getByText('Try fewer words,', { exact: false }).waitFor();
    await page.getByLabel('Kind').selectOption('registry');
    await page.getByLabel('From height').fill('4,000');
    await eventually(() => new URL(page.url()).search).toBe('?q=nothing&kind=registry&fromHeight=4000');
    await page.getByText('Clear a filter,', { exact: false }).waitFor();
    await page.reload();
    expect(await page.getByLabel('From height').inputValue()).toBe('4000');
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await eventually(() => new URL(page.url()).search).toBe('?q=nothing');
    await page.getByRole('searchbox').fill('!!');
    await page.getByText('There is no letter or digit in what you are looking for.').waitFor();
    await page.getByRole('searchbox').fill('building');
    await page
      .getByText('The search index is being built: 33 % of the blocks are in it.', { exact: false })
      .waitFor();
    expect(problems).toEqual([]);
  });
});

describe('a field for a moment', () => {
  const label = { en: 'From', 'zh-CN': '开始时间' };
  const field = (language: keyof typeof label) =>
    page.getByRole('combobox', { name: label[language], exact: true });

  it('is filled and left by the keyboard alone', async () => {
    await open('/search?q=report');
    await page.getByLabel('Kind').focus();
    await page.keyboard.press('Tab');
    await page.keyboard.type('2026-03-02 10:30');
    await page.keyboard.press('Enter');
    await eventually(() => new URL(page.url()).searchParams.get('from')).not.toBeNull();
    const chosen = Date.parse(new URL(page.url()).searchParams.get('from') ?? '');
    expect(chosen).toBe(new Date(2026, 2, 2, 10, 30).getTime());
    await page.keyboard.press('Escape');
    await page.keyboard.press('Tab');
    expect(await field('en').inputValue()).toBe('2026-03-02 10:30');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Until');
    expect(problems).toEqual([]);
  });

  it.each([
    ['en', 'Sun'],
    ['zh-CN', '一'],
  ] as const)('begins the week as one does in %s', async (language, day) => {
    await open('/search?q=report');
    await page.evaluate((chosen) => localStorage.setItem('countersign.language', chosen), language);
    await page.reload();
    await field(language).focus();
    await page.keyboard.press('ArrowDown');
    const first = page.locator('.el-date-table th').first();
    await eventually(async () => (await first.textContent())?.trim()).toBe(day);
    expect(problems).toEqual([]);
  });
});

describe('the settings', () => {
  it('say that a file of settings was set aside, and where', async () => {
    const movedTo = '/data/settings.json.damaged-1';
    server.main.settingsProblem = {
      code: 'settings.damaged',
      data: { path: '/data/settings.json', movedTo },
    };
    await open('/settings');
    await heading('Settings').waitFor();
    await page.getByText(movedTo, { exact: false }).waitFor();
    expect(problems).toEqual([]);
  });
});

describe('keys', () => {
  it('lead everywhere', async () => {
    await open('/');
    await heading('Overview').waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('b');
    await heading('Blocks').waitFor();
    await page.keyboard.press('/');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('type'))).toBe('search');
    await page.keyboard.type('4120');
    await page.keyboard.press('Enter');
    await heading('Block 4,120').waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('o');
    expect(page.url()).toBe(`${address}/blocks/4120`);
    expect(problems).toEqual([]);
  });
});

describe('when something goes wrong', () => {
  it('says on every page that a primary is being chosen, for how long, and why nothing goes on', async () => {
    server.main.setChanging();
    await open('/inbox');
    await page.getByRole('status').filter({ hasText: 'Choosing a new primary — requests wait' }).waitFor();
    await page.getByText(/^for \d+ seconds$/).waitFor();
    await open('/');
    await page.getByText(/The replicas are choosing a new primary after view 5, begun .* ago\./).waitFor();
    expect(problems).toEqual([]);
  });

  it('says on every page that this replica only follows, and what to do', async () => {
    server.main.replica = { participating: false, learner: 'stateLost' };
    for (const path of ['/', '/verify']) {
      await open(path);
      const banner = page.getByRole('region', { name: 'This replica only follows the others' });
      await banner.getByText(/Its ledger was not there when it started.*admitted under a new key/).waitFor();
    }
    expect(problems).toEqual([]);
  });

  it('shows a view change as it goes on', async () => {
    await open('/views');
    const first = page.getByRole('article').first();
    await first.getByRole('heading', { name: 'View 3 → view 5' }).waitFor();
    const now = Date.now();
    const change = { ...openChange(now), startedAtMs: now - 1_000 };
    server.tell({ topic: 'viewChange', value: change });
    await first.getByRole('heading', { name: 'View 5 → view 7' }).waitFor();
    await first.getByText(/^Under way for/).waitFor();
    const result = {
      how: 'newView',
      baseHeight: 4_210,
      forkHeight: 4_209,
      keptBlocks: 2,
      putBackBlocks: 1,
    } as const;
    server.tell({
      topic: 'viewChange',
      value: { ...change, outcome: 'entered', endedAtMs: now + 2_000, result },
    });
    await first.getByText('Done in 3 seconds').waitFor();
    await first.getByText('1 put back: what stood at height 4,210 is ordered again').waitFor();
    expect(problems).toEqual([]);
  });

  it('sets the two statements side by side, and marks what differs in words', async () => {
    await open('/evidence/3');
    const row = page
      .getByRole('row')
      .filter({ has: page.getByRole('rowheader', { name: 'Hash of the block' }) });
    await row.getByText('Differs').waitFor();
    await page.getByRole('row').filter({ hasText: 'Height' }).getByText('Same').waitFor();
    await page.getByRole('button', { name: 'Export evidence' }).click();
    await page.getByText('evidence-replica-3.json was handed to your downloads.').waitFor();
    await page.goto(`${address}/evidence/2`);
    await page.getByRole('alert').getByText('This replica has no evidence against replica 2.').waitFor();
    expect(problems).toEqual([]);
  });

  it('gives a replica a fault and heals it, and refuses a delay that is none', async () => {
    await open('/faults');
    await page.getByText('nobody can take back what it signed').waitFor();
    const equivocate = page.getByRole('button', { name: 'Equivocate: 市环境监测中心' });
    expect(await equivocate.getAttribute('aria-describedby')).toBe('fault-hint-equivocate');
    await page.getByRole('button', { name: 'Silence: 市环境监测中心' }).click();
    await page.getByRole('button', { name: 'Heal 市环境监测中心' }).waitFor();
    await page.getByText('More than f = 1 replicas are faulty').waitFor();
    await page.getByText(/It is the primary: sign a request/).waitFor();
    await page.getByRole('button', { name: 'Heal 市环境监测中心' }).click();
    await page.getByText('Nothing followed.').waitFor();

    const delay = page.getByLabel('Delay in milliseconds for University Laboratory');
    const slow = page.getByRole('button', { name: 'Slow down: University Laboratory' });
    await delay.fill('60001');
    await slow.click();
    await page.getByRole('alert').getByText('Type a whole number from 1 to 60,000.').waitFor();
    await delay.fill('250');
    await slow.click();
    await page.getByRole('button', { name: 'Heal University Laboratory' }).waitFor();
    expect(server.main.faults.runs[0]).toMatchObject({ replica: 3, fault: 'slow', delayMs: 250 });
    expect(problems).toEqual([]);
  });

  it('says what to do where nothing has happened', async () => {
    server.main.setQuiet();
    await open('/views');
    await page.getByText('No view change yet.').waitFor();
    await page.getByRole('link', { name: 'To the fault panel' }).click();
    await page.getByText(/Nothing was made to fail yet\. Choose a fault above/).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('e');
    await page.getByText('No evidence against any replica.').waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('c');
    await heading('View changes').waitFor();
    expect(problems).toEqual([]);
  });
});

describe('blocks', () => {
  it('hold still while one reads, and load older ones', async () => {
    await open('/blocks');
    const list = page.getByRole('table', { name: 'Blocks, newest first' });
    await list.evaluate((element) => (element.scrollTop = element.scrollHeight));
    await page.getByRole('link', { name: '4,160', exact: true }).waitFor();
    server.tell({
      topic: 'blocks',
      value: [{ height: 4_214, hash: hash('new'), timeMs: Date.now(), requestCount: 1, stable: false }],
    });
    await page.getByRole('button', { name: '1 new' }).click();
    await page.getByRole('link', { name: '4,214', exact: true }).waitFor();
    expect(problems).toEqual([]);
  });

  it('are not shown as current once they are put back', async () => {
    await open('/blocks/4213');
    const header = page.getByRole('heading', { name: 'Header' });
    await header.waitFor();
    server.main.putBackNewest();
    await page.getByRole('alert').getByText('This block was put back').waitFor();
    await page.getByText('Put back', { exact: true }).waitFor();
    expect(await header.count()).toBe(0);
    expect(await page.getByText('Accepted', { exact: true }).count()).toBe(0);
    server.main.replaceNewest();
    await page.getByRole('alert').getByText('What is shown now took its place.').waitFor();
    await page.getByText(hash('took its place').slice(0, 8)).first().waitFor();
    expect(problems).toEqual([]);
  });

  it('take their requests with them, which come to stand elsewhere', async () => {
    await open(`/requests/${hash('newest request')}`);
    await page.getByText('this can still change').waitFor();
    server.main.putBackNewest();
    await page.getByRole('alert').getByText('The block that held this request was put back').waitFor();
    await page.getByText('In no block now').waitFor();
    expect(await page.getByRole('link', { name: 'Block 4,213, request no. 1' }).count()).toBe(0);
    server.main.replaceNewest();
    await page.getByRole('alert').getByText('is its new one').waitFor();
    await page.getByRole('link', { name: 'Block 4,213, request no. 1' }).waitFor();
    await page.getByText('this can still change').waitFor();
    expect(problems).toEqual([]);
  });
});
