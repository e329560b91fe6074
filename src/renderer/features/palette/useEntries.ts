/**
 * Everything that the palette can offer: each page of the router, what is offered at the moment, the items of the
 * inbox, and the block or request that was typed.
 * @module
 */
import { computed, type ComputedRef, type Ref } from 'vue';
import { useRouter } from 'vue-router';
import { LANGUAGES, shortHash } from '../../../shared/text/quantities.ts';
import { wordsIn } from '../../i18n.ts';
import { pagesOf } from '../../pages.ts';
import { useCommandStore, type Command } from '../../stores/commands.ts';
import { useSession } from '../../stores/session.ts';
import { useRequestTitle } from '../../ui/useRequestTitle.ts';
import { useWords } from '../../ui/useWords.ts';
import { destinationOf } from '../blocks/destination.ts';
import { matching, type Entry } from './entries.ts';

/** The entries for what is typed. */
export function useEntries(query: Ref<string>): ComputedRef<Entry[]> {
  const router = useRouter();
  const session = useSession();
  const store = useCommandStore();
  const { language, number } = useWords();
  const { titleOf } = useRequestTitle();

  const words = (title: string, named: Command['named'] = {}, count?: number) => ({
    title: wordsIn(language.value, title, named, count),
    texts: LANGUAGES.map((one) => wordsIn(one, title, named, count)),
  });

  const pages = computed<Entry[]>(() =>
    pagesOf(router, session.faults !== null).map(({ path, title, letter }) => ({
      id: `page ${path}`,
      section: 'pages',
      ...words(title),
      keys: letter === null ? [] : ['g', letter],
      run: () => router.push(path),
    })),
  );
  const commands = computed<Entry[]>(() =>
    store.commands.map(({ id, title, named, count, keys = [], run }) => ({
      id: `command ${id}`,
      section: 'commands',
      ...words(title, named, count),
      keys,
      run,
    })),
  );
  const items = computed<Entry[]>(() =>
    session.items.map((item) => {
      const title = titleOf(item);
      const run = (): unknown => router.push(`/inbox/${encodeURIComponent(item.id)}`);
      return { id: `item ${item.id}`, section: 'items', title, texts: [title], keys: [], run };
    }),
  );
  const places = computed<Entry[]>(() => {
    const path = destinationOf(query.value);
    if (path === null) return [];
    const [, place, value = ''] = path.split('/');
    const named = { height: number(Number(value)), id: shortHash(value) };
    const title = place === 'blocks' ? 'palette.toBlock' : 'palette.toRequest';
    return [{ id: path, section: 'goTo', ...words(title, named), keys: [], run: () => router.push(path) }];
  });

  return computed(() =>
    matching(query.value, [...places.value, ...commands.value, ...pages.value, ...items.value]),
  );
}
