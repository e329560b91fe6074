/** SECURITY.md, 16: what is looked for, offered, fetched and remembered, against a real server of releases. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { CLOSE_TIMEOUT_MS, LOOK_INTERVAL_MS, Updater } from '../../../../src/main/console/updates/updater.ts';
import type { UpdateState } from '../../../../src/shared/contract/updates.ts';
import { updateViewSchema } from '../../../../src/shared/contract/updates.ts';
import { caught } from '../../../support/errors.ts';
import { PACKAGE, RELEASE_KEYS, ReleaseServer, description, packageAt } from '../../../support/releases.ts';

const usual = getCACertificates('default');
const NAME = packageAt('').name;
let server: ReleaseServer;
let folder: string;
let nowMs: number;
let updater: Updater;

beforeAll(async () => {
  server = await ReleaseServer.start();
  setDefaultCACertificates([...usual, server.certificate]);
});
afterAll(async () => {
  setDefaultCACertificates([...usual]);
  await server.close();
});
beforeEach(async () => {
  nowMs = Date.now();
  folder = await mkdtemp(join(tmpdir(), 'countersign-updater-'));
  await mkdir(join(folder, 'downloads'));
  const source = { format: 1, url: server.url('/update'), keys: RELEASE_KEYS, threshold: 2 };
  await writeFile(join(folder, 'source.json'), JSON.stringify(source));
  server.put('/package', PACKAGE);
  server.put('/update', description(server.url('/package')));
  server.asked.length = 0;
  updater = await open();
});
afterEach(async () => {
  await updater.close();
  await rm(folder, { recursive: true });
});

async function open(running = '1.2.0'): Promise<Updater> {
  return await Updater.open({
    dataDirectory: folder,
    sourcePath: join(folder, 'source.json'),
    packageFolder: () => join(folder, 'downloads'),
    running,
    system: 'linux',
    processor: 'x64',
    now: () => nowMs,
  });
}

/** The state when nothing goes on any more. */
async function settled(): Promise<UpdateState> {
  for (;;) {
    const { state } = updateViewSchema.parse(updater.view());
    if (!['looking', 'fetching', 'checking'].includes(state.name)) return state;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
async function look(): Promise<UpdateState> {
  updater.look();
  return await settled();
}
/** Waits until some of a package has come. */
async function fetching(): Promise<void> {
  for (;;) {
    const { state } = updater.view();
    if (state.name === 'fetching' && state.receivedBytes > 0) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
const failed = (code: string): object => ({ name: 'failed', error: { code } });

describe('SECURITY 16: an update', () => {
  it('is neither looked for nor fetched without consent', async () => {
    updater.start();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(server.asked).toEqual([]);
    expect(updater.view().state).toEqual({ name: 'idle' });
    expect(await look()).toMatchObject({ name: 'offered', release: { version: '1.3.0' } });
    expect(server.asked.map(({ path }) => path)).toEqual(['/update']);
  });

  it('is looked for once a day where a person has allowed it, also when the clock was set back', async () => {
    server.put('/update', description(server.url('/package'), { version: '1.2.0' }));
    await updater.setLooksByItself(true);
    expect(await settled()).toEqual({ name: 'newest' });
    updater.lookIfDue();
    expect(server.asked.length).toBe(1);
    nowMs += LOOK_INTERVAL_MS;
    updater.lookIfDue();
    await settled();
    expect(server.asked.length).toBe(2);
    nowMs -= 2 * LOOK_INTERVAL_MS;
    updater.lookIfDue();
    await settled();
    expect(server.asked.length).toBe(3);
    // It holds for the next start too.
    await updater.close();
    updater = await open();
    expect(updater.view().looksByItself).toBe(true);
  });

  it('is fetched on a click, is the package that was signed, and is not fetched twice', async () => {
    await look();
    updater.fetch(NAME);
    const path = join(folder, 'downloads', NAME);
    expect(await settled()).toMatchObject({ name: 'ready', path, fileName: NAME });
    expect(updater.readyPath).toBe(path);
    expect(await readFile(path)).toEqual(PACKAGE);
    await look();
    server.asked.length = 0;
    updater.fetch(NAME);
    expect(await settled()).toMatchObject({ name: 'ready', path });
    expect(server.asked).toEqual([]);
  });

  it('that is not the package that was signed leaves nothing, and can be tried again', async () => {
    await look();
    server.put('/package', Buffer.alloc(PACKAGE.length, 'x'));
    updater.fetch(NAME);
    expect(await settled()).toMatchObject({
      ...failed('update.wrongPackage'),
      release: { version: '1.3.0' },
    });
    expect(await readdir(join(folder, 'downloads'))).toEqual([]);
    expect(caught(() => updater.readyPath).code).toBe('update.nothingReady');
    server.put('/package', PACKAGE);
    updater.fetch(NAME);
    expect(await settled()).toMatchObject({ name: 'ready' });
  });

  it('is refused unless enough trusted keys have signed', async () => {
    server.put('/update', description(server.url('/package'), {}, [0]));
    expect(await look()).toMatchObject({ ...failed('update.unsigned'), release: null });
    expect(caught(() => updater.fetch(NAME)).code).toBe('update.notInRelease');
  });

  it('never leads back: neither below what runs nor below what was seen, also after a restart', async () => {
    server.put('/update', description(server.url('/package'), { version: '1.1.9' }));
    expect(await look()).toMatchObject(failed('update.notNewer'));
    server.put('/update', description(server.url('/package'), { version: '1.4.0' }));
    expect(await look()).toMatchObject({ name: 'offered', release: { version: '1.4.0' } });
    await updater.close();
    updater = await open();
    server.put('/update', description(server.url('/package'), { version: '1.3.0' }));
    expect(await look()).toMatchObject(failed('update.replayed'));
  });

  it('that is held back is noticed when the description has expired', async () => {
    nowMs += 2 * LOOK_INTERVAL_MS;
    expect(await look()).toMatchObject(failed('update.expired'));
  });
});

describe('a person', () => {
  it('can stop what takes too long, and start it again', async () => {
    await look();
    server.put('/package', (_request, response) => response.writeHead(200).write(PACKAGE.subarray(0, 1_000)));
    updater.fetch(NAME);
    expect(caught(() => updater.look()).code).toBe('update.busy');
    await fetching();
    updater.cancel();
    expect(await settled()).toMatchObject({ name: 'offered' });
    expect(await readdir(join(folder, 'downloads'))).toEqual([]);
    server.put('/package', PACKAGE);
    updater.fetch(NAME);
    expect(await settled()).toMatchObject({ name: 'ready' });
  });

  it('can have a package checked that came another way, without the network', async () => {
    const path = join(folder, NAME);
    await writeFile(path, PACKAGE);
    updater.check(path);
    expect(await settled()).toMatchObject(failed('update.noDescription'));
    await writeFile(join(folder, 'countersign-update.json'), description('https://releases.example/package'));
    updater.check(path);
    expect(await settled()).toMatchObject({ name: 'ready', path });
    await writeFile(join(folder, 'other.AppImage'), PACKAGE);
    updater.check(join(folder, 'other.AppImage'));
    expect(await settled()).toMatchObject(failed('update.notInRelease'));
    await writeFile(path, Buffer.alloc(PACKAGE.length));
    updater.check(path);
    expect(await settled()).toMatchObject(failed('update.wrongPackage'));
    expect(server.asked).toEqual([]);
  });

  it('is told that a build has no source of updates, or a bad one', async () => {
    await updater.close();
    await rm(join(folder, 'source.json'));
    updater = await open();
    expect(updater.view()).toMatchObject({ source: null, problem: null });
    expect(caught(() => updater.look()).code).toBe('update.noSource');
    await updater.close();
    await writeFile(join(folder, 'source.json'), '{}');
    updater = await open();
    expect(updater.view()).toMatchObject({ source: null, problem: { code: 'update.sourceMalformed' } });
  });

  it('is offered nothing that could not be remembered', async () => {
    const memory = '{"version":2}';
    await writeFile(join(folder, 'updates.json'), memory);
    await updater.close();
    updater = await open();
    expect(updater.view().problem).toMatchObject({ code: 'storage.newerSchema' });
    expect(await look()).toMatchObject(failed('storage.newerSchema'));
    expect(await readFile(join(folder, 'updates.json'), 'utf8')).toBe(memory);
  });
});

describe('closing', () => {
  it('leaves nothing of what is being fetched', async () => {
    await look();
    server.put('/package', (_request, response) => response.writeHead(200).write(PACKAGE.subarray(0, 1_000)));
    updater.fetch(NAME);
    await fetching();
    expect(await readdir(join(folder, 'downloads'))).toHaveLength(1);
    await updater.close();
    expect(await readdir(join(folder, 'downloads'))).toEqual([]);
  });

  it.runIf(process.platform === 'linux')('does not wait for a disk that never answers', async () => {
    const path = join(folder, NAME);
    await promisify(execFile)('mkfifo', [path]);
    await writeFile(join(folder, 'countersign-update.json'), description('https://releases.example/package'));
    updater.check(path);
    // Until it has read the description and waits for somebody who writes the package.
    while (updater.view().lastLookedAtMs === null) await new Promise((resolve) => setTimeout(resolve, 5));
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    try {
      let isClosed = false;
      const closed = updater.close().then(() => (isClosed = true));
      await vi.advanceTimersByTimeAsync(CLOSE_TIMEOUT_MS - 1);
      expect(isClosed).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      await closed;
    } finally {
      vi.useRealTimers();
      await writeFile(path, '');
    }
  });
});
