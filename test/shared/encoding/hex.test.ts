import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, isHex, toHex } from '../../../src/shared/encoding/hex.ts';

describe('hex', () => {
  it('goes there and back, as Buffer does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const hex = toHex(bytes);
        expect(hex).toBe(Buffer.from(bytes).toString('hex'));
        expect(isHex(hex)).toBe(true);
        expect(isHex(hex, bytes.length)).toBe(true);
        expect(isHex(hex, bytes.length + 1)).toBe(false);
        expect(fromHex(hex)).toEqual(bytes);
      }),
    );
  });

  it.each(['a', 'AB', '0g', ' 00', '00 ', '0x00', '00\n', 'é0', '\u0661\u0661'])('refuses %j', (text) => {
    expect(isHex(text)).toBe(false);
    expect(() => fromHex(text)).toThrow(RangeError);
  });
});
