/**
 * The fault panel against a real network of four processes: the primary fails, the others replace
 * it, and what is signed meanwhile becomes final; a primary that contradicts itself is accused with evidence that
 * holds elsewhere.
 * @module
 */
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Language } from '../support/browser.ts';
import { Supervisor } from '../support/flow.ts';
import { countersign } from '../support/serve.ts';
import type { Look, TestedConsole, View, Way } from '../support/way.ts';
import { WORDS, words } from '../support/words.ts';

const SAMPLE = fileURLToPath(new URL('../../../resources/demo/assessments.csv', import.meta.url));
const LANGUAGE: Language = 'en';
const W = WORDS[LANGUAGE];
/** A view change may need more than one try on a busy machine. */
const PATIENCE_MS = 90_000;

/** In English: what followed a fault is read there word by word. */
export function faultPanel(way: Way, look: Omit<Look, 'language'>): void {
  let tested: TestedConsole;
  let view: View;
  let supervisor: Supervisor;

  /** Another file of the same kind: the same content twice would be the same request. */
  async function sample(title: string): Promise<string> {
    const path = join(tested.directory, `${title}.csv`);
    await copyFile(SAMPLE, path);
    return path;
  }

  describe(`the fault panel in the ${way.name}`, () => {
    beforeAll(async () => {
      tested = await way.start();
      view = await tested.open({ ...look, language: LANGUAGE });
      supervisor = new Supervisor(view, LANGUAGE);
      await supervisor.tryIt();
    });
    afterAll(async () => await tested.remove());

    it('says what to do while nothing has happened', async () => {
      await supervisor.open('views');
      await view.page.getByText(W.views.none).waitFor();
      await supervisor.open('evidence');
      await view.page.getByText(W.evidence.none).waitFor();
      await supervisor.open('faults');
      await view.page.getByText(W.faults.none).waitFor();
      // The replica that shows all this stays.
      expect(await view.page.getByText(W.faults.own).count()).toBe(1);
    });

    it('stops the primary; the others choose another, and what is signed then becomes final', async () => {
      await supervisor.signToTheEnd(await sample('before'), 'before');
      const failed = await supervisor.failPrimary('stop');
      await supervisor.signToTheEnd(await sample('after'), 'after');

      await supervisor.open('views');
      const done = view.page.getByRole('article').filter({ hasText: W.views.outcome.entered.split('{')[0]! });
      await done.first().waitFor({ timeout: PATIENCE_MS });
      const [, from, to] = /View (\d+) → view (\d+)/.exec((await done.first().textContent()) ?? '') ?? [];
      expect(Number(to)).toBeGreaterThan(Number(from));
      const primary = `Replica ${String((Number(to) % 4) + 1)}`;
      expect(primary).not.toBe(failed);
      const rows = done.first().getByRole('row');
      // With the heading and the sums.
      expect(await rows.count()).toBe(1 + 4 + 1);
      // The stopped replica wanted nothing, and opening the view was the part of another.
      const stopped = rows.filter({ has: view.page.getByRole('rowheader', { name: failed, exact: true }) });
      expect(await stopped.getByText(W.matrix.unseen).count()).toBe(3);
      expect(await stopped.getByText(W.matrix.apart).count()).toBe(1);

      await supervisor.open('faults');
      const run = view.page.getByRole('list', { name: W.faults.followed });
      await run
        .getByText(new RegExp(`View ${String(to)} began, with ${primary} as primary`))
        .waitFor({ timeout: PATIENCE_MS });
      expect(await run.first().textContent()).toMatch(/after [\d.]+ (second|millisecond)/);
      await supervisor.heal(failed);
      await view.page.getByText(W.faults.lasting.stop, { exact: true }).waitFor();
    });

    it('says that requests wait while more than f replicas stand still, and goes on when they are healed', async () => {
      const primary = await supervisor.failPrimary('pause');
      const other = primary === 'Replica 1' ? 'Replica 2' : 'Replica 1';
      await supervisor.fail(other, 'pause');
      await view.page.getByText(words(W.faults.tooMany, { f: 1 })).waitFor();
      await supervisor.hand([await sample('waiting')], 'assessments');
      await supervisor.review('waiting');
      await supervisor.sign();
      const waiting = new URL(view.page.url()).pathname;
      await view.page
        .getByRole('status')
        .filter({ hasText: W.status.changing })
        .waitFor({ timeout: PATIENCE_MS });
      await view.page.getByText(/^for \d+ seconds?$/).waitFor();

      await supervisor.heal(primary);
      await supervisor.heal(other);
      await supervisor.open('inbox');
      await view.page.getByRole('link', { name: 'waiting', exact: true }).click();
      await view.page.waitForURL(({ pathname }) => pathname === waiting);
      await supervisor.untilFinal();
      await view.page
        .getByRole('status')
        .filter({ hasText: W.status.inStep })
        .waitFor({ timeout: PATIENCE_MS });
    });

    it('makes the primary contradict itself; it is accused, and the exported evidence holds elsewhere', async () => {
      const accused = await supervisor.failPrimary('equivocate');
      await supervisor.signToTheEnd(await sample('contradicted'), 'contradicted');

      await supervisor.open('evidence');
      await view.page.getByRole('link', { name: accused, exact: true }).click({ timeout: PATIENCE_MS });
      await view.page
        .getByRole('heading', { level: 1, name: words(W.evidence.heading, { name: accused }) })
        .waitFor();
      const text = await supervisor.exportEvidence();
      const path = join(tested.directory, 'evidence.json');
      await writeFile(path, text);
      const verified = await countersign('verify', path, '--genesis', tested.genesis);
      expect(verified.errors).toBe('');
      expect(verified.code).toBe(0);
      expect(verified.answer).toMatchObject({ valid: true, name: accused });

      const tampered = join(tested.directory, 'tampered.json');
      await writeFile(tampered, text.replace(/"view": (\d+)/, '"view": 9$1'));
      const refused = await countersign('verify', tampered, '--genesis', tested.genesis);
      expect(refused.code).toBe(3);
      await supervisor.heal(accused);
    });

    it('shows on the block which evidence it records', async () => {
      await supervisor.signToTheEnd(await sample('recorded'), 'recorded');
      await supervisor.open('evidence');
      await view.page.getByRole('link', { name: /^Block \d+$/ }).click({ timeout: PATIENCE_MS });
      const recorded = view.page.getByRole('region', { name: W.block.evidence });
      await recorded.getByRole('link').waitFor();
      expect(await recorded.textContent()).toContain(W.evidence.kind.order);
    });

    it('did nothing that a strict page must not', () => {
      expect(view.complaints).toEqual([]);
    });
  });
}
