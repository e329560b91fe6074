/**
 * The search index as its users see it: what requests of the chain say, by word, supervisor, kind, time, height and id.
 *
 * It is made of the ledger and of nothing else, in a file of its own (docs/adr/0013): it can be made again at any time,
 * and nothing that goes wrong with it touches the ledger. Whoever keeps it tells it of each block, in order.
 * @module
 */
import type { PayloadKind } from '../../shared/domain/payload.ts';
import type { Hex } from '../../shared/encoding/hex.ts';
import type { Mark, Piece } from '../../shared/text/searchWords.ts';
import type { ChainCursor } from './ledgerStore.ts';

/** Where in a request a text stands. `name`: of the supervisor; `record`: the cells of one. */
export const SEARCH_FIELDS = ['title', 'name', 'remark', 'file', 'column', 'record', 'member'] as const;
export type SearchField = (typeof SEARCH_FIELDS)[number];

/** A text of a request, with what it is. */
export interface FieldText {
  readonly field: SearchField;
  readonly text: string;
}

/** A request as the index takes it. */
export interface IndexedRequest {
  readonly id: Hex;
  readonly supervisor: Hex;
  readonly kind: PayloadKind;
  readonly timestampMs: number;
  /** Records, files or changes in it. */
  readonly count: number;
  /** Length of the signed request, in bytes. */
  readonly sizeBytes: number;
  /** What can be found in it; together at most `INDEXED_CHARS_MAX`. The first one is the title. */
  readonly texts: readonly FieldText[];
}

/** A block as the index takes it. */
export interface IndexedBlock {
  readonly height: number;
  readonly hash: Hex;
  readonly previousHash: Hex;
  readonly timeMs: number;
  readonly requests: readonly IndexedRequest[];
}

/** The highest block that the index has. */
export interface IndexedTip {
  readonly height: number;
  readonly hash: Hex;
}

/** What to look for. Every field that is given must match. */
export interface IndexQuery {
  /** All of them must be found in a request. */
  readonly pieces: readonly Piece[];
  readonly supervisor?: Hex;
  /** One of these. */
  readonly kinds?: readonly PayloadKind[];
  /** Time of the block, inclusive, in milliseconds since 1970 in UTC. */
  readonly fromMs?: number;
  readonly toMs?: number;
  /** Height of the block, inclusive. */
  readonly fromHeight?: number;
  readonly toHeight?: number;
  /** 1 to `SEARCH_PAGE_MAX`. */
  readonly limit: number;
  /** Continue below this place on the chain. */
  readonly before?: ChainCursor;
}

/** Part of a text with what matches in it. */
export interface Snippet {
  readonly field: SearchField;
  readonly text: string;
  /** In order, apart from each other. */
  readonly marks: readonly Mark[];
  /** Whether the text goes on before it, and after it. */
  readonly isCut: { readonly before: boolean; readonly after: boolean };
}

/** A request that was found. */
export interface SearchHit extends Omit<IndexedRequest, 'texts'> {
  readonly height: number;
  /** Position in its block, from 0. */
  readonly index: number;
  /** Time of its block, in milliseconds since 1970 in UTC. */
  readonly blockTimeMs: number;
  readonly title: string;
  readonly titleMarks: readonly Mark[];
  /** The best of what matches beside the title. */
  readonly snippet: Snippet | null;
}

/** One page of what was found, newest first. */
export interface SearchPage {
  readonly hits: readonly SearchHit[];
  /** Where to go on; `null` where there is no more. */
  readonly next: ChainCursor | null;
  /** It stopped because it took long, not because the page is full: there may be more. */
  readonly isCutShort: boolean;
}

/** Blocks and requests whose hash or id begins with certain digits. */
export interface PrefixHits {
  readonly blocks: readonly IndexedTip[];
  readonly requests: readonly SearchHit[];
}

/** Most of what one request says that is indexed, in UTF-16 code units: some pages of text. */
export const INDEXED_CHARS_MAX = 4_096;
/** Most of one text of a request that is indexed, so that a long remark leaves room for the rest. */
export const FIELD_CHARS_MAX = 2_048;
/** Most requests of one page. */
export const SEARCH_PAGE_MAX = 100;
/** Most blocks, and most requests, that are found by the first digits of their hash or id. */
export const PREFIX_HITS_MAX = 5;
/** How long a search may take before it gives what it has found, in milliseconds. */
export const SEARCH_TIME_MAX_MS = 60;
/** Longest text of a snippet, in UTF-16 code units. */
export const SNIPPET_CHARS_MAX = 160;

/**
 * The index. Methods reject with `storage.*`, after which it is to be opened again, anew where it is `storage.corrupt`;
 * and with `stopped` after `close`.
 */
export interface SearchIndex {
  /** Where it stands; height 0 where it is empty. */
  tip(): Promise<IndexedTip>;
  /** Hashes of the blocks from `fromHeight` to `toHeight`, both inclusive, highest first. */
  hashes(fromHeight: number, toHeight: number): Promise<readonly IndexedTip[]>;
  /** Takes in the blocks that follow its tip: all or none. A block that is not linked is `invariant.broken`. */
  append(blocks: readonly IndexedBlock[]): Promise<void>;
  /** Forgets the blocks above `height`. */
  rollBack(height: number): Promise<void>;
  search(query: IndexQuery): Promise<SearchPage>;
  /** By the first digits of a block's hash or a request's id: at least `PREFIX_DIGITS_MIN` of them. */
  byPrefix(digits: string): Promise<PrefixHits>;
  /** What it takes on disk, in bytes. */
  sizeBytes(): Promise<number>;
  close(): Promise<void>;
}

/** Fewest digits of a hash or id that are looked up. */
export const PREFIX_DIGITS_MIN = 4;
