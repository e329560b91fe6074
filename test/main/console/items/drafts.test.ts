/** What can be done with drafts, over a real store. Their way through the console is in `inbox.test.ts`. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AsideDesk } from '../../../../src/main/console/aside/asideDesk.ts';
import { createAsideWorker } from '../../../../src/main/console/aside/createAsideWorker.ts';
import { Drafts } from '../../../../src/main/console/items/drafts.ts';
import { ItemBook } from '../../../../src/main/console/items/itemBook.ts';
import { LiveFeed } from '../../../../src/main/console/live/feed.ts';
import type { ClientStore } from '../../../../src/main/storage/index.ts';
import { openClientStore } from '../../../../src/main/storage/openClientStore.ts';
import type { Payload } from '../../../../src/shared/domain/payload.ts';
import type { ItemState, ItemView } from '../../../../src/shared/contract/model.ts';
import { rejected } from '../../../support/errors.ts';
import { createStoreWorker, makeDirectory } from '../../../support/stores.ts';

let directory: Awaited<ReturnType<typeof makeDirectory>>;
let store: ClientStore;
let book: ItemBook;
let drafts: Drafts;
let nowMs: number;
const aside = new AsideDesk(createAsideWorker);

beforeEach(async () => {
  directory = await makeDirectory();
  store = await openClientStore({ directory: directory.path, createWorker: createStoreWorker });
  book = await ItemBook.open({ store, feed: new LiveFeed(), stableHeight: 0 });
  nowMs = 1_000;
  drafts = new Drafts({
    book,
    aside,
    replicas: 4,
    registry: {
      about: () => {
        throw new Error('no change of the registry is here');
      },
    },
    maxRequestBytes: 100_000,
    now: () => nowMs,
  });
});
afterEach(async () => {
  await store.close();
  await directory.remove();
});

async function add(title: string): Promise<ItemView> {
  const payload: Payload = { kind: 'assessments', title, remark: 'why', columns: ['a'], records: [['1']] };
  return await drafts.createFrom(payload, `${title}.csv`);
}

/** As if its request had come to this end. */
async function become(id: string, state: ItemState): Promise<void> {
  await book.exclusively(async () => {
    const { payload } = await book.stored(id);
    const end = { signer: 'a'.repeat(64), signedAtMs: 2, requestId: 'b'.repeat(64) };
    await book.write({ ...book.get(id), ...end, state, updatedAtMs: nowMs }, payload, Uint8Array.of(1));
  });
}

describe('what was refused or has expired', () => {
  it.each(['refused', 'expired'] as const)('is reviewed again as a new draft (%s)', async (state) => {
    const item = await add('again');
    await become(item.id, state);
    nowMs = 5_000;
    const draft = await drafts.again(item.id);
    const { title, source, contentHash } = item;
    expect(draft).toMatchObject({ title, source, contentHash, state: 'draft', origin: 'here' });
    expect(draft).toMatchObject({ createdAtMs: 5_000, signer: null, signedAtMs: null, requestId: null });
    expect(draft.id).not.toBe(item.id);
    expect(book.get(item.id).state).toBe(state);
    // Asked for twice, it is one.
    expect((await drafts.again(item.id)).id).toBe(draft.id);
    // One that was changed since is another.
    await drafts.edit({ id: draft.id, title: 'changed' });
    expect((await drafts.again(item.id)).id).not.toBe(draft.id);
  });

  it.each(['draft', 'declined', 'sent', 'final'] as const)('and nothing else (%s)', async (state) => {
    const item = await add('not again');
    if (state !== 'draft') await become(item.id, state);
    expect((await rejected(drafts.again(item.id))).code).toBe('draft.wrongState');
  });
});

describe('an edit', () => {
  it('on top of what was shown is refused where the content is another by now', async () => {
    const item = await add('shown');
    const shownHash = item.contentHash;
    const first = await drafts.edit({ id: item.id, shownHash, title: 'one' });
    const { code, data } = await rejected(drafts.edit({ id: item.id, shownHash, title: 'two' }));
    expect([code, data]).toEqual([
      'draft.changed',
      { id: item.id, shownHash, actualHash: first.contentHash },
    ]);
    expect(book.get(item.id).title).toBe('one');
    expect((await drafts.edit({ id: item.id, title: 'two' })).title).toBe('two');
  });
});
