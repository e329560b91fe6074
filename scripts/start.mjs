/**
 * `npm start`: builds what is not built, then opens the window; where there can be no window, serves the same
 * console to a browser. Arguments after `--` go to whichever runs.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { access, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkNode } from './check-node.mjs';

const root = join(import.meta.dirname, '..');
const electronFolder = join(root, 'node_modules/electron');
const args = process.argv.slice(2);

const PROBE_TIMEOUT_MS = 5_000;

const exists = async (path) =>
  await access(path).then(
    () => true,
    () => false,
  );

/** @returns {Promise<number>} when the newest of these files and folders was changed; 0 where there is none */
async function newest_ms(...paths) {
  let newest = 0;
  for (const path of paths) {
    const info = await stat(path).catch(() => undefined);
    if (info === undefined) continue;
    newest = Math.max(newest, info.mtimeMs);
    if (!info.isDirectory()) continue;
    for (const name of await readdir(path, { recursive: true })) {
      newest = Math.max(newest, (await stat(join(path, name))).mtimeMs);
    }
  }
  return newest;
}

/** Runs a program to its end, passing on what the terminal or the system asks of this process. */
async function run(command, commandArgs, env = process.env) {
  const child = spawn(command, commandArgs, { cwd: root, stdio: 'inherit', env });
  const passOn = (signal) => child.kill(signal);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, passOn);
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode, signal) => resolve(exitCode ?? (signal === 'SIGINT' ? 130 : 1)));
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, passOn);
  return code;
}

async function build() {
  const source = await newest_ms(
    join(root, 'src'),
    join(root, 'package.json'),
    join(root, 'package-lock.json'),
    join(root, 'electron.vite.config.ts'),
  );
  const parts = [
    'main/index.js',
    'main/headless.js',
    'preload/console.cjs',
    'preload/confirm.cjs',
    'renderer/index.html',
    'renderer/confirm.html',
  ];
  const built = await Promise.all(parts.map(async (part) => await newest_ms(join(root, 'out', part))));
  if (Math.min(...built) > source) return;
  console.log('Building …');
  const cli = join(root, 'node_modules/electron-vite/bin/electron-vite.js');
  const code = await run(process.execPath, [cli, 'build', '--logLevel', 'warn']);
  if (code !== 0) process.exit(code);
}

function hasDisplay() {
  if (process.platform !== 'linux') return true;
  return Boolean(process.env.DISPLAY) || Boolean(process.env.WAYLAND_DISPLAY);
}

const ELECTRON_NAMES = { win32: 'electron.exe', darwin: 'Electron.app/Contents/MacOS/Electron' };

/** Electron's npm package brings no program: it is downloaded once. */
async function downloadElectron() {
  const mirror =
    process.env.ELECTRON_MIRROR ?? process.env.npm_config_electron_mirror ?? 'https://github.com/';
  try {
    await fetch(mirror, { method: 'HEAD', signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
  } catch {
    return `Electron is not installed and cannot be downloaded: ${new URL(mirror).host} does not answer`;
  }
  console.log('Downloading Electron (once, about 120 MB) …');
  const code = await run(process.execPath, [join(electronFolder, 'install.js')]);
  return code === 0 ? undefined : 'Electron could not be downloaded';
}

/** @returns {Promise<{ electron: string } | { reason: string }>} the program, or why there can be no window */
async function findWindow() {
  if (!hasDisplay()) return { reason: 'there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)' };
  if (process.platform === 'linux' && process.getuid?.() === 0) {
    return { reason: 'Electron keeps its sandbox only for ordinary users, and this is root' };
  }
  const folder = process.env.ELECTRON_OVERRIDE_DIST_PATH ?? join(electronFolder, 'dist');
  const electron = join(folder, ELECTRON_NAMES[process.platform] ?? 'electron');
  if (await exists(electron)) return { electron };
  if (process.env.ELECTRON_OVERRIDE_DIST_PATH !== undefined) {
    return { reason: `ELECTRON_OVERRIDE_DIST_PATH holds no Electron (${electron})` };
  }
  const problem = await downloadElectron();
  if (problem !== undefined) return { reason: problem };
  return (await exists(electron)) ? { electron } : { reason: 'the download of Electron is incomplete' };
}

await checkNode();
await build();
const window = await findWindow();
if ('electron' in window) {
  // This variable, left over from a development shell, would make Electron run as plain Node.
  const env = { ...process.env };
  delete env.ELECTRON_RUN_AS_NODE;
  process.exitCode = await run(window.electron, [root, ...args], env);
} else {
  console.log(`No window: ${window.reason}.`);
  console.log('Serving the console to a browser instead.');
  process.exitCode = await run(process.execPath, [join(root, 'out/main/headless.js'), 'serve', ...args]);
}
