/**
 * What a person typed, and the filters beside it, as a question to the index.
 * @module
 */
import { CountersignError } from '../../../shared/errors.ts';
import { piecesOf, type Piece } from '../../../shared/text/searchWords.ts';
import { PREFIX_DIGITS_MIN, type IndexQuery } from '../../storage/index.ts';
import type { HandlerInput } from '../dispatch.ts';

/** Most words of one search: each is another list to go through. */
export const SEARCH_WORDS_MAX = 12;

/** A search, understood. */
export interface ParsedSearch {
  /** For the requests. */
  readonly query: IndexQuery;
  /** The block that a plain number names; `null` where it is none. */
  readonly height: number | null;
  /** The first digits of a hash or an id; `null` where it cannot be one. */
  readonly digits: string | null;
}

/** Spaces and the marks that languages put between the digits of a number. */
const BETWEEN_DIGITS = /(?<=\d)[\s,.'’\u202F\u00A0](?=\d{3})/g;
const HEIGHT = /^#?\d{1,15}$/;

/**
 * The search that `input` asks for.
 *
 * Throws `search.nothingToFind` for text without a letter or digit, `search.tooManyWords`, and
 * `search.emptyTimeRange` or `search.emptyHeightRange` for a range that ends before it begins.
 */
export function parseSearch(input: HandlerInput<'search.query'>): ParsedSearch {
  const { supervisor, kinds, fromMs, toMs, fromHeight, toHeight, before, limit } = input;
  if (fromMs !== null && toMs !== null && fromMs > toMs) {
    throw new CountersignError('search.emptyTimeRange', { fromMs, toMs });
  }
  if (fromHeight !== null && toHeight !== null && fromHeight > toHeight) {
    throw new CountersignError('search.emptyHeightRange', { fromHeight, toHeight });
  }
  const text = input.text.normalize('NFC');
  const typed = text.trim();
  const pieces = piecesOf(text.trimStart());
  if (typed !== '' && pieces.length === 0) throw new CountersignError('search.nothingToFind', {});
  const distinct = distinctPieces(pieces);
  if (distinct.length > SEARCH_WORDS_MAX) {
    throw new CountersignError('search.tooManyWords', { words: distinct.length, maxWords: SEARCH_WORDS_MAX });
  }
  return {
    query: {
      pieces: distinct,
      limit,
      ...(supervisor === null ? {} : { supervisor }),
      ...(kinds.length === 0 ? {} : { kinds }),
      ...(fromMs === null ? {} : { fromMs }),
      ...(toMs === null ? {} : { toMs }),
      ...(fromHeight === null ? {} : { fromHeight }),
      ...(toHeight === null ? {} : { toHeight }),
      ...(before === null ? {} : { before }),
    },
    height: heightOf(typed),
    digits: digitsOf(typed),
  };
}

/** A word twice asks for nothing more than once. */
function distinctPieces(pieces: readonly Piece[]): Piece[] {
  const keys = new Set<string>();
  return pieces.filter((piece) => {
    const key = JSON.stringify(piece);
    if (keys.has(key)) return false;
    keys.add(key);
    return true;
  });
}

function heightOf(typed: string): number | null {
  const compact = typed.replace(BETWEEN_DIGITS, '');
  return HEIGHT.test(compact) ? Number(compact.replace('#', '')) : null;
}

function digitsOf(typed: string): string | null {
  // As it is copied from a page: in groups, or with its end left out.
  const compact = typed.toLowerCase().replaceAll(/\s/g, '').replace(/…$/, '');
  const isHex = /^[0-9a-f]{1,64}$/.test(compact);
  return isHex && compact.length >= PREFIX_DIGITS_MIN ? compact : null;
}
