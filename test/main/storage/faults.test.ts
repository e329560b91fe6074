/** A full or read-only disk, a worker that dies, files that are not ours. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PersistOperation } from '../../../src/main/consensus/effects.ts';
import { openDataDirectory } from '../../../src/main/storage/dataDirectory.ts';
import type { LedgerStore } from '../../../src/main/storage/ledgerStore.ts';
import { openClientStore } from '../../../src/main/storage/openClientStore.ts';
import { openLedgerStore } from '../../../src/main/storage/openLedgerStore.ts';
import { COMMITS_WAITING_MAX, READS_WAITING_MAX } from '../../../src/main/storage/workerChannel.ts';
import { writeFileAtomic } from '../../../src/main/storage/writeFileAtomic.ts';
import { TestChain, makeGenesis } from '../../support/ledger.ts';
import { createStoreWorker, makeDirectory } from '../../support/stores.ts';

const run = promisify(execFile);
const network = makeGenesis();
let directory: Awaited<ReturnType<typeof makeDirectory>>;
let chain: TestChain;
let worker: Worker;
const cleanUps: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  directory = await makeDirectory();
  chain = new TestChain(network);
});
afterEach(async () => {
  // What was opened last goes first.
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  await directory.remove();
});

const open = async (options: { path?: string; maxSizeBytes?: number } = {}) => {
  const { path = directory.path, ...rest } = options;
  const createWorker = () => (worker = createStoreWorker());
  const store = await openLedgerStore({ directory: path, genesis: network.genesis, createWorker, ...rest });
  cleanUps.push(async () => await store.close());
  return store;
};
const nextBlock = (remark = ''): PersistOperation => ({
  type: 'append',
  accepted: chain.append(chain.requests(1, remark)),
});
const remark = 'x'.repeat(10_000);

/** Commits until the disk is full; checks that what was acknowledged, and no more, is there and stays there. */
async function fillUp(store: LedgerStore, reopen: () => Promise<LedgerStore>): Promise<void> {
  let acknowledged = 0;
  let failure: unknown;
  while (failure === undefined && acknowledged < 1_000) {
    try {
      await store.commit([nextBlock(remark)]);
      acknowledged += 1;
    } catch (error) {
      failure = error;
    }
  }
  expect(failure).toMatchObject({ code: 'storage.full' });
  expect(acknowledged).toBeGreaterThan(3);

  const check = async (opened: LedgerStore) => {
    expect((await opened.counts()).blocks).toBe(acknowledged);
    expect((await opened.load()).chain.at(-1)?.block.header).toEqual(chain.header(acknowledged));
  };
  // Still good for reading, and not half-written.
  await check(store);
  await store.close();
  await check(await reopen());
}

/** Mounts a file system for one test; where that is not permitted, says why not. */
async function mount(args: readonly string[], path: string): Promise<boolean> {
  try {
    await run('mount', [...args, path]);
  } catch (error) {
    console.info(
      `not tried on a mounted file system: ${error instanceof Error ? error.message : String(error)}`,
    );
    return false;
  }
  cleanUps.push(async () => await run('umount', [path]));
  return true;
}

describe('a full disk', () => {
  it('by the limit of the store: the commit fails whole, and the store can be read', async () => {
    const maxSizeBytes = 400_000;
    await fillUp(await open({ maxSizeBytes }), async () => await open({ maxSizeBytes }));
  });

  it('goes on where there is room again', async () => {
    const full = await open({ maxSizeBytes: 200_000 });
    await full.commit([nextBlock()]);
    const large = Array.from({ length: 40 }, () => nextBlock(remark));
    await expect(full.commit(large)).rejects.toMatchObject({ code: 'storage.full' });
    chain.rollback(1);
    // A small commit still fits.
    await full.commit([nextBlock()]);
    await full.close();
    const roomy = await open();
    await roomy.commit([nextBlock(remark)]);
    expect((await roomy.load()).chain).toHaveLength(3);
  });

  it('by the file system: no commit is lost and none is half there', async () => {
    const path = join(directory.path, 'small');
    await mkdir(path);
    if (!(await mount(['-t', 'tmpfs', '-o', 'size=1m', 'none'], path))) return;
    await fillUp(await open({ path }), async () => await open({ path }));
    await expect(writeFileAtomic(join(path, 'file'), new Uint8Array(2_000_000))).rejects.toMatchObject({
      code: 'storage.full',
    });
    expect((await readdir(path)).filter((name) => !name.startsWith('ledger.sqlite'))).toEqual([]);
  });
});

describe('a read-only file system', () => {
  it('is told as such', async () => {
    const store = await open();
    await store.commit([nextBlock()]);
    await store.close();
    const path = join(directory.path, '..', `${directory.path.split('/').at(-1)!}-readonly`);
    await mkdir(path);
    cleanUps.push(async () => await run('rmdir', [path]));
    if (!(await mount(['--bind', directory.path], path))) return;
    await run('mount', ['-o', 'remount,ro,bind', path]);
    await expect(open({ path })).rejects.toMatchObject({
      code: 'storage.readOnly',
      data: { path: join(path, 'ledger.sqlite') },
    });
    const clientOptions = { directory: path, createWorker: createStoreWorker };
    await expect(openClientStore(clientOptions)).rejects.toMatchObject({ code: 'storage.readOnly' });
    await expect(writeFileAtomic(join(path, 'file'), 'x')).rejects.toMatchObject({
      code: 'storage.readOnly',
    });
    await expect(openDataDirectory(path)).rejects.toMatchObject({ code: 'storage.readOnly' });
  });
});

it.runIf(process.platform !== 'win32')(
  'a disk that fails: nothing is written any more, and the store can be read',
  async () => {
    const writer = fileURLToPath(new URL('../../support/failingWriter.ts', import.meta.url));
    // No file may grow beyond 512 blocks (of 512 or 1,024 bytes): writing then fails as on a broken disk.
    const command = 'ulimit -f 512; exec "$@"';
    const args = ['-c', command, 'sh', process.execPath, writer, directory.path];
    const { stdout } = await run('sh', args);
    const { acknowledged, blocks, codes } = JSON.parse(stdout) as Record<string, unknown>;
    expect(codes).toEqual(['storage.failed', 'storage.failed']);
    expect(acknowledged).toBeGreaterThan(1);
    expect(blocks).toBe(acknowledged);
    // Where there is room again, what was acknowledged is there, and at most what failed with it.
    const store = await open();
    const tip = (await store.counts()).blocks;
    expect(tip - (acknowledged as number)).toBeOneOf([0, 1]);
    expect((await store.load()).chain).toHaveLength(tip);
  },
);

describe('a worker that dies', () => {
  it('fails every open call and every later one, and the store boots again', async () => {
    const store = await open();
    await store.commit([nextBlock()]);
    const calls = [store.commit([nextBlock()]), store.load(), store.counts()];
    const ended = Promise.allSettled(calls);
    await worker.terminate();
    for (const result of await ended) {
      // The first may have been answered before the end.
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'storage.failed' });
    }
    await expect(store.load()).rejects.toMatchObject({ code: 'storage.failed' });
    await expect(store.commit([])).rejects.toMatchObject({ code: 'storage.failed' });
    await store.close();

    const again = await open();
    const tip = (await again.counts()).blocks;
    expect([1, 2]).toContain(tip);
    expect((await again.load()).chain).toHaveLength(tip);
  });

  it.each([
    ['while it opens', 'setTimeout(() => process.exit(3), 10)'],
    ['by an error', "throw new Error('worker lost its mind')"],
  ])('%s', async (_when, code) => {
    const createWorker = () => new Worker(code, { eval: true });
    const opening = openLedgerStore({ directory: directory.path, genesis: network.genesis, createWorker });
    await expect(opening).rejects.toMatchObject({ code: 'storage.failed' });
  });

  it('fails a call that it never answers', async () => {
    const code = `
      const { parentPort } = require('node:worker_threads');
      parentPort.on('message', ({ id, method }) => {
        if (method === 'open') parentPort.postMessage({ id, result: undefined });
        if (method === 'load') process.exit(0);
      });`;
    const createWorker = () => new Worker(code, { eval: true });
    const store = await openLedgerStore({
      directory: directory.path,
      genesis: network.genesis,
      createWorker,
    });
    const calls = [store.counts(), store.commit([]), store.load()];
    for (const result of await Promise.allSettled(calls)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'storage.failed' } });
    }
    await store.close();
  });
});

it('bounds how many calls wait, reads and commits apart', async () => {
  const store = await open();
  const count = async (max: number, call: () => Promise<unknown>) => {
    const results = await Promise.allSettled(Array.from({ length: max + 5 }, call));
    return results.filter(
      (result) =>
        result.status === 'rejected' && (result.reason as { code: string }).code === 'storage.failed',
    ).length;
  };
  const [reads, commits] = await Promise.all([
    count(READS_WAITING_MAX, async () => store.counts()),
    count(COMMITS_WAITING_MAX, async () => store.commit([])),
  ]);
  expect([reads, commits]).toEqual([5, 5]);
  await store.commit([nextBlock()]);
  expect((await store.counts()).blocks).toBe(1);
});

describe('a file that is not this ledger', () => {
  const path = () => join(directory.path, 'ledger.sqlite');
  const change = (sql: string) => {
    const database = new DatabaseSync(path());
    database.exec(sql);
    database.close();
  };

  it('of a later version', async () => {
    await (await open()).close();
    change('PRAGMA user_version = 3');
    await expect(open()).rejects.toMatchObject({
      code: 'storage.newerSchema',
      data: { path: path(), found: 3, known: 2 },
    });
  });

  it('of an earlier version', async () => {
    await (await open()).close();
    change('PRAGMA user_version = 1');
    await expect(open()).rejects.toMatchObject({ code: 'storage.corrupt' });
  });

  it('of another program', async () => {
    change('CREATE TABLE notes (text TEXT)');
    await expect(open()).rejects.toMatchObject({ code: 'storage.corrupt' });
  });

  it('of no program', async () => {
    const text = 'Dear diary, '.repeat(1_000);
    await writeFile(path(), text);
    await expect(open()).rejects.toMatchObject({ code: 'storage.corrupt' });
    expect(await readFile(path(), 'utf8')).toBe(text);
  });

  it('that another has open', async () => {
    await open();
    const second = openLedgerStore({
      directory: directory.path,
      genesis: network.genesis,
      createWorker: createStoreWorker,
    });
    await expect(second).rejects.toMatchObject({ code: 'storage.failed' });
  });

  it('in no directory', async () => {
    await expect(open({ path: join(directory.path, 'missing') })).rejects.toMatchObject({
      code: 'storage.failed',
    });
  });
});
