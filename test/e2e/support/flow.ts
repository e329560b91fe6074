/**
 * What a supervisor does in the console, step by step, in the console's own words.
 * @module
 */
import { readFile } from 'node:fs/promises';
import type { Locator, Page } from 'playwright-core';
import type { Language } from './browser.ts';
import type { View } from './way.ts';
import { WORDS, words } from './words.ts';

export const PASSPHRASE = 'correct horse battery staple';
const START_TIMEOUT_MS = 60_000;

/** Pages that the navigation leads to. */
type Place =
  | 'overview'
  | 'inbox'
  | 'blocks'
  | 'checkpoints'
  | 'views'
  | 'evidence'
  | 'verify'
  | 'keys'
  | 'registry'
  | 'faults'
  | 'peers'
  | 'diagnostics'
  | 'settings';

/** Where a supervisor acts. A page by itself asks for passphrases itself. */
type Shown = Pick<View, 'page'> & Partial<Pick<View, 'confirming'>>;

export class Supervisor {
  readonly #shown: Shown;
  readonly #words;

  constructor(shown: Shown, language: Language) {
    this.#shown = shown;
    this.#words = WORDS[language];
  }

  get page(): Page {
    return this.#shown.page;
  }

  /** Tries Countersign out: chooses a passphrase, and waits until the replica is in step. */
  async tryIt(): Promise<void> {
    const { setup, step } = this.#words;
    const { page } = this;
    await page.getByLabel(setup.passphrase, { exact: true }).fill(PASSPHRASE);
    await page.getByLabel(setup.passphraseAgain, { exact: true }).fill(PASSPHRASE);
    await page.getByRole('button', { name: setup.try, exact: true }).click();
    await page.getByText(step.inStep).waitFor({ timeout: START_TIMEOUT_MS });
  }

  /** Waits until the page has found the program again, and the replica is in step. */
  async untilBack(): Promise<void> {
    await this.page.getByText(this.#words.connection.lost).waitFor({ state: 'hidden' });
    await this.open('overview');
    await this.page.getByText(this.#words.step.inStep).waitFor({ timeout: START_TIMEOUT_MS });
  }

  async open(place: Place): Promise<void> {
    const { title } = this.#words[place];
    await this.page.getByRole('navigation').getByRole('link', { name: title }).click();
    await this.page.getByRole('heading', { level: 1, name: title }).waitFor();
  }

  /** Searches the ledger, by the key for it, letter by letter. */
  async searchFor(text: string): Promise<void> {
    const { page } = this;
    const field = page.getByRole('searchbox', { name: this.#words.search.label });
    await page.locator('main').click({ position: { x: 2, y: 2 } });
    await page.keyboard.press('/');
    await field.waitFor();
    await field.fill('');
    await page.keyboard.type(text);
  }

  async untilNothingFound(): Promise<void> {
    await this.page.getByRole('heading', { name: this.#words.search.nothing, exact: true }).waitFor();
  }

  /** Hands files to the inbox, as a drop would, and says what they are. */
  async hand(paths: readonly string[], purpose: 'assessments' | 'document'): Promise<void> {
    await this.open('inbox');
    await this.page
      .locator('input[type=file]')
      .first()
      .setInputFiles([...paths]);
    const choice = this.page.getByRole('dialog').getByText(this.#words.purpose[purpose]);
    if (paths.some((path) => /\.(csv|json)$/.test(path))) await choice.click();
  }

  /** Opens the item with this title. */
  async review(title: string): Promise<void> {
    await this.open('inbox');
    await this.page.getByRole('link', { name: title, exact: true }).click();
    await this.page.getByRole('button', { name: this.#words.review.sign }).waitFor();
  }

  /** Signs the item that is open. Types the passphrase where the key is locked. */
  async sign(): Promise<void> {
    const { review, confirm } = this.#words;
    const { confirming = null } = this.#shown;
    await this.page.getByRole('button', { name: review.sign }).click();
    const dialog = this.page.getByRole('dialog');
    await dialog.waitFor();
    if (confirming === null) {
      await this.#unlockIn(dialog);
      await dialog.getByRole('button', { name: review.sign }).click();
    } else {
      await dialog.getByText(confirm.elsewhere).waitFor();
      await confirming.run(async (page) => {
        // Once one can tell whether the key is locked.
        await page.getByRole('button', { name: confirm.sign, exact: true }).waitFor();
        await this.#unlockIn(page);
        await page.getByRole('button', { name: confirm.sign, exact: true }).click();
      });
    }
    await dialog.waitFor({ state: 'hidden' });
  }

  /** Selects all drafts, which have these titles, and signs all but `leftOut`, each after a look at it. */
  async signAllDrafts(titles: readonly string[], leftOut: string): Promise<void> {
    const { inbox, confirm, sign, sentence, action } = this.#words;
    const { confirming = null } = this.#shown;
    const signed = titles.filter((title) => title !== leftOut);
    const count = (template: string, many: readonly string[]): string =>
      words(template, { count: many.length });
    const answer = async (where: Locator | Page, button: string): Promise<void> => {
      await where.getByRole('checkbox', { name: words(inbox.select, { title: leftOut }) }).press(' ');
      for (const title of signed) {
        await where.getByRole('button', { name: title, exact: true }).click();
        await where.getByRole('region', { name: sentence.region }).filter({ hasText: title }).waitFor();
      }
      await this.#unlockIn(where);
      await where.getByRole('button', { name: button, exact: true }).click();
      await where.getByText(sign.allSent).waitFor();
      await where.getByText(sign.leftOut, { exact: true }).waitFor();
      await where.getByRole('button', { name: action.close, exact: true }).click();
    };
    await this.open('inbox');
    await this.page.getByText(inbox.selectAll).click();
    await this.page.getByRole('button', { name: count(inbox.signCount, titles), exact: true }).click();
    const dialog = this.page.getByRole('dialog');
    await dialog.waitFor();
    if (confirming === null) await answer(dialog, count(inbox.signCount, signed));
    else await confirming.run(async (page) => await answer(page, count(confirm.signCount, signed)));
    await dialog.waitFor({ state: 'hidden' });
  }

  /** Types the passphrase where it is asked for. */
  async #unlockIn(where: Locator | Page): Promise<void> {
    const field = where.getByLabel(this.#words.unlock.passphrase, { exact: true });
    if ((await field.count()) > 0) await field.fill(PASSPHRASE);
  }

  /** Waits until the item that is open is final, and its receipt can be exported. */
  async untilFinal(): Promise<void> {
    await this.page
      .getByRole('button', { name: this.#words.receipt.export })
      .waitFor({ timeout: START_TIMEOUT_MS });
  }

  /** Exports the receipt of what is open: its text. */
  async exportReceipt(): Promise<string> {
    return await this.#download(this.#words.receipt.export);
  }

  /** Exports the evidence that is open: its text. */
  async exportEvidence(): Promise<string> {
    return await this.#download(this.#words.evidence.export);
  }

  /** Saves what the button with this name gives as a file: its text. */
  async save(button: string): Promise<string> {
    return await this.#download(button);
  }

  async #download(button: string): Promise<string> {
    const download = this.page.waitForEvent('download');
    await this.page.getByRole('button', { name: button }).click();
    return await readFile(await (await download).path(), 'utf8');
  }

  /** Hands a file over, reviews it, signs it, and waits until it is final. Comes back to no particular page. */
  async signToTheEnd(path: string, title: string): Promise<void> {
    await this.hand([path], 'assessments');
    await this.review(title);
    await this.sign();
    await this.untilFinal();
  }

  /** Gives the primary of the present view a fault, on the fault panel. Its name. */
  async failPrimary(fault: keyof (typeof WORDS)['en']['faults']['act']): Promise<string> {
    const { faults, replicas } = this.#words;
    await this.open('faults');
    const card = this.page
      .getByRole('region', { name: faults.replicas, exact: true })
      .getByRole('article')
      .filter({ hasText: replicas.primary });
    const name = (await card.getByRole('heading', { level: 3 }).textContent())?.trim() ?? '';
    await this.fail(name, fault);
    return name;
  }

  /** Gives the replica with this name a fault, on the fault panel. */
  async fail(name: string, fault: keyof (typeof WORDS)['en']['faults']['act']): Promise<void> {
    const { faults } = this.#words;
    await this.open('faults');
    const button = words(faults.actOn, { act: faults.act[fault], name });
    await this.page.getByRole('button', { name: button, exact: true }).click();
    await this.page.getByRole('button', { name: words(faults.healOne, { name }), exact: true }).waitFor();
  }

  /** Makes the replica with this name answer later, by so many milliseconds. */
  async slowDown(name: string, delayMs: number): Promise<void> {
    await this.open('faults');
    const field = words(this.#words.faults.delayOf, { name });
    await this.page.getByRole('textbox', { name: field, exact: true }).fill(String(delayMs));
    await this.fail(name, 'slow');
  }

  /** Ends the fault of the replica with this name. */
  async heal(name: string): Promise<void> {
    await this.open('faults');
    const button = this.page.getByRole('button', {
      name: words(this.#words.faults.healOne, { name }),
      exact: true,
    });
    await button.click();
    await button.waitFor({ state: 'hidden', timeout: START_TIMEOUT_MS });
  }

  /** Verifies a receipt on the page for it. Whether it holds. */
  async verify(path: string): Promise<boolean> {
    const verdict = await (await this.verified(path)).getByRole('status').textContent();
    return verdict?.trim() === this.#words.verified.valid;
  }

  /** Verifies a receipt on the page for it. What the page shows of it. */
  async verified(path: string): Promise<Locator> {
    await this.open('verify');
    const results = this.page.getByRole('article');
    const before = await results.count();
    await this.page.locator('input[type=file]').first().setInputFiles(path);
    await results.nth(before).waitFor();
    // The newest comes first.
    return results.first();
  }

  /** Saves the draft that is open as a file for the signers with these names: its text. */
  async exportDraft(signers: readonly string[]): Promise<string> {
    const { offline } = this.#words;
    await this.page.getByRole('button', { name: offline.export, exact: true }).click();
    const dialog = this.page.getByRole('dialog');
    for (const name of signers) await dialog.getByText(name, { exact: true }).click();
    const text = await this.#download(offline.save);
    await dialog.waitFor({ state: 'hidden' });
    return text;
  }

  /** Drops a request that somebody else signed onto the inbox, opens it, and sends it to the replicas. */
  async submitSigned(path: string, signer: string): Promise<void> {
    const { offline, state } = this.#words;
    await this.open('inbox');
    await this.page.locator('input[type=file]').first().setInputFiles(path);
    await this.page.getByRole('listitem').filter({ hasText: state.imported }).getByRole('link').click();
    await this.page.getByText(words(offline.imported, { name: signer })).waitFor();
    await this.page.getByRole('button', { name: offline.submit, exact: true }).click();
  }

  async lock(): Promise<void> {
    await this.page.getByRole('button', { name: this.#words.key.lockNow, exact: true }).click();
    await this.page.getByRole('button', { name: this.#words.key.unlock, exact: true }).waitFor();
  }

  /** How the inbox calls the state of a final item. */
  finalAt(height: number): string {
    return words(this.#words.state.final, { height });
  }
}
