/** The durable store and its simulated twin: one suite for both. */
import type { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import type { LedgerStore } from '../../../src/main/storage/ledgerStore.ts';
import { openLedgerStore } from '../../../src/main/storage/openLedgerStore.ts';
import { MemoryDisk, openMemoryStore, type MemoryLedgerStore } from '../../sim/memoryStore.ts';
import { TestChain, makeGenesis } from '../../support/ledger.ts';
import { createStoreWorker, makeDirectory } from '../../support/stores.ts';
import { testLedgerStore, type StorePlace } from './ledgerStoreCompliance.ts';
import { testViewChanges } from './viewChangeCompliance.ts';

const durablePlace = async (): Promise<StorePlace> => {
  const directory = await makeDirectory();
  const workers = new Map<LedgerStore, Worker>();
  return {
    open: async (genesis) => {
      let worker: Worker | undefined;
      const createWorker = () => (worker = createStoreWorker());
      const store = await openLedgerStore({ directory: directory.path, genesis, createWorker });
      workers.set(store, worker!);
      return store;
    },
    crash: async (store) => {
      await workers.get(store)!.terminate();
    },
    dispose: async () => {
      for (const worker of workers.values()) await worker.terminate();
      await directory.remove();
    },
  };
};

const simulatedPlace = async (): Promise<StorePlace> => {
  const disk = new MemoryDisk();
  let opened: MemoryLedgerStore | undefined;
  return {
    open: async (genesis) => (opened = openMemoryStore(disk, genesis)),
    crash: async () => opened?.crash(),
    dispose: async () => undefined,
  };
};

testLedgerStore('the durable store', durablePlace);
testLedgerStore('the simulated store', simulatedPlace);
testViewChanges('the durable store', durablePlace);
testViewChanges('the simulated store', simulatedPlace);

it('the simulated store loses in a crash what was not yet written', async () => {
  const { genesis } = makeGenesis();
  const chain = new TestChain(makeGenesis());
  const disk = new MemoryDisk();
  const writes: (() => void)[] = [];
  const store = openMemoryStore(disk, genesis, (write) => writes.push(write));
  const first = store.commit([{ type: 'append', accepted: chain.append() }]);
  const second = store.commit([{ type: 'append', accepted: chain.append() }]);
  writes[0]!();
  await first;
  store.crash();
  writes[1]!();
  await expect(second).rejects.toMatchObject({ code: 'storage.failed' });
  await expect(store.load()).rejects.toMatchObject({ code: 'storage.failed' });
  expect((await openMemoryStore(disk, genesis).load()).chain).toHaveLength(1);
});
