import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bool,
  byteString,
  decode,
  encode,
  equalBytes,
  hexBytes,
  list,
  nullable,
  oneOf,
  prefixed,
  record,
  refined,
  text,
  uint,
  union,
  type Codec,
} from '../../../src/shared/encoding/codec.ts';
import { fromHex, toHex } from '../../../src/shared/encoding/hex.ts';
import { caught } from '../../support/errors.ts';
import { anyItem, sampleArbitrary, sampleCodec } from '../../support/encodings.ts';

const MAX_BYTES = 1 << 20;
const read = <T>(codec: Codec<T>, hex: string): T => decode(codec, fromHex(hex), MAX_BYTES);

describe('every value has one encoding', () => {
  it.each<[what: string, codec: Codec<never>, value: unknown, hex: string]>([
    ['0', uint() as never, 0, '00'],
    ['23', uint() as never, 23, '17'],
    ['24', uint() as never, 24, '1818'],
    ['255', uint() as never, 255, '18ff'],
    ['256', uint() as never, 256, '190100'],
    ['65,536', uint() as never, 65_536, '1a00010000'],
    ['2^32', uint() as never, 2 ** 32, '1b0000000100000000'],
    ['2^53-1', uint() as never, Number.MAX_SAFE_INTEGER, '1b001fffffffffffff'],
    ['no text', text(9) as never, '', '60'],
    ['text', text(9) as never, '审', '63e5aea1'],
    ['a text outside the BMP', text(9) as never, '😀', '64f09f9880'],
    ['no bytes', byteString(9) as never, new Uint8Array(), '40'],
    ['bytes', byteString(9) as never, new Uint8Array([1, 2]), '420102'],
    ['hex', hexBytes(2) as never, 'beef', '42beef'],
    ['true', bool as never, true, 'f5'],
    ['false', bool as never, false, 'f4'],
    ['null', nullable(bool) as never, null, 'f6'],
    ['a list', list(uint(), 9) as never, [1, 2, 3], '83010203'],
    ['a record', record({ b: uint(), a: text(9) }) as never, { b: 1, a: 'x' }, '82016178'],
    ['a version', prefixed(7, record({ a: uint() })) as never, { a: 1 }, '820701'],
  ])('%s', (_what, codec, value, hex) => {
    expect(toHex(encode(codec, value as never))).toBe(hex);
    expect(read(codec, hex)).toEqual(value);
  });

  it('decode(encode(x)) is x, for every kind of value at once', () => {
    fc.assert(
      fc.property(sampleArbitrary, (value) => {
        const bytes = encode(sampleCodec, value);
        expect(bytes.constructor).toBe(Uint8Array);
        expect(decode(sampleCodec, bytes, MAX_BYTES)).toEqual(value);
      }),
      { numRuns: 1_000 },
    );
  });

  it('a changed byte is refused, or says another value in that value’s one encoding', () => {
    fc.assert(
      fc.property(sampleArbitrary, fc.nat(), fc.integer({ min: 1, max: 255 }), (value, place, change) => {
        const original = encode(sampleCodec, value);
        const mutated = Uint8Array.from(original);
        mutated[place % mutated.length]! ^= change;
        let other: unknown;
        try {
          other = decode(sampleCodec, mutated, MAX_BYTES);
        } catch (error) {
          expect(error).toMatchObject({ code: 'encoding.invalid' });
          return;
        }
        expect(other).not.toEqual(value);
        expect(encode(sampleCodec, other as typeof value)).toEqual(mutated);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('what is not canonical is refused', () => {
  const anything = list(anyItem, 100);
  it.each([
    ['nothing', ''],
    ['0 in two bytes', '811800'],
    ['23 in two bytes', '811817'],
    ['0 in three bytes', '81190000'],
    ['255 in three bytes', '811900ff'],
    ['65,535 in five bytes', '811a0000ffff'],
    ['2^32-1 in nine bytes', '811b00000000ffffffff'],
    ['2^53', '811b0020000000000000'],
    ['2^64-1', '811bffffffffffffffff'],
    ['a length of text in two bytes', '81780161'],
    ['a length of bytes in two bytes', '81580101'],
    ['a length of an array in two bytes', '980101'],
    ['an array of indefinite length', '9f01ff'],
    ['an array of indefinite length within', '819f01ff'],
    ['bytes of indefinite length', '815f4101ff'],
    ['text of indefinite length', '817f6161ff'],
    ['a map of indefinite length', '81bfff'],
    ['a map', '81a10102'],
    ['an empty map', '81a0'],
    ['a tag', '81c001'],
    ['a tag of 55799', '81d9d9f701'],
    ['a bignum', '81c24101'],
    ['-1', '8120'],
    ['-2^53', '813b001fffffffffffff'],
    ['a half float', '81f93c00'],
    ['a float', '81fa3f800000'],
    ['a double', '81fb3ff0000000000000'],
    ['a double that is no integer', '81fb3ff199999999999a'],
    ['a double of 2^53-1', '81fb433fffffffffffff'],
    ['NaN', '81f97e00'],
    ['infinity', '81f97c00'],
    ['minus zero', '81f98000'],
    ['undefined', '81f7'],
    ['a simple value', '81f0'],
    ['a simple value in two bytes', '81f8ff'],
    ['false in two bytes', '81f814'],
    ['a break alone', '81ff'],
    ['reserved additional information', '811c'],
    ['a byte at the end', '810100'],
    ['two values', '81018101'],
    ['an end that is missing', '82'],
    ['text that ends early', '816261'],
    ['bytes that end early', '814261'],
    ['an integer that ends early', '8118'],
    ['invalid UTF-8: a lone continuation', '816180'],
    ['invalid UTF-8: overlong', '8162c080'],
    ['invalid UTF-8: a surrogate', '8163eda080'],
    ['invalid UTF-8: above U+10FFFF', '8164f4908080'],
    ['invalid UTF-8: cut off', '8162e5ae'],
    ['invalid UTF-8 in a long text', `817840${'61'.repeat(63)}80`],
    ['a byte order mark before a short text', '8163efbbbf'],
    ['a byte order mark before a long text', `817843efbbbf${'61'.repeat(64)}`],
    ['an array of 2^32-1 elements', '9affffffff'],
    ['an array of 2^53-1 elements', '9b001fffffffffffff'],
    ['an array of 2^64-1 elements', '9bffffffffffffffff'],
    ['a text of 2^32-1 bytes', '817affffffff61'],
    ['bytes of 2^53-1 bytes', '815b001fffffffffffff61'],
    ['bytes of 2^64-1 bytes', '815bffffffffffffffff61'],
  ])('%s', (_what, hex) => {
    expect(caught(() => read(anything, hex)).code).toBe('encoding.invalid');
  });

  it('nesting without end', () => {
    for (const depth of [10, 1_000, 100_000, MAX_BYTES - 1]) {
      const bytes = new Uint8Array(depth + 1).fill(0x81);
      bytes[depth] = 0x01;
      const error = caught(() => decode(list(list(uint(), 9), 9), bytes, MAX_BYTES));
      expect(error.code, String(depth)).toBe('encoding.invalid');
    }
  });

  it('more bytes than allowed, before anything is read', () => {
    expect(caught(() => decode(anything, new Uint8Array(11), 10))).toMatchObject({
      code: 'encoding.tooLarge',
      data: { sizeBytes: 11, maxBytes: 10 },
    });
  });
});

describe('each codec keeps its own limits, in both directions', () => {
  const both = (codec: Codec<never>, value: unknown, hex: string): void => {
    expect(caught(() => encode(codec, value as never)).code, 'encoding').toBe('encoding.invalid');
    expect(caught(() => read(codec, hex)).code, 'decoding').toBe('encoding.invalid');
  };

  it.each<[what: string, codec: Codec<never>, value: unknown, hex: string]>([
    ['an integer above its limit', uint(9) as never, 10, '0a'],
    ['text for an integer', uint() as never, 'x', '6178'],
    ['text that is too long', text(1) as never, 'ab', '626162'],
    ['an integer for text', text(1) as never, 1, '01'],
    ['bytes that are too many', byteString(1) as never, new Uint8Array(2), '420000'],
    ['text for bytes', byteString(9) as never, 'ab', '626162'],
    ['hex of another length', hexBytes(2) as never, 'be', '41be'],
    ['text for true or false', bool as never, 'true', '6474727565'],
    ['another word', oneOf(['a', 'b']) as never, 'c', '6163'],
    ['a list that is too long', list(uint(), 1) as never, [1, 2], '820102'],
    ['a list that is too short', list(uint(), 2, 1) as never, [], '80'],
    ['a record with a field too many', record({ a: uint() }) as never, { a: 'x' }, '820102'],
    ['a record with a field too few', record({ a: uint(), b: uint() }) as never, { a: 1 }, '8101'],
    ['another version', prefixed(1, record({ a: uint() })) as never, { a: -1 }, '820201'],
    ['a rule that is broken', refined(uint(), (n) => (n === 7 ? 'is 7' : undefined)) as never, 7, '07'],
  ])('%s', (_what, codec, value, hex) => {
    both(codec, value, hex);
  });

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, -0, 2 ** 53, undefined, null, 1n])(
    'the number %s is never written',
    (value) => {
      expect(caught(() => encode(uint(), value as never)).code).toBe('encoding.invalid');
    },
  );

  it.each(['\ud800', 'a\udc00', '\ud800\ud800'])('half of a surrogate pair is never written', (value) => {
    expect(caught(() => encode(text(9), value)).code).toBe('encoding.invalid');
  });

  it('what is no boolean is never written', () => {
    for (const value of [undefined, 1, 'true', null, 1.5]) {
      expect(caught(() => encode(bool, value as never)).code).toBe('encoding.invalid');
    }
  });

  it('a byte order mark at the start of a text is refused in both directions, and kept elsewhere', () => {
    both(text(99) as never, '\ufeffa', '64efbbbf61');
    for (const value of ['a\ufeff', `${'a'.repeat(70)}\ufeff`]) {
      expect(decode(text(99), encode(text(99), value), MAX_BYTES)).toBe(value);
    }
  });

  it('an error names its place', () => {
    const codec = record({ outer: list(record({ inner: uint() }), 9) });
    expect(caught(() => read(codec, '8182810181f6')).data).toMatchObject({ at: 'outer[1].inner' });
    expect(caught(() => encode(codec, { outer: [{ inner: -1 }] })).data).toMatchObject({
      at: 'outer[0].inner',
    });
  });
});

describe('unions', () => {
  type Shape = { type: 'dot' } | { type: 'line'; length: number };
  const shape = union<Shape, 'type'>('type', { dot: [1, record({})], line: [2, record({ length: uint() })] });

  it('are told apart by their number', () => {
    expect(toHex(encode(shape, { type: 'dot' }))).toBe('8101');
    expect(read(shape, '820205')).toEqual({ type: 'line', length: 5 });
  });

  it.each(['8103', '810105', '8102', '80', '01', '8120', '81f6', '8161312'.slice(0, 6)])(
    'refuse %s',
    (hex) => {
      expect(caught(() => read(shape, hex)).code).toBe('encoding.invalid');
    },
  );

  it('refuse to write what they do not know', () => {
    for (const value of [{ type: 'disc' }, {}, { type: 'toString' }, { type: '__proto__' }]) {
      expect(caught(() => encode(shape, value as never)).code).toBe('encoding.invalid');
    }
  });
});

describe('equalBytes', () => {
  it('compares by value', () => {
    expect(equalBytes(new Uint8Array([1, 2]), new Uint8Array([1, 2]))).toBe(true);
    expect(equalBytes(new Uint8Array([1, 2]), new Uint8Array([1, 3]))).toBe(false);
    expect(equalBytes(new Uint8Array([1, 2]), new Uint8Array([1, 2, 3]))).toBe(false);
    expect(equalBytes(new Uint8Array(), new Uint8Array())).toBe(true);
  });
});
