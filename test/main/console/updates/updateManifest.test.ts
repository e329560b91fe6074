/** The script of a release makes, signs and verifies what the program reads. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { publicKeyOf } from '../../../../src/main/keys/ed25519.ts';
import { exportKeyPem } from '../../../../src/main/keys/pkcs8.ts';

const script = join(import.meta.dirname, '../../../../scripts/updateManifest.mjs');
const seed = new Uint8Array(32).fill(7);
const PASSPHRASE = 'a passphrase for releases';
const DEB = 'countersign_1.10.0_amd64.deb';
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-manifest-'));
  await writeFile(join(folder, DEB), 'the package');
  await writeFile(join(folder, 'notes'), 'Faster search.\n');
  await writeFile(join(folder, 'passphrase'), `${PASSPHRASE}\n`);
  await writeFile(join(folder, 'key'), await exportKeyPem(seed, PASSPHRASE), { mode: 0o600 });
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function run(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [script, ...args], { cwd: folder });
  return stdout;
}

it('makes, signs and verifies, and refuses an unsigned manifest and another package', async () => {
  const trust = ['--trust', publicKeyOf(seed)];
  const notes = ['--notes-en', 'notes', '--notes-zh', 'notes'];
  const about = ['--dist', '.', '--version', '1.10.0', '--url', 'https://releases.example/1.10.0'];
  expect(await run('make', ...about, ...notes, '--output', 'update.json')).toContain('1 packages');
  await expect(run('verify', 'update.json', ...trust)).rejects.toThrow('update.unsigned');
  await run('sign', 'update.json', '--key', 'key', '--passphrase-file', 'passphrase');
  expect(await run('verify', 'update.json', ...trust, '--package', DEB)).toContain(publicKeyOf(seed));
  const running = (version: string) => [
    ...trust,
    '--system',
    'linux',
    '--processor',
    'x64',
    '--running',
    version,
  ];
  expect(await run('verify', 'update.json', ...running('1.9.9'))).toContain(publicKeyOf(seed));
  await expect(run('verify', 'update.json', ...running('1.10.0'))).rejects.toThrow('update.notNewer');
  await expect(run('verify', 'update.json', ...running('1.9.9'), '--system', 'darwin')).rejects.toThrow(
    'update.noPackage',
  );
  await writeFile(join(folder, DEB), 'another one');
  await expect(run('verify', 'update.json', ...trust, '--package', DEB)).rejects.toThrow('not the package');
}, 60_000);
