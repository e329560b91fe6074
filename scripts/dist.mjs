/**
 * Makes the packages of the desktop program: `npm run dist`, or `npm run dist:dir` for the unpacked program alone.
 *
 * `--electron-dist FOLDER` takes Electron from a folder (unpacked, or holding its zip) instead of the network: with
 * `--dir` nothing else is needed then, so it works offline.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Arch, Platform, build } from 'electron-builder';
import { checkNode } from './check-node.mjs';

const root = join(import.meta.dirname, '..');

const PLATFORMS = { linux: Platform.LINUX, win: Platform.WINDOWS, mac: Platform.MAC };
/** What Electron's own program is called in its folder. */
const PROGRAMS = { linux: 'electron', win: 'electron.exe', mac: 'Electron.app' };
const HERE = { linux: 'linux', win32: 'win', darwin: 'mac' };

const USAGE = `usage: npm run dist [-- OPTIONS]
  --dir                   the unpacked program only (this is what npm run dist:dir gives)
  --platform NAME         linux, win or mac (default: this system)
  --arch NAME             x64 or arm64, can be repeated (default: this processor)
  --electron-dist FOLDER  take Electron from this folder: unpacked, or as electron-v*.zip
  --output FOLDER         where to put what is made (default: dist)
  --updates FILE          where the program looks for releases and whose signatures it believes: see docs/RELEASING.md
                          (without it, it looks nowhere)
  --inspectable           leave the fuse for --inspect on: for tests of the packaged program only, never for a release
  --skip-build            pack out/ as it is`;

class UsageError extends Error {}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        dir: { type: 'boolean', default: false },
        platform: { type: 'string', default: HERE[process.platform] ?? 'linux' },
        arch: { type: 'string', multiple: true, default: [process.arch] },
        'electron-dist': { type: 'string' },
        output: { type: 'string', default: join(root, 'dist') },
        updates: { type: 'string' },
        inspectable: { type: 'boolean', default: false },
        'skip-build': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    return values;
  } catch (error) {
    throw new UsageError(error.message);
  }
}

function checkOptions({ platform, arch }) {
  if (!Object.hasOwn(PLATFORMS, platform)) {
    throw new UsageError(`--platform ${platform}: must be one of ${Object.keys(PLATFORMS).join(', ')}`);
  }
  for (const name of arch) {
    if (name !== 'x64' && name !== 'arm64') throw new UsageError(`--arch ${name}: must be x64 or arm64`);
  }
}

/** A folder without Electron would give a package without a program. */
async function checkElectron(folder, platform) {
  const names = await readdir(folder).catch(() => null);
  if (names === null) throw new UsageError(`--electron-dist ${folder}: there is no such folder`);
  const isThere = names.some((name) => name === PROGRAMS[platform] || /^electron-v.+\.zip$/.test(name));
  if (!isThere) {
    throw new UsageError(
      `--electron-dist ${folder}: holds neither ${PROGRAMS[platform]} nor electron-v*.zip, so it is no Electron for ${platform}`,
    );
  }
}

/** Puts the source of updates beside the bundles, or takes that of an earlier package away. */
async function setUpdates(path) {
  // Not before the version of Node is known to do: it reads TypeScript.
  const { SOURCE_FILE, parseSource } = await import('../src/main/console/updates/updateSource.ts');
  const inPackage = join(root, 'out/main', SOURCE_FILE);
  if (path === undefined) {
    await rm(inPackage, { force: true });
    return;
  }
  const text = await readFile(path, 'utf8').catch((error) => {
    throw new UsageError(`--updates ${path}: ${error.message}`);
  });
  try {
    parseSource(path, text);
  } catch (error) {
    throw new UsageError(`--updates ${path}: ${error.data?.problem ?? error.message}`);
  }
  await writeFile(inPackage, text);
}

async function buildOut() {
  const cli = join(root, 'node_modules/electron-vite/bin/electron-vite.js');
  const child = spawn(process.execPath, [cli, 'build', '--logLevel', 'warn'], {
    cwd: root,
    stdio: 'inherit',
  });
  const code = await new Promise((done, failed) => child.once('error', failed).once('close', done));
  if (code !== 0) throw new Error('electron-vite could not build out/: see above');
}

/** What differs from electron-builder.yml, which it reads itself. */
function overrides({ 'electron-dist': electronDist, output, inspectable }) {
  return {
    directories: { output: resolve(output) },
    electronFuses: { enableNodeCliInspectArguments: inspectable },
    ...(electronDist === undefined ? {} : { electronDist: resolve(electronDist) }),
  };
}

async function main() {
  await checkNode();
  const options = readOptions();
  if (options.help) {
    console.log(USAGE);
    return;
  }
  checkOptions(options);
  const { platform, arch, dir, output } = options;
  if (options['electron-dist'] !== undefined)
    await checkElectron(resolve(options['electron-dist']), platform);
  if (!options['skip-build']) await buildOut();
  await stat(join(root, 'out/main/index.js')).catch(() => {
    throw new UsageError('--skip-build: there is no out/ yet');
  });
  await setUpdates(options.updates);
  const targets = PLATFORMS[platform].createTarget(dir ? 'dir' : null, ...arch.map((name) => Arch[name]));
  const made = await build({ targets, config: overrides(options), projectDir: root, publish: 'never' });
  console.log(dir ? `made in ${resolve(output)}` : made.map((path) => `made ${path}`).join('\n'));
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}
