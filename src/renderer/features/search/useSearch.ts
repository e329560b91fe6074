/**
 * A search while it is typed: asked when the typing pauses, answers that come too late are dropped.
 * @module
 */
import {
  computed,
  onScopeDispose,
  ref,
  shallowRef,
  watch,
  type ComputedRef,
  type Ref,
  type ShallowRef,
} from 'vue';
import { useRoute, useRouter } from 'vue-router';
import type { Found } from '../../../shared/contract/search.ts';
import { toPlainError, type PlainError } from '../../../shared/errors.ts';
import { call } from '../../bridge/current.ts';
import { useSession } from '../../stores/session.ts';
import {
  addressOfTerms,
  inputOfTerms,
  isEmptySearch,
  termsOfAddress,
  type SearchTerms,
} from './searchAddress.ts';

/** Typing pauses this long before a search is asked. */
const PAUSE_MS = 70;
/** While the index is opened or made, the search is asked again after this. */
const AGAIN_MS = 1_500;
const PAGE_REQUESTS = 50;
/** Blocks that are just going in are no index that is being made. */
const BUILDING_FROM_BLOCKS = 256;

/** What `useSearch` gives. */
export interface Search {
  readonly terms: ShallowRef<SearchTerms>;
  /** Of the terms, or of those before while they are asked; `null` where nothing is looked for. */
  readonly found: ShallowRef<Found | null>;
  readonly error: ShallowRef<PlainError | null>;
  readonly busy: Ref<boolean>;
  /** How much of the index is there, from 0 to 1, while it is being made. */
  readonly built: ComputedRef<number | null>;
  readonly change: (terms: SearchTerms) => void;
  /** Asks at once. */
  readonly now: () => void;
  readonly more: () => Promise<void>;
}

export function useSearch(): Search {
  const route = useRoute();
  const router = useRouter();
  const session = useSession();
  const terms = shallowRef(termsOfAddress(route.query));
  const found = shallowRef<Found | null>(null);
  const error = shallowRef<PlainError | null>(null);
  const busy = ref(false);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked = 0;
  /** The query of the address as this page has set or read it: what was typed meanwhile is not undone by it. */
  let shownAddress = JSON.stringify(addressOfTerms(terms.value));
  onScopeDispose(() => {
    asked = -1;
    clearTimeout(timer);
  });

  const built = computed(() => {
    if (found.value === null) return null;
    const { indexedHeight, tipHeight } = found.value;
    return tipHeight - indexedHeight < BUILDING_FROM_BLOCKS ? null : indexedHeight / tipHeight;
  });

  function change(next: SearchTerms): void {
    terms.value = next;
    clearTimeout(timer);
    timer = setTimeout(now, PAUSE_MS);
  }

  function now(): void {
    clearTimeout(timer);
    const query = addressOfTerms(terms.value);
    const address = JSON.stringify(query);
    // A key more is no step that one would want to go back.
    if (address !== shownAddress) void router.replace({ query });
    shownAddress = address;
    void ask();
  }

  async function ask(): Promise<void> {
    const number = ++asked;
    if (isEmptySearch(terms.value)) {
      found.value = null;
      error.value = null;
      busy.value = false;
      return;
    }
    busy.value = true;
    try {
      const answer = await call('search.query', inputOfTerms(terms.value, null, PAGE_REQUESTS));
      if (number !== asked) return;
      found.value = answer;
      error.value = null;
    } catch (problem) {
      if (number !== asked) return;
      error.value = toPlainError(problem);
      found.value = null;
    }
    busy.value = false;
    if (built.value !== null || error.value?.code === 'search.opening')
      timer = setTimeout(() => void ask(), AGAIN_MS);
  }

  async function more(): Promise<void> {
    const before = found.value?.next ?? null;
    if (before === null || busy.value) return;
    const number = asked;
    busy.value = true;
    try {
      const page = await call('search.query', inputOfTerms(terms.value, before, PAGE_REQUESTS));
      if (number !== asked || found.value === null) return;
      const { next, cutShort } = page;
      found.value = { ...found.value, next, cutShort, requests: [...found.value.requests, ...page.requests] };
    } catch (problem) {
      if (number === asked) error.value = toPlainError(problem);
    }
    if (number === asked) busy.value = false;
  }

  // Somebody has gone to another search: by a key, a link, or back.
  watch(
    () => route.query,
    (query) => {
      const next = termsOfAddress(query);
      const address = JSON.stringify(addressOfTerms(next));
      if (route.name !== 'search' || address === shownAddress) return;
      shownAddress = address;
      terms.value = next;
      clearTimeout(timer);
      void ask();
    },
  );
  watch(
    () => session.connection,
    (connection) => {
      if (connection === 'connected' && error.value !== null) void ask();
    },
  );
  void ask();
  return { terms, found, error, busy, built, change, now, more };
}
