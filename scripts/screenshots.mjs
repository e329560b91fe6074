/**
 * `npm run screenshots`: every screen of the console on real data from a real network, in both languages, both themes,
 * wide and narrow, into `screenshots/` (which git ignores). With `--docs`, the pictures of the README into
 * `docs/images/` as well.
 *
 * @module
 */
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { launchBrowser, openPage } from '../test/e2e/support/browser.ts';
import { Supervisor } from '../test/e2e/support/flow.ts';
import { ServedConsole } from '../test/e2e/support/serve.ts';
import { checkNode } from './check-node.mjs';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'screenshots');
const SAMPLE = join(root, 'resources/demo/assessments.csv');
const DOCUMENTS = [join(root, 'LICENSE'), join(root, 'README.md')];
const SIZES = { wide: { width: 1280, height: 860 }, narrow: { width: 800, height: 900 } };
const README_PICTURES = ['overview', 'review-final', 'review', 'checkpoints'];
/** For what moves after the page is there: tables that measure themselves, times that tick. */
const SETTLE_MS = 600;

checkNode();
await mkdir(folder, { recursive: true });
const browser = await launchBrowser();
const served = await ServedConsole.start();
let taken = 0;
try {
  await takeAll(['setup'], () => ({ setup: '/' }));
  const { page, context } = await openPage(browser, served.url, { language: 'en' });
  const supervisor = new Supervisor({ page }, 'en');
  await supervisor.tryIt();
  await supervisor.hand([SAMPLE], 'assessments');
  await supervisor.review('assessments');
  await supervisor.sign();
  await supervisor.untilFinal();
  const finalPath = new URL(page.url()).pathname;
  await page.getByRole('link', { name: /open in the ledger/i }).click();
  await page.getByRole('heading', { level: 1 }).waitFor();
  const requestPath = new URL(page.url()).pathname;
  await supervisor.hand(DOCUMENTS, 'document');
  await supervisor.hand([SAMPLE], 'assessments');
  const items = page.getByRole('link', { name: 'assessments', exact: true });
  await items.nth(1).waitFor();
  await items.first().click();
  await page.getByText('A-2026-0001', { exact: true }).waitFor();
  const reviewPath = new URL(page.url()).pathname;
  await takeAll(['views-none', 'evidence-none', 'faults-none'], () => ({
    'views-none': '/views',
    'evidence-none': '/evidence',
    'faults-none': '/faults',
  }));
  const paused = await supervisor.failPrimary('pause');
  await supervisor.signToTheEnd(await sampleNamed('while-paused'), 'while-paused');
  await supervisor.heal(paused);
  const accused = await supervisor.failPrimary('equivocate');
  await supervisor.signToTheEnd(await sampleNamed('contradicted'), 'contradicted');
  await supervisor.open('evidence');
  await page.getByRole('link', { name: accused, exact: true }).click();
  await page.getByRole('heading', { level: 1 }).filter({ hasText: accused }).waitFor();
  const evidencePath = new URL(page.url()).pathname;
  await context.close();

  const paths = {
    overview: '/',
    inbox: '/inbox',
    review: reviewPath,
    'review-final': finalPath,
    blocks: '/blocks',
    block: '/blocks/1',
    request: requestPath,
    search: '/search?q=assess',
    'search-none': '/search?q=nowhere',
    checkpoints: '/checkpoints',
    views: '/views',
    evidence: '/evidence',
    'evidence-detail': evidencePath,
    registry: '/registry',
    peers: '/peers',
    keys: '/keys',
    verify: '/verify',
    faults: '/faults',
    diagnostics: '/diagnostics',
    settings: '/settings',
  };
  await takeAll(Object.keys(paths), () => paths);
} finally {
  await browser.close();
  await served.remove();
}
if (process.argv.includes('--docs')) await keepForReadme();
console.log(`${taken} pictures are in ${folder}`);

/** The sample under another name: the same content twice would be the same request. */
async function sampleNamed(name) {
  const path = join(served.directory, `${name}.csv`);
  await copyFile(SAMPLE, path);
  return path;
}

/** Takes the named screens in every language, theme and size. */
async function takeAll(names, pathsOf) {
  for (const language of ['en', 'zh-CN']) {
    for (const theme of ['light', 'dark']) {
      for (const [size, box] of Object.entries(SIZES)) {
        const { page, context, complaints } = await openPage(browser, served.url, {
          language,
          theme,
          ...box,
        });
        for (const name of names) {
          const url = new URL(pathsOf()[name], served.url);
          await page.goto(url.href);
          await page.locator('h1, h2').first().waitFor();
          await page.waitForTimeout(SETTLE_MS);
          await page.screenshot({ path: join(folder, `${name}.${language}.${theme}.${size}.png`) });
          taken++;
        }
        if (complaints.length > 0) throw new Error(`${language} ${theme} ${size}: ${complaints.join('; ')}`);
        await context.close();
      }
    }
  }
}

async function keepForReadme() {
  const images = join(root, 'docs/images');
  await mkdir(images, { recursive: true });
  for (const name of README_PICTURES) {
    await copyFile(join(folder, `${name}.en.light.wide.png`), join(images, `${name}.png`));
  }
}
