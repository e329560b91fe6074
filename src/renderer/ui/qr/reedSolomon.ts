/**
 * Reed-Solomon error correction over GF(256) with the polynomial of QR codes (ISO/IEC 18004, 7.5).
 * @module
 */
const FIELD = 255;
const PRIMITIVE = 0x11d;
const exponentials = new Uint8Array(2 * FIELD);
const logarithms = new Uint8Array(FIELD + 1);
for (let power = 0, value = 1; power < FIELD; power++) {
  exponentials[power] = value;
  exponentials[power + FIELD] = value;
  logarithms[value] = power;
  value <<= 1;
  if (value > FIELD) value ^= PRIMITIVE;
}

/** The `count` codewords of error correction for `data`. */
export function correctionOf(data: Uint8Array, count: number): Uint8Array {
  const generator = generatorOf(count);
  const remainder = new Uint8Array(count);
  for (const byte of data) {
    const factor = byte ^ (remainder[0] ?? 0);
    remainder.copyWithin(0, 1);
    remainder[count - 1] = 0;
    for (let index = 0; index < count; index++) {
      remainder[index] = (remainder[index] ?? 0) ^ product(generator[index] ?? 0, factor);
    }
  }
  return remainder;
}

/** The product of (x - 2^i) for i below `degree`, highest power first, without its leading 1. */
function generatorOf(degree: number): Uint8Array {
  const result = new Uint8Array(degree);
  result[degree - 1] = 1;
  let root = 1;
  for (let round = 0; round < degree; round++) {
    for (let index = 0; index < degree; index++) {
      result[index] = product(result[index] ?? 0, root) ^ (result[index + 1] ?? 0);
    }
    root = product(root, 2);
  }
  return result;
}

function product(left: number, right: number): number {
  if (left === 0 || right === 0) return 0;
  return exponentials[(logarithms[left] ?? 0) + (logarithms[right] ?? 0)] ?? 0;
}
