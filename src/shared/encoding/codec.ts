/**
 * The one canonical encoding: a strict subset of CBOR (RFC 8949, section 4.2.1, deterministic encoding).
 *
 * A value is an array, an unsigned integer up to 2^53-1, a byte string, a text string in UTF-8, true, false or
 * null, each in its shortest form and of definite length. Nothing else is accepted. Decoding encodes the result
 * again and compares the bytes, so there is exactly one encoding of each value.
 *
 * A `Codec` describes one type: how its values become CBOR items and how items are checked on the way back.
 * @module
 */
import { decode as cborDecode, encode as cborEncode } from 'cborg';
import { CountersignError } from '../errors.ts';
import { fromHex, isHex, toHex, type Hex } from './hex.ts';

/** What a canonical byte string can hold, before a codec gives it meaning. */
export type Item = number | boolean | null | string | Uint8Array | readonly Item[];

/** Describes one type: both directions between its values and CBOR items. */
export interface Codec<T> {
  /** The item for `value`. Throws `encoding.invalid` where the value breaks the codec's own limits. */
  readonly toItem: (value: T, at: string) => Item;
  /** The value of `item`. Throws `encoding.invalid`, naming the place by `at`. */
  readonly fromItem: (item: unknown, at: string) => T;
}

/** The type that a codec describes. */
export type ValueOf<C> = C extends Codec<infer T> ? T : never;

/** The canonical bytes of `value`. */
export function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  // A copy, because cborg returns a Buffer on Node: a part of a pool, and unequal to the same bytes as read.
  return new Uint8Array(cborEncode(codec.toItem(value, '')));
}

/**
 * The value whose canonical bytes are `bytes`.
 *
 * Throws `encoding.tooLarge` for more than `maxBytes` bytes and `encoding.invalid` for anything that is not the
 * canonical encoding of a value of this codec.
 */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array, maxBytes: number): T {
  if (bytes.length > maxBytes) {
    throw new CountersignError('encoding.tooLarge', { sizeBytes: bytes.length, maxBytes });
  }
  const value = codec.fromItem(parse(bytes), '');
  if (!equalBytes(encode(codec, value), bytes)) throw invalid('', 'is not in canonical form');
  return value;
}

/** Whether two byte strings are equal. Not for secrets: it stops at the first difference. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

function parse(bytes: Uint8Array): unknown {
  try {
    return cborDecode(bytes, {
      strict: true,
      allowIndefinite: false,
      allowUndefined: false,
      allowBigInt: false,
    });
  } catch (error) {
    // Also covers the stack overflow of an endlessly nested input.
    throw invalid('', error instanceof Error ? error.message : 'is not CBOR');
  }
}

function invalid(at: string, problem: string): CountersignError<'encoding.invalid'> {
  return new CountersignError('encoding.invalid', { at: at === '' ? 'the whole value' : at, problem });
}

/** An unsigned integer from 0 to `max` (2^53-1 unless given). */
export function uint(max: number = Number.MAX_SAFE_INTEGER): Codec<number> {
  const check = (value: unknown, at: string): number => {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || Object.is(value, -0)) {
      throw invalid(at, 'must be an unsigned integer');
    }
    if (value > max) throw invalid(at, `must be at most ${String(max)}`);
    return value;
  };
  return { toItem: check, fromItem: check };
}

/** U+FEFF, which some UTF-8 decoders drop at the start of a text and others keep. */
const BYTE_ORDER_MARK = '\ufeff';

/**
 * Text of at most `maxChars` UTF-16 code units, without lone surrogates (they have no UTF-8 form) and without a
 * byte order mark at its start (it would be lost on the way, so that the text could be written but not read).
 */
export function text(maxChars: number): Codec<string> {
  const check = (value: unknown, at: string): string => {
    if (typeof value !== 'string') throw invalid(at, 'must be text');
    if (value.length > maxChars) throw invalid(at, `must have at most ${String(maxChars)} characters`);
    if (!value.isWellFormed()) throw invalid(at, 'holds half of a surrogate pair');
    if (value.startsWith(BYTE_ORDER_MARK)) throw invalid(at, 'begins with a byte order mark');
    return value;
  };
  return { toItem: check, fromItem: check };
}

/** Exactly `lengthBytes` bytes, a hex string inside the program. */
export function hexBytes(lengthBytes: number): Codec<Hex> {
  return {
    toItem: (value, at) => {
      if (!isHex(value, lengthBytes))
        throw invalid(at, `must be ${String(lengthBytes)} bytes in lowercase hex`);
      return fromHex(value);
    },
    fromItem: (item, at) => {
      if (!(item instanceof Uint8Array) || item.length !== lengthBytes) {
        throw invalid(at, `must be ${String(lengthBytes)} bytes`);
      }
      return toHex(item);
    },
  };
}

/** A byte string of at most `maxBytes` bytes. */
export function byteString(maxBytes: number): Codec<Uint8Array> {
  const check = (value: unknown, at: string): Uint8Array => {
    if (!(value instanceof Uint8Array)) throw invalid(at, 'must be bytes');
    if (value.length > maxBytes) throw invalid(at, `must have at most ${String(maxBytes)} bytes`);
    return value;
  };
  return { toItem: check, fromItem: check };
}

/** True or false. */
export const bool: Codec<boolean> = { toItem: checkBoolean, fromItem: checkBoolean };

function checkBoolean(value: unknown, at: string): boolean {
  if (typeof value !== 'boolean') throw invalid(at, 'must be true or false');
  return value;
}

/** One of a fixed set of words. */
export function oneOf<const W extends string>(words: readonly W[]): Codec<W> {
  const check = (value: unknown, at: string): W => {
    const word = words.find((candidate) => candidate === value);
    if (word === undefined) throw invalid(at, `must be one of ${words.join(', ')}`);
    return word;
  };
  return { toItem: check, fromItem: check };
}

/** `null`, or a value of `codec`. */
export function nullable<T>(codec: Codec<T>): Codec<T | null> {
  return {
    toItem: (value, at) => (value === null ? null : codec.toItem(value, at)),
    fromItem: (item, at) => (item === null ? null : codec.fromItem(item, at)),
  };
}

/** An array of `codec`, of `minLength` to `maxLength` elements. */
export function list<T>(codec: Codec<T>, maxLength: number, minLength = 0): Codec<readonly T[]> {
  const checkLength = (length: number, at: string): void => {
    if (length > maxLength) throw invalid(at, `must have at most ${String(maxLength)} elements`);
    if (length < minLength) throw invalid(at, `must have at least ${String(minLength)} elements`);
  };
  return {
    toItem: (values, at) => {
      checkLength(values.length, at);
      return values.map((value, index) => codec.toItem(value, `${at}[${String(index)}]`));
    },
    fromItem: (item, at) => {
      if (!Array.isArray(item)) throw invalid(at, 'must be an array');
      checkLength(item.length, at);
      return item.map((element: unknown, index) => codec.fromItem(element, `${at}[${String(index)}]`));
    },
  };
}

/** The codecs of a record's fields, in the order in which they are encoded. */
type Fields<T> = { readonly [K in keyof T]-?: Codec<T[K]> };

/** A record, encoded as an array of its fields in the order in which `fields` lists them. */
export function record<T extends object>(fields: Fields<T>): Codec<T> {
  const names = Object.keys(fields) as (keyof T & string)[];
  return {
    toItem: (value, at) => names.map((name) => fields[name].toItem(value[name], join(at, name))),
    fromItem: (item, at) => {
      if (!Array.isArray(item)) throw invalid(at, 'must be an array');
      if (item.length !== names.length) throw invalid(at, `must have ${String(names.length)} elements`);
      const entries = names.map((name, index) => [name, fields[name].fromItem(item[index], join(at, name))]);
      return Object.fromEntries(entries) as T;
    },
  };
}

/** A constant at the front of a record: a version or a type number. It is written and checked, not kept. */
export function prefixed<T>(constant: number | string, codec: Codec<T>): Codec<T> {
  return {
    toItem: (value, at) => {
      const item = codec.toItem(value, at);
      if (!Array.isArray(item)) throw invalid(at, 'must be an array');
      return [constant, ...(item as readonly Item[])];
    },
    fromItem: (item, at) => {
      if (!Array.isArray(item)) throw invalid(at, 'must be an array');
      if (item[0] !== constant) throw invalid(at, `must begin with ${JSON.stringify(constant)}`);
      return codec.fromItem(item.slice(1), at);
    },
  };
}

/** The variants of a union: for each name its number on the wire and the codec of its other fields. */
export type Variants<T extends object, K extends keyof T> = {
  readonly [Name in T[K] & string]: readonly [
    number: number,
    codec: Codec<Omit<Extract<T, Readonly<Record<K, Name>>>, K>>,
  ];
};

/** A union told apart by its field `tag`, encoded as the variant's number followed by the variant's fields. */
export function union<T extends object, K extends keyof T & string>(
  tag: K,
  variants: Variants<T, K>,
): Codec<T> {
  // The tag decides which codec meets which value; the type system cannot follow that through a table.
  const table = Object.entries(variants) as unknown as [string, [number, Codec<object>]][];
  return {
    toItem: (value, at) => {
      const variant = table.find(([name]) => name === value[tag]);
      if (variant === undefined) throw invalid(at, `has the unknown ${tag} ${String(value[tag])}`);
      const [, [number, codec]] = variant;
      return prefixed(number, codec).toItem(value, at);
    },
    fromItem: (item, at) => {
      if (!Array.isArray(item)) throw invalid(at, 'must be an array');
      const variant = table.find(([, [number]]) => number === item[0]);
      if (variant === undefined) throw invalid(at, `has an unknown ${tag}`);
      const [name, [number, codec]] = variant;
      return { [tag]: name, ...prefixed(number, codec).fromItem(item, at) } as unknown as T;
    },
  };
}

/** Adds a rule to a codec: `problem` returns what is wrong with a value, or `undefined`. */
export function refined<T>(codec: Codec<T>, problem: (value: T) => string | undefined): Codec<T> {
  const check = (value: T, at: string): T => {
    const wrong = problem(value);
    if (wrong !== undefined) throw invalid(at, wrong);
    return value;
  };
  return {
    toItem: (value, at) => codec.toItem(check(value, at), at),
    fromItem: (item, at) => check(codec.fromItem(item, at), at),
  };
}

function join(at: string, name: string): string {
  return at === '' ? name : `${at}.${name}`;
}
