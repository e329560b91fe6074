/**
 * A live list of blocks that is replaced faster than anybody can read is shown a few times a second, and not each time.
 * @module
 */
import { onScopeDispose, shallowRef, watch, type ShallowRef } from 'vue';
import type { BlockSummary } from '../../../shared/contract/model.ts';

type Blocks = readonly BlockSummary[];

/** Time for which a list stays when all of it would be replaced, in milliseconds. */
export const CALM_MS = 300;

/**
 * `source` (newest first), at once as long as one still knows some of `rowCount` rows again, and else no sooner than
 * `CALM_MS` after the last time. It always comes to where `source` is.
 */
export function useCalmBlocks(source: () => Blocks, rowCount: number): Readonly<ShallowRef<Blocks>> {
  const shown = shallowRef(source());
  let shownAtMs = performance.now();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function show(): void {
    clearTimeout(timer);
    timer = undefined;
    shown.value = source();
    shownAtMs = performance.now();
  }
  watch(source, (blocks) => {
    const replaced = (blocks[0]?.height ?? 0) - (shown.value[0]?.height ?? 0);
    const leftMs = shownAtMs + CALM_MS - performance.now();
    if (shown.value.length === 0 || replaced < rowCount || leftMs <= 0) show();
    else timer ??= setTimeout(show, leftMs);
  });
  onScopeDispose(() => clearTimeout(timer));
  return shown;
}
