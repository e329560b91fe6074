/**
 * What the parts of a review need to know of what is around them: in the console its live picture, in the confirmation
 * window what the main process said when it opened.
 * @module
 */
import { inject, provide, type Component, type InjectionKey } from 'vue';
import type { ItemDetail, ItemView } from '../../../shared/contract/model.ts';

/** All of it is asked again whenever it may have changed. */
export interface ReviewWorld {
  readonly networkName: () => string;
  /** The supervisor whose key signs. */
  readonly signerName: () => string;
  /** Height of the last stable block; `null` while that is not known. */
  readonly stableHeight: () => number | null;
  /** The item as it is known now; `null` for one that is not known. */
  readonly itemById: (id: string) => ItemView | null;
  /** One item with a page of its records. Rejects with a `CountersignError`. */
  readonly load: (id: string, firstRecord: number, recordCount: number) => Promise<ItemDetail>;
  /** Links to where a proposal stands on the ledger, which take it as `proposal`; `null` where no page can be opened. */
  readonly links: Component | null;
}

const KEY: InjectionKey<ReviewWorld> = Symbol('reviewWorld');

/** Gives `world` to everything below the calling component. */
export function provideReviewWorld(world: ReviewWorld): void {
  provide(KEY, world);
}

/** The world around the calling component. */
export function useReviewWorld(): ReviewWorld {
  const world = inject(KEY);
  if (world === undefined) throw new Error('no review world is provided');
  return world;
}
