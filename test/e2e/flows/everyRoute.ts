/**
 * Every address of the console, in languages and themes, on a real network of four processes with real data: axe finds
 * nothing, the policies refuse nothing, no request leaves this machine, and every word is translated. The addresses are
 * the router's own, so that a new page is looked at without being named here.
 * @module
 */
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderCardFile } from '../../../src/main/ledger/card.ts';
import { replicaCard } from '../../support/cards.ts';
import { makeTwoSupervisors, type TwoSupervisors } from '../../support/twoSupervisors.ts';
import { Auditor } from '../support/audit.ts';
import type { Language, Theme } from '../support/browser.ts';
import { PASSPHRASE, Supervisor } from '../support/flow.ts';
import { countersign } from '../support/serve.ts';
import type { TestedConsole, View, Way } from '../support/way.ts';
import { WORDS, words } from '../support/words.ts';

/** Under two minutes in all on a machine of its own; more where others work beside it. */
const BUSY_MS = 10 * 60_000;
/** A network starts, or a view changes, on a busy machine. */
const PATIENCE_MS = 90_000;

const SAMPLE = fileURLToPath(new URL('../../../resources/demo/assessments.csv', import.meta.url));
/** Turns the direction of writing, and takes no room: neither may go unseen. */
const DISGUISED = 'report\u202Efdp\u200B.txt';

/** In what each page is looked at. Under the first theme all is looked for: another one changes colours and nothing else. */
export interface Dresses {
  readonly languages: readonly Language[];
  readonly themes: readonly Theme[];
}

/** Switches as a person does, without a reload, where every page lets one: the page of settings has both once more. */
async function dress(page: Page, language: Language, theme: Theme): Promise<void> {
  const spoken = (await page.locator('html').getAttribute('lang')) as Language;
  await page.getByLabel(WORDS[spoken].settings.language, { exact: true }).first().selectOption(language);
  await page.getByLabel(WORDS[language].settings.theme, { exact: true }).first().selectOption(theme);
}

/** What is wrong with the page that is open. */
async function lookAtAll(
  auditor: Auditor,
  page: Page,
  { languages, themes }: Dresses,
  where: string,
): Promise<string[]> {
  const found: string[] = [];
  for (const language of languages) {
    for (const theme of themes) {
      await dress(page, language, theme);
      const rules = theme === themes[0] ? 'all' : 'colours';
      found.push(...(await auditor.look(`${where} (${language}, ${theme})`, language, rules)));
    }
  }
  return found;
}

/** The address patterns of the router in the page. */
async function routesOf(page: Page): Promise<string[]> {
  return await page.evaluate(() => {
    interface Mounted extends Element {
      readonly __vue_app__: {
        config: { globalProperties: { $router: { getRoutes(): readonly { path: string }[] } } };
      };
    }
    const root = document.querySelector<Mounted>('#app')!;
    return root.__vue_app__.config.globalProperties.$router.getRoutes().map(({ path }) => path);
  });
}

/** Every route of a network at work. */
export function everyRoute(way: Way, dresses: Dresses): void {
  describe(`every route in the ${way.name}`, () => {
    let tested: TestedConsole;
    let both: TwoSupervisors;
    let view: View;
    let auditor: Auditor;
    /** What each parameter of an address stands for here. */
    const values: Record<string, string> = { path: 'nowhere/at/all', height: '1', epoch: '0' };

    beforeAll(async () => {
      tested = await way.start(async (directory) => {
        both = await makeTwoSupervisors(directory);
      });
      view = await tested.open({ language: 'en' });
      auditor = await Auditor.of(view);
      await fill(new Supervisor(view, 'en'));
    }, BUSY_MS);
    afterAll(async () => await tested.remove());

    /** Final requests, drafts, something declined, a change that waits for approval, and evidence. */
    async function fill(supervisor: Supervisor): Promise<void> {
      const { page } = view;
      await page.getByText(WORDS.en.step.inStep).waitFor({ timeout: PATIENCE_MS });
      await supervisor.signToTheEnd(SAMPLE, 'assessments');
      const proposed = await countersign(
        ...['registry', 'propose', 'rename-supervisor', 'Ada', '--name', 'Ada L.', '--organisation', 'House'],
        ...['--genesis', both.genesisFile, '--key', both.keyFile('Bea')],
        ...['--passphrase-file', both.passphraseFile, '--yes'],
      );
      expect(proposed.errors).not.toContain('countersign:');
      expect(proposed.code).toBe(0);
      values['requestId'] = String(proposed.answer?.['requestId']);
      const disguised = join(tested.directory, DISGUISED);
      await writeFile(disguised, 'not what it seems');
      for (const path of [SAMPLE, disguised]) await supervisor.hand([path], 'document');
      await page.getByRole('link', { name: /U\+202E/ }).click();
      await page.getByRole('button', { name: WORDS.en.review.sign }).waitFor();
      values['itemId'] = new URL(page.url()).pathname.split('/').at(-1) ?? '';
      values['replica'] = /\d+/.exec(await supervisor.failPrimary('equivocate'))?.[0] ?? '';
      const again = join(tested.directory, 'again.csv');
      await copyFile(SAMPLE, again);
      await supervisor.signToTheEnd(again, 'again');
      await supervisor.open('evidence');
      const evidence = page.getByRole('article').or(page.getByRole('listitem')).getByRole('link').first();
      await evidence.waitFor({ timeout: PATIENCE_MS });
    }

    /** `pattern` with real values in place of its parameters. */
    function addressOf(pattern: string): string {
      return pattern.replaceAll(/:(\w+)(\([^)]*\))?[*+?]?(?:\))?/g, (_, name: string) => {
        const isItem = pattern.startsWith('/inbox');
        const known = name === 'id' ? values[isItem ? 'itemId' : 'requestId'] : values[name];
        if (known === undefined) throw new Error(`give :${name} of ${pattern} a real value in this test`);
        return known;
      });
    }

    it('is clean', { timeout: BUSY_MS }, async () => {
      const { page } = view;
      const patterns = await routesOf(page);
      expect(patterns.length).toBeGreaterThan(10);
      const problems: string[] = [];
      for (const pattern of patterns) {
        const address = addressOf(pattern);
        await page.goto(tested.address(address));
        await page.locator('main h1').waitFor();
        problems.push(...(await lookAtAll(auditor, page, dresses, address)));
      }
      expect(problems).toEqual([]);
    });
  });
}

/** Every page before there is a network, and while it is away. */
export function everyBeginning(way: Way, dresses: Dresses): void {
  describe(`every page before there is a network in the ${way.name}`, () => {
    const { setup, wizard, locked, starting } = WORDS.en;
    let tested: TestedConsole;
    let view: View;
    let auditor: Auditor;

    beforeAll(async () => {
      tested = await way.start();
      view = await tested.open({ language: 'en' });
      auditor = await Auditor.of(view);
    });
    afterAll(async () => await tested.remove());

    it('is clean', { timeout: BUSY_MS }, async () => {
      let { page } = view;
      const problems: string[] = [];
      const press = async (name: string): Promise<void> => {
        await page.getByRole('button', { name, exact: true }).click();
      };
      const look = async (where: string): Promise<void> => {
        problems.push(...(await lookAtAll(auditor, view.page, dresses, where)));
        await dress(page, 'en', dresses.themes[0] ?? 'light');
      };

      await page.getByRole('heading', { name: setup.title }).waitFor();
      await page.getByRole('button', { name: setup.try, exact: true }).click();
      await page.getByText(words(setup.passphraseShort, { min: 8 })).waitFor();
      await look('the choice');

      await press(wizard.create);
      await page.getByRole('button', { name: wizard.card.make }).waitFor();
      await look('create, the own card');
      await page.getByLabel(wizard.card.organisation).fill('Analytical Society');
      await page.getByLabel(wizard.card.replicaName).fill('Replica A');
      await page.getByLabel(wizard.card.host).fill('127.0.0.1');
      await page.getByLabel(wizard.card.supervisorName).fill('Ada');
      await page.getByLabel(wizard.card.passphrase, { exact: true }).fill(PASSPHRASE);
      await page.getByLabel(setup.passphraseAgain, { exact: true }).fill(PASSPHRASE);
      await press(wizard.card.make);

      await page.getByText(wizard.collect.empty).waitFor();
      await look('create, the cards of the others');
      await press(wizard.back);
      await press(wizard.join);
      await page.getByText(wizard.import.waiting).waitFor();
      await look('join, the genesis');
      await press(wizard.back);
      await press(wizard.create);
      await page.getByLabel(wizard.collect.paste).fill(renderCardFile([2, 3, 4].map((n) => replicaCard(n))));
      await press(wizard.collect.add);
      await page.getByText('Replica 4').waitFor();
      await look('create, with cards');
      await page.getByLabel(wizard.collect.name).fill('Assessments of four');
      await press(wizard.collect.make);
      await page.getByRole('list', { name: wizard.compare.words }).waitFor();
      await look('create, the fingerprint');
      await page.getByLabel(wizard.compare.passphrase).fill(PASSPHRASE);
      await page.getByText(wizard.compare.confirm).click();
      await press(wizard.compare.start);
      // One of four: the console is there, and says what it waits for.
      await page.locator('main h1').waitFor();
      await look('one replica of four');

      // A window ends with its program.
      await tested.restart(async () => await look('the connection is lost'));
      if (view.page !== page) {
        page = view.page;
        auditor = await Auditor.of(view);
      }
      await page.getByRole('heading', { name: locked.title }).waitFor();
      await look('locked');
      await page.getByLabel(locked.passphrase).fill(PASSPHRASE);
      await press(locked.start);
      await page.getByRole('heading', { name: starting.title }).waitFor({ state: 'hidden' });
      await page.locator('main h1').waitFor();

      if (way.name === 'browser') {
        // A token that is none.
        await page.goto(tested.address('/#token=wrong'));
        await page.reload();
        await page.getByRole('heading', { name: WORDS.en.connecting.failed }).waitFor();
        await look('a wrong token');
      }
      const expected = /ERR_CONNECTION_REFUSED|WebSocket connection/;
      expect(problems.filter((problem) => !expected.test(problem))).toEqual([]);
    });
  });
}
