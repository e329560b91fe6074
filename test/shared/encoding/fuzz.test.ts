import { decode as cborDecode } from 'cborg';
import { describe, expect, it } from 'vitest';
import { decode, encode } from '../../../src/shared/encoding/codec.ts';
import { fuzz, sampleCodec, sampleEncodings, type Sample } from '../../support/encodings.ts';

const MAX_BYTES = 4_096;
const seeds = sampleEncodings(40);

describe('the decoder against inputs of a stranger', () => {
  it(
    'refuses or understands a hundred thousand of them, and never anything in between',
    { timeout: 60_000 },
    () => {
      const finding = fuzz(
        (bytes) => decode(sampleCodec, bytes, MAX_BYTES),
        (value) => encode(sampleCodec, value),
        seeds,
        100_000,
      );
      expect(finding).toBeUndefined();
    },
  );
});

describe('the fuzzer catches decoders that are wrong', () => {
  // The canaries: each lacks one of the decoder's defences.
  const withoutComparison = (bytes: Uint8Array): Sample => {
    decode(sampleCodec, encode(sampleCodec, sampleCodec.fromItem(loosely(bytes), '')), MAX_BYTES);
    return sampleCodec.fromItem(loosely(bytes), '');
  };
  const loosely = (bytes: Uint8Array): unknown => {
    try {
      return cborDecode(bytes);
    } catch {
      return undefined;
    }
  };
  const withoutCatching = (bytes: Uint8Array): Sample => sampleCodec.fromItem(cborDecode(bytes), '');

  it('one that does not compare the bytes', { timeout: 60_000 }, () => {
    const finding = fuzz(withoutComparison, (value) => encode(sampleCodec, value), seeds, 100_000);
    expect(finding?.problem).toBe('it took what is not canonical');
  });

  it('one that lets the errors of its parser through', () => {
    const finding = fuzz(withoutCatching, (value) => encode(sampleCodec, value), seeds, 1_000);
    expect(finding?.problem).toMatch(/^it threw/);
  });
});
