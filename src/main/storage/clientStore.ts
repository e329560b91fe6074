/**
 * The client store as its users see it: the drafts and the sent requests of this console's supervisor. It makes
 * sure that a sent request is never forgotten and never doubled, and that leaving a page loses nothing.
 * @module
 */
import type { Hex } from '../../shared/encoding/hex.ts';

/** A draft or a signed request, and how far it has come. */
export interface StoredItem {
  /** Given by the caller, such as a UUID; at most `ITEM_ID_CHARS_MAX` characters. */
  readonly id: string;
  /** In milliseconds since 1970 in UTC. Kept from the first `put`. */
  readonly createdAtMs: number;
  /** In milliseconds since 1970 in UTC. */
  readonly updatedAtMs: number;
  /** A word of the caller's; those of `SETTLED_STATES` have a meaning here. */
  readonly state: string;
  /** Canonical bytes of the draft or its payload. */
  readonly payload: Uint8Array;
  /** Canonical bytes of the signed request. */
  readonly signed: Uint8Array | null;
  /** Id of the signed request: given exactly when `signed` is. */
  readonly requestId: Hex | null;
  /** JSON of the caller's, at most `DETAIL_CHARS_MAX` characters. */
  readonly detail: string;
}

/** An item without its contents, for lists. */
export type ItemSummary = Omit<StoredItem, 'payload' | 'signed'> & {
  readonly payloadBytes: number;
  readonly signedBytes: number;
};

/** Where a page ends. */
export interface ItemCursor {
  readonly createdAtMs: number;
  readonly id: string;
}

/**
 * States in which a signed request needs nothing more; `imported`: somebody else signed it, and nobody has asked to send
 * it from here.
 */
export const SETTLED_STATES: readonly string[] = ['final', 'refused', 'expired', 'imported'];

/** Most items, unless `openClientStore` is told otherwise: more than a person reviews in a year of work. */
export const ITEMS_MAX = 10_000;
/** Longest id of an item, in UTF-16 code units: a UUID and room for a prefix. */
export const ITEM_ID_CHARS_MAX = 64;
/** Longest state, in UTF-16 code units. */
export const STATE_CHARS_MAX = 64;
/** Longest detail, in UTF-16 code units: the answers of every replica, as JSON. */
export const DETAIL_CHARS_MAX = 64 * 1024;
/** Most items of one page of summaries. */
export const ITEMS_PAGE_MAX = 500;
/** Most whole items of one page: each can hold two copies of the largest request. */
export const PENDING_PAGE_MAX = 32;

/**
 * What the console of a supervisor keeps. Every method may reject as those of `LedgerStore` do; what exceeds a limit
 * is a `RangeError`.
 */
export interface ClientStore {
  /**
   * Adds an item, or replaces the one with its id; durable when the promise resolves.
   *
   * Rejects with `draft.tooMany` where there is no room, `draft.duplicate` where another item has the same request
   * id, and `draft.wrongState` where the stored item is signed and the new one is not, or is otherwise signed.
   */
  put(item: StoredItem): Promise<void>;
  get(id: string): Promise<StoredItem | null>;
  /** Newest first by time of creation, below `before`; at most `limit`, which is 1 to `ITEMS_PAGE_MAX`. */
  list(page: { readonly limit: number; readonly before?: ItemCursor }): Promise<readonly ItemSummary[]>;
  /** The item of a signed request. */
  byRequestId(requestId: Hex): Promise<StoredItem | null>;
  /** Whether there was an item to remove. Rejects with `draft.wrongState` for one that is signed but not settled. */
  remove(id: string): Promise<boolean>;
  /** Items that are signed but not settled, oldest first, above `after`; at most `limit`, 1 to `PENDING_PAGE_MAX`. */
  pendingSent(page: { readonly limit: number; readonly after?: ItemCursor }): Promise<readonly StoredItem[]>;
  count(): Promise<number>;
  /** Waits for what was asked for before and closes the store. Calling it again does nothing. */
  close(): Promise<void>;
}
