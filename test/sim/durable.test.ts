/** What the simulator calls durable is what a store would have kept. */
import { expect, it } from 'vitest';
import { makeGenesis } from '../support/ledger.ts';
import { DurableStore } from '../support/simulation/durable.ts';
import { ViewHistory } from '../main/storage/viewHistory.ts';
import { MemoryDisk, openMemoryStore } from './memoryStore.ts';

it('starts from the same after every commit of a history of views', async () => {
  const network = makeGenesis();
  const store = openMemoryStore(new MemoryDisk(), network.genesis);
  const durable = new DurableStore(network.genesis);
  const history = new ViewHistory(network);
  const seen = new Map<string, number>();
  let rolledBack = 0;
  while (history.commits < 40) {
    const operations = history.next();
    await store.commit(operations);
    durable.commit(operations);
    const expected = await store.load();
    expect(durable.load()).toEqual(expected);
    rolledBack += expected.rolledBack.length;

    for (const operation of operations) {
      if (operation.type !== 'append') continue;
      const { hash, height } = operation.accepted.block.header;
      seen.set(hash, height);
    }
    for (const [hash, height] of seen) {
      expect(durable.blockByHash(height, hash) ?? null).toEqual(await store.blockByHash(height, hash));
    }
  }
  expect(rolledBack).toBeGreaterThan(20);
});
