/** The data directory, its lock, and files that are replaced whole. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LOCK_FILE, openDataDirectory } from '../../../src/main/storage/dataDirectory.ts';
import { writeFileAtomic } from '../../../src/main/storage/writeFileAtomic.ts';
import { makeDirectory } from '../../support/stores.ts';

const posix = process.platform !== 'win32';
let parent: Awaited<ReturnType<typeof makeDirectory>>;
let path: string;

beforeEach(async () => {
  parent = await makeDirectory();
  path = join(parent.path, 'deep', 'data');
});
afterEach(async () => await parent.remove());

const modeOf = async (file: string) => (await stat(file)).mode & 0o777;

/** A process that ends when its input does. */
function startIdle() {
  return spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'inherit'] });
}

describe('the data directory', () => {
  it('is made, private to its user', async () => {
    const directory = await openDataDirectory(path);
    expect(directory.path).toBe(path);
    if (posix) {
      expect(await modeOf(path)).toBe(0o700);
      expect(await modeOf(join(path, LOCK_FILE))).toBe(0o600);
    }
    await directory.release();
    expect(await readdir(path)).toEqual([]);
  });

  it('is made private when it is empty, and left alone when it is not', async () => {
    await mkdir(path, { recursive: true });
    await chmod(path, 0o755);
    await (await openDataDirectory(path)).release();
    if (posix) expect(await modeOf(path)).toBe(0o700);
    await writeFile(join(path, 'other'), '');
    await chmod(path, 0o750);
    await (await openDataDirectory(path)).release();
    if (posix) expect(await modeOf(path)).toBe(0o750);
  });

  it('is one holder’s at a time', async () => {
    const first = await openDataDirectory(path);
    await expect(openDataDirectory(path)).rejects.toMatchObject({
      code: 'storage.locked',
      data: { path, pid: process.pid },
    });
    await first.release();
    const second = await openDataDirectory(path);
    // A second release does not take the lock of another holder.
    await first.release();
    await expect(openDataDirectory(path)).rejects.toMatchObject({ code: 'storage.locked' });
    await second.release();
  });

  it('is one holder’s among many that try at once', async () => {
    await mkdir(path, { recursive: true });
    await writeFile(join(path, LOCK_FILE), JSON.stringify({ pid: 2 ** 22 + 1, startedAtMs: 1, process: '' }));
    const attempts = await Promise.allSettled(
      Array.from({ length: 20 }, async () => openDataDirectory(path)),
    );
    const held = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
    expect(held).toHaveLength(1);
    await held[0]!.release();
    expect(await readdir(path)).toEqual([]);
  });

  it('is refused while another process has it, and taken over when that one has died', async () => {
    const other = startIdle();
    await once(other, 'spawn');
    await mkdir(path, { recursive: true });
    const lock = { pid: other.pid!, startedAtMs: 1, process: '' };
    await writeFile(join(path, LOCK_FILE), JSON.stringify(lock));
    await expect(openDataDirectory(path)).rejects.toMatchObject({
      code: 'storage.locked',
      data: { pid: other.pid },
    });
    other.kill('SIGKILL');
    await once(other, 'exit');
    await (await openDataDirectory(path)).release();
  });

  it.runIf(process.platform === 'linux')(
    'is taken over from a process whose number another has',
    async () => {
      await mkdir(path, { recursive: true });
      const lock = { pid: process.pid, startedAtMs: 1, process: 'an earlier boot:1' };
      await writeFile(join(path, LOCK_FILE), JSON.stringify(lock));
      const directory = await openDataDirectory(path);
      expect(JSON.parse(await readFile(join(path, LOCK_FILE), 'utf8'))).toMatchObject({ pid: process.pid });
      await directory.release();
    },
  );

  it.each(['', '{"pid":', 'null', '{"pid":-1,"startedAtMs":1,"process":""}'])(
    'is taken over from a lock that a crash has cut off: %j',
    async (text) => {
      await mkdir(path, { recursive: true });
      await writeFile(join(path, LOCK_FILE), text);
      await (await openDataDirectory(path)).release();
    },
  );

  it('knows whether it is still there, and its own', async () => {
    const directory = await openDataDirectory(path);
    const lockPath = join(path, LOCK_FILE);
    const text = await readFile(lockPath, 'utf8');
    expect(await directory.isHeld()).toBe(true);
    await rename(path, `${path}.away`);
    expect(await directory.isHeld()).toBe(false);
    await rename(`${path}.away`, path);
    expect(await directory.isHeld()).toBe(true);
    await writeFile(lockPath, '{"pid":1}');
    expect(await directory.isHeld()).toBe(false);
    await directory.release();
    expect(await readFile(lockPath, 'utf8')).not.toBe(text);
  });

  it('cannot be where a file is', async () => {
    const file = join(parent.path, 'file');
    await writeFile(file, '');
    await expect(openDataDirectory(file)).rejects.toMatchObject({ code: 'file.unwritable' });
  });
});

describe('writeFileAtomic', () => {
  it('writes and replaces a file, private unless told otherwise', async () => {
    const file = join(parent.path, 'a.json');
    await writeFileAtomic(file, 'one');
    if (posix) expect(await modeOf(file)).toBe(0o600);
    await writeFileAtomic(file, new Uint8Array([0x74, 0x77, 0x6f]), 0o640);
    expect(await readFile(file, 'utf8')).toBe('two');
    if (posix) expect(await modeOf(file)).toBe(0o640);
    expect(await readdir(parent.path)).toEqual(['a.json']);
  });

  it('leaves the old file and no other where it fails', async () => {
    const file = join(parent.path, 'a');
    await mkdir(file);
    await expect(writeFileAtomic(file, 'x')).rejects.toMatchObject({
      code: 'file.unwritable',
      data: { path: file },
    });
    expect(await readdir(parent.path)).toEqual(['a']);
    await expect(writeFileAtomic(join(parent.path, 'no', 'a'), 'x')).rejects.toMatchObject({
      code: 'file.unwritable',
    });
  });
});
