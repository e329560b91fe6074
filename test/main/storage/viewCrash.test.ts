/** A process that is killed while its view changes has kept every promise that it gave, and lost no block. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openLedgerStore } from '../../../src/main/storage/openLedgerStore.ts';
import { MemoryDisk, openMemoryStore } from '../../sim/memoryStore.ts';
import { makeGenesis } from '../../support/ledger.ts';
import { createStoreWorker, makeDirectory } from '../../support/stores.ts';
import { ViewHistory, commitNumber } from './viewHistory.ts';

const network = makeGenesis();
const writer = fileURLToPath(new URL('./viewWriter.ts', import.meta.url));
let directory: Awaited<ReturnType<typeof makeDirectory>>;

beforeEach(async () => {
  directory = await makeDirectory();
});
afterEach(async () => await directory.remove());

/** Runs a writer, kills it some way into its commits, and returns the number of the last one that it acknowledged. */
async function writeAndKill(commits: number, delayMs: number): Promise<number> {
  const child = spawn(process.execPath, [writer, directory.path], { stdio: ['ignore', 'pipe', 'inherit'] });
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
  // A last line without its end may be cut.
  return Number(printed.split('\n').at(-2));
}

it('holds the whole of each commit, and the one under way as a whole or not at all', async () => {
  const twin = openMemoryStore(new MemoryDisk(), network.genesis);
  const history = new ViewHistory(network);
  const ends = { normal: 0, changing: 0 };
  let rolledBackBlocks = 0;
  // Until it has been killed on both sides of a view change, and with blocks taken off.
  const SEEN_BLOCKS = 6;
  const sawAll = () => ends.normal > 0 && ends.changing > 0 && rolledBackBlocks >= SEEN_BLOCKS;
  for (let round = 0; round < 8 || !sawAll(); round++) {
    const acknowledged = await writeAndKill(1 + (round % 4), Math.random() * 30);
    expect(acknowledged).toBeGreaterThan(history.commits);

    const store = await openLedgerStore({
      directory: directory.path,
      genesis: network.genesis,
      createWorker: createStoreWorker,
    });
    const found = await store.load();
    const number = commitNumber(found.position);
    expect(number).toBeGreaterThanOrEqual(acknowledged);
    while (history.commits < number) await twin.commit(history.next());
    expect(found).toEqual(await twin.load());
    for (const { header } of found.rolledBack) {
      expect(await store.blockByHash(header.height, header.hash)).toEqual(
        await twin.blockByHash(header.height, header.hash),
      );
    }
    ends[found.position.mode] += 1;
    rolledBackBlocks += found.rolledBack.length;
    await store.close();
  }
}, 120_000);
