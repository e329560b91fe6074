/** The package of the desktop program, packed offline: what is in its archive, its fuses, and that the code in it runs. */
import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extractAll, extractFile, getRawHeader, listPackage } from '@electron/asar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import packageFile from '../../package.json' with { type: 'json' };
import { makeElectronFolder, readFuses } from './support/electronFolder.ts';
import { run, runScript } from './support/run.ts';

/** The largest archive that people should have to download beside Electron, in bytes. */
const ASAR_BYTES_MAX = 8 * 1_024 * 1_024;

const NATIVE = `node_modules/sodium-native/prebuilds/linux-${process.arch}/sodium-native.node`;

let folder: string;
let unpacked: string;
let asar: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-package-'));
  const electron = join(folder, 'electron');
  await makeElectronFolder(electron);
  const output = join(folder, 'dist');
  const {
    code,
    output: said,
    errors,
  } = await runScript('dist.mjs', '--dir', '--skip-build', '--electron-dist', electron, '--output', output);
  expect(code, `${said}\n${errors}`).toBe(0);
  const name = (await readdir(output)).find((entry) => entry.endsWith('unpacked'));
  unpacked = join(output, name ?? '');
  asar = join(unpacked, 'resources/app.asar');
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('the package', () => {
  it('SECURITY 12: has the fuses set', async () => {
    expect(await readFuses(join(unpacked, 'countersign-desktop'))).toEqual({
      RunAsNode: false,
      EnableCookieEncryption: true,
      EnableNodeOptionsEnvironmentVariable: false,
      EnableNodeCliInspectArguments: false,
      EnableEmbeddedAsarIntegrityValidation: true,
      OnlyLoadAppFromAsar: true,
      LoadBrowserProcessSpecificV8Snapshot: false,
      GrantFileProtocolExtraPrivileges: false,
    });
  });

  it('holds every built file and nothing of the sources, the tests or what builds them', async () => {
    const names = listPackage(asar, { isPack: false }).map((name) => name.slice(1).replaceAll('\\', '/'));
    for (const part of ['out/main', 'out/preload', 'out/renderer']) {
      const built = (await readdir(join(part), { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile() && !entry.name.endsWith('.map'))
        .map((entry) => join(entry.parentPath, entry.name).replaceAll('\\', '/'));
      expect(built.length).toBeGreaterThan(0);
      expect(names).toEqual(expect.arrayContaining(built));
    }
    expect(new Set(names.map((name) => name.split('/')[0]))).toEqual(
      new Set(['LICENSE', 'node_modules', 'out', 'package.json', 'resources']),
    );
    expect(names.filter((name) => /^resources\/.*\./.test(name))).toEqual(['resources/demo/assessments.csv']);
    const modules = names
      .filter((name) => /^node_modules\/[^/]+$/.test(name))
      .map((name) => name.split('/')[1]);
    expect(modules.sort()).toEqual([
      'bare-addon-resolve',
      'bare-module-resolve',
      'bare-semver',
      'require-addon',
      'sodium-native',
      'which-runtime',
    ]);
    expect(names.filter((name) => /\.(map|ts|vue|md)$/.test(name))).toEqual([]);
    expect(names.filter((name) => name.endsWith('.node'))).toEqual([NATIVE]);
    expect((await stat(asar)).size).toBeLessThan(ASAR_BYTES_MAX);
  });

  it('has the documents where the program looks for them, and each leads only to others that are there', async () => {
    const documents = join(asar, 'out/main', '../../../docs');
    const names = (await readdir(documents)).sort();
    expect(names).toEqual(['CLI.md', 'LIMITS.md', 'OPERATING.md', 'THREATS.md']);
    for (const name of names) {
      const text = await readFile(join(documents, name), 'utf8');
      expect(text).toBe(await readFile(join('docs', name), 'utf8'));
      const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path]) => path);
      expect(names, name).toEqual(expect.arrayContaining(links));
    }
  });

  it('keeps the native code outside of the archive, where the system can load it', async () => {
    expect((await stat(join(`${asar}.unpacked`, NATIVE))).isFile()).toBe(true);
  });

  it('has a hash for each file in the archive', () => {
    const { header } = getRawHeader(asar);
    const plain: string[] = [];
    const visit = (path: string, entry: object): void => {
      if ('files' in entry) {
        for (const [name, child] of Object.entries(entry.files as Record<string, object>))
          visit(`${path}/${name}`, child);
      } else if (!('integrity' in entry) && !('link' in entry)) plain.push(path);
    };
    visit('', header);
    expect(plain).toEqual([]);
  });

  it('names the program, and carries no script that would run on a machine', async () => {
    const extracted = join(folder, 'extracted');
    extractAll(asar, extracted);
    const inside = JSON.parse(await readFile(join(extracted, 'package.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    expect(inside).toMatchObject({
      name: 'countersign',
      version: packageFile.version,
      main: 'out/main/index.js',
      desktopName: 'countersign-desktop.desktop',
      type: 'module',
    });
    expect(inside).not.toHaveProperty('scripts');
    expect(inside).not.toHaveProperty('devDependencies');
  });

  it('runs: the command line out of the archive runs a network and verifies a receipt', async () => {
    const extracted = join(folder, 'running');
    extractAll(asar, extracted);
    const data = join(folder, 'data');
    const headless = join(extracted, 'out/main/headless.js');
    const demo = await run(process.execPath, [headless, 'demo', '--once', '--data', data, '--json'], {
      cwd: folder,
    });
    expect(demo.errors).not.toMatch(/Error/);
    expect(demo.code, demo.errors).toBe(0);
    const { receipt, height } = JSON.parse(demo.output.trim().split('\n').at(-1) ?? '') as {
      receipt: string;
      height: number;
    };
    expect(height).toBeGreaterThan(0);
    const verified = await run(
      process.execPath,
      [headless, 'verify', receipt, '--genesis', join(data, 'network/genesis.json'), '--json'],
      { cwd: folder },
    );
    expect(verified.code, verified.errors).toBe(0);
  });
});

describe('the licences of what was bundled', () => {
  it.each([
    ['out/main/THIRD-PARTY-LICENCES.txt', ['ws', 'zod', '@noble/ed25519', 'commander']],
    ['out/renderer/THIRD-PARTY-LICENCES.txt', ['vue', 'pinia', 'element-plus', 'uplot']],
  ])('%s names each package and hands its text on', async (file, packages) => {
    const text = extractFile(asar, file).toString('utf8');
    for (const name of packages) expect(text).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+: `, 'm'));
    expect(text).toContain('Permission is hereby granted, free of charge');
  });
});

describe('npm run dist', () => {
  it.each([
    [['--electron-dist', '/nowhere/at/all'], /there is no such folder/],
    [['--electron-dist', import.meta.dirname], /holds neither electron nor electron-v\*\.zip/],
    [['--platform', 'amiga'], /must be one of linux, win, mac/],
    [['--arch', 'z80'], /must be x64 or arm64/],
    [['--fast'], /--fast/],
  ])('%j ends with 2 and says what is wrong', async (args, said) => {
    const { code, errors } = await runScript('dist.mjs', '--dir', '--skip-build', ...args);
    expect(errors).toMatch(said);
    expect(errors).toContain('usage:');
    expect(code).toBe(2);
  });

  it('sets the fuse for --inspect only where tests of the package ask for it', async () => {
    const output = join(folder, 'inspectable');
    const args = ['--electron-dist', join(folder, 'electron'), '--output', output, '--inspectable'];
    expect(await runScript('dist.mjs', '--dir', '--skip-build', ...args)).toMatchObject({ code: 0 });
    const fuses = await readFuses(join(output, 'linux-unpacked/countersign-desktop'));
    expect(fuses).toMatchObject({
      EnableNodeCliInspectArguments: true,
      RunAsNode: false,
      OnlyLoadAppFromAsar: true,
    });
  });
});
