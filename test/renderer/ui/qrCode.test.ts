/** QR codes, against one that another encoder made, and read back as a reader would. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { QR_BYTES_MAX, qrCode } from '../../../src/renderer/ui/qr/qrCode.ts';

const art = (text: string): string =>
  qrCode(text)
    .map((row) => row.map((isDark) => (isDark ? '1' : '0')).join(''))
    .join('\n');
const digest = (text: string): string => createHash('sha256').update(art(text)).digest('hex');

describe('QR codes', () => {
  it('are those of an independent encoder', () => {
    // sha256 over the rows of `encode(text, { ecc: 'M', border: 0, maskPattern })` of uqr 0.1.3, under the same mask.
    expect(digest('0123456789abcdef'.repeat(4))).toBe(
      'f18210a1ad159425f0e1ed128223084b73af8b92837a5c204c9ee2b39c03b9ec',
    );
    expect(digest('countersign')).toBe('d375f8d31669f8afb073fc1e23682471ca347a67852b2e91bdc8487af44f6f45');
    expect(digest('x'.repeat(170))).toBe('e41155f880e0c0c3d7069ef4bb0e0f73c294489eda7a530c3c51dc5281b72c78');
  });

  it('have finders, timing and the size of their version', () => {
    for (const [bytes, size] of [
      [1, 21],
      [14, 21],
      [15, 25],
      [64, 37],
      [QR_BYTES_MAX, 53],
    ] as const) {
      const modules = qrCode('a'.repeat(bytes));
      expect(modules).toHaveLength(size);
      expect(modules.every((row) => row.length === size)).toBe(true);
      for (const [x, y] of [
        [0, 0],
        [size - 7, 0],
        [0, size - 7],
      ] as const) {
        expect(modules[y]?.slice(x, x + 7)).toEqual(new Array(7).fill(true));
        expect(modules[y + 1]?.slice(x, x + 7)).toEqual([true, false, false, false, false, false, true]);
      }
      for (let x = 8; x < size - 8; x++) expect(modules[6]?.[x]).toBe(x % 2 === 0);
    }
  });

  it('refuse what they cannot hold', () => {
    expect(() => qrCode('a'.repeat(QR_BYTES_MAX + 1))).toThrow(RangeError);
    expect(() => qrCode('é'.repeat(QR_BYTES_MAX / 2 + 1))).toThrow(RangeError);
  });
});
