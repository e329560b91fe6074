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

  async function load(): Promise<void> {
    try {
      value.value = await fetchValue();
      error.value = null;
    } catch (problem) {
      error.value = toPlainError(problem);
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
