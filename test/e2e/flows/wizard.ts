/**
 * A network of four organisations, with the console of one of them: it makes the network of everybody's cards, or joins
 * the one that another made; the others have the command line and processes of their own. What is signed in it is final.
 * @module
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { done } from '../../cluster/support/commandLine.ts';
import { Served, init, passphraseIn, type Member } from '../../cluster/support/members.ts';
import { PASSPHRASE, Supervisor } from '../support/flow.ts';
import type { Look, TestedConsole, View, Way } from '../support/way.ts';
import { WORDS } from '../support/words.ts';
import { freePorts } from '../../support/freePorts.ts';

/** Each of the others derives its keys twice. */
const MAKING_MS = 5 * 60_000;
const PATIENCE_MS = 2 * 60_000;
const NETWORK = 'Assessments of four';

export function wizard(way: Way, path: 'create' | 'join', look: Look): void {
  const { language } = look;
  const { wizard: w, setup, step } = WORDS[language];
  describe(`a network of four, ${path} in the ${way.name}, in ${language}`, () => {
    let home: string;
    let passphrase: readonly string[];
    let others: readonly Member[];
    let ownPort: number;
    /** The cards of the others. */
    let cards: readonly string[];
    let tested: TestedConsole;
    let view: View;
    let supervisor: Supervisor;
    const served: Served[] = [];

    beforeAll(async () => {
      home = await mkdtemp(join(tmpdir(), 'countersign-wizard-'));
      passphrase = await passphraseIn(home);
      const [own = 0, ...ports] = await freePorts(4);
      ownPort = own;
      others = ['B', 'C', 'D'].map((name, index) => ({
        name,
        directory: join(home, name),
        host: '127.0.0.1',
        port: ports[index] ?? 0,
        within: [],
      }));
      cards = (await Promise.all(others.map(async (member) => await init(member, passphrase)))).map(
        ({ card }) => card,
      );
      tested = await way.start();
      view = await tested.open(look);
      supervisor = new Supervisor(view, language);
    }, MAKING_MS);
    afterAll(async () => {
      await Promise.all(served.map(async (one) => await one.stop()));
      await tested.remove();
      await rm(home, { recursive: true, force: true });
    });

    const press = async (name: string): Promise<void> => {
      await view.page.getByRole('button', { name, exact: true }).click();
    };

    it('makes the keys and the card of this machine', async () => {
      const { page } = view;
      await press(w[path]);
      // The form that stood there before has fields of the same names.
      await page.getByRole('button', { name: w.card.make, exact: true }).waitFor();
      await page.getByLabel(w.card.organisation).fill('Organisation A');
      await page.getByLabel(w.card.replicaName).fill('Replica A');
      await page.getByLabel(w.card.host).fill('127.0.0.1');
      await page.getByLabel(w.card.port, { exact: true }).fill(String(ownPort));
      await page.getByLabel(w.card.supervisorName).fill('Supervisor A');
      await page.getByLabel(w.card.passphrase, { exact: true }).fill(PASSPHRASE);
      await page.getByLabel(setup.passphraseAgain, { exact: true }).fill(PASSPHRASE);
      await press(w.card.make);
      const next = path === 'create' ? w.collect.empty : w.import.waiting;
      await page.getByText(next).waitFor({ timeout: PATIENCE_MS });
    });

    it(
      path === 'create'
        ? 'makes the network of the cards, and gives its genesis away'
        : 'gives its card away, and takes the genesis',
      async () => {
        const { page } = view;
        const genesis = join(home, 'genesis.json');
        if (path === 'create') {
          await page
            .locator('input[type=file]')
            .first()
            .setInputFiles([...cards]);
          for (const { name } of others) await page.getByText(`Replica ${name}`, { exact: true }).waitFor();
          await page.getByLabel(w.collect.name).fill(NETWORK);
          await press(w.collect.make);
        } else {
          const own = join(home, 'own.cscard');
          await writeFile(own, await supervisor.save(w.card.save));
          await done(['invite', own, ...cards, '--name', NETWORK, '--out', genesis]);
          await page.locator('input[type=file]').first().setInputFiles(genesis);
        }
        const list = page.getByRole('list', { name: w.compare.words });
        await list.waitFor();
        if (path === 'create') await writeFile(genesis, await supervisor.save(w.compare.save));
        const fingerprint = (await list.getByRole('listitem').allTextContents()).join(' ');
        expect(fingerprint.split(' ')).toHaveLength(12);
        // Who was told other words than these joins nothing.
        await Promise.all(
          others.map(
            async ({ directory }) =>
              await done([
                ...['join', genesis, '--directory', directory, ...passphrase],
                ...['--fingerprint', fingerprint],
              ]),
          ),
        );
      },
      MAKING_MS,
    );

    it('starts once the words were compared, and is in step when the others are there', async () => {
      const { page } = view;
      await page.getByLabel(w.compare.passphrase).fill(PASSPHRASE);
      await page.getByText(w.compare.confirm).click();
      await press(w.compare.start);
      await page.locator('main h1').waitFor({ timeout: PATIENCE_MS });
      for (const member of others) served.push(Served.start(member, passphrase));
      await supervisor.open('overview');
      await page.getByText(step.inStep).waitFor({ timeout: PATIENCE_MS });
    });

    it('signs, and the receipt holds for somebody who has the genesis alone', async () => {
      const { page } = view;
      const path = join(home, 'grades.csv');
      await writeFile(path, 'subject,grade\nsample,good\n');
      await supervisor.signToTheEnd(path, 'grades');
      const receipt = join(home, 'receipt.json');
      await writeFile(receipt, await supervisor.exportReceipt());
      expect(await done(['verify', receipt, '--genesis', join(home, 'genesis.json')])).toMatchObject({
        valid: true,
        supervisorName: 'Supervisor A',
      });
      await supervisor.open('peers');
      for (const { name } of others)
        await page.getByText(`Replica ${name}`, { exact: true }).first().waitFor();
    });

    it('asks for the passphrase of the replica after a restart', async () => {
      const { locked } = WORDS[language];
      expect(await tested.restart()).toBe(0);
      await view.page.getByLabel(locked.passphrase).fill(PASSPHRASE);
      await press(locked.start);
      await supervisor.untilBack();
    });

    it('did nothing that a strict page must not', () => {
      expect(view.complaints).toEqual([]);
    });
  });
}
