/** What has been acknowledged survives SIGKILL at any moment, and what a crash leaves can be told from rot. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLedgerDatabase } from '../../../src/main/storage/worker/ledgerDatabase.ts';
import { openLedgerStore } from '../../../src/main/storage/openLedgerStore.ts';
import { TestChain, makeGenesis } from '../../support/ledger.ts';
import { createStoreWorker, makeDirectory } from '../../support/stores.ts';

const network = makeGenesis();
const writer = fileURLToPath(new URL('../../support/ledgerWriter.ts', import.meta.url));
let directory: Awaited<ReturnType<typeof makeDirectory>>;

beforeEach(async () => {
  directory = await makeDirectory();
});
afterEach(async () => await directory.remove());

const open = async (path = directory.path) =>
  await openLedgerStore({ directory: path, genesis: network.genesis, createWorker: createStoreWorker });

/** Runs a writer, kills it some way into its commits, and returns the last height that it acknowledged. */
async function writeAndKill(blocksPerCommit: number, commits: number, delayMs: number): Promise<number> {
  const child = spawn(process.execPath, [writer, directory.path, String(blocksPerCommit)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  let killing = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
    if (killing || printed.split('\n').length <= commits) return;
    killing = true;
    setTimeout(() => child.kill('SIGKILL'), delayMs);
  });
  const [, signal] = (await once(child, 'close')) as [number | null, string | null];
  expect(signal).toBe('SIGKILL');
  const lines = printed.split('\n');
  // A last line without its end may be cut.
  return Number(lines.at(-2));
}

describe('a process that is killed while it commits', () => {
  it('has lost nothing that it acknowledged', async () => {
    const chain = new TestChain(network);
    let atLeast = 0;
    for (let round = 0; round < 12; round++) {
      const blocksPerCommit = [1, 3, 7][round % 3]!;
      const acknowledged = await writeAndKill(blocksPerCommit, 1 + round, Math.random() * 20);
      expect(acknowledged).toBeGreaterThan(atLeast);

      const store = await open();
      const { position, stable, chain: above } = await store.load();
      const { blocks: tip } = await store.counts();
      // The commit that was under way is there as a whole or not at all.
      expect(tip).toBeGreaterThanOrEqual(acknowledged);
      expect((tip - atLeast) % blocksPerCommit).toBe(0);
      while (chain.header().height < tip) chain.append();
      expect(position.view).toBe(tip);
      expect(stable).toEqual(tip < 5 ? await store.checkpointCovering(0) : chain.checkpoint(tip - (tip % 5)));
      expect(stable.height + above.length).toBe(tip);
      expect((await store.headers(0, tip)).map(({ hash }) => hash)).toEqual(
        Array.from({ length: tip + 1 }, (_, height) => chain.header(height).hash),
      );
      await store.close();
      atLeast = tip;
    }
  }, 120_000);
});

describe('the write-ahead log that a crash leaves', () => {
  const HEADER_BYTES = 32;
  const FRAME_BYTES = 24 + 4_096;
  let log: Buffer;
  let tried = 0;

  /** The height of the tip that is found with the log `changed`. Opens the file in this thread: it is one of many. */
  async function tipWith(changed: Uint8Array): Promise<number> {
    const path = join(directory.path, 'copy.sqlite');
    await rm(path, { force: true });
    await copyFile(join(directory.path, 'ledger.sqlite'), path);
    await writeFile(`${path}-wal`, changed);
    tried += 1;
    const database = openLedgerDatabase({
      store: 'ledger',
      path,
      genesis: network.genesis,
      maxSizeBytes: null,
    });
    try {
      database.load();
      return database.counts().blocks;
    } finally {
      database.close();
    }
  }
  const flipped = (offset: number): Buffer => {
    const copy = Buffer.from(log);
    copy[offset] = copy[offset]! ^ 0x10;
    return copy;
  };
  const isCommit = (frame: number) => log.readUInt32BE(HEADER_BYTES + frame * FRAME_BYTES + 4) !== 0;

  it('is refused where it has rotted before the last commit, and read where a crash cut it off', async () => {
    await writeAndKill(1, 12, 0);
    expect((await readdir(directory.path)).sort()).toEqual(['ledger.sqlite', 'ledger.sqlite-wal']);
    log = await readFile(join(directory.path, 'ledger.sqlite-wal'));
    const frames = Math.floor((log.length - HEADER_BYTES) / FRAME_BYTES);
    const commits = Array.from({ length: frames }, (_, frame) => frame).filter(isCommit);
    expect(commits.length).toBeGreaterThan(10);
    const whole = await tipWith(log);

    for (const offset of [0, 5, 9, 17, 25]) {
      await expect(tipWith(flipped(offset))).rejects.toMatchObject({ code: 'storage.corrupt' });
    }
    const secondLast = commits.at(-2)!;
    for (let frame = 0; frame <= secondLast; frame++) {
      for (const within of [1, 9, 17, 24 + ((frame * 97) % 4_096)]) {
        const rotten = flipped(HEADER_BYTES + frame * FRAME_BYTES + within);
        await expect(tipWith(rotten)).rejects.toMatchObject({ code: 'storage.corrupt' });
      }
    }

    // Cut anywhere within the last commit, as a crash before it was acknowledged leaves it.
    const end = HEADER_BYTES + (secondLast + 1) * FRAME_BYTES;
    for (const length of [end, end + 10, end + 24, end + FRAME_BYTES - 1, log.length - 1]) {
      const tip = await tipWith(log.subarray(0, length));
      expect([whole, whole - 1]).toContain(tip);
    }
    const torn = flipped(HEADER_BYTES + commits.at(-1)! * FRAME_BYTES + 100);
    expect(await tipWith(torn.subarray(0, HEADER_BYTES + (commits.at(-1)! + 1) * FRAME_BYTES))).toBe(
      whole - 1,
    );
    expect(tried).toBeGreaterThan(20);
  }, 120_000);
});
