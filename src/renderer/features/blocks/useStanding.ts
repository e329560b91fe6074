/**
 * Whether a block that a page shows still stands on the chain. Until it is final, a change of view may put it back, and
 * another may take its place: then the page asks again, and says so meanwhile.
 * @module
 */
import { computed, shallowRef, watch, type ComputedRef, type ShallowRef } from 'vue';
import type { BlockSummary } from '../../../shared/contract/model.ts';
import { useSession } from '../../stores/session.ts';
import type { Loaded } from '../../ui/useLoaded.ts';

/** What `useStanding` gives. */
export interface Standing {
  /** What is shown was put back, as far as is known. */
  readonly putBack: ComputedRef<boolean>;
  /** Another block stood in the place of the one that is shown, and was put back. */
  readonly replaced: ShallowRef<boolean>;
}

/**
 * Follows the block of what was `loaded`, and loads again when there may be another.
 *
 * @param loaded - something that is shown with its block
 * @param heightOf - where the block stands: of what is shown, or where nothing is shown yet
 * @param goneCode - how the main process says that it is on the chain no more
 */
export function useStanding(
  loaded: Loaded<{ readonly block: BlockSummary }>,
  heightOf: () => number | null,
  goneCode: 'block.notFound' | 'request.notFound',
): Standing {
  const session = useSession();
  const { value: shown, error } = loaded;
  /** The chain has changed under what is shown, and no answer says yet what stands there now. */
  const isDoubtful = shallowRef(false);
  const replaced = shallowRef(false);
  const putBack = computed(
    () => isDoubtful.value || (shown.value !== null && error.value?.code === goneCode),
  );
  const reload = oneAfterAnother(loaded.load);

  /** What the live list has at its height: `null` where it ends below it, or begins above it. */
  const listed = computed(() => {
    const height = heightOf();
    const newest = session.blocks[0]?.height;
    if (height === null || newest === undefined) return null;
    return session.blocks[newest - height]?.hash ?? null;
  });
  watch([heightOf, listed, newestHash], ([height, hash], [heightBefore, hashBefore]) => {
    const block = shown.value?.block ?? null;
    const isOther = height !== heightBefore || hash !== hashBefore;
    // What was put back may come to stand in any new block; a block that stands is only of concern at its height.
    if (!putBack.value && (!isOther || block?.stable === true || block?.hash === hash)) return;
    // An answer that has just come may be newer than the list, or older; and of what lies below, the list knows nothing.
    if (height === heightBefore && isOther)
      isDoubtful.value = block !== null && block.height >= oldestListed();
    reload();
  });
  function newestHash(): string | undefined {
    return session.blocks[0]?.hash;
  }
  function oldestListed(): number {
    return session.blocks.at(-1)?.height ?? 0;
  }
  watch(shown, (now, before) => {
    isDoubtful.value = false;
    if (before !== null && now !== null && before.block.hash !== now.block.hash) replaced.value = true;
  });
  return { putBack, replaced };
}

/** `act` as a function that, called while it is under way, has it done once more afterwards. */
function oneAfterAnother(act: () => Promise<void>): () => void {
  let isUnderWay = false;
  let isWanted = false;
  async function run(): Promise<void> {
    isUnderWay = true;
    while (isWanted) {
      isWanted = false;
      await act();
    }
    isUnderWay = false;
  }
  return () => {
    isWanted = true;
    if (!isUnderWay) void run();
  };
}
