/**
 * QR codes of short texts, such as a public key: byte mode, error correction level M (ISO/IEC 18004).
 * @module
 */
import { modulesOf, type Modules } from './qrGrid.ts';
import { correctionOf } from './reedSolomon.ts';

/** For each version of level M, from 1: all codewords, blocks, and codewords of error correction in each block. */
const VERSIONS: readonly (readonly [total: number, blocks: number, correction: number])[] = [
  [26, 1, 10],
  [44, 1, 16],
  [70, 1, 26],
  [100, 2, 18],
  [134, 2, 24],
  [172, 4, 16],
  [196, 4, 18],
  [242, 4, 22],
  [292, 5, 22],
];
const BYTE_MODE = 0b0100;
const PADDING = [0xec, 0x11];
/** Longest text, in bytes of UTF-8. */
export const QR_BYTES_MAX = 180;

/** The modules of the code of `text`. A text that is too long is a `RangeError`. */
export function qrCode(text: string): Modules {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > QR_BYTES_MAX)
    throw new RangeError(`a QR code of ${String(bytes.length)} bytes is too long`);
  // Mode, length and end take less than three bytes.
  const index = VERSIONS.findIndex(
    ([total, blocks, correction]) => total - blocks * correction >= bytes.length + 2,
  );
  const version = VERSIONS[index];
  if (version === undefined) throw new RangeError('there is no version for a QR code of this length');
  return modulesOf(index + 1, codewordsOf(bytes, version));
}

function codewordsOf(bytes: Uint8Array, [total, blocks, correction]: (typeof VERSIONS)[number]): Uint8Array {
  const capacity = total - blocks * correction;
  const data = new Uint8Array(capacity);
  // The length has 8 bits in these versions, so everything is shifted by the 4 bits of the mode.
  const packed = [BYTE_MODE, bytes.length >> 4, bytes.length & 15];
  for (const byte of bytes) packed.push(byte >> 4, byte & 15);
  packed.push(0);
  for (let index = 0; index < capacity; index++) {
    const isUsed = 2 * index < packed.length;
    const padding = PADDING[(index - Math.ceil(packed.length / 2)) % 2] ?? 0;
    data[index] = isUsed ? ((packed[2 * index] ?? 0) << 4) | (packed[2 * index + 1] ?? 0) : padding;
  }
  return interleaved(data, total, blocks, correction);
}

/** Blocks of equal length, the last ones longer by one, taken in turn. */
function interleaved(data: Uint8Array, total: number, blocks: number, correction: number): Uint8Array {
  const shorter = blocks - (total % blocks);
  const length = Math.floor(total / blocks) - correction;
  const parts = Array.from({ length: blocks }, (_, block) => {
    const start = block * length + Math.max(0, block - shorter);
    return data.subarray(start, start + length + (block < shorter ? 0 : 1));
  });
  const corrections = parts.map((part) => correctionOf(part, correction));
  const result: number[] = [];
  for (let index = 0; index <= length; index++) {
    for (const part of parts) if (index < part.length) result.push(part[index] ?? 0);
  }
  for (let index = 0; index < correction; index++) {
    for (const part of corrections) result.push(part[index] ?? 0);
  }
  return Uint8Array.from(result);
}
