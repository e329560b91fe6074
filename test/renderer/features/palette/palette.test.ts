/**
 * What the command palette finds, and in which order.
 */
import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, describe, expect, it } from 'vitest';
import { ref } from 'vue';
import {
  ENTRIES_MAX,
  matching,
  type Entry,
  type Section,
} from '../../../../src/renderer/features/palette/entries.ts';
import { fuzzyScore } from '../../../../src/renderer/features/palette/fuzzy.ts';
import { wordsIn } from '../../../../src/renderer/i18n.ts';
import { pagesOf } from '../../../../src/renderer/pages.ts';
import { useCommandStore } from '../../../../src/renderer/stores/commands.ts';

const entry = (title: string, section: Section = 'pages', texts: readonly string[] = [title]): Entry => ({
  id: `${section} ${title}`,
  section,
  title,
  texts,
  keys: [],
  run: () => undefined,
});
const titles = (query: string, entries: readonly Entry[]): string[] =>
  matching(query, entries).map(({ title }) => title);

describe('fuzzy matching', () => {
  it('wants every letter, in order', () => {
    expect(fuzzyScore('vch', 'View changes')).not.toBeNull();
    expect(fuzzyScore('hcv', 'View changes')).toBeNull();
    expect(fuzzyScore('views', 'View')).toBeNull();
    expect(fuzzyScore('', 'anything')).toBe(0);
  });

  it('minds neither case, accents nor spaces, and knows Chinese', () => {
    expect(fuzzyScore('  V CH ', 'view changes')).not.toBeNull();
    expect(fuzzyScore('resume', 'Résumé')).not.toBeNull();
    expect(fuzzyScore('视变', '视图变更')).not.toBeNull();
    expect(fuzzyScore('变视', '视图变更')).toBeNull();
  });

  it('prefers beginnings of words and neighbours', () => {
    const score = (text: string): number => fuzzyScore('key', text) ?? -1;
    expect(score('Keys')).toBeGreaterThan(score('Lock the key'));
    expect(score('Lock the key')).toBeGreaterThan(score('monkey'));
    expect(score('monkey')).toBeGreaterThan(score('took every'));
    // The best place counts, not the first.
    expect(score('oak eye key')).toBeGreaterThan(score('oak eyes'));
  });

  it('ends in time on long texts', () => {
    expect(fuzzyScore('aaaaaaaaaab', 'a'.repeat(100_000))).toBeNull();
  });
});

describe('entries', () => {
  it('list everything but items where nothing is typed', () => {
    const all = [entry('Inbox'), entry('Lock', 'commands'), entry('week-47', 'items')];
    expect(titles('  ', all)).toEqual(['Inbox', 'Lock']);
    expect(titles('week', all)).toEqual(['week-47']);
  });

  it('are found in every language', () => {
    const inbox = entry('收件箱', 'pages', ['Inbox', '收件箱']);
    expect(titles('inb', [inbox])).toEqual(['收件箱']);
    expect(titles('收件', [inbox])).toEqual(['收件箱']);
  });

  it('begin with what was named whole, and are bounded', () => {
    const many = Array.from({ length: ENTRIES_MAX * 2 }, (_, index) =>
      entry(`4711 ${String(index)}`, 'items'),
    );
    const found = matching('4711', [...many, entry('Go to block 4,711', 'goTo')]);
    expect(found).toHaveLength(ENTRIES_MAX);
    expect(found[0]?.section).toBe('goTo');
  });
});

describe('pages', () => {
  const router = {
    getRoutes: () =>
      [
        { path: '/', meta: { title: 'overview.title', letter: 'o' } },
        { path: '/inbox/:id', meta: { title: 'review.title' } },
        { path: '/faults', meta: { title: 'faults.title', onlyEmbedded: true } },
      ] as never,
  };

  it('are those of the router that need no parameter, and are there', () => {
    expect(pagesOf(router, true)).toEqual([
      { path: '/', title: 'overview.title', letter: 'o' },
      { path: '/faults', title: 'faults.title', letter: null },
    ]);
    expect(pagesOf(router, false)).toHaveLength(1);
  });
});

describe('words in a language', () => {
  it('do not depend on the language of the page', () => {
    expect(wordsIn('en', 'inbox.title')).toBe('Inbox');
    expect(wordsIn('zh-CN', 'inbox.title')).toBe('收件箱');
    expect(wordsIn('en', 'palette.do.sign', {}, 1)).toBe('Sign 1 selected item…');
    expect(wordsIn('en', 'palette.do.sign', {}, 1_200)).toBe('Sign 1,200 selected items…');
  });
});

describe('offered commands', () => {
  beforeEach(() => setActivePinia(createPinia()));

  it('follow what they read, and go with who offered them', () => {
    const store = useCommandStore();
    const count = ref(0);
    const withdraw = store.offer(() =>
      count.value === 0 ? [] : [{ id: 'sign', title: 'palette.do.sign', count: count.value, run: () => 0 }],
    );
    expect(store.commands).toEqual([]);
    count.value = 2;
    expect(store.commands).toMatchObject([{ id: 'sign', count: 2 }]);
    withdraw();
    expect(store.commands).toEqual([]);
  });

  it('leave word for a page once', () => {
    const store = useCommandStore();
    store.want('import');
    expect(store.take('other')).toBe(false);
    expect(store.take('import')).toBe(true);
    expect(store.take('import')).toBe(false);
  });
});
