/**
 * Something a person started: busy while it runs, and what went wrong is shown.
 * @module
 */
import { ref, type Ref } from 'vue';
import { useToasts } from '../stores/toasts.ts';

/** What `useAction` gives. */
export interface Action {
  readonly busy: Ref<boolean>;
  /** Runs `work` unless it runs already. Gives its result, or `undefined` after it has shown what went wrong. */
  readonly run: <T>(work: () => Promise<T>) => Promise<T | undefined>;
}

export function useAction(): Action {
  const toasts = useToasts();
  const busy = ref(false);
  async function run<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (busy.value) return undefined;
    busy.value = true;
    try {
      return await work();
    } catch (error) {
      toasts.fail(error);
      return undefined;
    } finally {
      busy.value = false;
    }
  }
  return { busy, run };
}
