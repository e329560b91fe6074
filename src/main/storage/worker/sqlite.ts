/**
 * One SQLite file: opened with the settings that durability needs, its errors in the words of `ErrorData`.
 * @module
 */
import { closeSync, existsSync, fsyncSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { CountersignError, toPlainError } from '../../../shared/errors.ts';
import { isOwn } from '../fileErrors.ts';
import type { OnProgress } from '../progress.ts';
import { checkWriteAheadLog } from './walCheck.ts';

/** A row as SQLite gives it. `column.ts` takes typed values out. */
export type Row = Readonly<Record<string, SQLOutputValue>>;

/** What a file holds: how it is told from others, and how it is made. */
export interface FileFormat {
  /** SQLite's application id: four letters as a number. */
  readonly applicationId: number;
  /** Version of the tables. A file of a higher one is refused. */
  readonly version: number;
  /** Statements that make the tables of a new file. */
  readonly tables: string;
  /**
   * Whether all of it can be made again from another file. Then a crash may cost the last commits (never their order),
   * which is what makes them cheap, and damage is found when it is read.
   */
  readonly isDerived?: boolean;
}

/** Bytes of one page: SQLite's own default. */
const PAGE_BYTES = 4_096;
/** Page cache, in KiB: holds the inner pages of the indexes of a million requests. */
const CACHE_KIB = 16 * 1_024;
/** The write-ahead log is cut back to this after one large commit. */
const WAL_BYTES_KEPT = 64 * 1_024 * 1_024;
/** Files up to this size are checked in full when opened, indexes included: about a second. Others by `load` alone. */
export const INTEGRITY_CHECK_BYTES_MAX = 64 * 1_024 * 1_024;
/** Only the user of the replica may read what it keeps. */
const FILE_MODE = 0o600;

/**
 * Opens the file at `path`, making it where there is none. `maxSizeBytes`: see `openLedgerStore`. `report` is told how
 * far the check of its log is.
 */
export function openDatabase(
  path: string,
  format: FileFormat,
  maxSizeBytes: number | null,
  report?: OnProgress,
): Database {
  try {
    makePrivate(path);
    if (format.isDerived !== true) checkWriteAheadLog(path, report);
    const database = new Database(path, new DatabaseSync(path));
    try {
      configure(database, maxSizeBytes, format.isDerived === true);
      checkFormat(database, format);
      if (format.isDerived !== true) checkIntegrity(database);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    throw storageError(path, error);
  }
}

function makePrivate(path: string): void {
  const isNew = !existsSync(path);
  closeSync(openSync(path, 'a', FILE_MODE));
  if (!isNew || process.platform === 'win32') return;
  const directory = openSync(dirname(path), 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function configure(database: Database, maxSizeBytes: number | null, isDerived: boolean): void {
  // Exclusive locking before the first access: no second process on the file, and no shared-memory file.
  database.exec('PRAGMA locking_mode = EXCLUSIVE');
  database.exec('PRAGMA journal_mode = WAL');
  database.exec(`PRAGMA synchronous = ${isDerived ? 'NORMAL' : 'FULL'}`);
  database.exec('PRAGMA fullfsync = ON');
  database.exec('PRAGMA checkpoint_fullfsync = ON');
  database.exec('PRAGMA cell_size_check = ON');
  database.exec('PRAGMA trusted_schema = OFF');
  database.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
  database.exec(`PRAGMA journal_size_limit = ${WAL_BYTES_KEPT}`);
  if (maxSizeBytes !== null) {
    database.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxSizeBytes / PAGE_BYTES))}`);
  }
}

function checkFormat(database: Database, format: FileFormat): void {
  const applicationId = database.pragma('application_id');
  const version = database.pragma('user_version');
  const tables = database.get('SELECT count(*) AS value FROM sqlite_schema')?.['value'];
  if (applicationId === 0 && version === 0 && tables === 0) {
    database.transaction(() => {
      database.exec(format.tables);
      database.exec(`PRAGMA application_id = ${format.applicationId}`);
      database.exec(`PRAGMA user_version = ${format.version}`);
    });
    return;
  }
  if (applicationId !== format.applicationId) {
    throw corrupt(database.path, 'it is not a file of this kind');
  }
  if (version > format.version) {
    const data = { path: database.path, found: version, known: format.version };
    throw new CountersignError('storage.newerSchema', data);
  }
  if (version !== format.version) {
    throw corrupt(
      database.path,
      `its version ${version} is not the ${format.version} that this program reads`,
    );
  }
}

function checkIntegrity(database: Database): void {
  if (database.sizeBytes() > INTEGRITY_CHECK_BYTES_MAX) return;
  const found = database.get('PRAGMA integrity_check(1)')?.['integrity_check'];
  if (found !== 'ok') throw corrupt(database.path, String(found));
}

/** An open file. Every method throws a `storage.*` error. */
export class Database {
  readonly path: string;
  readonly #db: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #broken: CountersignError | undefined;

  constructor(path: string, db: DatabaseSync) {
    this.path = path;
    this.#db = db;
  }

  exec(sql: string): void {
    this.#mapped(() => this.#db.exec(sql));
  }

  /** The first row. `sql` must be one of few texts: its statement is kept. */
  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#mapped(() => this.#statement(sql).get(...values));
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#mapped(() => this.#statement(sql).all(...values));
  }

  /** Row after row, for results that should not be in memory at once. Nothing may be written meanwhile. */
  each(sql: string, values: readonly SQLInputValue[], visit: (row: Row) => void): void {
    this.#mapped(() => {
      for (const row of this.#statement(sql).iterate(...values)) visit(row);
    });
  }

  /** Carries out a change and returns how many rows it changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return this.#mapped(() => Number(this.#statement(sql).run(...values).changes));
  }

  pragma(name: 'application_id' | 'user_version' | 'page_count' | 'page_size'): number {
    return Number(this.get(`PRAGMA ${name}`)?.[name]);
  }

  /** All of `work`, durably, or nothing of it. */
  transaction(work: () => void): void {
    if (this.#broken !== undefined) throw this.#broken;
    try {
      this.exec('BEGIN IMMEDIATE');
      work();
      this.exec('COMMIT');
    } catch (error) {
      this.#undo(error);
      throw error;
    }
  }

  /** Bytes on disk, the write-ahead log included. */
  sizeBytes(): number {
    const log = statSync(`${this.path}-wal`, { throwIfNoEntry: false });
    return this.pragma('page_count') * this.pragma('page_size') + (log?.size ?? 0);
  }

  close(): void {
    this.#statements.clear();
    this.#mapped(() => this.#db.close());
  }

  #undo(error: unknown): void {
    try {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
    } catch (failure) {
      this.#broken = storageError(this.path, failure);
    }
    // After a failed write or sync the system may drop the pages and report success the next time: write no more.
    if (error instanceof CountersignError && error.code === 'storage.failed') this.#broken ??= error;
  }

  #statement(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #mapped<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw storageError(this.path, error);
    }
  }
}

/** Data that is not what was written. `found` says where; the person at the replica reads what to do. */
export function corrupt(path: string, found: string): CountersignError<'storage.corrupt'> {
  const instructions =
    'Stop the program, keep a copy of the data directory, and restore it from a backup; without one, move this ' +
    'file and its -wal file away: a replica then fetches the ledger from the others and counts as faulty until ' +
    'it has caught up.';
  return new CountersignError('storage.corrupt', {
    path,
    problem: `${found.slice(0, 200)}. ${instructions}`,
  });
}

/** SQLite's result codes (sqlite.org/rescode.html) that mean something to people. */
const SQLITE_BUSY = 5;
const SQLITE_READONLY = 8;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_NOTADB = 26;
/** Node's code for a number beyond 2^53, which is never written. */
const NUMBER_TOO_LARGE = 'ERR_OUT_OF_RANGE';

/** `error` as a `storage.*` error, unless it is one of ours already. */
export function storageError(path: string, error: unknown): CountersignError {
  if (isOwn(error)) return error;
  const problem = error instanceof Error ? error.message : String(error);
  const { code, errcode } = error as { readonly code?: unknown; readonly errcode?: unknown };
  // The low byte is the primary code.
  switch (typeof errcode === 'number' ? errcode % 256 : code) {
    case SQLITE_FULL:
    case 'ENOSPC':
    case 'EDQUOT':
      return new CountersignError('storage.full', { path }, { cause: error });
    case SQLITE_READONLY:
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return new CountersignError('storage.readOnly', { path }, { cause: error });
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case NUMBER_TOO_LARGE:
      return corrupt(path, problem);
    case SQLITE_BUSY:
      return new CountersignError('storage.failed', { path, problem: 'another process has it open' });
    default:
      return new CountersignError('storage.failed', { path, problem }, { cause: error });
  }
}

/** Runs `work`, which reads what is stored: what it cannot decode is not what was written. */
export function decoding<T>(path: string, what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const plain = toPlainError(error);
    if (plain.code.startsWith('storage.')) throw error;
    throw corrupt(path, `${what}: ${JSON.stringify(plain)}`);
  }
}
