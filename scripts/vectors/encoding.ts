/**
 * Vectors of the canonical encoding: values with their bytes, and bytes that no decoder may accept. They are written
 * by hand from RFC 8949, not taken from the implementation.
 * @module
 */

const text = (length: number): string => 'a'.repeat(length);
const hexText = (length: number): string => '61'.repeat(length);

/** A byte string in the vectors, where a text could stand as well. */
const bytes = (hex: string): { bytes: string } => ({ bytes: hex });

const values: [what: string, value: unknown, hex: string][] = [
  ['the least integer', 0, '00'],
  ['the greatest integer within the first byte', 23, '17'],
  ['the least integer of one byte more', 24, '1818'],
  ['the greatest of one byte more', 255, '18ff'],
  ['the least of two bytes more', 256, '190100'],
  ['the greatest of two bytes more', 65_535, '19ffff'],
  ['the least of four bytes more', 65_536, '1a00010000'],
  ['the greatest of four bytes more', 4_294_967_295, '1affffffff'],
  ['the least of eight bytes more', 4_294_967_296, '1b0000000100000000'],
  ['the greatest integer, 2^53-1', Number.MAX_SAFE_INTEGER, '1b001fffffffffffff'],
  ['true', true, 'f5'],
  ['false', false, 'f4'],
  ['null', null, 'f6'],
  ['no text', '', '60'],
  ['text', 'Countersign', '6b436f756e7465727369676e'],
  ['Chinese text', '审查员', '69e5aea1e69fa5e59198'],
  ['text beyond the basic plane', '😀', '64f09f9880'],
  ['text with an accent as a mark of its own: not normalised', 'e\u0301', '6365cc81'],
  ['the longest text with a short head', text(23), `77${hexText(23)}`],
  ['the shortest text with a longer head', text(24), `7818${hexText(24)}`],
  ['no bytes', bytes(''), '40'],
  ['bytes', bytes('00ff'), '4200ff'],
  ['a digest', bytes('ab'.repeat(32)), `5820${'ab'.repeat(32)}`],
  ['a signature', bytes('cd'.repeat(64)), `5840${'cd'.repeat(64)}`],
  ['no elements', [], '80'],
  ['an array of every kind', [1, 'a', bytes('01'), true, null, [[]]], '860161614101f5f68180'],
  ['an array with a longer head', Array.from({ length: 24 }, () => 0), `9818${'00'.repeat(24)}`],
];

const invalid: [reason: string, hex: string][] = [
  ['nothing at all', ''],
  ['an integer that is not in its shortest form', '1817'],
  ['an integer that is not in its shortest form', '1900ff'],
  ['an integer that is not in its shortest form', '1a0000ffff'],
  ['an integer that is not in its shortest form', '1b00000000ffffffff'],
  ['an integer above 2^53-1', '1b0020000000000000'],
  ['an integer above 2^53-1', '1bffffffffffffffff'],
  ['a negative integer', '20'],
  ['a negative integer', '3818'],
  ['a length that is not in its shortest form (text)', '780161'],
  ['a length that is not in its shortest form (bytes)', '580101'],
  ['a length that is not in its shortest form (array)', '980100'],
  ['an array of indefinite length', '9f00ff'],
  ['a text of indefinite length', '7f6161ff'],
  ['a byte string of indefinite length', '5f4101ff'],
  ['a map', 'a0'],
  ['a map', 'a1616101'],
  ['a map of indefinite length', 'bfff'],
  ['a tag', 'c000'],
  ['a tag (self-described CBOR)', 'd9d9f700'],
  ['a bignum', 'c2420100'],
  ['a floating-point number', 'f93c00'],
  ['a floating-point number', 'fa3f800000'],
  ['a floating-point number', 'fb3ff0000000000000'],
  ['NaN', 'f97e00'],
  ['undefined', 'f7'],
  ['a simple value without a meaning', 'f0'],
  ['false in two bytes', 'f814'],
  ['a break without a beginning', 'ff'],
  ['reserved additional information', '1c'],
  ['bytes behind the value', '0000'],
  ['an element that is missing', '8200'],
  ['a text that ends early', '6261'],
  ['a byte string that ends early', '4201'],
  ['text that is not UTF-8: a continuation alone', '6180'],
  ['text that is not UTF-8: an overlong form', '62c080'],
  ['text that is not UTF-8: a surrogate', '63eda080'],
  ['text that is not UTF-8: above U+10FFFF', '64f4908080'],
  ['text that begins with a byte order mark', '64efbbbf61'],
  ['an array that claims more than there is', '9bffffffffffffffff'],
  ['a text that claims more than there is', '7affffffff61'],
];

export function encodingVectors(): unknown {
  return {
    description:
      'The canonical encoding: CBOR in deterministic encoding (RFC 8949, section 4.2.1), restricted to arrays, ' +
      'unsigned integers up to 2^53-1, byte strings, text strings, true, false and null.',
    notation: 'A byte string is written {"bytes": hex}.',
    values: values.map(([what, value, hex]) => ({ what, value, hex })),
    invalid: invalid.map(([reason, hex]) => ({ reason, hex })),
  };
}
