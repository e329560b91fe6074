/** What clients are told from the store: receipts, and who takes part after an epoch. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ToClientMessage } from '../../../src/main/consensus/messages.ts';
import { verifyEpochChanges } from '../../../src/main/ledger/epochChange.ts';
import { decodeReceipt } from '../../../src/main/ledger/receipt.ts';
import { ClientAnswers } from '../../../src/main/replica/clientAnswers.ts';
import { openLedgerStore, type LedgerStore } from '../../../src/main/storage/index.ts';
import { EpochChain, addReplica } from '../../support/epochs.ts';
import { verify } from '../../support/receipts.ts';
import { newKey } from '../../support/registry.ts';
import { createStoreWorker, makeDirectory } from '../../support/stores.ts';

const epochs = new EpochChain();
const { genesis } = epochs.network;
let directory: { path: string; remove: () => Promise<void> };
let store: LedgerStore;

/** One change of replicas, which is stable. */
beforeAll(async () => {
  directory = await makeDirectory();
  store = await openLedgerStore({ directory: directory.path, genesis, createWorker: createStoreWorker });
  epochs.end(addReplica(epochs.network, newKey(0)), newKey(0));
  await store.commit([
    ...epochs.take().map((accepted) => ({ type: 'append', accepted }) as const),
    ...epochs.settle(),
  ]);
});
afterAll(async () => {
  await store.close();
  await directory.remove();
});

function answers(epoch: number): { made: ClientAnswers; told: ToClientMessage[] } {
  const told: ToClientMessage[] = [];
  const made = new ClientAnswers({
    store,
    genesis,
    epoch,
    outlet: {
      toPeer: () => undefined,
      toPeers: () => undefined,
      toGuests: () => undefined,
      toClients: (clientIds, message) => {
        expect(clientIds).toEqual([7]);
        told.push(message);
      },
    },
    stableHeight: () => 2,
    onReadFailed: (error) => {
      throw error;
    },
  });
  return { made, told };
}

describe('getEpochChange', () => {
  it('is answered by the proof that an epoch has ended', async () => {
    const { made, told } = answers(1);
    await made.answer(7, { type: 'getEpochChange', epoch: 0 });
    const [message] = told;
    expect(message).toMatchObject({ type: 'epochChange', epoch: 0 });
    const change = message?.type === 'epochChange' ? message.change : null;
    const sets = await verifyEpochChanges(genesis, [change!], verify);
    expect(sets.at(-1)?.replicas).toEqual(epochs.networkOf(1).genesis.replicas);
  });

  it('of the epoch that the replica is in, or of a later one: there is none', async () => {
    const { made, told } = answers(1);
    for (const epoch of [1, 2, Number.MAX_SAFE_INTEGER]) {
      await made.answer(7, { type: 'getEpochChange', epoch });
      expect(told.at(-1)).toEqual({ type: 'epochChange', epoch, change: null });
    }
    // One that has not gone on to it yet does not speak of what its store already has.
    const before = answers(0);
    await before.made.answer(7, { type: 'getEpochChange', epoch: 0 });
    expect(before.told).toEqual([{ type: 'epochChange', epoch: 0, change: null }]);
  });
});

describe('responses and receipts', () => {
  it('name the epoch in which a request was accepted', () => {
    const { made, told } = answers(1);
    const requestId = 'ab'.repeat(32);
    made.wait(7, requestId);
    const accepted = { epoch: 1, height: 3, hash: 'cd'.repeat(32), tag: '01'.repeat(8) };
    made.respond({ type: 'respond', requestIds: [requestId], ...accepted });
    expect(told).toEqual([{ type: 'response', requestId, ...accepted }]);
  });

  it('are sent for what is stable, and refused for what nobody knows', async () => {
    const { made, told } = answers(1);
    const [request] = epochs.requestsOf(2);
    await made.answer(7, { type: 'getReceipt', requestId: request!.id });
    const [message] = told;
    expect(message?.type === 'receipt' && decodeReceipt(message.receipt).request.id).toBe(request!.id);
    await made.answer(7, { type: 'getReceipt', requestId: 'ab'.repeat(32) });
    expect(told[1]).toMatchObject({ type: 'refusal', error: { code: 'request.notFound' } });
  });
});
