/**
 * The keys of this machine, a backup that is checked, a passphrase that is changed, a key that leaves
 * for OpenSSL and one of OpenSSL's that comes in; wrong passphrases and damaged files change nothing.
 * @module
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openssl } from '../../main/keys/openssl.ts';
import { PASSPHRASE, Supervisor } from '../support/flow.ts';
import type { Look, TestedConsole, View, Way } from '../support/way.ts';
import { WORDS } from '../support/words.ts';

const FILE_PASSPHRASE = 'a passphrase for the file';
const NEXT_PASSPHRASE = 'the passphrase that follows';

export function keysOfMachine(way: Way, look: Look): void {
  const { language } = look;
  describe(`the keys of this machine in the ${way.name}, in ${language}`, () => {
    const { keys, action } = WORDS[language];
    let tested: TestedConsole;
    let view: View;
    let dialog: Locator;
    let backupPath: string;

    beforeAll(async () => {
      tested = await way.start();
      view = await tested.open(look);
      dialog = view.page.getByRole('dialog');
      const supervisor = new Supervisor(view, language);
      await supervisor.tryIt();
      await supervisor.open('keys');
    });
    afterAll(async () => await tested.remove());

    /** Opens a dialog by its button on the page, and fills in its fields. */
    async function ask(
      button: string,
      fields: Readonly<Record<string, string>>,
      file?: string,
    ): Promise<void> {
      await view.page.locator('button').filter({ hasText: button }).first().click();
      await dialog.waitFor();
      if (file !== undefined) await dialog.locator('input[type=file]').setInputFiles(file);
      for (const [label, text] of Object.entries(fields)) {
        await dialog.getByLabel(label, { exact: true }).fill(text);
      }
    }
    async function act(name: string): Promise<void> {
      await dialog.getByRole('button', { name, exact: true }).click();
    }
    async function close(name: string): Promise<void> {
      await act(name);
      await dialog.waitFor({ state: 'hidden' });
    }
    /** What the dialog that is open saves as a file. */
    async function save(name: string): Promise<string> {
      const download = view.page.waitForEvent('download');
      await act(name);
      const path = await (await download).path();
      await dialog.waitFor({ state: 'hidden' });
      return path;
    }
    const forFile = (vault: string): Record<string, string> => ({
      [keys.vaultPassphrase]: vault,
      [keys.newFilePassphrase]: FILE_PASSPHRASE,
      [keys.newFilePassphraseAgain]: FILE_PASSPHRASE,
    });

    it('makes a backup, and says that it is complete', async () => {
      await ask(keys.backup, forFile(PASSPHRASE));
      backupPath = join(tested.directory, 'copy.backup');
      await writeFile(backupPath, await readFile(await save(keys.backupNow)));
      await ask(keys.verify, { [keys.backupPassphrase]: FILE_PASSPHRASE }, backupPath);
      await act(keys.verifyNow);
      await dialog.getByText(keys.verdict.complete).waitFor();
      await close(action.close);
    });

    it('refuses a backup with a flipped bit, or with another passphrase', async () => {
      await ask(keys.verify, { [keys.backupPassphrase]: 'not this passphrase' }, backupPath);
      await act(keys.verifyNow);
      await dialog.getByRole('alert').first().waitFor();
      await close(action.cancel);
      const damaged = await readFile(backupPath);
      damaged[damaged.length - 9]! ^= 1;
      const damagedPath = join(tested.directory, 'damaged.backup');
      await writeFile(damagedPath, damaged);
      await ask(keys.verify, { [keys.backupPassphrase]: FILE_PASSPHRASE }, damagedPath);
      await act(keys.verifyNow);
      await dialog.getByRole('alert').first().waitFor();
      expect(await dialog.getByText(keys.verdict.complete).count()).toBe(0);
      await close(action.cancel);
    });

    it('changes the passphrase: the old one opens nothing any more', async () => {
      await ask(keys.changePassphrase, {
        [keys.currentPassphrase]: PASSPHRASE,
        [keys.newPassphrase]: NEXT_PASSPHRASE,
        [keys.newPassphraseAgain]: NEXT_PASSPHRASE,
      });
      await act(keys.change);
      await dialog.waitFor({ state: 'hidden' });
      await ask(keys.exportButton, forFile(PASSPHRASE));
      await act(keys.exportNow);
      await dialog.getByRole('alert').first().waitFor();
      await close(action.cancel);
    });

    it('exports a key that OpenSSL reads', async () => {
      await ask(keys.exportButton, forFile(NEXT_PASSPHRASE));
      const path = await save(keys.exportNow);
      const text = await openssl([
        'pkey',
        '-in',
        path,
        '-passin',
        `pass:${FILE_PASSPHRASE}`,
        '-text',
        '-noout',
      ]);
      expect(text).toMatch(/ED25519/i);
    });

    it('imports a key that OpenSSL made', async () => {
      const path = join(tested.directory, 'theirs.pem');
      const made = ['genpkey', '-algorithm', 'ed25519', '-aes256', '-pass', `pass:${FILE_PASSPHRASE}`];
      await writeFile(path, await openssl(made));
      await ask(
        keys.import,
        {
          [keys.filePassphrase]: FILE_PASSPHRASE,
          [keys.label]: 'Theirs',
          [keys.vaultPassphrase]: NEXT_PASSPHRASE,
        },
        path,
      );
      await act(keys.importNow);
      await dialog.waitFor({ state: 'hidden' });
      await view.page.getByRole('heading', { name: 'Theirs', exact: true }).waitFor();
      // It is no part of the backup that was made before it.
      await ask(keys.verify, { [keys.backupPassphrase]: FILE_PASSPHRASE }, backupPath);
      await act(keys.verifyNow);
      await dialog.getByText(keys.verdict.incomplete).waitFor();
      await close(action.close);
    });

    it('did nothing that a strict page must not', () => {
      expect(view.complaints).toEqual([]);
    });
  });
}
