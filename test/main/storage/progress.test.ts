/** What is told while a ledger is opened and loaded. */
import { describe, expect, it } from 'vitest';
import { openLedgerStore } from '../../../src/main/storage/openLedgerStore.ts';
import { calmProgress, PROGRESS_INTERVAL_MS, type LoadProgress } from '../../../src/main/storage/progress.ts';
import { TestChain, makeGenesis } from '../../support/ledger.ts';
import { createStoreWorker, makeDirectory } from '../../support/stores.ts';

describe('progress', () => {
  it('is told ten times a second at most, and of each step at once', () => {
    let nowMs = 0;
    const told: LoadProgress[] = [];
    const report = calmProgress(
      (progress) => told.push(progress),
      () => nowMs,
    );
    const log = (done: number): LoadProgress => ({ step: 'log', done, total: 9 });
    report(log(0));
    report(log(1));
    nowMs += PROGRESS_INTERVAL_MS;
    report(log(2));
    report({ step: 'requests', done: 0, total: 4 });
    report({ step: 'requests', done: 1, total: 4 });
    expect(told).toEqual([log(0), log(2), { step: 'requests', done: 0, total: 4 }]);
  });

  it('tells how far a load is: the blocks above the stable checkpoint, and the requests below it', async () => {
    const network = makeGenesis();
    const { path: directory, remove } = await makeDirectory();
    const told: LoadProgress[] = [];
    const store = await openLedgerStore({
      directory,
      genesis: network.genesis,
      createWorker: createStoreWorker,
    });
    const chain = new TestChain(network);
    for (let height = 1; height <= 7; height++) {
      await store.commit([{ type: 'append', accepted: chain.append() }]);
      if (height === 5) await store.commit([{ type: 'checkpoint', checkpoint: chain.checkpoint(5) }]);
    }
    await store.load((progress) => told.push(progress));
    await store.close();
    await remove();
    expect(told[0]).toEqual({ step: 'blocks', fromHeight: 5, done: 0, total: 2 });
    expect(told[1]).toMatchObject({ step: 'requests', done: 0 });
  });
});
