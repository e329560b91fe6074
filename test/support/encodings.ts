/**
 * A codec that has every kind of value in it, values for it, and a fuzzer of decoders.
 * @module
 */
import fc from 'fast-check';
import {
  bool,
  byteString,
  encode,
  hexBytes,
  list,
  nullable,
  oneOf,
  prefixed,
  record,
  text,
  uint,
  type Codec,
  type Item,
} from '../../src/shared/encoding/codec.ts';
import { toHex } from '../../src/shared/encoding/hex.ts';
import { hasCode } from '../../src/shared/errors.ts';

/** Any value that the encoding knows: shows what is refused whatever type is expected. */
export const anyItem: Codec<Item> = {
  toItem: (value, at) => codecOf(value).toItem(value, at),
  fromItem: (item, at) => codecOf(item).fromItem(item, at),
};

function codecOf(item: unknown): Codec<Item> {
  const ANY = Number.MAX_SAFE_INTEGER;
  const known = (codec: unknown): Codec<Item> => codec as Codec<Item>;
  if (item === null) return known(nullable(bool));
  if (typeof item === 'number') return known(uint());
  if (typeof item === 'string') return known(text(ANY));
  if (item instanceof Uint8Array) return known(byteString(ANY));
  return Array.isArray(item) ? known(list(anyItem, ANY)) : known(bool);
}

export interface Sample {
  readonly count: number;
  readonly name: string;
  readonly key: string;
  readonly data: Uint8Array;
  readonly flag: boolean;
  readonly word: 'yes' | 'no';
  readonly maybe: number | null;
  readonly rows: readonly (readonly (string | null)[])[];
}

/** Every kind of value. */
export const sampleCodec: Codec<Sample> = prefixed(
  3,
  record<Sample>({
    count: uint(),
    name: text(300),
    key: hexBytes(8),
    data: byteString(300),
    flag: bool,
    word: oneOf(['yes', 'no']),
    maybe: nullable(uint(70_000)),
    rows: list(list(nullable(text(40)), 9), 30),
  }),
);

/** Text that can be encoded: well-formed, without a byte order mark at its start. */
export const textArbitrary = (maxLength: number): fc.Arbitrary<string> =>
  fc
    .oneof(fc.string({ unit: 'binary', maxLength }), fc.string({ unit: 'grapheme', maxLength }))
    .map((value) =>
      value
        .replace(/^\ufeff+/, '')
        .slice(0, maxLength)
        .toWellFormed(),
    );

export const sampleArbitrary: fc.Arbitrary<Sample> = fc.record({
  count: fc.oneof(fc.maxSafeNat(), fc.nat(300)),
  name: textArbitrary(300),
  key: fc.uint8Array({ minLength: 8, maxLength: 8 }).map(toHex),
  data: fc.uint8Array({ maxLength: 300 }),
  flag: fc.boolean(),
  word: fc.constantFrom('yes' as const, 'no' as const),
  maybe: fc.option(fc.nat(70_000)),
  rows: fc.array(fc.array(fc.option(textArbitrary(40)), { maxLength: 9 }), { maxLength: 9 }),
});

/** Numbers from a seed (mulberry32): a fuzzer that finds something must find it again. */
export function seededRandom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Heads of CBOR items, good and bad: random bytes alone seldom get past the first. */
const HEADS = [
  0x00, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x20, 0x40, 0x58, 0x60, 0x78, 0x7f, 0x80, 0x81, 0x83, 0x98, 0x9b,
];
const ODD = [0x9f, 0xa0, 0xa1, 0xbf, 0xc0, 0xc2, 0xd8, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa, 0xfb, 0xff];
const INPUT_BYTES_MAX = 400;

/** What the fuzzer found: an input and what is wrong with what the decoder made of it. */
export interface FuzzFinding {
  readonly input: Uint8Array;
  readonly problem: string;
}

/**
 * Feeds `inputs` inputs made from `seeds` (valid encodings) and from nothing to `decodeBytes`. A decoder may refuse
 * with `encoding.invalid` or `encoding.tooLarge`, or return a value whose encoding by `encodeValue` is the input.
 */
export function fuzz<T>(
  decodeBytes: (bytes: Uint8Array) => T,
  encodeValue: (value: T) => Uint8Array,
  seeds: readonly Uint8Array[],
  inputs: number,
  seed = 1,
): FuzzFinding | undefined {
  const random = seededRandom(seed);
  for (let count = 0; count < inputs; count++) {
    const start = seeds[random(seeds.length)];
    const input = start === undefined || random(4) === 0 ? noise(random) : mutated(start, random);
    const problem = problemWith(input, decodeBytes, encodeValue);
    if (problem !== undefined) return { input, problem };
  }
  return undefined;
}

function problemWith<T>(
  input: Uint8Array,
  decodeBytes: (bytes: Uint8Array) => T,
  encodeValue: (value: T) => Uint8Array,
): string | undefined {
  let value: T;
  try {
    value = decodeBytes(input);
  } catch (error) {
    if (hasCode(error, 'encoding.invalid') || hasCode(error, 'encoding.tooLarge')) return undefined;
    return `it threw ${String(error)}`;
  }
  return toHex(encodeValue(value)) === toHex(input) ? undefined : 'it took what is not canonical';
}

function noise(random: (below: number) => number): Uint8Array {
  return Uint8Array.from({ length: random(INPUT_BYTES_MAX) }, () => oddByte(random));
}

function oddByte(random: (below: number) => number): number {
  switch (random(3)) {
    case 0:
      return HEADS[random(HEADS.length)] ?? 0;
    case 1:
      return ODD[random(ODD.length)] ?? 0;
    default:
      return random(256);
  }
}

function mutated(start: Uint8Array, random: (below: number) => number): Uint8Array {
  const bytes = [...start];
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const at = random(bytes.length + 1);
    switch (random(5)) {
      case 0:
        bytes.splice(at, 1);
        break;
      case 1:
        bytes.splice(at, 0, oddByte(random));
        break;
      case 2:
        bytes.splice(at, 0, ...bytes.slice(at, at + random(20)));
        break;
      case 3:
        bytes.length = at;
        break;
      default:
        bytes[at] = oddByte(random);
    }
  }
  return Uint8Array.from(bytes);
}

/** Valid encodings to start from. */
export const sampleEncodings = (count: number): Uint8Array[] =>
  fc.sample(sampleArbitrary, { numRuns: count, seed: 7 }).map((value) => encode(sampleCodec, value));
