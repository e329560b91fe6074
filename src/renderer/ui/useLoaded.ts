/**
 * Something that a page shows and fetches when it opens, and again when the connection is back.
 * @module
 */
import { onMounted, shallowRef, watch, type ShallowRef } from 'vue';
import { toPlainError, type PlainError } from '../../shared/errors.ts';
import { useSession } from '../stores/session.ts';

/** What `useLoaded` gives. */
export interface Loaded<T> {
  readonly value: ShallowRef<T | null>;
  readonly error: ShallowRef<PlainError | null>;
  readonly load: () => Promise<void>;
}

export function useLoaded<T>(fetchValue: () => Promise<T>): Loaded<T> {
  const session = useSession();
  const value: ShallowRef<T | null> = shallowRef(null);
  const error = shallowRef<PlainError | null>(null);
  let asked = 0;

  async function load(): Promise<void> {
    asked += 1;
    const number = asked;
    const isNewest = (): boolean => number === asked;
    try {
      const fetched = await fetchValue();
      // An answer that a later one overtook may be older than it.
      if (!isNewest()) return;
      value.value = fetched;
      error.value = null;
    } catch (problem) {
      if (isNewest()) error.value = toPlainError(problem);
    }
  }
  onMounted(load);
  watch(
    () => session.connection,
    (connection) => {
      if (connection === 'connected' && error.value !== null) void load();
    },
  );
  return { value, error, load };
}
