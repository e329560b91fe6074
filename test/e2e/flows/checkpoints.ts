/**
 * Checkpoints and receipts, against a real network of four processes, on pages in several languages at once: the matrix
 * of votes fills while replicas come back, the checkpoint appears in the list, and receipts are verified link by link:
 * a good one, a tampered one, a forged one, and one of another network.
 * @module
 */
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fingerprintOf } from '../../../src/main/ledger/fingerprint.ts';
import { decodeReceipt, encodeReceipt } from '../../../src/main/ledger/receipt.ts';
import { parseReceiptFile, renderReceiptFile } from '../../../src/main/ledger/receiptFile.ts';
import { PROOF_LINKS, type ProofLink } from '../../../src/shared/domain/proof.ts';
import { makeReceipt } from '../../support/receipts.ts';
import type { Language } from '../support/browser.ts';
import { Supervisor } from '../support/flow.ts';
import type { Look, TestedConsole, View, Way } from '../support/way.ts';
import { WORDS, words } from '../support/words.ts';

const SAMPLE = fileURLToPath(new URL('../../../resources/demo/assessments.csv', import.meta.url));
const PATIENCE_MS = 60_000;
/** They are not the primary, and not the replica that the console belongs to. */
const AWAY = ['Replica 2', 'Replica 3'];

/** The first of `looks` acts, and all of them see. */
export function checkpointsAndReceipts(way: Way, looks: readonly [Look, ...Look[]]): void {
  const [{ language: acting }] = looks;
  const LANGUAGES = looks.map(({ language }) => language);
  describe(`checkpoints and receipts in the ${way.name}, in ${LANGUAGES.join(' and ')}`, () => {
    let tested: TestedConsole;
    let supervisor: Supervisor;
    const views = new Map<Language, View>();
    const pageIn = (language: Language): View['page'] => views.get(language)!.page;

    beforeAll(async () => {
      tested = await way.start();
      const [first, ...others] = looks;
      views.set(acting, await tested.open(first));
      supervisor = new Supervisor(views.get(acting)!, acting);
      await supervisor.tryIt();
      for (const look of others) views.set(look.language, await tested.open(look));
    });
    afterAll(async () => await tested.remove());

    /** The panel of the checkpoint under vote, with its table. */
    const now = (language: Language): Locator =>
      pageIn(language).getByRole('region', { name: WORDS[language].checkpoints.now, exact: true });
    const rowOf = (language: Language, name: string): Locator =>
      now(language)
        .getByRole('row')
        .filter({ has: pageIn(language).getByRole('rowheader', { name, exact: true }) });

    async function at(name: string, text: string): Promise<string> {
      const path = join(tested.directory, name);
      await writeFile(path, text);
      return path;
    }

    describe('the page of checkpoints', () => {
      it('says that there is none yet', async () => {
        await supervisor.open('checkpoints');
        await pageIn(acting).getByText(WORDS[acting].checkpoints.none).waitFor();
        await pageIn(acting).getByText(WORDS[acting].checkpoints.noRound).waitFor();
      });

      it('fills with the votes as they come in, and lists the checkpoint when it is stable', async () => {
        for (const name of AWAY) await supervisor.fail(name, 'pause');
        const path = join(tested.directory, 'voted.csv');
        await copyFile(SAMPLE, path);
        await supervisor.hand([path], 'assessments');
        await supervisor.review('voted');
        await supervisor.sign();
        for (const language of LANGUAGES) {
          const { checkpoints, matrix } = WORDS[language];
          const { page } = views.get(language)!;
          await new Supervisor({ page }, language).open('checkpoints');
          await now(language).getByText(checkpoints.voting).waitFor({ timeout: PATIENCE_MS });
          // Replica 4 has committed; two are missing, and without them there is no quorum.
          await rowOf(language, 'Replica 4').getByText(/\d/).first().waitFor();
          for (const name of AWAY) {
            expect(await rowOf(language, name).getByText(matrix.waiting).count()).toBe(2);
          }
          await page.getByText(checkpoints.none).waitFor();
        }

        for (const name of AWAY) await supervisor.heal(name);
        await supervisor.open('checkpoints');
        for (const language of LANGUAGES) {
          const { checkpoints } = WORDS[language];
          const list = pageIn(language).getByRole('list');
          await list
            .getByRole('link', { name: words(checkpoints.at, { height: 1 }), exact: true })
            .waitFor({ timeout: PATIENCE_MS });
          await now(language).getByText(checkpoints.voting).waitFor({ state: 'hidden' });
          const toggle = words(checkpoints.whenOf, { height: 1 });
          await list.getByRole('button', { name: toggle, exact: true }).click();
          // A quorum has committed and voted, and each says when.
          const table = list.getByRole('table');
          expect(
            await table.getByText(/^\s*\d[\d.,]*\s*(ms|sec|毫秒|秒)\s*$/).count(),
          ).toBeGreaterThanOrEqual(6);
        }
      });
    });

    describe('a receipt', () => {
      let good: string;
      const foreign = makeReceipt();

      /** The links of the chain that are in a state. */
      async function links(result: Locator, language: Language, state: 'ok' | 'failed' | 'notReached') {
        const { proof } = WORDS[language];
        const items = result.getByRole('list', { name: proof.title }).getByRole('listitem');
        const found: ProofLink[] = [];
        for (const link of PROOF_LINKS) {
          const item = items.filter({ has: pageIn(language).getByText(proof.link[link], { exact: true }) });
          if ((await item.getByText(proof.state[state], { exact: true }).count()) > 0) found.push(link);
        }
        return found;
      }

      it('is exported when it is final', async () => {
        await supervisor.open('inbox');
        await pageIn(acting).getByRole('link', { name: 'voted', exact: true }).click();
        await supervisor.untilFinal();
        good = await supervisor.exportReceipt();
      });

      it.each(LANGUAGES)('is drawn as a chain, and shows where it breaks (%s)', async (language) => {
        const { proof, verified } = WORDS[language];
        const verifier = new Supervisor(views.get(language)!, language);
        const valid = await verifier.verified(await at('good.json', good));
        expect(await valid.getByRole('status').textContent()).toBe(verified.valid);
        expect(await links(valid, language, 'ok')).toEqual(PROOF_LINKS);
        expect(await valid.getByText(proof.quorum, { exact: true }).count()).toBe(1);

        const changed = await verifier.verified(
          await at('changed.json', good.replace('"height": 1', '"height": 2')),
        );
        expect(await changed.getByRole('status').textContent()).toBe(verified.invalid);
        expect(await links(changed, language, 'failed')).toEqual(['file']);
        await changed.getByText(proof.todo.file).waitFor();

        const receipt = parseReceiptFile(good);
        const bytes = Uint8Array.from(encodeReceipt(receipt));
        bytes[Buffer.from(bytes).indexOf(Buffer.from(receipt.request.signature, 'hex'))]! ^= 1;
        const forgedText = renderReceiptFile(decodeReceipt(bytes));
        const forged = await verifier.verified(await at('forged.json', forgedText));
        expect(await links(forged, language, 'failed')).toEqual(['request']);
        await forged.getByText(proof.broken.request).waitFor();

        const other = await verifier.verified(await at('foreign.json', renderReceiptFile(foreign.receipt)));
        expect(await other.getByRole('status').textContent()).toBe(verified.foreign);
        expect(await links(other, language, 'failed')).toEqual(['network']);
        await other.getByText(fingerprintOf(foreign.network.networkId)).waitFor();
        // All four are there to compare, the newest first.
        expect(await pageIn(language).getByRole('article').count()).toBe(4);
      });

      it('did nothing that a strict page must not', () => {
        expect([...views.values()].flatMap(({ complaints }) => complaints)).toEqual([]);
      });
    });
  });
}
