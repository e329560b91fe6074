/**
 * Every face of the console that no address leads to, in each language and each theme, against made-up data that keeps
 * to the contract: what stands there before a replica runs, every dialog while it is open, and pages under which something has changed. axe finds nothing, the
 * policies refuse nothing, no request leaves this machine, and every word is translated.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPages } from '../renderer/fixture/build.ts';
import { hash, replaying } from '../renderer/fixture/data.ts';
import { FixtureServer, TOKEN } from '../renderer/fixture/server.ts';
import { NOTHING_SET_UP, own, setupCards, setupGenesis } from '../renderer/fixture/setup.ts';
import { Auditor } from './support/audit.ts';
import { launchBrowser, openPage, type Language, type Theme, type WatchedPage } from './support/browser.ts';
import { WORDS } from './support/words.ts';

/** Some forty faces; a machine may have more to do. */
const BUSY_MS = 10 * 60_000;
const CSV = { name: 'week-47.csv', mimeType: 'text/csv', buffer: Buffer.from('a,b\n1,2\n') };
const KEY_FILE = { name: 'mine.pem', mimeType: '', buffer: Buffer.from('key') };

type Words = (typeof WORDS)[Language];
interface Face {
  readonly name: string;
  /** Where it is opened; the overview unless given. */
  readonly path?: string;
  readonly before?: (main: FixtureServer['main']) => void;
  /** Opens it. Rejects where it does not open. */
  readonly open: (page: Page, words: Words, main: FixtureServer['main']) => Promise<void>;
}

const press = async (within: Page | Locator, name: string): Promise<void> => {
  await within.getByRole('button', { name, exact: true }).first().click();
};
const dialogOf = (page: Page): Locator => page.getByRole('dialog').filter({ visible: true });
const inDialog = async (page: Page): Promise<Locator> => {
  await dialogOf(page).waitFor();
  return dialogOf(page);
};
const error = async (within: Page | Locator): Promise<void> => {
  await within.getByRole('alert').first().waitFor();
};

const cards = setupCards();
const ownCards = cards.slice(0, 2).map(own);
const settingUp =
  (change: Partial<typeof NOTHING_SET_UP>) =>
  (main: FixtureServer['main']): void => {
    main.become({ ...NOTHING_SET_UP, ...change });
    main.setStage({ name: 'setup' });
  };

const STAGES: readonly Face[] = [
  {
    name: 'starting',
    before: (main) => main.setStage(replaying()),
    open: async (page, { starting }) =>
      await page.getByRole('heading', { level: 1, name: starting.title }).waitFor(),
  },
  {
    name: 'failed',
    before: (main) =>
      main.setStage({ name: 'failed', error: { code: 'storage.full', data: { path: '/data' } } }),
    open: async (page, { failed }) => {
      await page.getByRole('heading', { level: 1, name: failed.title }).waitFor();
      await error(page);
    },
  },
  {
    name: 'locked, with a wrong passphrase',
    before: (main) => main.setStage({ name: 'locked' }),
    open: async (page, { locked }) => {
      await page.getByLabel(locked.passphrase).fill('not this one');
      await press(page, locked.start);
      await error(page);
    },
  },
  {
    name: 'try it, with what is wrong',
    before: settingUp({}),
    open: async (page, { setup }) => {
      await page.getByLabel(setup.passphrase, { exact: true }).fill('four words make sense');
      await page.getByLabel(setup.passphraseAgain, { exact: true }).fill('others');
      await press(page, setup.try);
      await page.getByText(setup.passphraseDiffers).waitFor();
    },
  },
  {
    name: 'create, the own card with what is wrong',
    before: settingUp({ path: 'create' }),
    open: async (page, { wizard, setup }) => {
      await press(page, wizard.card.make);
      await page.getByText(setup.needed).first().waitFor();
    },
  },
  {
    name: 'create, a bad card of another',
    before: settingUp({ path: 'create', ownCards, cards: cards.slice(2) }),
    open: async (page, { wizard }) => {
      await page.getByLabel(wizard.collect.paste).fill('bad card');
      await press(page, wizard.collect.add);
      await error(page);
    },
  },
  {
    name: 'create, the fingerprint',
    before: settingUp({ path: 'create', ownCards, genesis: setupGenesis() }),
    open: async (page, { wizard }) => await page.getByRole('list', { name: wizard.compare.words }).waitFor(),
  },
  {
    name: 'join, the own card',
    before: settingUp({ path: 'join' }),
    open: async (page, { wizard }) =>
      await page.getByRole('button', { name: wizard.card.make, exact: true }).waitFor(),
  },
  {
    name: 'join, the genesis',
    before: settingUp({ path: 'join', ownCards }),
    open: async (page, { wizard }) => await page.getByText(wizard.import.waiting).waitFor(),
  },
  {
    name: 'join, the fingerprint',
    before: settingUp({ path: 'join', ownCards, genesis: setupGenesis() }),
    open: async (page, { wizard }) => await page.getByRole('list', { name: wizard.compare.words }).waitFor(),
  },
];

const proposal = (what: 'addSupervisor' | 'addReplica' | 'setPolicy'): Face => ({
  name: `registry, ${what}`,
  path: '/registry',
  open: async (page, { registry }) => {
    await press(page, registry.act[what]);
    await inDialog(page);
  },
});
const proposalFor = (
  tab: 'supervisors' | 'replicas',
  what:
    | 'renameSupervisor'
    | 'rotateSupervisor'
    | 'revokeSupervisor'
    | 'updateReplica'
    | 'rotateReplica'
    | 'removeReplica',
): Face => ({
  name: `registry, ${what}`,
  path: '/registry',
  open: async (page, { registry }) => {
    await page.getByRole('tab').filter({ hasText: registry[tab] }).click();
    const rows = page.getByRole('tabpanel').filter({ visible: true }).getByRole('row');
    await rows.getByRole('button').filter({ hasText: registry.act[what] }).first().click();
    await inDialog(page);
  },
});

const DIALOGS: readonly Face[] = [
  {
    name: 'the palette',
    open: async (page, { palette }) => {
      await page.keyboard.press('Control+k');
      await page.getByRole('combobox', { name: palette.input }).fill('re');
      await page.getByRole('listbox').getByRole('option').first().waitFor();
    },
  },
  {
    name: 'the shortcuts',
    open: async (page) => {
      await page.keyboard.press('?');
      await inDialog(page);
    },
  },
  {
    name: 'unlocking, with a wrong passphrase',
    open: async (page, { key, unlock }) => {
      await press(page, key.unlock);
      const dialog = await inDialog(page);
      await dialog.getByLabel(unlock.passphrase, { exact: true }).fill('wrong');
      await page.keyboard.press('Enter');
      await error(dialog);
    },
  },
  {
    name: 'what files are meant as',
    path: '/inbox',
    open: async (page) => {
      await page
        .locator('input[type=file]')
        .first()
        .setInputFiles([CSV, { ...CSV, name: 'report.pdf' }]);
      await inDialog(page);
    },
  },
  {
    name: 'a decline that can be undone',
    path: '/inbox',
    open: async (page, { item, toast }) => {
      await press(page, item.decline);
      await page.getByRole('button', { name: toast.undo, exact: true }).waitFor();
    },
  },
  {
    name: 'signing one',
    path: '/inbox/item-2',
    open: async (page, { review, unlock }) => {
      await press(page, review.sign);
      const dialog = await inDialog(page);
      await dialog.getByLabel(unlock.passphrase, { exact: true }).fill('wrong');
      await press(dialog, review.sign);
      await error(dialog);
    },
  },
  {
    name: 'signing a batch that is to be compared',
    path: '/inbox',
    open: async (page, { inbox }) => {
      await page.getByText(inbox.selectAll).click();
      await page.locator('header').getByRole('button').filter({ hasText: /\d/ }).click();
      const dialog = await inDialog(page);
      await dialog.locator('.note').first().waitFor();
    },
  },
  {
    name: 'the export of a draft',
    path: '/inbox/item-2',
    open: async (page, { offline }) => {
      await press(page, offline.export);
      await inDialog(page);
    },
  },
  proposal('addSupervisor'),
  proposal('addReplica'),
  proposal('setPolicy'),
  proposalFor('supervisors', 'renameSupervisor'),
  proposalFor('supervisors', 'rotateSupervisor'),
  proposalFor('supervisors', 'revokeSupervisor'),
  proposalFor('replicas', 'updateReplica'),
  proposalFor('replicas', 'rotateReplica'),
  proposalFor('replicas', 'removeReplica'),
  {
    name: 'registry, a card that is none',
    path: '/registry',
    open: async (page, { registry }) => {
      await press(page, registry.act.addSupervisor);
      const dialog = await inDialog(page);
      await dialog.getByLabel(registry.cardPaste).fill('stolen');
      await error(dialog);
    },
  },
  {
    name: 'registry, a card that is looked at',
    path: '/registry',
    open: async (page, { registry }) => {
      await press(page, registry.act.addSupervisor);
      const dialog = await inDialog(page);
      await dialog.locator('input[type=file]').setInputFiles([{ ...KEY_FILE, name: 'noor.cscard' }]);
      await dialog.getByRole('button', { name: registry.toReview, exact: true, disabled: false }).waitFor();
    },
  },
  {
    name: 'registry, a whole key',
    path: '/registry',
    open: async (page, { registry }) => {
      await page.getByText(registry.showKey, { exact: true }).first().click();
      await (await inDialog(page)).locator('svg[role=img]').waitFor();
    },
  },
  {
    name: 'keys, making one',
    path: '/keys',
    open: async (page, { keys }) => {
      await press(page, keys.make);
      await inDialog(page);
    },
  },
  {
    name: 'keys, importing one',
    path: '/keys',
    open: async (page, { keys }) => {
      await press(page, keys.import);
      await (await inDialog(page)).locator('input[type=file]').setInputFiles([KEY_FILE]);
    },
  },
  {
    name: 'keys, the passphrase',
    path: '/keys',
    open: async (page, { keys }) => {
      await press(page, keys.changePassphrase);
      const dialog = await inDialog(page);
      await dialog.getByLabel(keys.newPassphrase, { exact: true }).fill('short');
    },
  },
  {
    name: 'keys, exporting one',
    path: '/keys',
    open: async (page, { keys }) => {
      await page.locator('button').filter({ hasText: keys.exportButton }).first().click();
      await inDialog(page);
    },
  },
  {
    name: 'keys, a card',
    path: '/keys',
    open: async (page, { keys }) => {
      await page.locator('button').filter({ hasText: keys.cardButton }).first().click();
      await inDialog(page);
    },
  },
  {
    name: 'keys, a backup with a wrong passphrase',
    path: '/keys',
    open: async (page, { keys }) => {
      await press(page, keys.backup);
      const dialog = await inDialog(page);
      await dialog.getByLabel(keys.vaultPassphrase, { exact: true }).fill('wrong');
      await dialog.getByLabel(keys.newFilePassphrase, { exact: true }).fill('four words make sense');
      await dialog.getByLabel(keys.newFilePassphraseAgain, { exact: true }).fill('four words make sense');
      await press(dialog, keys.backupNow);
      await error(dialog);
    },
  },
  {
    name: 'keys, a backup that was verified',
    path: '/keys',
    open: async (page, { keys }) => {
      await press(page, keys.verify);
      const dialog = await inDialog(page);
      await dialog.locator('input[type=file]').setInputFiles([{ ...KEY_FILE, name: 'all.backup' }]);
      await dialog.getByLabel(keys.backupPassphrase, { exact: true }).fill('correct horse');
      await press(dialog, keys.verifyNow);
      await dialog.getByText(keys.verdict.unchanged).waitFor();
    },
  },
  {
    name: 'keys, a backup that is restored',
    path: '/keys',
    before: (main) => main.setVault('none'),
    open: async (page, { keys }) => {
      await press(page, keys.restore);
      await inDialog(page);
    },
  },
  {
    name: 'the report, with names',
    path: '/diagnostics',
    open: async (page, { diagnostics: { report } }) => {
      await press(page, report.open);
      const dialog = await inDialog(page);
      await dialog.getByText(report.withNames, { exact: true }).click();
      await dialog.getByText(report.warning).waitFor();
      await dialog.getByRole('region', { name: report.preview }).waitFor();
    },
  },
  {
    name: 'the fault panel, with a fault, one that ended, and a delay that is none',
    path: '/faults',
    open: async (page, { faults }) => {
      const replicas = page.getByRole('region', { name: faults.replicas, exact: true }).getByRole('article');
      await replicas.getByRole('textbox').last().fill('soon');
      await replicas.getByRole('button').filter({ hasText: faults.act.slow }).last().click();
      await error(page);
      await replicas.getByRole('button').filter({ hasText: faults.act.pause }).first().click();
      const heal = replicas.getByRole('button').filter({ hasText: faults.heal }).first();
      await heal.waitFor();
    },
  },
  {
    name: 'the time of a search',
    path: '/search?from=2026-11-05T08:30:00.000Z',
    open: async (page, { search }) => {
      await page.getByLabel(search.fromTime, { exact: true }).press('Enter');
      await page.getByRole('grid').waitFor();
    },
  },
];

const NEWEST_REQUEST = `/requests/${hash('newest request')}`;
const CHANGED: readonly Face[] = [
  {
    name: 'a block that was put back',
    path: '/blocks/4213',
    open: async (page, { block }, main) => {
      await page.getByRole('heading', { name: block.header }).waitFor();
      main.putBackNewest();
      await page.getByRole('alert').getByText(block.putBack).waitFor();
    },
  },
  {
    name: 'a block that took the place of another',
    path: '/blocks/4213',
    open: async (page, { block }, main) => {
      await page.getByRole('heading', { name: block.header }).waitFor();
      main.replaceNewest();
      await page.getByRole('alert').getByText(block.replaced).waitFor();
    },
  },
  {
    name: 'a request whose block was put back',
    path: NEWEST_REQUEST,
    open: async (page, { request }, main) => {
      await page.getByText(request.canChange).waitFor();
      main.putBackNewest();
      await page.getByRole('alert').getByText(request.putBack).waitFor();
    },
  },
  {
    name: 'a request in another block',
    path: NEWEST_REQUEST,
    open: async (page, { request }, main) => {
      await page.getByText(request.canChange).waitFor();
      main.replaceNewest();
      await page.getByRole('alert').getByText(request.moved).waitFor();
    },
  },
  {
    name: 'a draft that somebody else changed',
    path: '/inbox/item-1',
    open: async (page, { review }, main) => {
      await page.getByRole('button', { name: review.sign, exact: true }).waitFor();
      main.remarks.set('item-1', 'Seen again\n'.repeat(30));
      main.update('item-1', { title: 'Wells 2026', contentHash: hash('by somebody else') });
      await page.getByRole('table', { name: review.changes }).waitFor();
    },
  },
];

let folder: string;
let browser: Browser;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-faces-'));
  await buildPages(folder);
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true });
});

/** Each language and each theme once: colours do not depend on words, nor words on colours. */
const LOOKS: readonly [Language, Theme][] = [
  ['en', 'light'],
  ['zh-CN', 'dark'],
];

describe.each(LOOKS)('every face in %s, %s', (language, theme) => {
  it.each([
    ['before a replica runs', STAGES],
    ['when a dialog is open', DIALOGS],
    ['when what is shown has changed', CHANGED],
  ] as const)('is clean %s', { timeout: BUSY_MS }, async (_when, faces) => {
    const problems: string[] = [];
    for (const face of faces) problems.push(...(await lookAt(face)));
    expect(problems).toEqual([]);
  });

  async function lookAt({ name, path = '/', before, open }: Face): Promise<string[]> {
    const server = new FixtureServer(folder);
    let watched: WatchedPage | null = null;
    try {
      const address = await server.listen();
      before?.(server.main);
      watched = await openPage(browser, `${address}${path}#token=${TOKEN}`, { language, theme });
      const { page } = watched;
      page.setDefaultTimeout(15_000);
      const auditor = await Auditor.of(watched);
      await page.locator('main h1').waitFor();
      await open(page, WORDS[language], server.main);
      return await auditor.look(`${name} (${language}, ${theme})`, language, 'all');
    } catch (problem) {
      return [`${name} (${language}, ${theme}) did not open: ${String(problem)}`];
    } finally {
      await watched?.context.close();
      await server.close();
    }
  }
});
