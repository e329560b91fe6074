/**
 * The registry, in a real browser against a real network of four processes: a supervisor is added by card, the next one
 * waits for her approval, which she gives on the command line, and shows in table and history.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, openPage, type Language, type WatchedPage } from './support/browser.ts';
import { PASSPHRASE, Supervisor } from './support/flow.ts';
import { ServedConsole, countersign } from './support/serve.ts';
import { WORDS, words } from './support/words.ts';

const PATIENCE_MS = 60_000;

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => await browser.close());

describe.each<Language>(['en', 'zh-CN'])('the registry in %s', (language) => {
  const { registry, review } = WORDS[language];
  let served: ServedConsole;
  let watched: WatchedPage;
  let supervisor: Supervisor;
  let passphraseFile: string;
  let proposalId: string;

  beforeAll(async () => {
    served = await ServedConsole.start();
    watched = await openPage(browser, served.url, { language });
    supervisor = new Supervisor(watched.page, language);
    await supervisor.tryIt();
    passphraseFile = join(served.directory, 'passphrase');
    await writeFile(passphraseFile, `${PASSPHRASE}\n`, { mode: 0o600 });
  });
  afterAll(async () => {
    await watched.context.close();
    await served.remove();
  });

  const at = (name: string): string => join(served.directory, name);
  const row = (name: string): Locator => watched.page.getByRole('row').filter({ hasText: name });
  const card = (name: string): Locator => watched.page.getByRole('article').filter({ hasText: name });

  /** A key and a card, as somebody makes them on a machine of their own. */
  async function makeCard(name: string): Promise<string> {
    const key = at(`${name}.pem`);
    const made = await countersign('keygen', '--out', key, '--passphrase-file', passphraseFile);
    expect(made.code).toBe(0);
    const out = at(`${name}.cscard`);
    const keyed = ['--genesis', served.genesis, '--key', key, '--passphrase-file', passphraseFile];
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
      served.genesis,
      '--key',
      at(`${name}.pem`),
      '--passphrase-file',
      passphraseFile,
    ];
    return await countersign('registry', ...args, ...keyed, '--yes');
  }

  async function choose(path: string): Promise<Locator> {
    await supervisor.open('registry');
    await watched.page.getByRole('button', { name: registry.act.addSupervisor, exact: true }).click();
    const dialog = watched.page.getByRole('dialog');
    await dialog.locator('input[type=file]').setInputFiles(path);
    return dialog;
  }

  async function propose(path: string): Promise<void> {
    const dialog = await choose(path);
    await dialog.getByRole('button', { name: registry.toReview }).click();
    await watched.page.getByRole('button', { name: review.sign }).waitFor();
    await watched.page.getByText(registry.difference, { exact: true }).first().waitFor();
    await supervisor.sign();
    await supervisor.untilFinal();
  }

  it('refuses a card that was changed, and offers nothing to sign', async () => {
    const path = await makeCard('Mallory');
    await writeFile(path, (await readFile(path, 'utf8')).replace('Mallory', 'Malorie'));
    const dialog = await choose(path);
    await dialog.getByRole('alert').waitFor();
    expect(await dialog.getByRole('button', { name: registry.toReview }).isDisabled()).toBe(true);
    await watched.page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
  });

  it('adds a supervisor by her card, who stands in the table then', async () => {
    await propose(await makeCard('Bea'));
    await supervisor.open('registry');
    await row('Bea').waitFor();
    await row('Bea')
      .getByRole('button', { name: words(registry.showKeyOf, { name: 'Bea' }) })
      .click();
    await watched.page.getByRole('img', { name: words(registry.qr, { name: 'Bea' }) }).waitFor();
    await watched.page.keyboard.press('Escape');
    const shown = await countersign('registry', 'show', '--console', served.url);
    expect(shown.errors).toBe('');
    expect(shown.answer).toMatchObject({ approvalsNeeded: 2, proposals: [] });
  });

  it('waits for a second supervisor, who approves on the command line', async () => {
    await propose(await makeCard('Cleo'));
    await supervisor.open('registry');
    await card('Cleo').waitFor();
    await card('Cleo').getByText('Bea').waitFor();
    const shown = await countersign('registry', 'show', '--console', served.url);
    proposalId = (shown.answer as { proposals: { id: string }[] }).proposals[0]?.id ?? '';
    const approved = await elsewhere('Bea', 'approve', proposalId);
    expect(approved.code).toBe(0);
    expect(approved.errors).toContain('Cleo');
    await card('Cleo').waitFor({ state: 'hidden', timeout: PATIENCE_MS });
    await row('Cleo').waitFor();
    const again = await elsewhere('Bea', 'approve', proposalId, '--timeout', '5');
    expect([again.code, again.answer]).toMatchObject([3, { error: { code: 'registry.unknownProposal' } }]);
  });

  it('shows in the history who did what, with links to the blocks', async () => {
    await watched.page.getByRole('tab', { name: registry.history }).click();
    const entries = watched.page.getByRole('tabpanel').getByRole('listitem').filter({ hasText: 'Bea' });
    await entries.filter({ hasText: registry.did.approve }).first().waitFor();
    expect(await watched.page.getByRole('tabpanel').getByText(registry.outcome.applied).count()).toBe(2);
  });

  it('approves what another proposed, after a look at it, and withdraws what it proposed itself', async () => {
    const draft = at('rename.csdraft');
    const rename = ['propose', 'rename-supervisor', 'Bea', '--name', 'Beate', '--organisation', 'House'];
    const { answer } = await countersign('registry', 'show', '--console', served.url);
    const bea = (answer as { supervisors: { name: string; publicKey: string }[] }).supervisors.find(
      ({ name }) => name === 'Bea',
    );
    rename[2] = bea?.publicKey ?? '';
    // Drafted, signed and submitted in three steps, as on a machine without a network.
    expect(
      (await countersign('registry', ...rename, '--genesis', served.genesis, '--draft', draft)).code,
    ).toBe(0);
    const keyed = ['--genesis', served.genesis, '--key', at('Bea.pem'), '--passphrase-file', passphraseFile];
    const signed = await countersign('sign', draft, ...keyed, '--yes', '--out-dir', served.directory);
    expect(signed.code).toBe(0);
    const [request] = (signed.answer as { requests: { file: string }[] }).requests;
    expect((await countersign('submit', request?.file ?? '', '--genesis', served.genesis)).code).toBe(0);
    await supervisor.open('registry');
    await card('Beate').getByRole('button', { name: registry.approve }).click();
    await watched.page.getByText('Beate', { exact: true }).first().waitFor();
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
    await watched.page.getByText(registry.noneWaits).waitFor();
  });

  it('did nothing that a strict page must not', () => {
    expect(watched.complaints).toEqual([]);
  });
});
