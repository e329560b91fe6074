/**
 * Keeps the page in step with the main process: a snapshot first, then its numbered changes; a gap in the numbers or
 * a new connection asks for a snapshot again.
 * @module
 */
import { defineStore } from 'pinia';
import { computed, shallowRef } from 'vue';
import { ITEMS_PAGE_VIEW_MAX } from '../../shared/contract/channels.ts';
import type { ConsoleError, Delta, HistoryPoint, ItemView, Snapshot } from '../../shared/contract/model.ts';
import { hasCode, toPlainError } from '../../shared/errors.ts';
import type { RendererBridge } from '../bridge/rendererBridge.ts';
import { ALWAYS_SEEN, type Attention } from './attention.ts';
import { appendOlder } from './blockList.ts';
import { applyChanges, pictureOf, withItem, withItemPage, withoutItem, type Picture } from './picture.ts';

/** `lost`: it was there and comes back by itself. `refused`: it will not. */
export type Connection = 'connecting' | 'connected' | 'lost' | 'refused';

/** Deltas kept while a snapshot is under way: at ten a second, more than it takes. Beyond it, a new snapshot. */
const DELTAS_HELD_MAX = 1_000;

/** A page that nobody sees looks so often for what it should notify of, in milliseconds. */
const UNSEEN_LOOK_MS = 15_000;

const NO_HISTORY: readonly HistoryPoint[] = [];

export const useSession = defineStore('session', () => {
  const picture = shallowRef<Picture | null>(null);
  const connection = shallowRef<Connection>('connecting');
  const connectionError = shallowRef<ConsoleError | null>(null);
  /** Why the last snapshot could not be had. */
  const snapshotError = shallowRef<ConsoleError | null>(null);
  /** The main process's clock minus this page's, in milliseconds. */
  const clockOffsetMs = shallowRef(0);

  /** Whether older items are still on their way. */
  const loadingItems = shallowRef(false);
  /** The snapshot whose older items are being loaded. */
  let itemsOf: Snapshot | null = null;

  let bridge: RendererBridge | null = null;
  let sequence = 0;
  let syncing = false;
  /** A snapshot that is under way may be too old already: another one follows. */
  let stale = false;
  let attention = ALWAYS_SEEN;
  let held: Delta[] = [];

  /** Begins to follow `using`, while `seenBy` says that somebody sees the page. Returns a function that ends it. */
  function follow(using: RendererBridge, seenBy: Attention = ALWAYS_SEEN): () => void {
    bridge = using;
    attention = seenBy;
    using.watch(attention.isSeen);
    const offAttention = attention.onChange((isSeen) => {
      using.watch(isSeen);
      if (isSeen && connection.value === 'connected') void synchronise();
    });
    const looks = setInterval(() => {
      if (!attention.isSeen && attention.wantsNotices()) void synchronise();
    }, UNSEEN_LOOK_MS);
    const offDelta = using.onDelta(receive);
    const offConnection = using.onConnection((connected, error) => {
      connectionError.value = error;
      if (connected) connection.value = 'connected';
      else connection.value = error === null ? 'lost' : 'refused';
      // A page that nobody sees keeps the picture that it has.
      if (connected && (attention.isSeen || picture.value === null)) void synchronise();
    });
    return () => {
      clearInterval(looks);
      offAttention();
      offDelta();
      offConnection();
      using.close();
    };
  }

  /** There is no way to connect: no token was given. */
  function refuse(error: ConsoleError): void {
    connection.value = 'refused';
    connectionError.value = error;
  }

  async function synchronise(): Promise<void> {
    if (bridge === null) return;
    stale = syncing;
    if (syncing) return;
    syncing = true;
    held = [];
    try {
      accept(await bridge.call('session.snapshot', {}));
      snapshotError.value = null;
    } catch (error) {
      // A lost connection is told by the bridge, and its return asks again.
      if (!hasCode(error, 'console.disconnected')) snapshotError.value = toPlainError(error);
    } finally {
      syncing = false;
    }
    const waited = held;
    held = [];
    for (const delta of waited) receive(delta);
    if (isStale()) await synchronise();
  }

  // Something may have set it while the snapshot was under way.
  function isStale(): boolean {
    return stale;
  }

  function accept(snapshot: Snapshot): void {
    sequence = snapshot.sequence;
    clockOffsetMs.value = snapshot.nowMs - Date.now();
    picture.value = pictureOf(snapshot, picture.value);
    if (attention.isSeen) void loadOlderItems(snapshot);
  }

  /** Loads the items that the snapshot left out, page by page; a newer snapshot begins anew. */
  async function loadOlderItems(snapshot: Snapshot): Promise<void> {
    itemsOf = snapshot;
    let last = snapshot.items.at(-1);
    let isLast = last === undefined || snapshot.itemCount <= snapshot.items.length;
    loadingItems.value = !isLast;
    try {
      while (!isLast && last !== undefined && bridge !== null) {
        const before = { createdAtMs: last.createdAtMs, id: last.id };
        const { items } = await bridge.call('item.page', { before, limit: ITEMS_PAGE_VIEW_MAX });
        if (itemsOf !== snapshot || picture.value === null) return;
        isLast = items.length < ITEMS_PAGE_VIEW_MAX;
        picture.value = withItemPage(picture.value, last, items, isLast);
        last = items.at(-1);
      }
    } catch (error) {
      // As with the snapshot: a lost connection is told by the bridge, and its return asks again.
      if (!hasCode(error, 'console.disconnected')) snapshotError.value = toPlainError(error);
    } finally {
      if (itemsOf === snapshot) loadingItems.value = false;
    }
  }

  function receive(delta: Delta): void {
    if (syncing) {
      if (held.length < DELTAS_HELD_MAX) held.push(delta);
      return;
    }
    if (picture.value === null || delta.sequence <= sequence) return;
    if (delta.sequence !== sequence + 1) {
      if (attention.isSeen) void synchronise();
      return;
    }
    sequence = delta.sequence;
    picture.value = applyChanges(picture.value, delta.changes);
  }

  /** Takes over an item that a call returned, ahead of its delta. */
  function setItem(item: ItemView): void {
    if (picture.value !== null) picture.value = withItem(picture.value, item);
  }

  /** Takes out an item that a call removed, ahead of its delta. */
  function dropItem(id: string): void {
    if (picture.value !== null) picture.value = withoutItem(picture.value, id);
  }

  /** Loads `limit` blocks below the oldest known one. Returns how many came. */
  async function loadOlderBlocks(limit: number): Promise<number> {
    if (bridge === null || picture.value === null) return 0;
    const beforeHeight = picture.value.blocks.at(-1)?.height ?? null;
    const { blocks } = await bridge.call('block.page', { beforeHeight, limit });
    picture.value = { ...picture.value, blocks: appendOlder(picture.value.blocks, blocks) };
    return blocks.length;
  }

  /** By itself, so that ten changes a second of other things do not list the items anew. */
  const itemMap = computed(() => picture.value?.items);

  return {
    picture,
    connection,
    connectionError,
    snapshotError,
    clockOffsetMs,
    loadingItems,
    stage: computed(() => picture.value?.stage ?? null),
    network: computed(() => picture.value?.network ?? null),
    replica: computed(() => picture.value?.replica ?? null),
    peers: computed(() => picture.value?.peers ?? []),
    key: computed(() => picture.value?.key ?? null),
    /** Whether the program asks in a window of its own before anything is signed or unlocked. */
    confirmsApart: computed(() => picture.value?.confirmation === 'window'),
    items: computed(() => [...(itemMap.value?.values() ?? [])]),
    blocks: computed(() => picture.value?.blocks ?? []),
    checkpoints: computed(() => picture.value?.checkpoints ?? []),
    round: computed(() => picture.value?.round ?? null),
    history: computed(() => picture.value?.history ?? NO_HISTORY),
    views: computed(() => picture.value?.views ?? null),
    viewChanges: computed(() => picture.value?.viewChanges ?? []),
    evidence: computed(() => picture.value?.evidence ?? []),
    faults: computed(() => picture.value?.faults ?? null),
    registry: computed(() => picture.value?.registry ?? null),
    itemById: (id: string): ItemView | undefined => picture.value?.items.get(id),
    follow,
    refuse,
    setItem,
    dropItem,
    loadOlderBlocks,
    synchronise,
  };
});
