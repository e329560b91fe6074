/**
 * The records of a table, fetched page by page as they come into view.
 * @module
 */
import { shallowRef, triggerRef, type ShallowRef } from 'vue';
import type { Cell } from '../../../shared/domain/payload.ts';

export type Row = readonly Cell[];
/** Fetches `count` records from `first` on. */
export type LoadRecords = (first: number, count: number) => Promise<readonly Row[]>;

/** Records fetched at once. */
export const PAGE_RECORDS = 200;
/** Pages kept; the longest unused one goes first. 8,000 records: more than a person scrolls through in one go. */
export const PAGES_KEPT_MAX = 40;

/** What `useRecords` gives. */
export interface Records {
  /** The record at `index`, or `null` while it is fetched. */
  readonly at: (index: number) => Row | null;
  /** Sees to it that the records from `first` to `last` are or will be there. */
  readonly need: (first: number, last: number) => void;
  /** Why the last fetch failed, with nothing tried again by itself. */
  readonly error: ShallowRef<unknown>;
  /** Fetches again what failed. */
  readonly retry: () => void;
}

export function useRecords(load: LoadRecords): Records {
  const pages = shallowRef(new Map<number, readonly Row[] | null>());
  const error = shallowRef<unknown>(null);

  async function fetchPage(page: number): Promise<void> {
    pages.value.set(page, null);
    try {
      const rows = await load(page * PAGE_RECORDS, PAGE_RECORDS);
      pages.value.set(page, rows);
      forgetOldest();
    } catch (problem) {
      // The null stays, so that it is not asked for again with every scroll.
      error.value = problem;
    }
    triggerRef(pages);
  }

  function forgetOldest(): void {
    const loaded = [...pages.value].filter(([, rows]) => rows !== null);
    for (const [page] of loaded.slice(0, Math.max(0, loaded.length - PAGES_KEPT_MAX)))
      pages.value.delete(page);
  }

  function need(first: number, last: number): void {
    for (let page = pageOf(first); page <= pageOf(last); page++) {
      const rows = pages.value.get(page);
      if (rows === undefined) {
        void fetchPage(page);
      } else if (rows !== null) {
        // Newly used: to the end of the map's order.
        pages.value.delete(page);
        pages.value.set(page, rows);
      }
    }
  }

  function retry(): void {
    error.value = null;
    const failed = [...pages.value].filter(([, rows]) => rows === null).map(([page]) => page);
    for (const page of failed) void fetchPage(page);
  }

  return {
    at: (index) => pages.value.get(pageOf(index))?.[index % PAGE_RECORDS] ?? null,
    need,
    error,
    retry,
  };
}

function pageOf(index: number): number {
  return Math.floor(index / PAGE_RECORDS);
}
