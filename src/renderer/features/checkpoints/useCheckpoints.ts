/**
 * The stable checkpoints of the ledger: the newest page follows the live picture, older ones come page by page.
 * @module
 */
import { onMounted, onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue';
import type { CheckpointEntry, CheckpointPage, Member } from '../../../shared/contract/model.ts';
import { toPlainError, type PlainError } from '../../../shared/errors.ts';
import { call } from '../../bridge/current.ts';
import { useSession } from '../../stores/session.ts';
import { CHECKPOINTS_LISTED_MAX, isComplete, withNewest, withOlder } from './checkpointList.ts';

/** Checkpoints of one page: two screens. */
const PAGE = 40;
/** Time between a new checkpoint and asking for it, in milliseconds: by then the last votes have come in, too. */
const SETTLE_MS = 400;

/** What `useCheckpoints` gives. */
export interface Checkpoints {
  /** Newest first; `null` before the first page has come. */
  readonly entries: ShallowRef<readonly CheckpointEntry[] | null>;
  readonly replicasOf: (epoch: number) => readonly Member[];
  readonly loading: Ref<boolean>;
  readonly error: ShallowRef<PlainError | null>;
  readonly loadOlder: () => Promise<void>;
  /** Tries again what failed. */
  readonly again: () => void;
}

export function useCheckpoints(): Checkpoints {
  const session = useSession();
  const entries = shallowRef<readonly CheckpointEntry[] | null>(null);
  const epochs = shallowRef<ReadonlyMap<number, readonly Member[]>>(new Map());
  const loading = ref(false);
  const error = shallowRef<PlainError | null>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function fetchPage(
    beforeHeight: number | null,
    merge: (
      known: readonly CheckpointEntry[],
      page: readonly CheckpointEntry[],
    ) => readonly CheckpointEntry[],
  ): Promise<void> {
    if (loading.value) return;
    loading.value = true;
    try {
      const page: CheckpointPage = await call('checkpoint.page', { beforeHeight, limit: PAGE });
      epochs.value = new Map([
        ...epochs.value,
        ...page.epochs.map(({ epoch, replicas }) => [epoch, replicas] as const),
      ]);
      entries.value = merge(entries.value ?? [], page.checkpoints);
      error.value = null;
    } catch (problem) {
      error.value = toPlainError(problem);
    } finally {
      loading.value = false;
    }
  }

  async function loadNewest(): Promise<void> {
    await fetchPage(null, withNewest);
  }
  async function loadOlder(): Promise<void> {
    const known = entries.value ?? [];
    const oldest = known.at(-1);
    if (oldest === undefined || error.value !== null) return;
    if (isComplete(known) || known.length >= CHECKPOINTS_LISTED_MAX) return;
    await fetchPage(oldest.height, withOlder);
  }
  function follow(): void {
    timer ??= setTimeout(() => {
      timer = undefined;
      // One that is under way may have been asked for too early.
      if (loading.value) follow();
      else void loadNewest();
    }, SETTLE_MS);
  }

  onMounted(loadNewest);
  onScopeDispose(() => clearTimeout(timer));
  watch(() => session.checkpoints[0]?.height ?? 0, follow);
  watch(
    () => session.connection,
    (connection) => {
      if (connection === 'connected' && error.value !== null) void loadNewest();
    },
  );
  return {
    entries,
    replicasOf: (epoch) => epochs.value.get(epoch) ?? [],
    loading,
    error,
    loadOlder,
    again: () => {
      error.value = null;
      void (entries.value === null ? loadNewest() : loadOlder());
    },
  };
}
