/**
 * Bytes as a table of hex digits with the characters that they stand for.
 * @module
 */

const BYTES_PER_LINE = 16;
const DIGITS_PER_BYTE = 2;
const OFFSET_DIGITS = 6;

/** Lines like `000010  61 62 63 …  |abc…|` of the bytes in `hex`. */
export function hexDump(hex: string): string {
  const bytes = hex.match(/../g) ?? [];
  const lines: string[] = [];
  for (let offset = 0; offset < bytes.length; offset += BYTES_PER_LINE) {
    const line = bytes.slice(offset, offset + BYTES_PER_LINE);
    const digits = line.join(' ').padEnd(BYTES_PER_LINE * (DIGITS_PER_BYTE + 1) - 1);
    const characters = line.map((byte) => printable(Number.parseInt(byte, 16))).join('');
    lines.push(`${offset.toString(16).padStart(OFFSET_DIGITS, '0')}  ${digits}  |${characters}|`);
  }
  return lines.join('\n');
}

function printable(byte: number): string {
  const SPACE = 0x20;
  const TILDE = 0x7e;
  return byte >= SPACE && byte <= TILDE ? String.fromCharCode(byte) : '.';
}
