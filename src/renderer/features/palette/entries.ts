/**
 * What the command palette lists for what was typed.
 * @module
 */
import { fuzzyScore } from './fuzzy.ts';

/** Most entries that are listed: nobody reads further, they type on. */
export const ENTRIES_MAX = 40;

export const SECTIONS = ['goTo', 'commands', 'pages', 'items'] as const;
export type Section = (typeof SECTIONS)[number];

/** Something to choose. */
export interface Entry {
  readonly id: string;
  readonly section: Section;
  /** With hidden characters as they are: show it as `VisibleText`. */
  readonly title: string;
  /** All words that it is found by: its title in every language. */
  readonly texts: readonly string[];
  readonly keys: readonly string[];
  readonly run: () => unknown;
}

/** The entries that fit `query`, best first; all but the items, as they come, where nothing is typed. */
export function matching(query: string, entries: readonly Entry[]): Entry[] {
  const typed = query.trim();
  if (typed === '') return entries.filter(({ section }) => section !== 'items').slice(0, ENTRIES_MAX);
  return entries
    .flatMap((entry) => {
      // It was made of what was typed, so it fits.
      if (entry.section === 'goTo') return [{ entry, score: Infinity }];
      const scores = entry.texts.flatMap((text) => fuzzyScore(typed, text) ?? []);
      return scores.length === 0 ? [] : [{ entry, score: Math.max(...scores) }];
    })
    .sort((left, right) => right.score - left.score || orderOf(left.entry) - orderOf(right.entry))
    .slice(0, ENTRIES_MAX)
    .map(({ entry }) => entry);
}

function orderOf({ section }: Entry): number {
  return SECTIONS.indexOf(section);
}
