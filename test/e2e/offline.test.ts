/**
 * Signing without a network, in both languages: a draft leaves the console as a file, another supervisor signs it on a
 * machine of her own, and her request comes back by a drop onto the inbox, is looked at, sent, and final. The list of
 * signers says all the while who is missing.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTwoSupervisors, type TwoSupervisors } from '../support/twoSupervisors.ts';
import { launchBrowser, openPage, type Language, type WatchedPage } from './support/browser.ts';
import { Supervisor } from './support/flow.ts';
import { ServedConsole, countersign } from './support/serve.ts';
import { WORDS } from './support/words.ts';

const SAMPLE = fileURLToPath(new URL('../../resources/demo/assessments.csv', import.meta.url));

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => await browser.close());

describe.each<Language>(['en', 'zh-CN'])('signing without a network in %s', (language) => {
  const { offline, step } = WORDS[language];
  let served: ServedConsole;
  let both: TwoSupervisors;
  let watched: WatchedPage;
  let supervisor: Supervisor;
  let draftPath: string;

  beforeAll(async () => {
    served = await ServedConsole.start(async (directory) => {
      both = await makeTwoSupervisors(directory);
    });
    watched = await openPage(browser, served.url, { language });
    supervisor = new Supervisor(watched, language);
    await watched.page.getByText(step.inStep).waitFor({ timeout: 60_000 });
  });
  afterAll(async () => {
    await watched.context.close();
    await served.remove();
  });

  it('saves a draft as a file, with those whose signatures are waited for', async () => {
    await supervisor.hand([SAMPLE], 'assessments');
    await supervisor.review('assessments');
    const text = await supervisor.exportDraft(['Ada', 'Bea']);
    draftPath = join(served.directory, 'assessments.csdraft');
    await writeFile(draftPath, text);
    // The list of signers is asked for once more when the draft says whom it waits for.
    const missing = watched.page.getByText(offline.missing, { exact: true });
    await expect.poll(async () => await missing.count()).toBe(2);
  });

  it('takes the request that the other supervisor signed, and it becomes final', async () => {
    const signed = await countersign(
      ...['sign', draftPath, '--yes', '--genesis', both.genesisFile, '--key', both.keyFile('Bea')],
      ...['--passphrase-file', both.passphraseFile, '--out-dir', served.directory],
    );
    expect(signed).toMatchObject({ code: 0 });
    const [{ file }] = signed.answer!['requests'] as [{ file: string }];
    await supervisor.submitSigned(file, 'Bea');
    await supervisor.untilFinal();
    const list = watched.page.getByRole('region', { name: offline.checklist });
    await list.getByText('Bea', { exact: true }).waitFor();
    await expect.poll(async () => await list.getByText(offline.signed, { exact: true }).count()).toBe(1);
  });

  it('did nothing that a strict page must not', () => {
    expect(watched.complaints).toEqual([]);
  });
});
