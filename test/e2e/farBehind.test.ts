/**
 * A replica that was away while the others made thousands of blocks, in a real browser: its console is open at once, all
 * its pages answer while it catches up, its overview says how far it is, what needs newer blocks says so, a request that
 * is signed meanwhile becomes final, and it ends in step.
 */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OWN_REPLICA } from '../../src/main/replica/embeddedNetwork.ts';
import { BLOCK_STEP_MS, writeLongChain } from '../cluster/support/longChain.ts';
import { ReplicaProcesses } from '../cluster/support/processes.ts';
import { launchBrowser, openPage, type Language, type WatchedPage } from './support/browser.ts';
import { PASSPHRASE, Supervisor } from './support/flow.ts';
import { ServedConsole } from './support/serve.ts';
import { WORDS } from './support/words.ts';

const BLOCKS = Number(process.env['COUNTERSIGN_BEHIND_BLOCKS'] ?? 6_000);
const SAMPLE = fileURLToPath(new URL('../../resources/demo/assessments.csv', import.meta.url));
const LANGUAGES: readonly Language[] = ['en', 'zh-CN'];
const PATIENCE_MS = 60_000;
/**
 * One of those that send the blocks answers late until all has been looked at: a window of blocks on the way is soon
 * full of those that it owes, so the replica stays behind for a minute, however fast the machine is.
 */
const SLOW = { name: 'Replica 3', delayMs: 1_000 };

let browser: Browser;
let served: ServedConsole;
const watched = new Map<Language, WatchedPage>();
const pageIn = (language: Language): Page => watched.get(language)!.page;

beforeAll(async () => {
  browser = await launchBrowser();
  served = await ServedConsole.start(async (directory) => {
    const nowMs = Date.now() - (BLOCKS + 1) * BLOCK_STEP_MS;
    const processes = await ReplicaProcesses.createIn(directory, nowMs, PASSPHRASE);
    await writeLongChain(processes, BLOCKS, OWN_REPLICA);
  });
  for (const language of LANGUAGES) watched.set(language, await openPage(browser, served.url, { language }));
});
afterAll(async () => {
  for (const { context } of watched.values()) await context.close();
  await served.remove();
  await browser.close();
});

/** The numbers in a text, with the separators of its language. */
const numbersIn = (text: string): number[] =>
  [...text.matchAll(/\d[\d,]*/g)].map(([digits]) => Number(digits.replaceAll(',', '')));

/** A text of the page, by the beginning of its words. */
const startOf = (template: string): string => template.slice(0, template.indexOf('{'));

/** What the overview says of the progress: the replica's height, and the one that a quorum attests. */
async function progressOn(
  page: Page,
  language: Language,
): Promise<readonly [height: number, attested: number]> {
  const text = await page
    .getByText(startOf(WORDS[language].catchUp.heights))
    .textContent({ timeout: PATIENCE_MS });
  const [height = NaN, attested = NaN] = numbersIn(text ?? '');
  return [height, attested];
}

describe('a replica that is far behind', () => {
  const supervisor = (language: Language): Supervisor => new Supervisor(watched.get(language)!, language);

  it('has one source of blocks that is slow', async () => {
    await supervisor('en').slowDown(SLOW.name, SLOW.delayMs);
    await supervisor('en').open('overview');
  });

  it('shows in both languages how far it is, and goes on', async () => {
    for (const language of LANGUAGES) {
      const page = pageIn(language);
      await page.getByText(WORDS[language].step.behind).waitFor({ timeout: PATIENCE_MS });
      const [height, attested] = await progressOn(page, language);
      expect(attested).toBe(BLOCKS);
      expect(height).toBeLessThan(attested);
      const progress = async (): Promise<number> => (await progressOn(page, language))[0];
      await expect.poll(progress, { timeout: PATIENCE_MS }).toBeGreaterThan(height);
      await page.getByRole('progressbar').waitFor();
    }
  });

  it('answers on all its pages meanwhile, and says where newer blocks are needed', async () => {
    const page = pageIn('en');
    for (const place of ['inbox', 'checkpoints', 'views', 'evidence', 'verify', 'keys', 'faults'] as const)
      await supervisor('en').open(place);
    await supervisor('en').open('registry');
    await page.getByText(startOf(WORDS.en.behind.registry)).waitFor();
    await page.getByRole('tab').first().waitFor();
    await supervisor('en').open('blocks');
    await page.getByText(startOf(WORDS.en.behind.blocks)).waitFor();
    await supervisor('zh-CN').open('registry');
    await pageIn('zh-CN').getByText(startOf(WORDS['zh-CN'].behind.registry)).waitFor();
  });

  it('signs meanwhile, and what was signed becomes final', async () => {
    const path = join(served.directory, 'meanwhile.csv');
    await copyFile(SAMPLE, path);
    await supervisor('en').hand([path], 'assessments');
    await supervisor('en').review('meanwhile');
    const page = pageIn('en');
    await page.getByRole('button', { name: WORDS.en.review.sign }).click();
    await page.getByRole('dialog').getByText('What you sign goes to all replicas at once').waitFor();
    await page.getByRole('dialog').getByLabel(WORDS.en.unlock.passphrase, { exact: true }).fill(PASSPHRASE);
    await page.getByRole('dialog').getByRole('button', { name: WORDS.en.review.sign }).click();
    await page.getByText(startOf(WORDS.en.state.final)).first().waitFor({ timeout: PATIENCE_MS });
    expect(await page.getByRole('button', { name: WORDS.en.receipt.export }).count()).toBe(0);
  });

  it('ends in step', async () => {
    await supervisor('en').heal(SLOW.name);
    // Back at the request: its receipt needs the block, which was not here yet.
    await pageIn('en').goBack();
    await supervisor('en').untilFinal();
    for (const language of LANGUAGES) {
      await supervisor(language).open('overview');
      await pageIn(language).getByText(WORDS[language].step.inStep).waitFor({ timeout: PATIENCE_MS });
      await pageIn(language).getByRole('progressbar').waitFor({ state: 'hidden' });
    }
    await supervisor('en').open('registry');
    await pageIn('en').getByRole('tab').first().waitFor();
    expect(await pageIn('en').getByText(startOf(WORDS.en.behind.registry)).count()).toBe(0);
  });

  it('did nothing that a page must not do', () => {
    expect([...watched.values()].flatMap(({ complaints }) => complaints)).toEqual([]);
  });
});
