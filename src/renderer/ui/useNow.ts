/**
 * The main process's present time, to the second. One clock ticks for the whole page, and only while it is looked at.
 * @module
 */
import { computed, onScopeDispose, ref, type ComputedRef } from 'vue';
import { useSession } from '../stores/session.ts';

const TICK_MS = 1_000;
const pageNowMs = ref(Date.now());
let users = 0;
let timer: ReturnType<typeof setInterval> | undefined;

export function useNow(): ComputedRef<number> {
  const session = useSession();
  users += 1;
  pageNowMs.value = Date.now();
  timer ??= setInterval(() => (pageNowMs.value = Date.now()), TICK_MS);
  onScopeDispose(() => {
    users -= 1;
    if (users > 0) return;
    clearInterval(timer);
    timer = undefined;
  });
  return computed(() => pageNowMs.value + session.clockOffsetMs);
}
