/** One process for each key, whatever directory it works in. */
import { chown, mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LOCK_FILE } from '../../../src/main/storage/dataDirectory.ts';
import { lockKey } from '../../../src/main/storage/keyLock.ts';
import { makeDirectory } from '../../support/stores.ts';

const KEY = 'a1'.repeat(32);
const OTHER_KEY = 'b2'.repeat(32);
const posix = process.platform !== 'win32';
const isRoot = process.getuid?.() === 0;
let parent: Awaited<ReturnType<typeof makeDirectory>>;
let place: string;

beforeEach(async () => {
  parent = await makeDirectory();
  place = join(parent.path, 'keys');
});
afterEach(async () => await parent.remove());

describe('the lock of a key', () => {
  it('is one holder’s at a time, and names the process that has it', async () => {
    const first = await lockKey(KEY, place);
    await expect(lockKey(KEY, place)).rejects.toMatchObject({
      code: 'key.inUse',
      data: { publicKey: KEY, pid: process.pid },
    });
    await first.release();
    await (await lockKey(KEY, place)).release();
  });

  it('does not stand in the way of another key', async () => {
    const first = await lockKey(KEY, place);
    await (await lockKey(OTHER_KEY, place)).release();
    await first.release();
  });

  it('is taken over from a process that has died', async () => {
    await mkdir(join(place, KEY), { recursive: true, mode: 0o700 });
    const died = { pid: 2 ** 22 + 1, startedAtMs: 1, process: '' };
    await writeFile(join(place, KEY, LOCK_FILE), JSON.stringify(died));
    await (await lockKey(KEY, place)).release();
  });

  it.runIf(posix)('lies in a place that only its user can read', async () => {
    const lock = await lockKey(KEY, place);
    expect((await stat(place)).mode & 0o777).toBe(0o700);
    await lock.release();
  });

  it.runIf(posix)('is not looked for behind a link that somebody else may have put there', async () => {
    await mkdir(join(parent.path, 'elsewhere'), { mode: 0o700 });
    await symlink(join(parent.path, 'elsewhere'), place);
    await expect(lockKey(KEY, place)).rejects.toMatchObject({
      code: 'file.unwritable',
      data: { path: place },
    });
  });

  it('is not looked for in the folder of another user', async ({ skip }) => {
    skip(!isRoot, 'only root can give a folder away');
    await mkdir(place);
    await chown(place, 12_345, 12_345);
    await expect(lockKey(KEY, place)).rejects.toMatchObject({
      code: 'file.unwritable',
      data: { path: place },
    });
  });
});
