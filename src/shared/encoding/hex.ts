/**
 * Bytes as lowercase hexadecimal text.
 *
 * Hashes, keys and signatures are kept as hex strings inside the program, because strings compare, sort and
 * serve as map keys by value; they are bytes only on the wire, on disk and inside digests.
 * @module
 */

/** Lowercase hexadecimal text, two digits for each byte. */
export type Hex = string;

const DIGITS_PER_BYTE = 2;
const byteToHex: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(DIGITS_PER_BYTE, '0'),
);

/** The lowercase hexadecimal text of `bytes`. */
export function toHex(bytes: Uint8Array): Hex {
  let text = '';
  for (const byte of bytes) text += byteToHex[byte] ?? '';
  return text;
}

/** The bytes that `hex` stands for. Throws a `RangeError` unless `isHex(hex)`. */
export function fromHex(hex: Hex): Uint8Array {
  if (!isHex(hex)) throw new RangeError('expected lowercase hexadecimal text of whole bytes');
  const bytes = new Uint8Array(hex.length / DIGITS_PER_BYTE);
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = (digitValue(hex.charCodeAt(2 * index)) << 4) | digitValue(hex.charCodeAt(2 * index + 1));
  }
  return bytes;
}

/** Whether `text` is lowercase hexadecimal of whole bytes, of exactly `lengthBytes` bytes where that is given. */
export function isHex(text: string, lengthBytes?: number): boolean {
  if (lengthBytes !== undefined && text.length !== lengthBytes * DIGITS_PER_BYTE) return false;
  return text.length % DIGITS_PER_BYTE === 0 && /^[0-9a-f]*$/.test(text);
}

function digitValue(charCode: number): number {
  const DIGIT_ZERO = 48;
  const DIGIT_NINE = 57;
  const LETTER_A_MINUS_TEN = 87;
  return charCode <= DIGIT_NINE ? charCode - DIGIT_ZERO : charCode - LETTER_A_MINUS_TEN;
}
