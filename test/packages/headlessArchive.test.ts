/** The archive for servers, unpacked and run by a user without rights, as docs/OPERATING.md says. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  open,
  readFile,
  readdir,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SOURCE_FILE } from '../../src/main/console/updates/updateSource.ts';
import { ROOT, run, runScript } from './support/run.ts';

/** As Debian has them; the tests run as root on the machines where this matters. */
const NOBODY = { uid: 65_534, gid: 65_534 };
const isRoot = process.getuid?.() === 0;
/** Nothing of the environment of the tests. */
const BARE = { PATH: '/usr/bin:/bin', HOME: '/nonexistent' };

let folder: string;
let archive: string;
let installed: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-archive-'));
  await chmod(folder, 0o755);
  const output = join(folder, 'dist');
  const made = await runScript('distHeadless.mjs', '--skip-build', '--output', output);
  expect(made.code, made.errors).toBe(0);
  const name = (await readdir(output)).find((entry) => entry.endsWith('.tar.gz')) ?? '';
  archive = join(output, name);
  await mkdir(join(folder, 'opt'));
  expect(await run('tar', ['-C', join(folder, 'opt'), '-xzf', archive])).toMatchObject({ code: 0 });
  installed = join(folder, 'opt', name.replace(/\.tar\.gz$/, ''));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const asNobody = { cwd: '/', env: BARE, ...(isRoot ? NOBODY : {}) };

describe('the archive for servers', () => {
  it('comes with its checksum', async () => {
    const [sum] = (await readFile(`${archive}.sha256`, 'utf8')).split('  ');
    expect(sum).toBe(
      createHash('sha256')
        .update(await readFile(archive))
        .digest('hex'),
    );
  });

  it('is the same after desktop packages that look for updates', async () => {
    // As `npm run dist -- --updates FILE` leaves it.
    const source = join(ROOT, 'out/main', SOURCE_FILE);
    await writeFile(source, '{"format":1}');
    try {
      const output = join(folder, 'again');
      const made = await runScript('distHeadless.mjs', '--skip-build', '--output', output);
      expect(made.code, made.errors).toBe(0);
      const sumOf = async (path: string): Promise<string> => await readFile(`${path}.sha256`, 'utf8');
      expect(await sumOf(join(output, basename(archive)))).toBe(await sumOf(archive));
    } finally {
      await rm(source);
    }
  });

  it('leaves nothing else behind', async () => {
    expect((await readdir(join(folder, 'dist'))).length).toBe(2);
  });

  it('holds only files that nobody but their owner may change', async () => {
    const entries = await readdir(installed, { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      const { mode } = await stat(join(entry.parentPath, entry.name));
      expect(mode & 0o022, entry.name).toBe(0);
      expect(mode & 0o044, entry.name).toBe(0o044);
    }
  });

  it('runs with the Node.js in it, by a link too', async () => {
    const link = join(folder, 'countersign');
    await symlink(join(installed, 'bin/countersign'), link);
    const { code, output } = await run(link, ['--version'], asNobody);
    expect({ code, output: output.trim() }).toEqual({ code: 0, output: '0.1.0' });
  });

  it('verifies a receipt of its own network as an unprivileged user', async () => {
    const data = join(folder, 'demo');
    await mkdir(data, { mode: 0o700 });
    if (isRoot) await chown(data, NOBODY.uid, NOBODY.gid);
    const demo = await run(
      join(installed, 'bin/countersign'),
      ['demo', '--once', '--data', data, '--json'],
      asNobody,
    );
    expect(demo.code, demo.errors).toBe(0);
    const { receipt } = JSON.parse(demo.output.trim().split('\n').at(-1) ?? '') as { receipt: string };
    const args = ['verify', receipt, '--genesis', join(data, 'network/genesis.json')];
    expect(await run(join(installed, 'bin/countersign'), args, asNobody)).toMatchObject({ code: 0 });
  });

  it('serves as a service: says where, keeps the token out of the journal, and stops in order', async () => {
    const data = join(folder, 'state');
    await mkdir(data, { mode: 0o700 });
    if (isRoot) await chown(data, NOBODY.uid, NOBODY.gid);
    const journal = await open(join(folder, 'journal'), 'w+');
    const { dev, ino } = await journal.stat({ bigint: true });
    const child = spawn(join(installed, 'bin/countersign'), ['serve', '--data', data, '--port', '0'], {
      ...asNobody,
      env: { ...BARE, JOURNAL_STREAM: `${String(dev)}:${String(ino)}` },
      stdio: ['ignore', journal.fd, journal.fd],
    });
    try {
      const said = await waitForText(join(folder, 'journal'), /http:\/\/\S+/);
      const url = /http:\/\/\S+/.exec(said)?.[0] ?? '';
      const token = (await readFile(join(data, 'console-token'), 'utf8')).trim();
      expect(token).toMatch(/^[0-9a-f]{32,}$/);
      expect((await fetch(url)).status).toBe(200);
      child.kill('SIGTERM');
      expect(await exitOf(child)).toBe(0);
      const all = await readFile(join(folder, 'journal'), 'utf8');
      expect(all).toContain('Stopping');
      expect(all).not.toContain(token);
    } finally {
      child.kill('SIGKILL');
      await journal.close();
    }
  });
});

async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  return await new Promise((resolve) => child.once('exit', resolve));
}

/** The file's text, once it matches; the test's own time limit ends a wait in vain. */
async function waitForText(path: string, pattern: RegExp): Promise<string> {
  for (;;) {
    const text = await readFile(path, 'utf8');
    if (pattern.test(text)) return text;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
