/** The items of the inbox, page by page, over a real store. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ItemBook } from '../../../../src/main/console/items/itemBook.ts';
import { describe as describeContent, newItem } from '../../../../src/main/console/items/newItem.ts';
import { payloadBytes } from '../../../../src/main/console/items/payloadBytes.ts';
import { LiveFeed } from '../../../../src/main/console/live/feed.ts';
import type { ClientStore } from '../../../../src/main/storage/index.ts';
import { openClientStore } from '../../../../src/main/storage/openClientStore.ts';
import type { Payload } from '../../../../src/shared/domain/payload.ts';
import { createStoreWorker, makeDirectory } from '../../../support/stores.ts';

const ITEMS = 700;
const PAGE = 300;

let directory: Awaited<ReturnType<typeof makeDirectory>>;
let store: ClientStore;
let book: ItemBook;
beforeEach(async () => {
  directory = await makeDirectory();
  store = await openClientStore({ directory: directory.path, createWorker: createStoreWorker });
  book = await ItemBook.open({ store, feed: new LiveFeed(), stableHeight: 0 });
});
afterEach(async () => {
  await store.close();
  await directory.remove();
});

async function add(title: string, nowMs: number): Promise<string> {
  const payload: Payload = { kind: 'assessments', title, remark: '', columns: ['a'], records: [['1']] };
  const bytes = payloadBytes(payload, 100_000);
  const record = newItem(describeContent(payload, bytes), { source: 'made here', replicas: 4, nowMs });
  await book.exclusively(async () => await book.write(record, bytes));
  return record.id;
}

/** All items, page by page. */
function all(from: ItemBook): string[] {
  const ids: string[] = [];
  let page = from.page(null, PAGE);
  while (page.length > 0) {
    ids.push(...page.map(({ id }) => id));
    page = from.page(page.at(-1) ?? null, PAGE);
  }
  return ids;
}

describe('pages of items', () => {
  it('hold each item once, newest first, many of one moment too, and the same after a restart', async () => {
    const ids: string[] = [];
    for (let index = 0; index < ITEMS; index++) {
      ids.push(await add(`item ${String(index)}`, Math.floor(index / 7)));
    }
    expect(book.count).toBe(ITEMS);
    const listed = all(book);
    expect(new Set(listed)).toEqual(new Set(ids));
    expect(listed).toHaveLength(ITEMS);
    const times = listed.map((id) => book.get(id).createdAtMs);
    expect(times).toEqual([...times].sort((left, right) => right - left));
    const again = await ItemBook.open({ store, feed: new LiveFeed(), stableHeight: 0 });
    expect(all(again)).toEqual(listed);
  });

  it('follow what comes and goes', async () => {
    const [older, newer] = [await add('older', 1), await add('newer', 2)];
    expect(all(book)).toEqual([newer, older]);
    await book.exclusively(async () => await book.remove(newer));
    expect(all(book)).toEqual([older]);
    const newest = await add('newest', 3);
    expect(all(book)).toEqual([newest, older]);
    // The item that a page ended with has gone meanwhile: its place has not.
    expect(book.page({ id: newer, createdAtMs: 2 }, PAGE).map(({ id }) => id)).toEqual([older]);
    expect(book.page({ id: older, createdAtMs: 1 }, PAGE)).toEqual([]);
  });

  it('cut a long list of file names, and no character in half', async () => {
    const payload: Payload = { kind: 'assessments', title: 'a', remark: '', columns: ['a'], records: [] };
    const source = `${'x'.repeat(999)}😀`;
    const record = newItem(describeContent(payload, new Uint8Array()), { source, replicas: 4, nowMs: 1 });
    expect(record.source).toBe('x'.repeat(999));
    await Promise.resolve();
  });
});
