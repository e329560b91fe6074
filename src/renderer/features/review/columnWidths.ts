/**
 * How wide each column of a table of records is, from its name and its first records.
 * @module
 */
import type { Cell } from '../../../shared/domain/payload.ts';

/** Generous width of one character of the page's font at 14 pixels. */
export const CHAR_PX = 8;
/** In characters: narrow enough for many columns, wide enough for a sentence, which then wraps. */
const NARROWEST_CHARS = 6;
const WIDEST_CHARS = 42;
/** Names of columns are bold. */
const BOLDNESS = 1.15;
/** Room for the cell's padding. */
const PADDING_CHARS = 3;
/** Characters that take the room of two. */
const WIDE = /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60]/gu;

/** The text of a cell: a number as its literal. */
export function cellText(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'object') return cell.number;
  return String(cell);
}

/** Widths in pixels, one for each column. */
export function columnWidths(columns: readonly string[], sample: readonly (readonly Cell[])[]): number[] {
  return columns.map((name, index) => {
    const longest = Math.max(
      Math.ceil(roomOf(name) * BOLDNESS),
      ...sample.map((record) => roomOf(cellText(record[index] ?? null))),
      NARROWEST_CHARS,
    );
    return (Math.min(longest, WIDEST_CHARS) + PADDING_CHARS) * CHAR_PX;
  });
}

/** Characters of the usual width that `text` takes the room of. */
export function roomOf(text: string): number {
  return text.length + (text.match(WIDE)?.length ?? 0);
}
