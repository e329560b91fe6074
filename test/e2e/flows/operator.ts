/**
 * Peers, diagnostics and settings, against a real network of four processes, on pages in several languages at once: a
 * replica that is killed is shown as gone with the reason and comes back, the log is filtered and held still, the report
 * is saved as it was shown and names nobody, and what is set counts at once and lasts.
 * @module
 */
import { copyFile, readFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ERROR_CATALOGUES } from '../../../src/shared/locales/errorWords.ts';
import type { Language } from '../support/browser.ts';
import { PASSPHRASE, Supervisor } from '../support/flow.ts';
import type { Look, TestedConsole, View, Way } from '../support/way.ts';
import { WORDS, words } from '../support/words.ts';

const SAMPLE = fileURLToPath(new URL('../../../resources/demo/assessments.csv', import.meta.url));
/** What is signed here, and what a report must not hold. */
const TITLE = 'strictly-between-us';
const PATIENCE_MS = 60_000;
/** As patient as Playwright's own waiting: a busy machine is not a fault of the page. */
const eventually = <T>(read: () => T) => expect.poll(read, { timeout: PATIENCE_MS });
/** It is not the primary, and not the replica that the console belongs to. */
const KILLED = 'Replica 3';
const OWN = 'Replica 4';
const OTHERS = ['Replica 1', 'Replica 2', KILLED];

/** What of the genesis file names somebody or something. */
interface Genesis {
  readonly network_id: string;
  readonly name: string;
  readonly replicas: readonly (Record<'name' | 'organisation' | 'host' | 'public_key', string> & {
    port: number;
  })[];
  readonly supervisors: readonly Record<'name' | 'organisation' | 'public_key', string>[];
}

/** The first of `looks` acts, and all of them see. */
export function peersDiagnosticsAndSettings(way: Way, looks: readonly [Look, ...Look[]]): void {
  const LANGUAGES = looks.map(({ language }) => language);
  const [{ language: acting }] = looks;
  /** Who reads while somebody else acts, where there are two. */
  const reading = LANGUAGES.at(-1) ?? acting;
  describe(`peers, diagnostics and settings in the ${way.name}, in ${LANGUAGES.join(' and ')}`, () => {
    let tested: TestedConsole;
    let supervisor: Supervisor;
    const views = new Map<Language, View>();
    const pageIn = (language: Language): Page => views.get(language)!.page;
    const supervisorIn = (language: Language): Supervisor => new Supervisor(views.get(language)!, language);

    beforeAll(async () => {
      tested = await way.start();
      for (const look of looks) views.set(look.language, await tested.open(look));
      if (way.name === 'browser') {
        // Of the others the browser has been told nothing: a page must live with either.
        await views.get(acting)!.context.grantPermissions(['notifications', 'clipboard-write'], {
          origin: new URL(tested.address('/')).origin,
        });
        await pageIn(acting).reload();
      }
      supervisor = supervisorIn(acting);
      await supervisor.tryIt();
      const path = join(tested.directory, `${TITLE}.csv`);
      await copyFile(SAMPLE, path);
      await supervisor.signToTheEnd(path, TITLE);
    });
    afterAll(async () => await tested.remove());

    async function openBoth(place: 'peers' | 'diagnostics' | 'settings'): Promise<void> {
      for (const language of LANGUAGES) await supervisorIn(language).open(place);
    }

    /** A stranger at the door of the console's own replica, who leaves without a word. */
    async function knock(): Promise<void> {
      const { host, port } = (await genesisOf(tested)).replicas.find(({ name }) => name === OWN)!;
      const socket = createConnection({ host, port }, () => socket.end());
      await new Promise((resolve, reject) => socket.once('close', resolve).once('error', reject));
    }

    describe('the peers', () => {
      const rowOf = (language: Language, name: string): Locator =>
        pageIn(language)
          .getByRole('row')
          .filter({ has: pageIn(language).getByText(name, { exact: true }) });

      it('are all there, each with what it said last', async () => {
        await openBoth('peers');
        const genesis = await genesisOf(tested);
        for (const language of LANGUAGES) {
          const { peers, replicas } = WORDS[language];
          const page = pageIn(language);
          for (const name of OTHERS) {
            const row = rowOf(language, name);
            await row.getByText(replicas.state.connected, { exact: true }).waitFor({ timeout: PATIENCE_MS });
            await row.getByText(words(peers.stable, { height: 1 })).waitFor({ timeout: PATIENCE_MS });
            const details = page.getByRole('button', { name: words(peers.detailsOf, { name }), exact: true });
            await details.click();
            expect(await details.getAttribute('aria-expanded')).toBe('true');
            const key = genesis.replicas.find((replica) => replica.name === name)!.public_key;
            await page.getByText(key, { exact: true }).waitFor();
          }
          await rowOf(language, OWN).getByText(replicas.state.running, { exact: true }).waitFor();
          await page
            .getByText(words(peers.summary, { connected: 4, n: 4, q: 3, attested: 1 }), { exact: false })
            .waitFor();
          await page.getByText(peers.noKnocks).waitFor();
        }
      });

      it('show who came to the door and was not let in', async () => {
        await knock();
        for (const language of LANGUAGES) {
          const stranger = pageIn(language)
            .getByRole('region', { name: WORDS[language].peers.knocks, exact: true })
            .getByRole('row')
            .filter({ hasText: '127.0.0.1' });
          await stranger.waitFor();
          const { what } = ERROR_CATALOGUES[language]['handshake.malformed'];
          expect(await stranger.textContent()).toContain(what.split('{')[0]);
        }
      });

      it('show one that is killed as gone, and why, and that it comes back', async () => {
        await supervisor.fail(KILLED, 'stop');
        await supervisor.open('peers');
        for (const language of LANGUAGES) {
          const { peers, replicas } = WORDS[language];
          const page = pageIn(language);
          const row = rowOf(language, KILLED);
          await row.getByText(replicas.state.down, { exact: true }).waitFor({ timeout: PATIENCE_MS });
          expect(await row.getByText(replicas.state.connected, { exact: true }).count()).toBe(0);
          await page
            .getByText(words(peers.summary, { connected: 3, n: 4, q: 3, attested: 1 }), { exact: false })
            .waitFor();
          const details = page.getByRole('button', { name: words(peers.detailsOf, { name: KILLED }) });
          if ((await details.getAttribute('aria-expanded')) !== 'true') await details.click();
          const { action } = ERROR_CATALOGUES[language]['network.brokeOff'];
          await page.getByText(action, { exact: true }).waitFor();
          // The others are as they were.
          for (const name of OTHERS.filter((other) => other !== KILLED)) {
            await rowOf(language, name).getByText(replicas.state.connected, { exact: true }).waitFor();
          }
        }

        await supervisor.heal(KILLED);
        await supervisor.open('peers');
        for (const language of LANGUAGES) {
          const { peers, replicas } = WORDS[language];
          const page = pageIn(language);
          const row = rowOf(language, KILLED);
          await row.getByText(replicas.state.connected, { exact: true }).waitFor({ timeout: PATIENCE_MS });
          const details = page.getByRole('button', { name: words(peers.detailsOf, { name: KILLED }) });
          if ((await details.getAttribute('aria-expanded')) !== 'true') await details.click();
          // It is no trouble any more, and stays told of as one that was.
          const { action } = ERROR_CATALOGUES[language]['network.brokeOff'];
          await page.getByText(action, { exact: true }).waitFor({ state: 'hidden' });
          await page
            .getByRole('listitem')
            .filter({ hasText: words(peers.times.split(' | ')[0]!, { count: 1 }) })
            .first()
            .waitFor();
        }
      });
    });

    describe('the diagnostics', () => {
      const log = (language: Language): Locator =>
        pageIn(language).getByRole('region', { name: WORDS[language].diagnostics.log.title, exact: true });
      const lines = (language: Language): Locator => log(language).getByRole('listitem');

      it('say how the program fares', async () => {
        await openBoth('diagnostics');
        const { node } = await tested.versions();
        for (const language of LANGUAGES) {
          const { diagnostics } = WORDS[language];
          const page = pageIn(language);
          await page.getByText(tested.directory, { exact: true }).waitFor();
          for (const name of [node, diagnostics.databases, diagnostics.queue.pendingRequests]) {
            await page.getByText(name, { exact: true }).waitFor();
          }
          // A connection has ended, and a stranger was not let in.
          for (const code of ['network.brokeOff', 'handshake.malformed']) {
            await page.getByText(code, { exact: true }).first().waitFor();
          }
        }
      });

      it('show the log: from a level on, with what is looked for', async () => {
        for (const language of LANGUAGES) {
          const { level, least, search, none } = WORDS[language].diagnostics.log;
          const field = log(language).getByLabel(search, { exact: true });
          await lines(language).filter({ hasText: 'stage.running' }).waitFor();
          const all = await lines(language).count();

          await field.fill('peer.down');
          await eventually(async () => await lines(language).count()).toBe(1);
          expect(await lines(language).textContent()).toMatch(/peer\.down replica=2/);
          expect(await lines(language).getByText(level.info, { exact: true }).count()).toBe(1);
          await field.fill('');
          await log(language).getByLabel(least, { exact: true }).selectOption('warn');
          await eventually(async () => await lines(language).count()).toBeLessThan(all);
          for (const line of await lines(language).allTextContents()) {
            expect(line.includes(level.warn) || line.includes(level.error)).toBe(true);
          }
          await lines(language)
            .filter({ hasText: /connection\.refused .*127\.0\.0\.1/ })
            .first()
            .waitFor();
          await field.fill('there is no such line');
          await log(language).getByText(none).waitFor();
          await field.fill('');
          await log(language).getByLabel(least, { exact: true }).selectOption('debug');
          await lines(language).filter({ hasText: 'stage.running' }).waitFor();
        }
      });

      it('hold the log still while one reads, and copy what is shown', async () => {
        await supervisor.open('peers');
        await supervisorIn(reading).open('diagnostics');
        // What is held still has to be there.
        await lines(reading).filter({ hasText: 'stage.running' }).waitFor();
        await pageIn(reading)
          .getByRole('button', { name: WORDS[reading].diagnostics.log.pause, exact: true })
          .click();
        const before = await lines(reading).allTextContents();
        await knock();
        const { waiting, resume } = WORDS[reading].diagnostics.log;
        await log(reading)
          .getByText(words(waiting.split(' | ')[0]!, { count: 1 }), { exact: true })
          .waitFor();
        expect(await lines(reading).count()).toBe(before.length);
        await pageIn(reading).getByRole('button', { name: resume, exact: true }).click();
        await eventually(async () => await lines(reading).count()).toBe(before.length + 1);

        await supervisor.open('diagnostics');
        await log(acting).getByLabel(WORDS[acting].diagnostics.log.search, { exact: true }).fill('stage.');
        // It says so for a moment only.
        await Promise.all([
          log(acting).getByRole('button', { name: WORDS[acting].hash.copied, exact: true }).waitFor(),
          log(acting).getByRole('button', { name: WORDS[acting].diagnostics.log.copy, exact: true }).click(),
        ]);
        const copied = await pasted(pageIn(acting));
        const rows = copied.split('\n');
        expect(rows).toHaveLength(await lines(acting).count());
        for (const row of rows) expect(row).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z (info|warn|error) stage\./);
      });

      it.each(LANGUAGES)('save a report exactly as it is shown, that names nobody (%s)', async (language) => {
        const { report } = WORDS[language].diagnostics;
        const page = pageIn(language);
        const named = namesOf(await genesisOf(tested));
        const versions = await tested.versions();
        const secrets = [PASSPHRASE, ...tested.secrets, TITLE, 'A-2026-0001', ...named.keys];
        expect(secrets.every((secret) => secret.length > 5)).toBe(true);

        const redacted = await saveReport(page, language, false);
        for (const word of [...secrets, ...named.people, ...named.hosts, tested.directory]) {
          expect(redacted.includes(word), word).toBe(false);
        }
        // The version of V8 looks like an address.
        const bare = redacted.replaceAll(versions.v8, '');
        expect(/[0-9a-f]{32}|BEGIN |\b\d{1,3}(\.\d{1,3}){3}\b/.exec(bare)?.[0]).toBeUndefined();
        // It is of use all the same.
        const parsed = JSON.parse(redacted) as {
          format: string;
          diagnostics: { versions: { name: string; version: string }[] };
          peers: { members: { troubles: { code: string }[] }[]; knocks: { code: string }[] };
          log: { event: string }[];
        };
        expect(parsed.format).toBe('countersign-report');
        expect(parsed.diagnostics.versions).toContainEqual({ name: 'node', version: versions.node });
        expect(parsed.peers.members.flatMap(({ troubles }) => troubles)).toMatchObject([
          { code: 'network.brokeOff' },
        ]);
        expect(parsed.peers.knocks).toMatchObject([{ code: 'handshake.malformed' }]);
        expect(parsed.log.map(({ event }) => event)).toEqual(
          expect.arrayContaining(['stage.running', 'peer.down', 'peer.up', 'connection.refused']),
        );

        // Whoever asks for names is warned, and gets them, and still no secret.
        const open = await saveReport(page, language, true);
        for (const word of [...named.people.filter((name) => name.startsWith('Replica')), ...named.hosts]) {
          expect(open.includes(word), word).toBe(true);
        }
        for (const secret of secrets) expect(open.includes(secret), secret).toBe(false);
        await page
          .getByText(words(report.saved, { name: '' }).trim(), { exact: false })
          .first()
          .waitFor();
      });

      /** Saves a report: its text, which has to be the one that was shown. */
      async function saveReport(page: Page, language: Language, withNames: boolean): Promise<string> {
        const { report } = WORDS[language].diagnostics;
        await page.getByRole('button', { name: report.open }).click();
        const dialog = page.getByRole('dialog', { name: report.title, exact: true });
        const preview = dialog.getByRole('region', { name: report.preview });
        await preview.waitFor();
        if (withNames) {
          await dialog.getByText(report.withNames, { exact: true }).click();
          await dialog.getByText(report.warning).waitFor();
          await preview.filter({ hasText: '"withNames": true' }).waitFor();
        }
        const shown = await preview.textContent();
        const saved = page.waitForEvent('download');
        await dialog.getByRole('button', { name: report.save, exact: true }).click();
        const download = await saved;
        expect(download.suggestedFilename()).toMatch(/^countersign-report.*\.json$/);
        const text = await readFile(await download.path(), 'utf8');
        expect(text).toBe(shown);
        await dialog.waitFor({ state: 'hidden' });
        return text;
      }
    });

    describe('the settings', () => {
      const panel = (page: Page, name: string): Locator => page.getByRole('region', { name, exact: true });
      const wish = (language: Language): Locator =>
        pageIn(language).getByRole('checkbox', { name: WORDS[language].notices.kind.final, exact: true });

      it.each(LANGUAGES)('change language and theme at once, and keep them (%s)', async (language) => {
        const page = pageIn(language);
        const other: Language = language === 'en' ? 'zh-CN' : 'en';
        await supervisorIn(language).open('settings');
        await page.evaluate(() => Object.assign(window, { stillTheSame: true }));
        const dark = async (): Promise<boolean> =>
          await page.evaluate(() => document.documentElement.classList.contains('dark'));
        const background = async (): Promise<string> =>
          await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        const light = await background();

        const { settings } = WORDS[language];
        await panel(page, settings.display).getByLabel(settings.theme, { exact: true }).selectOption('dark');
        await eventually(dark).toBe(true);
        await eventually(background).not.toBe(light);
        await panel(page, settings.display)
          .getByLabel(settings.language, { exact: true })
          .selectOption(other);
        await page
          .getByRole('heading', { level: 1, name: WORDS[other].settings.title, exact: true })
          .waitFor();
        expect(await page.locator('html').getAttribute('lang')).toBe(other);
        expect(await page.evaluate(() => 'stillTheSame' in window)).toBe(true);

        await page.reload();
        await page
          .getByRole('heading', { level: 1, name: WORDS[other].settings.title, exact: true })
          .waitFor();
        expect(await dark()).toBe(true);

        // All of it back to what it was at first, and that taken back, and done again.
        await page.getByRole('button', { name: WORDS[other].settings.reset, exact: true }).click();
        await page.getByRole('heading', { level: 1, name: settings.title, exact: true }).waitFor();
        await eventually(dark).toBe(false);
        await page.getByRole('button', { name: WORDS[language].toast.undo, exact: true }).last().click();
        await page
          .getByRole('heading', { level: 1, name: WORDS[other].settings.title, exact: true })
          .waitFor();
        await eventually(dark).toBe(true);
        await page.getByRole('button', { name: WORDS[other].settings.reset, exact: true }).click();
        await page.getByRole('heading', { level: 1, name: settings.title, exact: true }).waitFor();
        await eventually(background).toBe(light);
      });

      // In a window the program notifies, and no page does.
      if (way.name === 'browser') {
        it('say whether the browser lets this page notify', async () => {
          for (const language of LANGUAGES) {
            const { notices } = WORDS[language];
            const page = pageIn(language);
            const allowed = await page.evaluate(() => Notification.permission);
            expect(allowed).toBe(language === acting ? 'granted' : 'default');
            await panel(page, notices.heading)
              .getByText(notices.permission[allowed], { exact: true })
              .waitFor();
            const asks = page.getByRole('button', { name: notices.ask, exact: true });
            expect(await asks.count()).toBe(allowed === 'default' ? 1 : 0);
          }
        });

        it('tell of what becomes final while nobody looks, and lead there', async () => {
          const page = pageIn(acting);
          await page.evaluate(() => {
            const told: Notification[] = [];
            class Recorded extends Notification {
              constructor(title: string, options?: NotificationOptions) {
                super(title, options);
                told.push(this);
              }
            }
            Object.assign(window, { Notification: Recorded, told });
            // A driven page always has the focus.
            document.hasFocus = (): boolean => false;
          });
          const path = join(tested.directory, 'unseen.csv');
          await copyFile(SAMPLE, path);
          await supervisorIn(reading).signToTheEnd(path, 'unseen');
          const told = async (): Promise<readonly (readonly [string, string])[]> =>
            await page.evaluate(() => {
              const { told: notes } = window as unknown as { told: Notification[] };
              return notes.map(({ title, body }) => [title, body] as const);
            });
          await expect
            .poll(told, { timeout: PATIENCE_MS })
            .toEqual([[WORDS[acting].notices.title.final, 'unseen']]);
          await page.evaluate(() => {
            const { told: notes } = window as unknown as { told: Notification[] };
            notes[0]?.onclick?.(new Event('click'));
          });
          await page.getByRole('heading', { level: 1, name: 'unseen', exact: true }).waitFor();
          await page.reload();
          for (const language of LANGUAGES) await supervisorIn(language).open('settings');
        });
      }

      it('keep what a person wants to be notified of, for every page and over a restart', async () => {
        expect(await wish(acting).isChecked()).toBe(true);
        await pageIn(acting).getByText(WORDS[acting].notices.kind.final, { exact: true }).click();
        await eventually(async () => await wish(acting).isChecked()).toBe(false);
        await pageIn(reading).reload();
        await wish(reading).waitFor({ state: 'attached' });
        await eventually(async () => await wish(reading).isChecked()).toBe(false);

        // A page that still loads its other pages would miss them.
        await pageIn(reading).waitForLoadState('networkidle');
        expect(await tested.restart()).toBe(0);
        await supervisor.untilBack();
        await supervisor.open('settings');
        await wish(acting).waitFor({ state: 'attached', timeout: PATIENCE_MS });
        await eventually(async () => await wish(acting).isChecked()).toBe(false);
        for (const kind of ['refused', 'approval', 'evidence', 'outOfStep'] as const) {
          const name = WORDS[acting].notices.kind[kind];
          expect(await pageIn(acting).getByRole('checkbox', { name, exact: true }).isChecked(), kind).toBe(
            true,
          );
        }
      });

      it('did nothing that a strict page must not', () => {
        expect([...views.values()].flatMap(({ complaints }) => complaints)).toEqual([]);
      });
    });
  });
}

/** What is on the clipboard, as a person gets it out: a page may not read it. */
async function pasted(page: Page): Promise<string> {
  await page.evaluate(() =>
    document.body.append(Object.assign(document.createElement('textarea'), { id: 'paste' })),
  );
  const field = page.locator('#paste');
  await field.focus();
  await page.keyboard.press('ControlOrMeta+V');
  const text = await field.inputValue();
  await field.evaluate((element) => element.remove());
  return text;
}

async function genesisOf({ genesis }: TestedConsole): Promise<Genesis> {
  return JSON.parse(await readFile(genesis, 'utf8')) as Genesis;
}

/** Whom and what a genesis names. */
function namesOf({
  network_id,
  name,
  replicas,
  supervisors,
}: Genesis): Record<'people' | 'hosts' | 'keys', string[]> {
  const members = [...replicas, ...supervisors];
  return {
    people: [name, ...members.flatMap((member) => [member.name, member.organisation])],
    hosts: replicas.map(({ host }) => host),
    keys: [network_id, ...members.map(({ public_key }) => public_key)],
  };
}
