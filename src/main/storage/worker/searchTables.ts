/**
 * The tables of `search.sqlite`.
 *
 * Requests are numbered in the order of the chain (`row`), so that an order by row is one by age, and a range of heights
 * or times is a range of rows. Their terms are in tables of `SHARD_ROWS` rows each, made when they are first needed:
 * newest first, one is asked after the other until the page is full. That bounds what one statement can cost, which
 * SQLite cannot be told to stop: a word that begins with common letters, or words that are common and never together,
 * would otherwise be gone through over all of the ledger at once. Merging stays within a table as well.
 *
 * The tables of terms keep no text (`content=''`) and no positions (`detail=none`): what they name is compared with the
 * text itself. Terms come ready from `searchWords.ts`, parted by spaces. Short beginnings of words have lists of their
 * own (`prefix`); longer ones are put together from those of the words.
 * @module
 */
import type { Database, FileFormat } from './sqlite.ts';

/** Requests of one table of terms. */
export const SHARD_ROWS = 65_536;

/** Beginnings of words, in characters, that have lists of their own. */
const PREFIXES = '1 2 3';

export const SEARCH_FORMAT: FileFormat = {
  // 'CSSR'
  applicationId: 0x43535352,
  version: 1,
  isDerived: true,
  tables: `
    CREATE TABLE standing (
      name TEXT PRIMARY KEY,
      value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE blocks (
      height INTEGER PRIMARY KEY,
      time_ms INTEGER NOT NULL,
      first_row INTEGER NOT NULL,
      request_count INTEGER NOT NULL,
      hash_head INTEGER NOT NULL,
      hash BLOB NOT NULL
    ) STRICT;
    CREATE INDEX blocks_by_hash ON blocks (hash_head);

    CREATE TABLE supervisors (
      number INTEGER PRIMARY KEY,
      public_key BLOB NOT NULL UNIQUE
    ) STRICT;

    CREATE TABLE requests (
      row INTEGER PRIMARY KEY,
      id_head INTEGER NOT NULL,
      id BLOB NOT NULL,
      height INTEGER NOT NULL,
      supervisor INTEGER NOT NULL,
      kind TEXT NOT NULL,
      timestamp_ms INTEGER NOT NULL,
      count INTEGER NOT NULL,
      size_bytes INTEGER NOT NULL,
      texts TEXT NOT NULL
    ) STRICT;
    CREATE INDEX requests_by_id ON requests (id_head);
  `,
};

/** Which table of terms has `row`. */
export function shardOf(row: number): number {
  return Math.floor(row / SHARD_ROWS);
}

/** The name of a table of terms. */
export function shardName(shard: number): string {
  return `terms_${shard}`;
}

/** Makes a table of terms, if it is not there. */
export function makeShard(database: Database, shard: number): void {
  database.exec(
    `CREATE VIRTUAL TABLE IF NOT EXISTS ${shardName(shard)} USING fts5(
       terms, content='', contentless_delete=1, detail=none, tokenize='ascii', prefix='${PREFIXES}'
     )`,
  );
}

/** Whether there is such a table of terms. */
export function hasShard(database: Database, shard: number): boolean {
  const row = database.get("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", shardName(shard));
  return row !== undefined;
}

/** Begins a term that stands for no word: no letter or digit is one of its characters. */
const TAG = '\uE000';

/** The term of every request of a supervisor. */
export function supervisorTag(number: number): string {
  return `${TAG}s${number}`;
}

/** The term of every request of a kind. */
export function kindTag(kind: string): string {
  return `${TAG}k${kind}`;
}

const HEAD_DIGITS = 8;

/** The first 32 bits of a hash, by which it is indexed. */
export function headOf(digits: string): number {
  return Number.parseInt(digits.slice(0, HEAD_DIGITS), 16);
}

/** The heads that begin with `digits`, both inclusive. */
export function headRange(digits: string): readonly [number, number] {
  const head = digits.slice(0, HEAD_DIGITS);
  return [headOf(head.padEnd(HEAD_DIGITS, '0')), headOf(head.padEnd(HEAD_DIGITS, 'f'))];
}
