/**
 * What a ledger store may be asked. Every implementation checks it, so that none is more patient than another.
 * @module
 */
import { isHex, type Hex } from '../../shared/encoding/hex.ts';
import { DIGEST_BYTES, PUBLIC_KEY_BYTES } from '../ledger/hash.ts';
import { IDS_MAX, PAGE_MAX, type RequestSearch } from './ledgerStore.ts';
import { checkIdPrefix, checkInteger } from './limits.ts';

const HEIGHT_MAX = Number.MAX_SAFE_INTEGER;

/** Throws a `RangeError` unless both are heights. An empty range is one. */
export function checkRange(fromHeight: number, toHeight: number): void {
  checkInteger('fromHeight', fromHeight, 0, HEIGHT_MAX);
  checkInteger('toHeight', toHeight, 0, HEIGHT_MAX);
}

/** Throws a `RangeError` unless `limit` is that of a page. */
export function checkLimit(limit: number): void {
  checkInteger('limit', limit, 1, PAGE_MAX);
}

/** Throws a `RangeError` unless `hash` is that of a block. */
export function checkHash(hash: Hex): void {
  if (!isHex(hash, DIGEST_BYTES)) throw new RangeError('a hash is 64 digits of lowercase hexadecimal');
}

/** Throws a `RangeError` for too many ids or what is none. */
export function checkIds(ids: readonly Hex[]): void {
  checkInteger('number of ids', ids.length, 0, IDS_MAX);
  for (const id of ids) {
    if (!isHex(id, DIGEST_BYTES)) throw new RangeError('an id is 64 digits of lowercase hexadecimal');
  }
}

/** Throws a `RangeError` for a search that is not one. */
export function checkSearch({ idPrefix, supervisor, fromMs, toMs, limit, before }: RequestSearch): void {
  checkLimit(limit);
  if (idPrefix !== undefined) checkIdPrefix(idPrefix);
  if (supervisor !== undefined && !isHex(supervisor, PUBLIC_KEY_BYTES)) {
    throw new RangeError('a supervisor is 64 digits of lowercase hexadecimal');
  }
  checkInteger('fromMs', fromMs ?? 0, 0, Number.MAX_SAFE_INTEGER);
  checkInteger('toMs', toMs ?? 0, 0, Number.MAX_SAFE_INTEGER);
  if (before !== undefined) {
    checkInteger('height', before.height, 0, HEIGHT_MAX);
    checkInteger('index', before.index, 0, HEIGHT_MAX);
  }
}
