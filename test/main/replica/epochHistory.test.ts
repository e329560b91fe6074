import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PersistOperation } from '../../../src/main/consensus/effects.ts';
import { verifyEpochChanges } from '../../../src/main/ledger/epochChange.ts';
import { verifyReceipt } from '../../../src/main/ledger/receiptCheck.ts';
import { epochChangeOf, epochChangesTo } from '../../../src/main/replica/epochHistory.ts';
import { receiptFor } from '../../../src/main/replica/history.ts';
import { openLedgerStore, type LedgerStore } from '../../../src/main/storage/index.ts';
import { EpochChain, addReplica } from '../../support/epochs.ts';
import { rejected } from '../../support/errors.ts';
import { verify } from '../../support/receipts.ts';
import { newKey } from '../../support/registry.ts';
import { createStoreWorker, makeDirectory } from '../../support/stores.ts';

const epochs = new EpochChain();
const { genesis } = epochs.network;
const ids: string[] = [];
let directory: { path: string; remove: () => Promise<void> };
let store: LedgerStore;

/** Two blocks in each of three epochs with a checkpoint, and a third change that is not stable yet. */
beforeAll(async () => {
  directory = await makeDirectory();
  store = await openLedgerStore({ directory: directory.path, genesis, createWorker: createStoreWorker });
  const commit = async (checkpoint: boolean): Promise<void> => {
    const operations: PersistOperation[] = epochs.take().map((accepted) => ({ type: 'append', accepted }));
    if (checkpoint) operations.push(...epochs.settle());
    await store.commit(operations);
  };
  const twoBlocks = async (): Promise<void> => {
    for (let block = 0; block < 2; block++) {
      const requests = epochs.chain.requests(2);
      epochs.append(requests);
      ids.push(...requests.map(({ id }) => id));
    }
    await commit(true);
  };
  await twoBlocks();
  epochs.end(addReplica(epochs.network, newKey(0)), newKey(0));
  await commit(true);
  await twoBlocks();
  epochs.end({ kind: 'removeReplica', publicKey: genesis.replicas[1]!.publicKey });
  await commit(true);
  await twoBlocks();
  epochs.end(addReplica(epochs.network, newKey(1), 41_001), newKey(1));
  await commit(false);
});
afterAll(async () => {
  await store.close();
  await directory.remove();
});

describe('the changes that a store can prove', () => {
  it('one by one: those that are stable', async () => {
    expect(await epochChangeOf(store, genesis, 2)).toBeNull();
    for (const epoch of [0, 1]) {
      const change = await epochChangeOf(store, genesis, epoch);
      // The certificate is that of the checkpoint: whoever formed it had its own quorum and view.
      expect(change?.header).toEqual(epochs.changes[epoch]!.header);
      expect(change?.replicas).toEqual(epochs.changes[epoch]!.replicas);
    }
    expect(await epochChangeOf(store, genesis, 2)).toBeNull();
    expect(await epochChangeOf(store, genesis, Number.MAX_SAFE_INTEGER)).toBeNull();
  });

  it('as a chain up to an epoch, read from the store or known already', async () => {
    const tip = epochs.chain.header().height;
    const fresh = await openAgain();
    for (const from of [store, fresh.store]) {
      for (const epoch of [0, 1, 2]) {
        const changes = await epochChangesTo(from, genesis, epoch, tip);
        const sets = await verifyEpochChanges(genesis, changes, verify);
        expect(sets.at(-1)?.epoch).toBe(epoch);
        expect(sets.at(-1)?.replicas).toEqual(epochs.networkOf(epoch).genesis.replicas);
      }
      // Only a broken invariant asks for more than is stable.
      expect((await rejected(epochChangesTo(from, genesis, 3, tip))).code).toBe('invariant.broken');
    }
    await fresh.close();
  });

  it('lead receipts of every epoch from the genesis to their signers', async () => {
    expect(ids).toHaveLength(12);
    for (const [index, id] of ids.entries()) {
      const proven = await verifyReceipt(await receiptFor(store, genesis, id), genesis, verify);
      const epoch = Math.floor(index / 4);
      expect(proven.header.epoch).toBe(epoch);
      expect(proven.signers).toEqual(
        epochs.networkOf(epoch).genesis.replicas.slice(0, proven.signers.length),
      );
    }
  });
});

/** The same blocks in a store of their own, so that nothing of them has been read before. */
async function openAgain(): Promise<{ store: LedgerStore; close: () => Promise<void> }> {
  const place = await makeDirectory();
  const fresh = await openLedgerStore({ directory: place.path, genesis, createWorker: createStoreWorker });
  const { height } = epochs.chain.header();
  for (let at = 1; at <= height; at++) {
    const accepted = await store.block(at);
    const checkpoint = await store.checkpointCovering(at);
    await fresh.commit([
      { type: 'append', accepted: accepted! },
      ...(checkpoint?.height === at ? epochs.settle(at) : []),
    ]);
  }
  return {
    store: fresh,
    close: async () => {
      await fresh.close();
      await place.remove();
    },
  };
}
