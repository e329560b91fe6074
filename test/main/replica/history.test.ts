import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyReceipt } from '../../../src/main/ledger/receiptCheck.ts';
import { blockFor, headersFor, receiptFor } from '../../../src/main/replica/history.ts';
import { openLedgerStore, type LedgerStore } from '../../../src/main/storage/index.ts';
import { rejected } from '../../support/errors.ts';
import { TestChain, makeGenesis } from '../../support/ledger.ts';
import { verify } from '../../support/receipts.ts';
import { createStoreWorker, makeDirectory } from '../../support/stores.ts';

const network = makeGenesis();
const chain = new TestChain(network);
let directory: { path: string; remove: () => Promise<void> };
let store: LedgerStore;

/** Eight blocks of three requests, stable at 3 and at 6. */
const blocks = Array.from({ length: 8 }, () => chain.append(3));

beforeAll(async () => {
  directory = await makeDirectory();
  const { genesis } = network;
  store = await openLedgerStore({ directory: directory.path, genesis, createWorker: createStoreWorker });
  await store.commit([
    ...blocks.map((accepted) => ({ type: 'append', accepted }) as const),
    { type: 'checkpoint', checkpoint: chain.checkpoint(3) },
    { type: 'checkpoint', checkpoint: chain.checkpoint(6) },
  ]);
});
afterAll(async () => {
  await store.close();
  await directory.remove();
});

describe('headers for a replica that gets into step', () => {
  it.each([
    [1, [1, 2, 3]],
    [3, [3]],
    [4, [4, 5, 6]],
    [6, [6]],
  ])('from %i up to the next stable checkpoint, which certifies the last', async (fromHeight, heights) => {
    const message = await headersFor(store, { type: 'getHeaders', fromHeight });
    expect(message?.headers.map(({ height }) => height)).toEqual(heights);
    expect(message?.headers).toEqual(heights.map((height) => chain.header(height)));
    expect(message?.certificate.hash).toBe(chain.header(heights.at(-1)).hash);
  });

  it.each([7, 9, Number.MAX_SAFE_INTEGER])('from %i: nothing there is stable', async (fromHeight) => {
    expect(await headersFor(store, { type: 'getHeaders', fromHeight })).toBeNull();
  });
});

describe('one block', () => {
  it('with the requests as they were signed', async () => {
    const { header, requests } = blocks[4]!.block;
    const message = await blockFor(store, { type: 'getBlock', height: 5, hash: header.hash });
    expect(message?.requests.map((bytes) => Buffer.from(bytes).toString('hex'))).toEqual(
      requests.map(({ bytes }) => Buffer.from(bytes).toString('hex')),
    );
  });

  it.each([
    ['another block at that height', 5, 'ab'.repeat(32)],
    ['a height that is not there', 9, 'ab'.repeat(32)],
  ])('not %s', async (_, height, hash) => {
    expect(await blockFor(store, { type: 'getBlock', height, hash })).toBeNull();
  });

  it('genesis is one without requests', async () => {
    const { hash } = chain.header(0);
    expect((await blockFor(store, { type: 'getBlock', height: 0, hash }))?.requests).toEqual([]);
  });
});

describe('receipts', () => {
  it('of every request that a stable checkpoint covers: they hold', async () => {
    for (const { block } of blocks.slice(0, 6)) {
      for (const { id } of block.requests) {
        const verified = await verifyReceipt(
          await receiptFor(store, network.genesis, id),
          network.genesis,
          verify,
        );
        expect([verified.request.id, verified.header.height]).toEqual([id, block.header.height]);
        expect(verified.checkpoint.height).toBe(block.header.height <= 3 ? 3 : 6);
      }
    }
  });

  it('not yet of what is above it, and not of what nobody knows', async () => {
    const { id } = blocks[6]!.block.requests[0]!;
    expect(await rejected(receiptFor(store, network.genesis, id))).toMatchObject({
      code: 'request.notFinal',
      data: { id },
    });
    const unknown = 'ab'.repeat(32);
    expect(await rejected(receiptFor(store, network.genesis, unknown))).toMatchObject({
      code: 'request.notFound',
    });
  });
});
