/**
 * Finds a Chromium for the tests and screenshots, and brings one where it can.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { access, constants, realpath } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** For headless runs: no window, no network of its own, no first-run pages. */
export const CHROMIUM_FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const KNOWN_PLACES = {
  linux: [
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome-stable',
    '/usr/bin/google-chrome',
  ],
  darwin: [
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ],
  win32: [
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
  ],
};

/** Long enough for a slow mirror, short enough to notice. */
const INSTALL_TIMEOUT_MS = 10 * 60_000;

/** @returns {Promise<boolean>} */
async function isExecutable(path) {
  return await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** @returns {Promise<boolean>} whether a command of this name is on PATH */
async function onPath(command) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    if (folder !== '' && (await isExecutable(join(folder, command)))) return true;
  }
  return false;
}

/** Runs a command; its last lines are shown only when it fails. */
async function run(command, args, env = {}) {
  console.log(`> ${[command, ...args].join(' ')}`);
  const child = spawn(command, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    timeout: INSTALL_TIMEOUT_MS,
  });
  let output = '';
  const collect = (chunk) => {
    output = (output + String(chunk)).slice(-4000);
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  const ok = await new Promise((resolve) => {
    child.once('error', (error) => {
      output += error.message;
      resolve(false);
    });
    child.once('close', (code) => resolve(code === 0));
  });
  if (!ok) console.log(output.trimEnd().split('\n').slice(-12).join('\n'));
  return { ok, output };
}

async function findInstalled() {
  const asked = process.env.COUNTERSIGN_CHROMIUM;
  if (asked !== undefined && asked !== '') {
    if (await isExecutable(asked)) return asked;
    throw new Error(`COUNTERSIGN_CHROMIUM is ${asked}, which cannot be run.`);
  }
  for (const path of KNOWN_PLACES[process.platform] ?? []) if (await isExecutable(path)) return path;
  return undefined;
}

/** The browser that Playwright keeps for itself, if it is there. */
async function findPlaywrights() {
  const { chromium } = await import('playwright-core');
  const path = chromium.executablePath();
  return path !== '' && (await isExecutable(path)) ? path : undefined;
}

async function canUseApt() {
  return process.platform === 'linux' && process.getuid?.() === 0 && (await onPath('apt-get'));
}

let aptUpdated = false;

async function aptInstall(packages) {
  if (!(await canUseApt())) return false;
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  if (!aptUpdated) aptUpdated = (await run('apt-get', ['update', '-q'], env)).ok;
  return (await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...packages], env)).ok;
}

/** Chinese text needs a font; without one the pages work and the pictures show boxes. */
async function ensureFonts() {
  if (process.platform !== 'linux') return;
  if (await onPath('fc-list')) {
    const child = spawn('fc-list', [':lang=zh', 'family'], { stdio: ['ignore', 'pipe', 'ignore'] });
    let fonts = '';
    child.stdout.on('data', (chunk) => (fonts += String(chunk)));
    await new Promise((resolve) => child.once('close', resolve));
    if (fonts.trim() !== '') return;
  }
  if (!(await aptInstall(['fonts-noto-cjk']))) {
    console.log('No font for Chinese was found (Debian: fonts-noto-cjk): screenshots will show boxes.');
  }
}

/**
 * @returns {Promise<string>} the path of a Chromium that can be started
 * @throws when there is none and none can be brought; the message says what to do
 */
export async function ensureBrowser() {
  let path = await findInstalled();
  if (path === undefined && (await canUseApt())) {
    console.log('No Chromium here; installing the one of this Linux distribution.');
    await aptInstall(['chromium', 'fonts-noto-cjk']);
    path = await findInstalled();
  }
  path ??= await findPlaywrights();
  if (path === undefined) {
    console.log('No Chromium here; asking Playwright to download one.');
    const cli = fileURLToPath(new URL('cli.js', import.meta.resolve('playwright-core/package.json')));
    await run(process.execPath, [cli, 'install', 'chromium-headless-shell', 'chromium']);
    path = await findPlaywrights();
  }
  if (path === undefined) {
    throw new Error(
      [
        'The browser tests need a Chromium, and none was found or could be installed. Any of these helps:',
        '  - Debian, Ubuntu:  sudo apt-get install chromium fonts-noto-cjk',
        '  - anywhere:        npx playwright-core install chromium',
        '  - or name one:     COUNTERSIGN_CHROMIUM=/path/to/chromium npm test',
      ].join('\n'),
    );
  }
  await ensureFonts();
  return path;
}

if (process.argv[1] !== undefined && (await realpath(process.argv[1])) === fileURLToPath(import.meta.url)) {
  try {
    console.log(await ensureBrowser());
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
