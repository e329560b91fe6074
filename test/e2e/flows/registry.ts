/**
 * The registry, against a real network of four processes: a supervisor is added by card, the next one waits for her
 * approval, which she gives on the command line, and shows in table and history.
 * @module
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSPHRASE, Supervisor } from '../support/flow.ts';
import { countersign } from '../support/serve.ts';
import type { Look, TestedConsole, View, Way } from '../support/way.ts';
import { WORDS, words } from '../support/words.ts';

const PATIENCE_MS = 60_000;

export function registryOf(way: Way, look: Look): void {
  const { language } = look;
  describe(`the registry in the ${way.name}, in ${language}`, () => {
    const { registry, review } = WORDS[language];
    let tested: TestedConsole;
    let view: View;
    let supervisor: Supervisor;
    let passphraseFile: string;
    let proposalId: string;

    beforeAll(async () => {
      tested = await way.start();
      view = await tested.open(look);
      supervisor = new Supervisor(view, language);
      await supervisor.tryIt();
      passphraseFile = join(tested.directory, 'passphrase');
      await writeFile(passphraseFile, `${PASSPHRASE}\n`, { mode: 0o600 });
    });
    afterAll(async () => await tested.remove());

    const at = (name: string): string => join(tested.directory, name);
    const row = (name: string): Locator => view.page.getByRole('row').filter({ hasText: name });
    const card = (name: string): Locator => view.page.getByRole('article').filter({ hasText: name });

    /** A key and a card, as somebody makes them on a machine of their own. */
    async function makeCard(name: string): Promise<string> {
      const key = at(`${name}.pem`);
      const made = await countersign('keygen', '--out', key, '--passphrase-file', passphraseFile);
      expect(made.code).toBe(0);
      const out = at(`${name}.cscard`);
      const keyed = ['--genesis', tested.genesis, '--key', key, '--passphrase-file', passphraseFile];
      const carded = await countersign(
        'card',
        ...keyed,
        '--name',
        name,
        '--organisation',
        'House',
        '--out',
        out,
      );
      expect(carded.errors).toBe('');
      expect(carded.answer).toMatchObject({ kind: 'supervisor', name });
      return out;
    }

    /** Signs elsewhere, with the key of `name`. */
    async function elsewhere(name: string, ...args: readonly string[]): ReturnType<typeof countersign> {
      const keyed = [
        '--genesis',
        tested.genesis,
        '--key',
        at(`${name}.pem`),
        '--passphrase-file',
        passphraseFile,
      ];
      return await countersign('registry', ...args, ...keyed, '--yes');
    }

    async function choose(path: string): Promise<Locator> {
      await supervisor.open('registry');
      await view.page.getByRole('button', { name: registry.act.addSupervisor, exact: true }).click();
      const dialog = view.page.getByRole('dialog');
      await dialog.locator('input[type=file]').setInputFiles(path);
      return dialog;
    }

    async function propose(path: string): Promise<void> {
      const dialog = await choose(path);
      await dialog.getByRole('button', { name: registry.toReview }).click();
      await view.page.getByRole('button', { name: review.sign }).waitFor();
      await view.page.getByText(registry.difference, { exact: true }).first().waitFor();
      await supervisor.sign();
      await supervisor.untilFinal();
    }

    it('refuses a card that was changed, and offers nothing to sign', async () => {
      const path = await makeCard('Mallory');
      await writeFile(path, (await readFile(path, 'utf8')).replace('Mallory', 'Malorie'));
      const dialog = await choose(path);
      await dialog.getByRole('alert').waitFor();
      expect(await dialog.getByRole('button', { name: registry.toReview }).isDisabled()).toBe(true);
      await view.page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'hidden' });
    });

    it('adds a supervisor by her card, who stands in the table then', async () => {
      await propose(await makeCard('Bea'));
      await supervisor.open('registry');
      await row('Bea').waitFor();
      await row('Bea')
        .getByRole('button', { name: words(registry.showKeyOf, { name: 'Bea' }) })
        .click();
      await view.page.getByRole('img', { name: words(registry.qr, { name: 'Bea' }) }).waitFor();
      await view.page.keyboard.press('Escape');
      expect(await tested.registry()).toMatchObject({ approvalsNeeded: 2, proposals: [] });
    });

    it('waits for a second supervisor, who approves on the command line', async () => {
      await propose(await makeCard('Cleo'));
      await supervisor.open('registry');
      await card('Cleo').waitFor();
      await card('Cleo').getByText('Bea').waitFor();
      proposalId = (await tested.registry()).proposals[0]?.id ?? '';
      const approved = await elsewhere('Bea', 'approve', proposalId);
      expect(approved.code).toBe(0);
      expect(approved.errors).toContain('Cleo');
      await card('Cleo').waitFor({ state: 'hidden', timeout: PATIENCE_MS });
      await row('Cleo').waitFor();
      const again = await elsewhere('Bea', 'approve', proposalId, '--timeout', '5');
      expect([again.code, again.answer]).toMatchObject([3, { error: { code: 'registry.unknownProposal' } }]);
    });

    it('shows in the history who did what, with links to the blocks', async () => {
      await view.page.getByRole('tab', { name: registry.history }).click();
      const entries = view.page.getByRole('tabpanel').getByRole('listitem').filter({ hasText: 'Bea' });
      await entries.filter({ hasText: registry.did.approve }).first().waitFor();
      expect(await view.page.getByRole('tabpanel').getByText(registry.outcome.applied).count()).toBe(2);
    });

    it('approves what another proposed, after a look at it, and withdraws what it proposed itself', async () => {
      const draft = at('rename.csdraft');
      const rename = ['propose', 'rename-supervisor', 'Bea', '--name', 'Beate', '--organisation', 'House'];
      const bea = (await tested.registry()).supervisors.find(({ name }) => name === 'Bea');
      rename[2] = bea?.publicKey ?? '';
      // Drafted, signed and submitted in three steps, as on a machine without a network.
      expect(
        (await countersign('registry', ...rename, '--genesis', tested.genesis, '--draft', draft)).code,
      ).toBe(0);
      const keyed = [
        '--genesis',
        tested.genesis,
        '--key',
        at('Bea.pem'),
        '--passphrase-file',
        passphraseFile,
      ];
      const signed = await countersign('sign', draft, ...keyed, '--yes', '--out-dir', tested.directory);
      expect(signed.code).toBe(0);
      const [request] = (signed.answer as { requests: { file: string }[] }).requests;
      expect((await countersign('submit', request?.file ?? '', '--genesis', tested.genesis)).code).toBe(0);
      await supervisor.open('registry');
      await card('Beate').getByRole('button', { name: registry.approve }).click();
      await view.page.getByText('Beate', { exact: true }).first().waitFor();
      await supervisor.sign();
      await supervisor.untilFinal();
      await supervisor.open('registry');
      await row('Beate').waitFor();

      await propose(await makeCard('Dora'));
      await supervisor.open('registry');
      await card('Dora').getByRole('button', { name: registry.withdraw }).click();
      await supervisor.sign();
      await supervisor.untilFinal();
      await supervisor.open('registry');
      await card('Dora').waitFor({ state: 'hidden' });
      await view.page.getByText(registry.noneWaits).waitFor();
    });

    it('did nothing that a strict page must not', () => {
      expect(view.complaints).toEqual([]);
    });
  });
}
