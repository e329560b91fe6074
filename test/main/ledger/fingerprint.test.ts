import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FINGERPRINT_CHARS_MAX,
  FINGERPRINT_LENGTH,
  assertFingerprint,
  fingerprintOf,
  parseFingerprint,
} from '../../../src/main/ledger/fingerprint.ts';
import { FINGERPRINT_WORDS } from '../../../src/main/ledger/fingerprintWords.ts';
import vectors from '../../vectors/fingerprints.json' with { type: 'json' };
import { caught } from '../../support/errors.ts';

const ID = '5c'.repeat(32);

describe('the list of words', () => {
  it('is the English list of BIP-39', () => {
    const text = `${FINGERPRINT_WORDS.join('\n')}\n`;
    expect(createHash('sha256').update(text).digest('hex')).toBe(
      '2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda',
    );
    expect(FINGERPRINT_WORDS.length).toBe(2_048);
    expect(new Set(FINGERPRINT_WORDS.map((word) => word.slice(0, 4))).size).toBe(2_048);
  });
});

describe('fingerprints', () => {
  it.each(vectors)('of $networkId', ({ networkId, words }) => {
    expect(fingerprintOf(networkId)).toBe(words);
    expect(parseFingerprint(words)).toBe(words);
  });

  it('come from the bits of the network id and a checksum, computed another way', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
        const numbers = Array.from({ length: 11 }, (_, index) =>
          Number.parseInt(bits.slice(11 * index, 11 * index + 11), 2),
        );
        const packed = Buffer.concat(numbers.map((number) => Buffer.from([number >> 8, number & 255])));
        const domain = 'countersign/fingerprint/1';
        const hash = createHash('sha256')
          .update(Buffer.from([domain.length]))
          .update(domain)
          .update(packed);
        const checksum = hash.digest().readUInt16BE(0) >> 5;
        const words = [...numbers, checksum].map((number) => FINGERPRINT_WORDS[number]).join(' ');
        expect(fingerprintOf(Buffer.from(bytes).toString('hex'))).toBe(words);
      }),
    );
  });

  it('may be typed with capitals, commas and lines between the words', () => {
    const words = fingerprintOf(ID);
    expect(parseFingerprint(`  ${words.toUpperCase().replaceAll(' ', ',\n')}. `)).toBe(words);
  });

  it('tell a wrong word by the last one', () => {
    const words = fingerprintOf(ID).split(' ');
    let unnoticed = 0;
    for (let place = 0; place < FINGERPRINT_LENGTH; place++) {
      for (const word of FINGERPRINT_WORDS) {
        if (word === words[place]) continue;
        try {
          parseFingerprint(words.with(place, word).join(' '));
          unnoticed += 1;
        } catch {
          continue;
        }
      }
    }
    // One of 2,048 wrong words fits the checksum by chance; it still is not the fingerprint of this network.
    expect(unnoticed).toBeLessThan(40);
  });

  it.each([
    ['', 'it has 0 words instead of 12'],
    ['abandon '.repeat(11), 'it has 11 words instead of 12'],
    [`${'abandon '.repeat(11)}countersign`, '“countersign” is not one of its words'],
    ['x'.repeat(FINGERPRINT_CHARS_MAX + 1), 'it is too long'],
    [`${'abandon '.repeat(11)}__proto__`, '“__proto__” is not one of its words'],
  ])('%j is none', (text, problem) => {
    expect(caught(() => parseFingerprint(text))).toMatchObject({
      code: 'fingerprint.invalid',
      data: { problem },
    });
  });

  it('of another network is told', () => {
    const other = fingerprintOf('00'.repeat(32));
    expect(() => assertFingerprint(fingerprintOf(ID), ID)).not.toThrow();
    expect(caught(() => assertFingerprint(other, ID))).toMatchObject({
      code: 'fingerprint.mismatch',
      data: { expected: other, actual: fingerprintOf(ID) },
    });
  });
});
