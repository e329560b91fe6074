/** The client store: nothing sent is forgotten or doubled, and nothing is lost by leaving. */
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClientStore, ItemSummary, StoredItem } from '../../../src/main/storage/clientStore.ts';
import { openClientStore } from '../../../src/main/storage/openClientStore.ts';
import { createStoreWorker, makeDirectory } from '../../support/stores.ts';

let directory: Awaited<ReturnType<typeof makeDirectory>>;
let worker: Worker;
let store: ClientStore;

const open = async (options: { maxItems?: number; maxSizeBytes?: number } = {}) =>
  await openClientStore({
    directory: directory.path,
    createWorker: () => (worker = createStoreWorker()),
    ...options,
  });

beforeEach(async () => {
  directory = await makeDirectory();
  store = await open();
});
afterEach(async () => {
  await store.close();
  await directory.remove();
});

const draft = (id: string, fields: Partial<StoredItem> = {}): StoredItem => ({
  id,
  createdAtMs: 1_000,
  updatedAtMs: 1_000,
  state: 'draft',
  payload: new Uint8Array([1, 2, 3]),
  signed: null,
  requestId: null,
  detail: '{}',
  ...fields,
});
const sent = (id: string, fields: Partial<StoredItem> = {}): StoredItem =>
  draft(id, {
    state: 'sent',
    signed: new Uint8Array([4, 5]),
    requestId: Buffer.from(id).toString('hex').padStart(64, '0'),
    ...fields,
  });

describe('the client store', () => {
  it('gives back after a crash what was put', async () => {
    const items = [
      draft('a'),
      sent('b', { detail: '{"answers":[1,2]}', payload: new Uint8Array(100_000).fill(7) }),
    ];
    for (const item of items) await store.put(item);
    await worker.terminate();
    store = await open();
    for (const item of items) expect(await store.get(item.id)).toEqual(item);
    expect(await store.byRequestId(items[1]!.requestId!)).toEqual(items[1]);
    expect(await store.byRequestId('ff'.repeat(32))).toBeNull();
    expect(await store.get('c')).toBeNull();
    expect(await store.count()).toBe(2);
  });

  it('leaves the caller its bytes', async () => {
    const item = sent('a');
    await store.put(item);
    expect([...item.payload, ...item.signed!]).toEqual([1, 2, 3, 4, 5]);
  });

  it('replaces an item, and keeps the time at which it was made', async () => {
    await store.put(draft('a'));
    await store.put(sent('a', { createdAtMs: 9_000, updatedAtMs: 9_000 }));
    expect(await store.get('a')).toEqual(sent('a', { updatedAtMs: 9_000 }));
    expect(await store.count()).toBe(1);
  });

  it('never forgets that an item is signed', async () => {
    await store.put(sent('a'));
    const attempts = [
      draft('a'),
      sent('a', { signed: new Uint8Array([9]) }),
      sent('a', { requestId: 'ee'.repeat(32) }),
    ];
    for (const item of attempts) {
      await expect(store.put(item)).rejects.toMatchObject({ code: 'draft.wrongState' });
    }
    expect(await store.get('a')).toEqual(sent('a'));
    await store.put(sent('a', { state: 'final' }));
    expect((await store.get('a'))?.state).toBe('final');
  });

  it('never holds one request twice', async () => {
    await store.put(sent('a'));
    await store.put(draft('b'));
    const twice = sent('b', { requestId: sent('a').requestId });
    await expect(store.put(twice)).rejects.toMatchObject({
      code: 'draft.duplicate',
      data: { id: 'b', existing: 'a' },
    });
    expect(await store.get('b')).toEqual(draft('b'));
  });

  it('removes drafts and what is settled, but nothing on its way', async () => {
    await store.put(draft('a'));
    await store.put(sent('b'));
    await store.put(sent('c', { state: 'refused' }));
    expect(await store.remove('a')).toBe(true);
    expect(await store.remove('a')).toBe(false);
    await expect(store.remove('b')).rejects.toMatchObject({ code: 'draft.wrongState' });
    expect(await store.remove('c')).toBe(true);
    expect(await store.count()).toBe(1);
  });

  it('lists what is on its way, oldest first, page by page', async () => {
    const items = ['e', 'd', 'c', 'b', 'a'].map((id, index) => sent(id, { createdAtMs: 10 + (index >> 1) }));
    for (const item of items) await store.put(item);
    await store.put(draft('f'));
    for (const state of ['final', 'refused', 'expired']) await store.put(sent(state, { state }));
    const expected = items.toSorted(
      (left, right) => left.createdAtMs - right.createdAtMs || (left.id < right.id ? -1 : 1),
    );
    const found: StoredItem[] = [];
    for (;;) {
      const after = found.at(-1);
      const page = await store.pendingSent({ limit: 2, ...(after && { after }) });
      found.push(...page);
      if (page.length < 2) break;
    }
    expect(found).toEqual(expected);
  });

  it('lists all, newest first, page by page, without their contents', async () => {
    for (let index = 0; index < 9; index++) {
      await store.put(
        draft(`item ${index}`, { createdAtMs: 100 + (index >> 1), payload: new Uint8Array(index) }),
      );
    }
    const found: ItemSummary[] = [];
    for (;;) {
      const before = found.at(-1);
      const page = await store.list({ limit: 4, ...(before && { before }) });
      found.push(...page);
      if (page.length < 4) break;
    }
    expect(found.map(({ id }) => id)).toEqual([8, 7, 6, 5, 4, 3, 2, 1, 0].map((index) => `item ${index}`));
    expect(found[0]).toEqual({
      id: 'item 8',
      createdAtMs: 104,
      updatedAtMs: 1_000,
      state: 'draft',
      requestId: null,
      detail: '{}',
      payloadBytes: 8,
      signedBytes: 0,
    });
  });

  it('holds a bounded number of items', async () => {
    await store.close();
    store = await open({ maxItems: 2 });
    await store.put(draft('a'));
    await store.put(draft('b'));
    await expect(store.put(draft('c'))).rejects.toMatchObject({
      code: 'draft.tooMany',
      data: { maxDrafts: 2 },
    });
    await store.put(sent('b'));
    await store.remove('a');
    await store.put(draft('c'));
    expect(await store.count()).toBe(2);
  });

  it('says that there is no room, and keeps what it has', async () => {
    await store.close();
    store = await open({ maxSizeBytes: 200_000 });
    await store.put(sent('a'));
    const large = draft('b', { payload: new Uint8Array(300_000) });
    await expect(store.put(large)).rejects.toMatchObject({ code: 'storage.full' });
    expect(await store.get('a')).toEqual(sent('a'));
    await store.put(draft('c'));
    expect(await store.count()).toBe(2);
  });

  it('refuses what exceeds its limits', async () => {
    const tooMuch: [string, () => Promise<unknown>][] = [
      ['a long id', async () => store.put(draft('x'.repeat(65)))],
      ['a long state', async () => store.put(draft('x', { state: 'x'.repeat(65) }))],
      ['a long detail', async () => store.put(draft('x', { detail: 'x'.repeat(65_537) }))],
      ['a fraction', async () => store.put(draft('x', { createdAtMs: 0.5 }))],
      ['a request id alone', async () => store.put(draft('x', { requestId: 'ab'.repeat(32) }))],
      ['signed bytes alone', async () => store.put(draft('x', { signed: new Uint8Array(1) }))],
      ['a short request id', async () => store.put(sent('x', { requestId: 'ab' }))],
      [
        'a large payload',
        async () => store.put(draft('x', { payload: new Uint8Array(16 * 1024 * 1024 + 1) })),
      ],
      ['a long page', async () => store.list({ limit: 501 })],
      ['a long page of contents', async () => store.pendingSent({ limit: 33 })],
    ];
    for (const [what, ask] of tooMuch) await expect(ask(), what).rejects.toBeInstanceOf(RangeError);
    expect(await store.count()).toBe(0);
  });
});
