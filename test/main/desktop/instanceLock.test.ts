import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  INSTANCE_LOCK_LINK,
  INSTANCE_SOCKET_LINK,
  requireOtherInstance,
} from '../../../src/main/desktop/instanceLock.ts';
import { rejected } from '../../support/errors.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-mark-'));
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));
const mark = async (holder: string): Promise<void> => await symlink(holder, join(folder, INSTANCE_LOCK_LINK));

describe.skipIf(process.platform === 'win32')('a program that is not the first one', () => {
  it('is told so where another one runs here', async () => {
    await mark(`${hostname()}-${String(process.pid)}`);
    await requireOtherInstance(folder);
  });

  it('is refused where another computer has the mark', async () => {
    await mark('db-2.example-17');
    const { code, data } = await rejected(requireOtherInstance(folder));
    expect([code, data]).toEqual([
      'desktop.runsElsewhere',
      { path: join(folder, INSTANCE_LOCK_LINK), host: 'db-2.example' },
    ]);
  });

  it('is told so where one answers, whatever the computer is called by now', async () => {
    await mark('old-name-17');
    const server = createServer();
    await once(server.listen(join(folder, 'socket')), 'listening');
    await symlink(join(folder, 'socket'), join(folder, INSTANCE_SOCKET_LINK));
    await requireOtherInstance(folder);
    server.close();
  });

  it.each([
    ['nobody has the mark', async () => await Promise.resolve()],
    ['who had it has ended', async () => await mark(`${hostname()}-${String(spawnSync('true').pid)}`)],
    ['the mark says nothing', async () => await mark('nothing')],
  ])('is refused where %s, and leaves nothing behind', async (_what, prepare) => {
    await prepare();
    const before = await readdir(folder);
    expect((await rejected(requireOtherInstance(folder))).code).toBe('desktop.cannotMark');
    expect(await readdir(folder)).toEqual(before);
  });

  it('hears why the mark cannot be made', async () => {
    const gone = join(folder, 'gone');
    expect((await rejected(requireOtherInstance(gone))).code).toBe('file.unwritable');
  });
});
