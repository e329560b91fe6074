/**
 * Which rows of the search index lie within the heights and times that are asked for.
 * @module
 */
import type { IndexQuery } from '../searchIndex.ts';
import { RowReader } from './column.ts';
import type { Database } from './sqlite.ts';
import { readTip } from './searchWrite.ts';

/** Rows, both inclusive. */
export interface RowRange {
  readonly first: number;
  readonly last: number;
}

interface Place {
  readonly timeMs: number;
  readonly firstRow: number;
  readonly requests: number;
}

/** The rows that the query leaves to look at; `null` where there are none. */
export function rowsOf(database: Database, query: IndexQuery): RowRange | null {
  const tip = readTip(database).height;
  const { fromHeight = 1, toHeight = tip, fromMs, toMs, before } = query;
  let lowest = Math.max(1, fromHeight);
  let highest = Math.min(tip, toHeight);
  if (fromMs !== undefined)
    lowest = Math.max(
      lowest,
      firstHeightWhere(database, tip, (ms) => ms >= fromMs),
    );
  if (toMs !== undefined) highest = Math.min(highest, firstHeightWhere(database, tip, (ms) => ms > toMs) - 1);
  if (before !== undefined) highest = Math.min(highest, before.height);
  if (lowest > highest) return null;
  const bottom = placeAt(database, lowest);
  const top = placeAt(database, highest);
  const isWithin = before?.height === highest && before.index < top.requests;
  const last = top.firstRow + (isWithin ? before.index : top.requests) - 1;
  return last < bottom.firstRow ? null : { first: bottom.firstRow, last };
}

/** The lowest height whose time `holds`, above `tip` where none does. Times never fall from block to block. */
function firstHeightWhere(database: Database, tip: number, holds: (timeMs: number) => boolean): number {
  let low = 1;
  let high = tip + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (holds(placeAt(database, middle).timeMs)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function placeAt(database: Database, height: number): Place {
  const reader = new RowReader(database.path, `block ${height}`);
  const row = database.get('SELECT time_ms, first_row, request_count FROM blocks WHERE height = ?', height);
  if (row === undefined) return reader.fail('is missing');
  return {
    timeMs: reader.integer(row, 'time_ms'),
    firstRow: reader.integer(row, 'first_row'),
    requests: reader.integer(row, 'request_count'),
  };
}
