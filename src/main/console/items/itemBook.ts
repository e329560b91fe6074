/**
 * All items of the inbox: in memory for the pages, in the client store for good. Changes happen one at a time, and
 * each is durable before anybody hears of it.
 * @module
 */
import type { Hex } from '../../../shared/encoding/hex.ts';
import type { ItemState, ItemView } from '../../../shared/contract/model.ts';
import { CountersignError } from '../../../shared/errors.ts';
import { ITEMS_PAGE_MAX, type ClientStore, type StoredItem } from '../../storage/index.ts';
import type { LiveFeed } from '../live/feed.ts';
import { itemView, recordOf, storedItem, type ItemRecord } from './itemRecord.ts';

export interface ItemBookOptions {
  readonly store: ClientStore;
  readonly feed: LiveFeed;
  /** Height of the last stable checkpoint in the local ledger's store: receipts up to there can be made. */
  readonly stableHeight: number;
}

/** Where an item stands among all others: by the time it was made, then by its id. Neither ever changes. */
export type ItemPlace = Pick<ItemRecord, 'id' | 'createdAtMs'>;

export class ItemBook {
  readonly store: ClientStore;
  readonly #options: ItemBookOptions;
  readonly #records = new Map<string, ItemRecord>();
  readonly #byRequest = new Map<Hex, string>();
  /** All items, newest first; made anew when one has come or gone. */
  #order: readonly ItemPlace[] | null = null;
  readonly #listeners = new Set<(id: string) => void>();
  #turn: Promise<unknown> = Promise.resolve();
  #stableHeight: number;

  private constructor(options: ItemBookOptions) {
    this.#options = options;
    this.store = options.store;
    this.#stableHeight = options.stableHeight;
  }

  /** Reads all items. Throws `storage.*`. */
  static async open(options: ItemBookOptions): Promise<ItemBook> {
    const book = new ItemBook(options);
    let page = await options.store.list({ limit: ITEMS_PAGE_MAX });
    while (page.length > 0) {
      for (const summary of page) book.#remember(recordOf(summary));
      const last = page.at(-1);
      if (last === undefined || page.length < ITEMS_PAGE_MAX) break;
      page = await options.store.list({ limit: ITEMS_PAGE_MAX, before: last });
    }
    return book;
  }

  /** Tells `listener` of each item that has changed or gone, until the returned function is called. It must not throw. */
  onChange(listener: (id: string) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Number of items. */
  get count(): number {
    return this.#records.size;
  }

  /** At most `limit` items older than `before`, or the newest for `null`; newest first. */
  page(before: ItemPlace | null, limit: number): ItemView[] {
    this.#order ??= [...this.#records.values()]
      .sort(newestFirst)
      .map(({ id, createdAtMs }) => ({ id, createdAtMs }));
    const found = before === null ? 0 : this.#order.findIndex((place) => newestFirst(before, place) < 0);
    if (found === -1) return [];
    return this.#order.slice(found, found + limit).map(({ id }) => this.view(id));
  }

  /** All items in `state`, in no order. */
  withState(state: ItemState): ItemRecord[] {
    return [...this.#records.values()].filter((record) => record.state === state);
  }

  /** The item as a page sees it. Throws `draft.notFound`. */
  view(id: string): ItemView {
    return this.#view(this.get(id));
  }

  /** Throws `draft.notFound`. */
  get(id: string): ItemRecord {
    const record = this.#records.get(id);
    if (record === undefined) throw new CountersignError('draft.notFound', { id });
    return record;
  }

  /** The item of a signed request. */
  ofRequest(requestId: Hex): ItemRecord | undefined {
    const id = this.#byRequest.get(requestId);
    return id === undefined ? undefined : this.#records.get(id);
  }

  /** All items with one content: bounded by the number of items. */
  withContent(contentHash: Hex): ItemRecord[] {
    return [...this.#records.values()].filter((record) => record.contentHash === contentHash);
  }

  /** The item, if it is in one of `states`. Throws `draft.notFound` or `draft.wrongState`. */
  inState(id: string, ...states: readonly ItemState[]): ItemRecord {
    const record = this.get(id);
    if (!states.includes(record.state)) {
      throw new CountersignError('draft.wrongState', { id, state: record.state });
    }
    return record;
  }

  /** The item with its content. Throws `draft.notFound`. */
  async stored(id: string): Promise<StoredItem> {
    const stored = await this.store.get(id);
    if (stored === null) throw new CountersignError('draft.notFound', { id });
    return stored;
  }

  /** Runs `work` after all other changes. */
  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return await result;
  }

  /** Makes an item durable, new or in place of the one with its id, and then shows it. Only within `exclusively`. */
  async write(record: ItemRecord, payload: Uint8Array, signed: Uint8Array | null = null): Promise<ItemView> {
    await this.store.put(storedItem(record, payload, signed));
    return this.show(record);
  }

  /** Shows how far an item has come, ahead of its durable form. */
  show(record: ItemRecord): ItemView {
    this.#remember(record);
    const view = this.#view(record);
    this.#options.feed.publish({ topic: 'item', value: view });
    this.#tell(record.id);
    return view;
  }

  /** Forgets an item. Throws `draft.wrongState` for one that is signed but not settled. Only within `exclusively`. */
  async remove(id: string): Promise<void> {
    const { requestId } = this.get(id);
    await this.store.remove(id);
    this.#records.delete(id);
    this.#order = null;
    if (requestId !== null) this.#byRequest.delete(requestId);
    this.#options.feed.publish({ topic: 'itemRemoved', id });
    this.#tell(id);
  }

  #tell(id: string): void {
    for (const listener of this.#listeners) listener(id);
  }

  /** The local ledger's store is stable up to this height. */
  stableUpTo(height: number): void {
    if (height <= this.#stableHeight) return;
    const before = this.#stableHeight;
    this.#stableHeight = height;
    for (const record of this.#records.values()) {
      if (record.height === null || record.height <= before || record.height > height) continue;
      if (record.state === 'final') {
        this.#options.feed.publish({ topic: 'item', value: this.#view(record) });
      }
    }
  }

  /** Waits for the changes under way. */
  async settled(): Promise<void> {
    await this.#turn;
  }

  #remember(record: ItemRecord): void {
    if (!this.#records.has(record.id)) this.#order = null;
    this.#records.set(record.id, record);
    if (record.requestId !== null) this.#byRequest.set(record.requestId, record.id);
  }

  #view(record: ItemRecord): ItemView {
    return itemView(record, this.#stableHeight);
  }
}

function newestFirst(left: ItemPlace, right: ItemPlace): number {
  if (left.createdAtMs !== right.createdAtMs) return right.createdAtMs - left.createdAtMs;
  if (left.id === right.id) return 0;
  return left.id < right.id ? 1 : -1;
}
