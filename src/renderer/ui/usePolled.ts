/**
 * Something that a page shows and fetches again and again while it is looked at: nothing is asked for a hidden page.
 * @module
 */
import { onMounted, onScopeDispose, shallowRef, watch, type ShallowRef } from 'vue';
import { toPlainError, type PlainError } from '../../shared/errors.ts';
import { useSession } from '../stores/session.ts';

/** What `usePolled` gives. */
export interface Polled<T> {
  readonly value: ShallowRef<T | null>;
  /** What was there before `value`. */
  readonly before: ShallowRef<T | null>;
  readonly error: ShallowRef<PlainError | null>;
  readonly load: () => Promise<void>;
}

/** @param intervalMs - from one answer to the next question */
export function usePolled<T>(fetchValue: () => Promise<T>, intervalMs: number): Polled<T> {
  const session = useSession();
  const value: ShallowRef<T | null> = shallowRef(null);
  const before: ShallowRef<T | null> = shallowRef(null);
  const error = shallowRef<PlainError | null>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let loading: Promise<void> | null = null;
  let isGone = false;

  async function fetchOnce(): Promise<void> {
    try {
      const fetched = await fetchValue();
      before.value = value.value;
      value.value = fetched;
      error.value = null;
    } catch (problem) {
      error.value = toPlainError(problem);
    }
  }

  /** Fetches now; a fetch that is under way counts. */
  async function load(): Promise<void> {
    clearTimeout(timer);
    loading ??= fetchOnce().finally(() => {
      loading = null;
      if (!isGone && !document.hidden) timer = setTimeout(() => void load(), intervalMs);
    });
    await loading;
  }

  function onVisible(): void {
    if (document.hidden) clearTimeout(timer);
    else void load();
  }
  onMounted(load);
  document.addEventListener('visibilitychange', onVisible);
  watch(
    () => session.connection,
    (connection) => {
      if (connection === 'connected') void load();
    },
  );
  onScopeDispose(() => {
    isGone = true;
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', onVisible);
  });
  return { value, before, error, load };
}
