/**
 * Bytes of a text file as text: UTF-8, with or without a byte order mark, or UTF-16 with one. Nothing is guessed and
 * nothing is replaced: a byte that does not fit is an error with its place.
 * @module
 */
import { CountersignError } from '../../../shared/errors.ts';

/** The text in `bytes`, without its byte order mark. Throws `import.encoding` with the offset of the first error. */
export function decodeText(name: string, bytes: Uint8Array): string {
  const encoding = encodingOf(bytes);
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (error) {
    const offsetBytes = encoding === 'utf-8' ? utf8Error(bytes) : utf16Error(bytes, encoding === 'utf-16le');
    throw new CountersignError('import.encoding', { name, offsetBytes }, { cause: error });
  }
}

function encodingOf([first, second]: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
}

/** Offset of the first ill-formed sequence: Unicode 16, table 3-7. */
function utf8Error(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const length = utf8Length(bytes, at);
    if (length === 0) return at;
    at += length;
  }
  return at;
}

/** Length of the well-formed sequence at `at`; 0 where there is none. */
function utf8Length(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0;
  if (lead < 0x80) return 1;
  const length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  const [low, high] = secondByteRange(lead);
  for (let offset = 1; offset < length; offset++) {
    const byte = bytes[at + offset];
    if (byte === undefined) return 0;
    const inRange = offset === 1 ? byte >= low && byte <= high : byte >= 0x80 && byte <= 0xbf;
    if (!inRange) return 0;
  }
  return length;
}

/** Keeps out overlong forms, surrogates and what lies above U+10FFFF. */
function secondByteRange(lead: number): readonly [low: number, high: number] {
  if (lead === 0xe0) return [0xa0, 0xbf];
  if (lead === 0xed) return [0x80, 0x9f];
  if (lead === 0xf0) return [0x90, 0xbf];
  return lead === 0xf4 ? [0x80, 0x8f] : [0x80, 0xbf];
}

/** Offset of the first half of a surrogate pair that stands alone, or of the byte that is left over. */
function utf16Error(bytes: Uint8Array, littleEndian: boolean): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const unitAt = (at: number): number => (at + 2 <= bytes.length ? view.getUint16(at, littleEndian) : 0);
  const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
  const isLow = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;
  let at = 0;
  while (at + 2 <= bytes.length) {
    const unit = unitAt(at);
    if (isLow(unit) || (isHigh(unit) && !isLow(unitAt(at + 2)))) return at;
    at += isHigh(unit) ? 4 : 2;
  }
  return at;
}
