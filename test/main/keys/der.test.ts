import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../src/shared/encoding/hex.ts';
import { CountersignError } from '../../../src/shared/errors.ts';
import { derInteger, derOctets, derOid, DerReader, derSequence } from '../../../src/main/keys/der.ts';

function problemOf(read: () => unknown): string | undefined {
  try {
    read();
  } catch (error) {
    if (error instanceof CountersignError && error.code === 'key.invalid') return error.message;
    throw error;
  }
  return undefined;
}

describe('DER', () => {
  it.each([
    [0, '020100'],
    [1, '020101'],
    [127, '02017f'],
    [128, '02020080'],
    [255, '020200ff'],
    [256, '02020100'],
    [2 ** 31, '02050080000000'],
  ])('writes the integer %d as %s', (value, hex) => {
    expect(toHex(derInteger(value))).toBe(hex);
  });

  it('reads the integers that it writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 47 - 1 }), (value) => {
        const reader = new DerReader(derInteger(value));
        expect(reader.integer()).toBe(value);
        expect(reader.isAtEnd).toBe(true);
      }),
    );
  });

  it('reads the octet strings and sequences that it writes, of every form of length', () => {
    for (const length of [0, 1, 127, 128, 255, 256, 5_000]) {
      const octets = new Uint8Array(length).fill(7);
      const sequence = new DerReader(derSequence(derOid('2b6570'), derOctets(octets))).sequence();
      expect(sequence.oid()).toBe('2b6570');
      expect(toHex(sequence.octets())).toBe(toHex(octets));
      sequence.end();
    }
  });

  it.each([
    ['0201', 'is cut short'],
    ['02', 'is cut short'],
    ['0281', 'is cut short'],
    ['0200', 'negative or empty'],
    ['0201ff', 'negative or empty'],
    ['0202007f', 'padded'],
    ['020700ffffffffffff', 'too large'],
    ['02810101', 'shortest form'],
    ['0282000101', 'shortest form'],
    ['0283000001ff', 'larger than'],
    ['0280', 'larger than'],
    ['0401ff', 'lacks an element'],
    ['', 'lacks an element'],
  ])('refuses %s as an integer', (hex, problem) => {
    expect(problemOf(() => new DerReader(fromHex(hex)).integer())).toContain(problem);
  });

  it('refuses elements that are left over', () => {
    expect(problemOf(() => new DerReader(Uint8Array.of(5, 0)).end())).toContain('unexpected elements');
  });

  it('refuses noise with key.invalid and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const read = (): unknown => {
          const reader = new DerReader(bytes);
          const values: unknown[] = [];
          while (!reader.isAtEnd) {
            if (reader.isAtInteger) values.push(reader.integer());
            else if (reader.nextTag === 0x30) values.push(reader.sequence());
            else values.push(reader.octets());
          }
          return values;
        };
        // `problemOf` throws on any error but `key.invalid`.
        expect(() => problemOf(read)).not.toThrow();
      }),
    );
  });
});
