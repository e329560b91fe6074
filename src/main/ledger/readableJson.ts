/**
 * JSON that people read: as `JSON.stringify` with two spaces of indentation writes it, but with each row of a table in
 * one line. What it writes follows from the value alone, so a file can be compared with it to the character.
 * @module
 */

/** The JSON text of `value`, of which the first line is not indented and the others are, by `indent`. */
export function readableJson(value: unknown, indent = ''): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const items = value.map(
      (item: unknown) => `${inner}${isRow(item) ? JSON.stringify(item) : readableJson(item, inner)}`,
    );
    return items.length === 0 ? '[]' : `[\n${items.join(',\n')}\n${indent}]`;
  }
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .map(([name, field]) => `${inner}${JSON.stringify(name)}: ${readableJson(field, inner)}`);
  return fields.length === 0 ? '{}' : `{\n${fields.join(',\n')}\n${indent}}`;
}

/** Whether an item of an array is a row of cells: of plain values, and of objects with one plain value, as a number is. */
function isRow(value: unknown): boolean {
  return Array.isArray(value) && value.every((cell: unknown) => isPlain(cell) || isWrapped(cell));
}

function isWrapped(cell: unknown): boolean {
  if (typeof cell !== 'object' || cell === null || Array.isArray(cell)) return false;
  const values: unknown[] = Object.values(cell);
  return values.length === 1 && isPlain(values[0]);
}

function isPlain(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}
