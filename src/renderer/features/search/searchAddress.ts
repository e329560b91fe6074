/**
 * A search as its address has it, so that it can be bookmarked, sent to somebody and found again by going back.
 * @module
 */
import { PAYLOAD_KINDS, type PayloadKind } from '../../../shared/domain/payload.ts';
import { SEARCH_TEXT_MAX, type SearchInput } from '../../../shared/contract/search.ts';
import { heightOf } from '../blocks/destination.ts';

/** What a person looks for. `null`: no such filter. */
export interface SearchTerms {
  readonly text: string;
  readonly supervisor: string | null;
  readonly kind: PayloadKind | null;
  /** In milliseconds since 1970 in UTC, inclusive. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
  readonly fromHeight: number | null;
  readonly toHeight: number | null;
}

export const NO_TERMS: SearchTerms = {
  text: '',
  supervisor: null,
  kind: null,
  fromMs: null,
  toMs: null,
  fromHeight: null,
  toHeight: null,
};

/** The query of an address: of each name one value, or several where somebody wrote it so. */
type Query = Readonly<Record<string, string | null | readonly (string | null)[]>>;

/** What an address asks for. What is wrong in it is left out. */
export function termsOfAddress(query: Query): SearchTerms {
  const value = (name: string): string => {
    const given = query[name];
    return (typeof given === 'string' ? given : null) ?? '';
  };
  const supervisor = value('supervisor');
  return {
    text: value('q').slice(0, SEARCH_TEXT_MAX),
    supervisor: /^[0-9a-f]{64}$/.test(supervisor) ? supervisor : null,
    kind: PAYLOAD_KINDS.find((kind) => kind === value('kind')) ?? null,
    fromMs: timeOf(value('from')),
    toMs: timeOf(value('to')),
    fromHeight: heightOf(value('fromHeight')),
    toHeight: heightOf(value('toHeight')),
  };
}

/** The query of the address of a search: only what it asks for, times in UTC so that everybody sees the same. */
export function addressOfTerms(terms: SearchTerms): Record<string, string> {
  const { text, supervisor, kind, fromMs, toMs, fromHeight, toHeight } = terms;
  const parts: readonly (readonly [string, string | null])[] = [
    ['q', text === '' ? null : text],
    ['supervisor', supervisor],
    ['kind', kind],
    ['from', fromMs === null ? null : new Date(fromMs).toISOString()],
    ['to', toMs === null ? null : new Date(toMs).toISOString()],
    ['fromHeight', fromHeight === null ? null : String(fromHeight)],
    ['toHeight', toHeight === null ? null : String(toHeight)],
  ];
  return Object.fromEntries(parts.flatMap(([name, value]) => (value === null ? [] : [[name, value]])));
}

/** The call for a page of a search. */
export function inputOfTerms(
  { kind, ...terms }: SearchTerms,
  before: SearchInput['before'],
  limit: number,
): SearchInput {
  return { ...terms, kinds: kind === null ? [] : [kind], before, limit };
}

export function isEmptySearch(terms: SearchTerms): boolean {
  return terms.text.trim() === '' && filterCount(terms) === 0;
}

/** How many filters are set. */
export function filterCount({ text: _text, ...filters }: SearchTerms): number {
  return Object.values(filters).filter((value) => value !== null).length;
}

function timeOf(text: string): number | null {
  const ms = Date.parse(text);
  return Number.isSafeInteger(ms) && ms >= 0 ? ms : null;
}
