/** The index follows the ledger: as it grows, as it is rolled back, after a gap, a kill and damage. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SearchKeeper } from '../../../../src/main/console/search/searchKeeper.ts';
import type { PersistOperation } from '../../../../src/main/consensus/effects.ts';
import type { ReplicaEvent } from '../../../../src/main/replica/replica.ts';
import {
  SEARCH_FILE,
  openSearchIndex,
  type ChainCursor,
  type LedgerStore,
  type SearchPage,
} from '../../../../src/main/storage/index.ts';
import { openLedgerStore } from '../../../../src/main/storage/openLedgerStore.ts';
import { piecesOf } from '../../../../src/shared/text/searchWords.ts';
import { TestChain, makeGenesis, makeRequest } from '../../../support/ledger.ts';
import { createStoreWorker, makeDirectory } from '../../../support/stores.ts';

const network = makeGenesis();
const { genesis, networkId } = network;
const writer = fileURLToPath(new URL('../../../support/searchWriter.ts', import.meta.url));
let directory: Awaited<ReturnType<typeof makeDirectory>>;
let store: LedgerStore;
let chain: TestChain;
const listeners = new Set<(event: ReplicaEvent) => void>();
const failures: unknown[] = [];
const keepers: SearchKeeper[] = [];

beforeEach(async () => {
  directory = await makeDirectory();
  store = await openLedgerStore({ directory: directory.path, genesis, createWorker: createStoreWorker });
  chain = new TestChain(network);
  failures.length = 0;
});
afterEach(async () => {
  for (const keeper of keepers.splice(0)) await keeper.close();
  await store.close();
  await directory.remove();
});

const announce = (event: ReplicaEvent): void => {
  for (const listener of listeners) listener(event);
};
/** Makes it durable and then announces it, as a replica does. */
async function commit(operation: PersistOperation): Promise<void> {
  await store.commit([operation]);
  if (operation.type === 'append') announce({ type: 'accepted', accepted: operation.accepted });
  if (operation.type === 'rollback') announce({ type: 'rolledBack', height: operation.height });
}
async function append(...titles: string[]): Promise<void> {
  const timestampMs = chain.header().timeMs;
  const requests = titles.map((title) => makeRequest(network, { timestampMs, title }));
  await commit({ type: 'append', accepted: chain.append(requests) });
}
async function rollBack(height: number): Promise<void> {
  chain.rollback(height);
  await commit({ type: 'rollback', height });
}

function keep(): SearchKeeper {
  const keeper = new SearchKeeper({
    genesis,
    store,
    open: async (isFresh) =>
      await openSearchIndex({
        directory: directory.path,
        networkId,
        createWorker: createStoreWorker,
        isFresh,
      }),
    tipHeight: chain.header().height,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onFailure: (error) => failures.push(error),
  });
  keepers.push(keeper);
  return keeper;
}
async function inStep(keeper: SearchKeeper): Promise<void> {
  const { height } = chain.header();
  await vi.waitFor(() => expect(keeper.progress).toMatchObject({ height, tipHeight: height }), 20_000);
}
const FOUND_MAX = 100;
const find = async (keeper: SearchKeeper, text: string): Promise<string[]> => {
  const titles: string[] = [];
  // A busy machine cuts a page short: it goes on where that one ended.
  for (let before: ChainCursor | null = null; ;) {
    const query = { pieces: piecesOf(text), limit: FOUND_MAX - titles.length };
    const page: SearchPage = await keeper.index!.search(before === null ? query : { ...query, before });
    titles.push(...page.hits.map(({ title }) => title));
    if (!page.isCutShort || page.next === null) return titles;
    before = page.next;
  }
};

describe('the search index', () => {
  it('has what was accepted, and not what was rolled back', async () => {
    const keeper = keep();
    await append('first one');
    await append('second one', 'third one');
    await inStep(keeper);
    expect(await find(keeper, 'one')).toEqual(['third one', 'second one', 'first one']);
    await rollBack(1);
    await inStep(keeper);
    expect(await find(keeper, 'one')).toEqual(['first one']);
    await append('another one');
    await inStep(keeper);
    expect(await find(keeper, 'one')).toEqual(['another one', 'first one']);
    expect(await find(keeper, 'supervisor')).toHaveLength(2);
    expect(failures).toEqual([]);
  });

  it('does not stop at a rollback that comes while blocks go in', async () => {
    const keeper = keep();
    for (let round = 0; round < 10; round++) {
      for (let each = 0; each < 3; each++) await append(`kept ${round}-${each}`);
      const height = chain.header().height;
      for (let each = 0; each < 4; each++) await append(`lost ${round}-${each}`);
      if (round % 3 === 1) await new Promise((resolve) => setTimeout(resolve, 60));
      await rollBack(height);
    }
    await inStep(keeper);
    await keeper.fresh();
    expect(await find(keeper, 'lost')).toEqual([]);
    expect(await find(keeper, 'kept')).toHaveLength(30);
    expect(failures).toEqual([]);
  });

  it('of a ledger that has none is made, and one that lags behind or has other blocks is mended', async () => {
    for (let each = 1; each <= 300; each++) await append(`early ${each}`);
    const first = keep();
    await inStep(first);
    expect(await find(first, 'early 300')).toEqual(['early 300']);
    await first.close();
    keepers.splice(0);
    // Nobody tells the index of this.
    await rollBack(200);
    for (let each = 1; each <= 50; each++) await append(`late ${each}`);
    const second = keep();
    await inStep(second);
    expect(await find(second, 'early 201')).toEqual([]);
    expect(await find(second, 'early 200')).toEqual(['early 200']);
    expect(await find(second, 'late')).toHaveLength(50);
    expect(failures).toEqual([]);
  }, 60_000);

  it('is made anew when it is damaged, and the ledger does not notice', async () => {
    await append('sound');
    await writeFile(join(directory.path, SEARCH_FILE), 'rot'.repeat(10_000));
    const keeper = keep();
    await inStep(keeper);
    expect(await find(keeper, 'sound')).toEqual(['sound']);
    await append('still sound');
    await inStep(keeper);
    expect(await find(keeper, 'sound')).toEqual(['still sound', 'sound']);
  });

  it('goes on where it was when its process is killed while it is made', async () => {
    for (let each = 1; each <= 400; each++) await append(`numbered ${each}`);
    await store.close();
    let last = 0;
    for (let round = 0; round < 3; round++) {
      const child = spawn(process.execPath, [writer, directory.path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let printed = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
        if (printed.split('\n').length > 2 + round) child.kill('SIGKILL');
      });
      await once(child, 'close');
      const reached = Number(printed.split('\n')[0]);
      expect(reached).toBeGreaterThanOrEqual(last);
      last = reached;
    }
    store = await openLedgerStore({ directory: directory.path, genesis, createWorker: createStoreWorker });
    const keeper = keep();
    await inStep(keeper);
    expect(await find(keeper, 'numbered')).toHaveLength(100);
    for (const each of [1, 128, 129, 256, 257, 400]) {
      expect(await find(keeper, `numbered ${each} `)).toEqual([`numbered ${each}`]);
    }
    expect(failures).toEqual([]);
  }, 120_000);
});
