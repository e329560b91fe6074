import { describe, expect, it } from 'vitest';
import { ReplicaSets } from '../../../../src/main/console/live/replicaSets.ts';
import { openLedgerStore } from '../../../../src/main/storage/index.ts';
import { twoChanges } from '../../../support/epochs.ts';
import { rejected } from '../../../support/errors.ts';
import { createStoreWorker, makeDirectory } from '../../../support/stores.ts';

describe('the replicas of every epoch', () => {
  it('are read from the ledger, once each', async () => {
    const epochs = twoChanges();
    const { genesis } = epochs.network;
    const directory = await makeDirectory();
    const store = await openLedgerStore({
      directory: directory.path,
      genesis,
      createWorker: createStoreWorker,
    });
    try {
      for (const accepted of epochs.take()) {
        const { height } = accepted.block.header;
        const change = epochs.changes.find(({ header }) => header.height === height);
        await store.commit([
          { type: 'append', accepted },
          ...(change === undefined ? [] : epochs.settle(height)),
        ]);
      }
      const sets = await ReplicaSets.open(genesis, store, 1);
      expect(sets.of(0)).toBe(genesis.replicas);
      expect(sets.of(1)).toEqual(epochs.networkOf(1).genesis.replicas);
      expect(sets.of(2)).toBeUndefined();
      expect(await sets.read(2)).toEqual(epochs.networkOf(2).genesis.replicas);
      expect(sets.of(2)).toHaveLength(4);
      expect((await rejected(sets.read(3))).code).toBe('invariant.broken');
    } finally {
      await store.close();
      await directory.remove();
    }
  });
});
