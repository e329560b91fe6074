/**
 * Typed values out of rows, and the check that each row carries against rot.
 *
 * SQLite has no checksums in its pages: a flipped bit in a column is read back as another value. So every row holds
 * a short digest of its columns.
 * @module
 */
import { fromHex, toHex, type Hex } from '../../../shared/encoding/hex.ts';
import { digest } from '../../ledger/hash.ts';
import { corrupt, type Row } from './sqlite.ts';

/** Length of a row's check: enough against accidents. Against an adversary stand the hashes and signatures. */
const CHECK_BYTES = 8;
const utf8 = new TextEncoder();

/** The check of a row whose columns have these values. */
export function rowCheck(...values: readonly (string | number | null)[]): Uint8Array {
  return digest('countersign/row/1', utf8.encode(JSON.stringify(values))).slice(0, CHECK_BYTES);
}

/** The check of a long byte string, which goes into that of its row. */
export function bytesCheck(bytes: Uint8Array): Uint8Array {
  return digest('countersign/row-bytes/1', bytes).slice(0, CHECK_BYTES);
}

/** Reads the columns of rows of the file at `path`; `what` names the rows. Throws `storage.corrupt`. */
export class RowReader {
  readonly path: string;
  readonly #what: string;

  constructor(path: string, what: string) {
    this.path = path;
    this.#what = what;
  }

  integer(row: Row, name: string): number {
    const value = row[name];
    return typeof value === 'number' ? value : this.fail(`${name} is not a number`);
  }

  integerOrNull(row: Row, name: string): number | null {
    return row[name] === null ? null : this.integer(row, name);
  }

  text(row: Row, name: string): string {
    const value = row[name];
    return typeof value === 'string' ? value : this.fail(`${name} is not text`);
  }

  bytes(row: Row, name: string): Uint8Array {
    const value = row[name];
    return value instanceof Uint8Array ? value : this.fail(`${name} is not bytes`);
  }

  hex(row: Row, name: string): Hex {
    return toHex(this.bytes(row, name));
  }

  hexOrNull(row: Row, name: string): Hex | null {
    return row[name] === null ? null : this.hex(row, name);
  }

  /** Throws unless the column `name` holds `check`. */
  checked(row: Row, name: string, check: Uint8Array): void {
    if (this.hex(row, name) !== toHex(check)) this.fail(`${name} does not match`);
  }

  fail(problem: string): never {
    throw corrupt(this.path, `${this.#what}: ${problem}`);
  }
}

/** The bytes of `hex`, or `null`. */
export function bytesOrNull(hex: Hex | null): Uint8Array | null {
  return hex === null ? null : fromHex(hex);
}
