/**
 * Answers searches from the index, newest first, within a bounded time.
 * @module
 */
import { fromHex } from '../../../shared/encoding/hex.ts';
import { termsOf } from '../../../shared/text/searchWords.ts';
import type { ChainCursor } from '../ledgerStore.ts';
import {
  PREFIX_HITS_MAX,
  SEARCH_TIME_MAX_MS,
  type IndexQuery,
  type PrefixHits,
  type SearchHit,
  type SearchPage,
} from '../searchIndex.ts';
import { RowReader } from './column.ts';
import { HIT_COLUMNS, hitOf } from './searchHit.ts';
import { rowsOf, type RowRange } from './searchRange.ts';
import {
  hasShard,
  headRange,
  kindTag,
  shardName,
  shardOf,
  supervisorTag,
  SHARD_ROWS,
} from './searchTables.ts';
import type { Database, Row } from './sqlite.ts';

/** Rows that one statement gives before the clock is looked at. */
const ROWS_PER_STEP = 64;
/** From this length on the beginning of a word has no list of its own: see `searchTables.ts`. */
const LONG_PREFIX_CHARS = 4;

/** Terms that all must be there; of `oneOf` one must. */
interface Terms {
  readonly all: readonly string[];
  /** The beginning of a word, where it has no list of its own. */
  readonly longPrefix: string | null;
}

export function searchIndex(database: Database, query: IndexQuery): SearchPage {
  const range = rowsOf(database, query);
  const terms = termsOfQuery(database, query);
  if (range === null || terms === null) return { hits: [], next: null, isCutShort: false };
  const search = new Search(database, query, terms, range);
  return search.run();
}

/** `null` where nothing can match. */
function termsOfQuery(database: Database, { pieces, supervisor, kinds }: IndexQuery): Terms | null {
  const all: string[] = [];
  let longPrefix: string | null = null;
  if (supervisor !== undefined) {
    const row = database.get('SELECT number FROM supervisors WHERE public_key = ?', fromHex(supervisor));
    if (row === undefined) return null;
    all.push(quoted(supervisorTag(new RowReader(database.path, 'a supervisor').integer(row, 'number'))));
  }
  if (kinds !== undefined) all.push(`(${kinds.map((kind) => quoted(kindTag(kind))).join(' OR ')})`);
  for (const { term, isPrefix } of pieces.flatMap(termsOf)) {
    if (!isPrefix) all.push(quoted(term));
    else if (Array.from(term).length < LONG_PREFIX_CHARS) all.push(`${quoted(term)} *`);
    else longPrefix = `${quoted(term)} *`;
  }
  return { all, longPrefix };
}

/** As a string of an FTS5 query. Terms hold letters and digits only. */
function quoted(term: string): string {
  return `"${term}"`;
}

class Search {
  readonly #database: Database;
  readonly #query: IndexQuery;
  readonly #terms: Terms;
  readonly #range: RowRange;
  readonly #endMs: number;
  readonly #hits: SearchHit[] = [];

  constructor(database: Database, query: IndexQuery, terms: Terms, range: RowRange) {
    this.#database = database;
    this.#query = query;
    this.#terms = terms;
    this.#range = range;
    this.#endMs = performance.now() + SEARCH_TIME_MAX_MS;
  }

  run(): SearchPage {
    const { first, last } = this.#range;
    if (this.#terms.all.length === 0 && this.#terms.longPrefix === null) return this.#plain();
    for (let shard = shardOf(last); shard >= shardOf(first); shard--) {
      const lowest = Math.max(first, shard * SHARD_ROWS);
      const highest = Math.min(last, (shard + 1) * SHARD_ROWS - 1);
      if (hasShard(this.#database, shard)) {
        const cutAt = this.#searchShard(shard, lowest, highest);
        if (cutAt !== null) return this.#cut(cutAt);
      }
      if (lowest > first && this.#isLate()) return this.#cut(lowest);
    }
    return { hits: this.#hits, next: null, isCutShort: false };
  }

  /** Every request of the range matches. */
  #plain(): SearchPage {
    const { first, last } = this.#range;
    const rows = this.#database.all(
      'SELECT row FROM requests WHERE row BETWEEN ? AND ? ORDER BY row DESC LIMIT ?',
      first,
      last,
      this.#query.limit,
    );
    for (const found of rows) this.#take(Number(found['row']));
    return rows.length < this.#query.limit
      ? { hits: this.#hits, next: null, isCutShort: false }
      : this.#cut(Number(rows.at(-1)?.['row']));
  }

  /** Goes through one table from `highest` down. Returns the row where it stopped early; `null` at the end of it. */
  #searchShard(shard: number, lowest: number, highest: number): number | null {
    const match = this.#matchFor(shard, lowest, highest);
    let from = highest;
    while (from >= lowest) {
      const rows = this.#rows(shard, match, lowest, from);
      for (const row of rows) {
        this.#take(row);
        if (this.#hits.length >= this.#query.limit) return row;
      }
      const lowestSeen = rows.at(-1);
      if (lowestSeen === undefined || rows.length < ROWS_PER_STEP) return null;
      from = lowestSeen - 1;
      if (this.#isLate()) return lowestSeen;
    }
    return null;
  }

  /**
   * The beginning of a word without a list of its own is put together from the lists of all its words. Where the other
   * terms name few requests it is left out: each of those is compared with the whole query anyway.
   */
  #matchFor(shard: number, lowest: number, highest: number): string {
    const { all, longPrefix } = this.#terms;
    const without = all.join(' AND ');
    if (longPrefix === null) return without;
    if (all.length === 0) return longPrefix;
    const few = this.#rows(shard, without, lowest, highest);
    return few.length < ROWS_PER_STEP ? without : `${without} AND ${longPrefix}`;
  }

  /** The highest rows of a table that the index gives for `match`. They are read one by one, as far as they are needed. */
  #rows(shard: number, match: string, lowest: number, highest: number): number[] {
    const name = shardName(shard);
    return this.#database
      .all(
        `SELECT rowid FROM ${name} WHERE ${name} MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid DESC LIMIT ?`,
        match,
        lowest,
        highest,
        ROWS_PER_STEP,
      )
      .map(({ rowid }) => Number(rowid));
  }

  #take(row: number): void {
    const found = this.#database.get(`SELECT ${HIT_COLUMNS} WHERE requests.row = ?`, row);
    const hit = found === undefined ? null : hitOf(this.#database, found, this.#query.pieces);
    if (hit !== null) this.#hits.push(hit);
  }

  #isLate(): boolean {
    return performance.now() > this.#endMs;
  }

  /** Ends the page at `row`: the next one begins below it. */
  #cut(row: number): SearchPage {
    const isCutShort = this.#hits.length < this.#query.limit;
    return { hits: this.#hits, next: placeOf(this.#database, row), isCutShort };
  }
}

/** Where the lowest request from `row` on stands: below it the next page begins. */
function placeOf(database: Database, row: number): ChainCursor | null {
  const found = database.get(
    `SELECT requests.row, requests.height, first_row FROM requests
     JOIN blocks ON blocks.height = requests.height WHERE requests.row >= ? ORDER BY requests.row LIMIT 1`,
    row,
  );
  if (found === undefined) return null;
  const reader = new RowReader(database.path, 'a request');
  return {
    height: reader.integer(found, 'height'),
    index: reader.integer(found, 'row') - reader.integer(found, 'first_row'),
  };
}

export function findByPrefix(database: Database, digits: string): PrefixHits {
  const [lowest, highest] = headRange(digits);
  const reader = new RowReader(database.path, 'a block');
  // Beyond its head a hash is compared here: more than a few with one head are not to be expected.
  const begins = (row: Row, name: string): boolean => reader.hex(row, name).startsWith(digits);
  const blocks = database
    .all(
      'SELECT height, hash FROM blocks WHERE hash_head BETWEEN ? AND ? LIMIT ?',
      lowest,
      highest,
      2 * PREFIX_HITS_MAX,
    )
    .filter((row) => begins(row, 'hash'))
    .map((row) => ({ height: reader.integer(row, 'height'), hash: reader.hex(row, 'hash') }));
  const requests = database
    .all(
      `SELECT ${HIT_COLUMNS} WHERE requests.id_head BETWEEN ? AND ? LIMIT ?`,
      lowest,
      highest,
      2 * PREFIX_HITS_MAX,
    )
    .filter((row) => begins(row, 'id'))
    .flatMap((row) => hitOf(database, row, []) ?? []);
  return {
    blocks: blocks.slice(0, PREFIX_HITS_MAX),
    requests: requests.slice(0, PREFIX_HITS_MAX),
  };
}
