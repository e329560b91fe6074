/**
 * What a person chose in the inbox: it stays when the page is left, until the program's page is loaded anew.
 * @module
 */
import { defineStore } from 'pinia';
import { computed, ref, shallowRef } from 'vue';
import { useSession } from './session.ts';

export const useInboxView = defineStore('inboxView', () => {
  const session = useSession();
  const search = ref('');
  const onlyConflicts = ref(false);
  // Replaced, never changed: a set that is watched entry by entry is slow with thousands of them.
  const selected = shallowRef(new Set<string>());

  /** What is selected, as far as it is still there and still a draft. */
  const chosen = computed(() =>
    session.items.filter((item) => item.state === 'draft' && selected.value.has(item.id)),
  );

  /** Selects these no longer, nor what is not there any more. */
  function unselect(ids: readonly string[]): void {
    const gone = new Set(ids);
    selected.value = new Set(chosen.value.map(({ id }) => id).filter((id) => !gone.has(id)));
  }

  return { search, onlyConflicts, selected, chosen, unselect };
});
