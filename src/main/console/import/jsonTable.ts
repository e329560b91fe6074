/**
 * Tables in JSON: an array of flat objects, or an object with such an array named `records` and nothing else.
 *
 * The columns are the names in the order in which they first appear; names that are whole numbers come first, which
 * is how JavaScript keeps the fields of an object. A record that lacks a name has a null there. Numbers keep the
 * literal that was read, so that 1.10 stays 1.10.
 * @module
 */
import type { Cell } from '../../../shared/domain/payload.ts';
import { CountersignError } from '../../../shared/errors.ts';
import {
  FIRST_RECORD_ROW,
  cellError,
  checkColumns,
  checkCount,
  checkedText,
  type Place,
  type Table,
} from './table.ts';

/** Longest literal of a number, as in `ledger/payload.ts`. */
const NUMBER_CHARS_MAX = 64;

/** A number as it was written. A class of its own, so that no object of the file can pass for one. */
class NumberLiteral {
  readonly literal: string;
  constructor(literal: string) {
    this.literal = literal;
  }
}

/** ECMAScript 2026, "JSON.parse source text access": what the reviver is told beside the value. */
type ParseWithSource = (
  text: string,
  reviver: (key: string, value: unknown, context?: { readonly source?: string }) => unknown,
) => unknown;

/** The table in a JSON text. Throws the `import.*` errors. */
export function parseJsonTable(name: string, text: string): Table {
  const objects = recordsOf(name, parse(name, text));
  checkCount(name, objects.length);
  const columns = columnsOf(objects);
  if (columns.length === 0) throw new CountersignError('import.empty', { name });
  checkColumns(name, columns);
  const records = objects.map((object, index) => {
    const row = index + FIRST_RECORD_ROW;
    return columns.map((column) => cellOf(object.get(column) ?? null, { name, row, column }));
  });
  return { columns, records };
}

function parse(name: string, text: string): unknown {
  try {
    return (JSON.parse as ParseWithSource)(text, (_key, value, context) =>
      typeof value === 'number' ? new NumberLiteral(context?.source ?? String(value)) : value,
    );
  } catch (error) {
    const problem = error instanceof Error ? error.message : 'is not JSON';
    // V8 names the line in its message, where the error has one.
    const line = /\(line (\d+) column \d+\)/.exec(problem)?.[1];
    throw new CountersignError('import.syntax', { name, row: Number(line ?? 1), problem }, { cause: error });
  }
}

function recordsOf(name: string, value: unknown): ReadonlyMap<string, unknown>[] {
  const fields = fieldsOf(value);
  const list: unknown = fields?.size === 1 ? fields.get('records') : value;
  if (!Array.isArray(list)) {
    const problem = 'must be an array of records, or an object with the array "records" alone';
    throw new CountersignError('import.syntax', { name, row: 1, problem });
  }
  return list.map((element: unknown, index) => {
    const object = fieldsOf(element);
    if (object !== undefined) return object;
    throw new CountersignError('import.syntax', {
      name,
      row: index + FIRST_RECORD_ROW,
      problem: 'a record must be an object',
    });
  });
}

/** The own fields of a JSON object; `undefined` for anything else. A map has no prototype that a name could reach. */
function fieldsOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value) || value instanceof NumberLiteral) return undefined;
  return new Map(Object.entries(value));
}

function columnsOf(objects: readonly ReadonlyMap<string, unknown>[]): string[] {
  const names = new Set<string>();
  for (const object of objects) for (const key of object.keys()) names.add(key);
  return [...names];
}

function cellOf(value: unknown, place: Place): Cell {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'string') return checkedText(value, place);
  if (value instanceof NumberLiteral) {
    if (value.literal.length <= NUMBER_CHARS_MAX) return { number: value.literal };
    throw cellError(place, `is a number of more than ${String(NUMBER_CHARS_MAX)} characters`);
  }
  throw cellError(place, 'must be text, a number, true, false or null');
}
