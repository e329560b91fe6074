/**
 * Canonical bytes as people can read them: the diagnostic notation of CBOR (RFC 8949, section 8), indented.
 * @module
 */
import { toHex } from '../../../shared/encoding/hex.ts';
import type { Item } from '../../../shared/encoding/codec.ts';
import { hidesSomething } from '../../../shared/text/visible.ts';

/** Longest text, in UTF-16 code units. What is longer is cut, and said to be. */
export const CANONICAL_TEXT_CHARS_MAX = 64 * 1024;
/** Most bytes shown in hex. */
export const BYTES_SHOWN_MAX = 4 * 1024;

/** An item in diagnostic notation; `cut` where it goes on beyond `CANONICAL_TEXT_CHARS_MAX`. */
export function canonicalText(item: Item): { text: string; cut: boolean } {
  let text = '';
  for (const piece of pieces(item, '')) {
    text += piece;
    // The rest of a large batch is not even written.
    if (text.length > CANONICAL_TEXT_CHARS_MAX) {
      return { text: text.slice(0, CANONICAL_TEXT_CHARS_MAX).toWellFormed(), cut: true };
    }
  }
  return { text, cut: false };
}

/** The first bytes in hex. */
export function bytesHex(bytes: Uint8Array): string {
  return toHex(bytes.subarray(0, BYTES_SHOWN_MAX));
}

function* pieces(item: Item, indent: string): Generator<string> {
  if (item === null || typeof item === 'boolean' || typeof item === 'number') yield String(item);
  else if (typeof item === 'string') yield quoted(item);
  else if (item instanceof Uint8Array) yield `h'${toHex(item)}'`;
  else if (item.every(isShort)) yield* inline(item);
  else yield* lines(item, indent);
}

function* inline(items: readonly Item[]): Generator<string> {
  yield '[';
  for (const [index, item] of items.entries()) {
    if (index > 0) yield ', ';
    yield* pieces(item, '');
  }
  yield ']';
}

function* lines(items: readonly Item[], indent: string): Generator<string> {
  const inner = `${indent}  `;
  yield '[\n';
  for (const [index, item] of items.entries()) {
    yield inner;
    yield* pieces(item, inner);
    yield index === items.length - 1 ? '\n' : ',\n';
  }
  yield `${indent}]`;
}

/** Whether an item can share a line with others: an array of such items, as a record is, becomes one line. */
function isShort(item: Item): boolean {
  const CHARS_MAX = 24;
  if (typeof item === 'string') return item.length <= CHARS_MAX;
  if (item instanceof Uint8Array) return false;
  if (typeof item !== 'object' || item === null) return true;
  return item.length <= 1 && item.every((inner) => !Array.isArray(inner) && isShort(inner));
}

/** As JSON writes it, and with every character that does not show as an escape. */
function quoted(text: string): string {
  const escaped = JSON.stringify(text);
  if (!hidesSomething(escaped)) return escaped;
  return Array.from(escaped, (character) => (hidesSomething(character) ? escape(character) : character)).join(
    '',
  );
}

function escape(character: string): string {
  const HEX_RADIX = 16;
  const DIGITS = 4;
  return Array.from({ length: character.length }, (_, index) => {
    const unit = character.charCodeAt(index).toString(HEX_RADIX).padStart(DIGITS, '0');
    return `\\u${unit}`;
  }).join('');
}
