/**
 * How the console's pages bear a thousand blocks a second for a minute: frames a second, long tasks, the page's and the
 * server's processor time, the page's memory, and the bytes sent, beside the same page with nothing happening.
 *
 * `npm run bench:console -- [seconds] [blocks a second] [beginning of a scene's name]`. Ends with 1 where a page falls below the goal.
 * @module
 */
import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Browser, CDPSession, Page } from 'playwright-core';
import en from '../../src/renderer/locales/en.json' with { type: 'json' };
import { launchBrowser, openPage } from '../e2e/support/browser.ts';
import type { Order, Report } from './console/server.ts';

const SECOND_MS = 1_000;
const MEBIBYTE = 1024 * 1024;
const IDLE_SECONDS = 10;
const SETTLE_MS = 2_000;
const FRAMES_PER_SECOND_LEAST = 50;
/** Ten, and what timers may be early by. */
const DELTAS_PER_SECOND_MOST = 10.5;
/** Growth of the page's memory over the second half that is taken for noise. */
const GROWTH_MOST_MIB = 2;
/** Past the first screens. */
const SCROLL_PX = 2_000;
/** As fast as a person can still see rows pass. */
const SCROLL_STEP_PX = 40;

const seconds = Number(process.argv[2] ?? 60);
const blocksPerSecond = Number(process.argv[3] ?? 1_000);
/** Only the scenes whose names begin so, where it is given. */
const only = process.argv[4] ?? '';
const pageFolder = join(import.meta.dirname, '../../out/renderer');

/** What one page did in a while. */
interface Measured {
  readonly framesPerSecond: number;
  /** Of the worst second. */
  readonly framesLeast: number;
  readonly longTasks: number;
  readonly longTaskMs: number;
  /** Parts of the time in which the page's main thread, and the server, worked. */
  readonly pageBusy: number;
  readonly pageScript: number;
  readonly pageStyle: number;
  readonly pageLayout: number;
  readonly serverBusy: number;
  readonly kibPerSecond: number;
  readonly deltasPerSecond: number;
  readonly blocksPerSecond: number;
  /** After collecting garbage: at the start, half-way and at the end. */
  readonly heapMib: readonly [number, number, number];
  readonly serverHeapMib: number;
}

interface Scene {
  readonly name: string;
  readonly path: string;
  /** Drafts in the inbox; none unless given. */
  readonly drafts?: number;
  /** What a person does before it begins. */
  readonly prepare: (page: Page) => Promise<void>;
  /** What must be so at the end. */
  readonly check: (page: Page) => Promise<string | null>;
}

let atTop = '';
const SCENES: readonly Scene[] = [
  {
    name: 'Inbox with 10,000 drafts, scrolled',
    path: '/inbox',
    drafts: 10_000,
    prepare: async (page) => await scrollOn(page),
    check: async (page) =>
      (await page.locator('.scroller li').first().getAttribute('aria-setsize')) === '10000'
        ? null
        : 'not all drafts are there',
  },
  {
    name: 'Overview',
    path: '/',
    prepare: async (page) => await page.locator('.charts .plot').first().scrollIntoViewIfNeeded(),
    check: () => Promise.resolve(null),
  },
  {
    name: 'Blocks, live',
    path: '/blocks',
    prepare: () => Promise.resolve(),
    check: () => Promise.resolve(null),
  },
  {
    name: 'Blocks, read further down',
    path: '/blocks',
    prepare: async (page) => {
      await page.locator('.scroller').evaluate((element, px) => element.scrollTo({ top: px }), SCROLL_PX);
      await page.waitForTimeout(SETTLE_MS);
      atTop = await rowAtTop(page);
    },
    check: async (page) => {
      if ((await rowAtTop(page)) !== atTop) return 'the row that was read has moved';
      const pill = await page.locator('.pill').textContent();
      const [, words = ''] = en.liveList.newOnes.split('{count}');
      return pill?.includes(words.split('|')[0]?.trim() ?? '') === true
        ? null
        : 'the new blocks are not counted';
    },
  },
];

/** Scrolls the list with each frame, to its end and back. */
async function scrollOn(page: Page): Promise<void> {
  await page.locator('.scroller li').first().waitFor();
  await page.locator('.scroller').evaluate((element, stepPx) => {
    let px = stepPx;
    const scroll = (): void => {
      const before = element.scrollTop;
      element.scrollTop += px;
      if (element.scrollTop === before) px = -px;
      requestAnimationFrame(scroll);
    };
    requestAnimationFrame(scroll);
  }, SCROLL_STEP_PX);
}

/** The first whole row below the head of the list, and where it stands. */
async function rowAtTop(page: Page): Promise<string> {
  return await page.evaluate(() => {
    const scroller = document.querySelector('.scroller');
    const top =
      (scroller?.getBoundingClientRect().top ?? 0) + (scroller?.querySelector('.head')?.clientHeight ?? 0);
    const rows = [...document.querySelectorAll('.body .block-row')].map((row) => ({
      y: row.getBoundingClientRect().top,
      text: row.querySelector('a')?.textContent ?? '',
    }));
    const first = rows.filter(({ y }) => y >= top).sort((left, right) => left.y - right.y)[0];
    return `${String(first?.y)} ${first?.text ?? ''}`;
  });
}

class Server {
  readonly #child: ChildProcess;
  readonly url: string;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  static async start(drafts: number): Promise<Server> {
    const args = [pageFolder, String(drafts)];
    const child = fork(join(import.meta.dirname, 'console/server.ts'), args, {
      execArgv: ['--expose-gc'],
    });
    const report = await nextReport(child, 'listening');
    return new Server(child, report.url);
  }

  run(rate: number): void {
    this.#child.send({ type: 'run', blocksPerSecond: rate } satisfies Order);
  }

  async cost(): Promise<Extract<Report, { type: 'cost' }>> {
    const report = nextReport(this.#child, 'cost');
    this.#child.send({ type: 'cost' } satisfies Order);
    return await report;
  }

  async stop(): Promise<void> {
    // It has ended already: why is told by whoever waited for it.
    if (!this.#child.connected) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.disconnect();
    await gone;
  }
}

async function nextReport<T extends Report['type']>(
  child: ChildProcess,
  type: T,
): Promise<Extract<Report, { type: T }>> {
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      reject(new Error(`the server has ended: ${String(signal ?? code)}`)),
    );
    child.on('message', function listen(report: Report) {
      if (report.type !== type) return;
      child.removeAllListeners();
      resolve(report as Extract<Report, { type: T }>);
    });
  });
}

/** The page's own count of frames, second by second, and of its long tasks. */
async function startMeter(page: Page): Promise<void> {
  await page.evaluate(() => {
    const meter = { frames: 0, bySecond: [] as number[], tasks: 0, taskMs: 0, stop: (): void => undefined };
    let second = performance.now();
    let inSecond = 0;
    let running = true;
    const frame = (nowMs: number): void => {
      if (!running) return;
      meter.frames += 1;
      inSecond += 1;
      if (nowMs - second >= 1_000) {
        meter.bySecond.push((inSecond * 1_000) / (nowMs - second));
        second = nowMs;
        inSecond = 0;
      }
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    const observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) {
        meter.tasks += 1;
        meter.taskMs += duration;
      }
    });
    observer.observe({ entryTypes: ['longtask'] });
    meter.stop = (): void => {
      running = false;
      observer.disconnect();
    };
    Object.assign(window, { meter });
  });
}

interface Meter {
  readonly frames: number;
  readonly bySecond: readonly number[];
  readonly tasks: number;
  readonly taskMs: number;
}

async function readMeter(page: Page): Promise<Meter> {
  return await page.evaluate(() => {
    const { meter } = window as unknown as { meter: Meter & { stop: () => void } };
    meter.stop();
    const { frames, bySecond, tasks, taskMs } = meter;
    return { frames, bySecond, tasks, taskMs };
  });
}

async function heapMib(cdp: CDPSession): Promise<number> {
  await cdp.send('HeapProfiler.collectGarbage');
  const { usedSize } = await cdp.send('Runtime.getHeapUsage');
  return usedSize / MEBIBYTE;
}

/** What the page's main thread has done so far, in seconds. */
async function mainThread(cdp: CDPSession): Promise<(name: string) => number> {
  const { metrics } = await cdp.send('Performance.getMetrics');
  return (name) => metrics.find((metric) => metric.name === name)?.value ?? NaN;
}

async function measure(
  page: Page,
  cdp: CDPSession,
  server: Server,
  rate: number,
  forSeconds: number,
): Promise<Measured> {
  const received = { bytes: 0, deltas: 0 };
  const count = ({ response }: { response: { payloadData: string } }): void => {
    received.bytes += response.payloadData.length;
    if (response.payloadData.startsWith('{"type":"delta"')) received.deltas += 1;
  };
  server.run(rate);
  await page.waitForTimeout(SETTLE_MS);
  const heapAtStart = await heapMib(cdp);
  cdp.on('Network.webSocketFrameReceived', count);
  const before = { cost: await server.cost(), did: await mainThread(cdp), atMs: performance.now() };
  await startMeter(page);
  await page.waitForTimeout((forSeconds * SECOND_MS) / 2);
  const heapHalfWay = await heapMib(cdp);
  await page.waitForTimeout((forSeconds * SECOND_MS) / 2);
  const meter = await readMeter(page);
  const tookMs = performance.now() - before.atMs;
  const did = await mainThread(cdp);
  const cost = await server.cost();
  cdp.off('Network.webSocketFrameReceived', count);
  const perSecond = (value: number): number => (value * SECOND_MS) / tookMs;
  const part = (name: string): number => perSecond(did(name) - before.did(name));
  return {
    framesPerSecond: perSecond(meter.frames),
    framesLeast: Math.min(...meter.bySecond),
    longTasks: meter.tasks,
    longTaskMs: meter.taskMs,
    pageBusy: part('TaskDuration'),
    pageScript: part('ScriptDuration'),
    pageStyle: part('RecalcStyleDuration'),
    pageLayout: part('LayoutDuration'),
    serverBusy: (cost.cpuMs - before.cost.cpuMs) / tookMs,
    kibPerSecond: perSecond(received.bytes) / 1024,
    deltasPerSecond: perSecond(received.deltas),
    blocksPerSecond: perSecond(cost.tipHeight - before.cost.tipHeight),
    heapMib: [heapAtStart, heapHalfWay, await heapMib(cdp)],
    serverHeapMib: cost.heapBytes / MEBIBYTE,
  };
}

function table(name: string, idle: Measured, busy: Measured): void {
  const part = (value: number): string => `${(value * 100).toFixed(1)} %`;
  const rows: readonly (readonly [string, string, string, string])[] = [
    ['', 'idle', 'busy', 'busy / idle'],
    ...(
      [
        ['blocks a second', 'blocksPerSecond', 0],
        ['frames a second', 'framesPerSecond', 1],
        ['frames in the worst second', 'framesLeast', 1],
        ['long tasks', 'longTasks', 0],
        ['long tasks, ms in all', 'longTaskMs', 0],
        ['deltas a second', 'deltasPerSecond', 1],
        ['KiB a second', 'kibPerSecond', 1],
      ] as const
    ).map(([words, key, digits]) => row(words, idle[key], busy[key], (value) => value.toFixed(digits))),
    row('page, main thread', idle.pageBusy, busy.pageBusy, part),
    row('  running scripts', idle.pageScript, busy.pageScript, part),
    row('  working out styles', idle.pageStyle, busy.pageStyle, part),
    row('  laying out', idle.pageLayout, busy.pageLayout, part),
    row('server, processor', idle.serverBusy, busy.serverBusy, part),
    row('page, MiB at the start', idle.heapMib[0], busy.heapMib[0], (value) => value.toFixed(1)),
    row('page, MiB half-way', idle.heapMib[1], busy.heapMib[1], (value) => value.toFixed(1)),
    row('page, MiB at the end', idle.heapMib[2], busy.heapMib[2], (value) => value.toFixed(1)),
    row('server, MiB at the end', idle.serverHeapMib, busy.serverHeapMib, (value) => value.toFixed(1)),
  ];
  console.info(`\n${name}`);
  for (const [words, left, right, ratio] of rows) {
    console.info(`  ${words.padEnd(28)}${left.padStart(10)}${right.padStart(10)}${ratio.padStart(14)}`);
  }
}

function row(
  words: string,
  idle: number,
  busy: number,
  text: (value: number) => string,
): readonly [string, string, string, string] {
  return [words, text(idle), text(busy), idle === 0 ? '' : (busy / idle).toFixed(2)];
}

/** What falls short of the goal. */
function shortcomings({ framesPerSecond, heapMib: [, halfWay, atEnd], deltasPerSecond }: Measured): string[] {
  const found: string[] = [];
  if (framesPerSecond < FRAMES_PER_SECOND_LEAST) found.push(`${framesPerSecond.toFixed(1)} frames a second`);
  if (atEnd - halfWay > GROWTH_MOST_MIB)
    found.push(`${(atEnd - halfWay).toFixed(1)} MiB more in the second half`);
  if (deltasPerSecond > DELTAS_PER_SECOND_MOST) found.push(`${deltasPerSecond.toFixed(1)} deltas a second`);
  return found;
}

async function play(browser: Browser, scene: Scene): Promise<string[]> {
  const server = await Server.start(scene.drafts ?? 0);
  try {
    server.run(blocksPerSecond);
    const { page, context, complaints } = await openPage(
      browser,
      server.url.replace('/#', `${scene.path}#`),
      {
        language: 'en',
      },
    );
    const cdp = await context.newCDPSession(page);
    await cdp.send('Performance.enable');
    await cdp.send('Network.enable');
    // A list that fills has more to lay out than one that is full: it begins full.
    await page.waitForTimeout((12_000 * SECOND_MS) / blocksPerSecond);
    const idle = await measure(page, cdp, server, 0, IDLE_SECONDS);
    await scene.prepare(page);
    const busy = await measure(page, cdp, server, blocksPerSecond, seconds);
    table(scene.name, idle, busy);
    const moved = await scene.check(page);
    await context.close();
    return [...shortcomings(busy), ...(moved === null ? [] : [moved]), ...complaints].map(
      (problem) => `${scene.name}: ${problem}`,
    );
  } finally {
    await server.stop();
  }
}

const browser = await launchBrowser();
const problems: string[] = [];
try {
  for (const scene of SCENES.filter(({ name }) => name.startsWith(only)))
    problems.push(...(await play(browser, scene)));
} finally {
  await browser.close();
}
const goal = `at least ${String(FRAMES_PER_SECOND_LEAST)} frames a second, flat memory, nothing moves under a reader`;
console.info(
  problems.length === 0 ? `\nGoal met: ${goal}.` : `\nGoal missed (${goal}):\n${problems.join('\n')}`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
