/**
 * The table that an imported file holds, and what every cell of it must keep, whatever the file's format.
 * @module
 */
import { CELL_CHARS_MAX, COLUMNS_MAX, RECORDS_MAX } from '../../ledger/payload.ts';
import { NAME_CHARS_MAX } from '../../ledger/limits.ts';
import type { AssessmentsPayload, Cell } from '../../../shared/domain/payload.ts';
import { CountersignError } from '../../../shared/errors.ts';
import { isFormula } from './formula.ts';

/** Columns and records as a batch of assessments has them. */
export type Table = Pick<AssessmentsPayload, 'columns' | 'records'>;

/** Where a cell stands. Rows count from 1 and include the header, as a spreadsheet shows them. */
export interface Place {
  readonly name: string;
  readonly row: number;
  readonly column: string;
}

/** Row of the first record: the header is row 1. */
export const FIRST_RECORD_ROW = 2;

/** How much of a cell an error shows, in UTF-16 code units. */
const SHOWN_CHARS_MAX = 100;

/** Throws `import.header` or `import.formula` unless `columns` can head a table: named, told apart, not too many. */
export function checkColumns(name: string, columns: readonly string[]): void {
  const fail = (index: number, problem: string): never => {
    throw new CountersignError('import.header', { name, column: index + 1, problem });
  };
  const seen = new Map<string, number>();
  for (const [index, column] of columns.entries()) {
    if (index >= COLUMNS_MAX) fail(index, `a batch has at most ${String(COLUMNS_MAX)} columns`);
    // Names that differ only in blanks at their ends look the same to whoever signs.
    const visible = column.trim();
    if (visible === '') fail(index, 'has no name');
    if (column.length > NAME_CHARS_MAX) fail(index, `has more than ${String(NAME_CHARS_MAX)} characters`);
    const problem = textProblem(column);
    if (problem !== undefined) fail(index, problem);
    const first = seen.get(visible);
    if (first !== undefined) fail(index, `has the name of column ${String(first + 1)}`);
    seen.set(visible, index);
    checkFormula(column, { name, row: 1, column });
  }
}

/** The text of a cell. Throws `import.cell` or `import.formula` for what cannot be in one. */
export function checkedText(value: string, place: Place): Cell {
  if (value.length > CELL_CHARS_MAX)
    throw cellError(place, `has more than ${String(CELL_CHARS_MAX)} characters`);
  const problem = textProblem(value);
  if (problem !== undefined) throw cellError(place, problem);
  checkFormula(value, place);
  return value;
}

/** Throws `import.empty` or `import.tooManyRows` unless a batch can have `count` records. */
export function checkCount(name: string, count: number): void {
  if (count === 0) throw new CountersignError('import.empty', { name });
  if (count > RECORDS_MAX) {
    throw new CountersignError('import.tooManyRows', { name, rows: count, maxRows: RECORDS_MAX });
  }
}

export function cellError(place: Place, problem: string): CountersignError<'import.cell'> {
  return new CountersignError('import.cell', { ...place, problem });
}

function checkFormula(value: string, place: Place): void {
  if (!isFormula(value)) return;
  const cell = value.slice(0, SHOWN_CHARS_MAX).toWellFormed();
  throw new CountersignError('import.formula', { ...place, cell });
}

function textProblem(value: string): string | undefined {
  if (!value.isWellFormed()) return 'holds half of a surrogate pair';
  if (value.startsWith('\ufeff')) return 'begins with a byte order mark';
  for (let index = 0; index < value.length; index++) {
    if (isControl(value.charCodeAt(index))) return 'holds a control character';
  }
  return undefined;
}

/** Control characters, apart from tabs and line ends, which cells of spreadsheets do hold. */
function isControl(code: number): boolean {
  const DELETE = 0x7f;
  const BLANK = 0x20;
  if (code >= BLANK) return code === DELETE;
  return code !== 0x09 && code !== 0x0a && code !== 0x0d;
}
