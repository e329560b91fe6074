/**
 * The little of ASN.1 DER (ITU-T X.690) that an encrypted private key needs: sequences, octet strings, small
 * unsigned integers, object identifiers and NULL. Everything unexpected is refused with `key.invalid`.
 * @module
 */
import { CountersignError } from '../../shared/errors.ts';
import { toHex, type Hex } from '../../shared/encoding/hex.ts';

const TAG_INTEGER = 0x02;
const TAG_OCTETS = 0x04;
const TAG_NULL = 0x05;
const TAG_OID = 0x06;
const TAG_SEQUENCE = 0x30;

/** Longest content: two length bytes. Keys are far smaller. */
const MAX_LENGTH = 0xffff;
/** Integers are read up to 2^48, far above any sane parameter and still exact. */
const MAX_INTEGER_BYTES = 6;

/** A sequence of already encoded parts. */
export function derSequence(...parts: readonly Uint8Array[]): Uint8Array {
  return element(TAG_SEQUENCE, Buffer.concat(parts));
}

/** An octet string. */
export function derOctets(bytes: Uint8Array): Uint8Array {
  return element(TAG_OCTETS, bytes);
}

/** An unsigned integer below 2^48. */
export function derInteger(value: number): Uint8Array {
  const digits = value.toString(16);
  const bytes = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
  // A first bit of 1 would mean a negative number.
  return element(TAG_INTEGER, (bytes[0] ?? 0) < 0x80 ? bytes : Buffer.concat([Buffer.of(0), bytes]));
}

/** An object identifier, given as the hex of its encoded content. */
export function derOid(content: Hex): Uint8Array {
  return element(TAG_OID, Buffer.from(content, 'hex'));
}

function element(tag: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.of(tag, ...lengthOctets(content.length)), content]);
}

function lengthOctets(length: number): readonly number[] {
  if (length < 0x80) return [length];
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}

/** Reads the elements of one sequence in order. Each method throws `key.invalid` if the next element differs. */
export class DerReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Whether everything has been read. */
  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** The tag of the next element, or `undefined` at the end. */
  get nextTag(): number | undefined {
    return this.#bytes[this.#at];
  }

  /** A reader of the next element, which must be a sequence. */
  sequence(): DerReader {
    return new DerReader(this.content(TAG_SEQUENCE));
  }

  /** The next element, an octet string. */
  octets(): Uint8Array {
    return this.content(TAG_OCTETS);
  }

  /** The next element, an object identifier, as the hex of its content. */
  oid(): Hex {
    return toHex(this.content(TAG_OID));
  }

  /** The next element, an unsigned integer below 2^48. */
  integer(): number {
    const bytes = this.content(TAG_INTEGER);
    const [first, second] = bytes;
    if (first === undefined || first >= 0x80) throw malformed('an integer is negative or empty');
    if (first === 0 && second !== undefined && second < 0x80) throw malformed('an integer is padded');
    if (bytes.length > MAX_INTEGER_BYTES) throw malformed('an integer is too large');
    return bytes.reduce((value, byte) => value * 256 + byte, 0);
  }

  /** Whether the next element is an integer. */
  get isAtInteger(): boolean {
    return this.nextTag === TAG_INTEGER;
  }

  /** Steps over a NULL if one comes next: some writers leave out this empty parameter. */
  optionalNull(): void {
    if (this.nextTag === TAG_NULL && this.content(TAG_NULL).length > 0)
      throw malformed('a NULL is not empty');
  }

  /** The content of the next element, which must have the given tag. */
  content(tag: number): Uint8Array {
    if (this.nextTag !== tag) throw malformed(`it lacks an element with the tag ${String(tag)}`);
    this.#at++;
    const length = this.#length();
    const end = this.#at + length;
    if (end > this.#bytes.length) throw malformed('it is cut short');
    const content = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return content;
  }

  /** Throws unless everything has been read. */
  end(): void {
    if (!this.isAtEnd) throw malformed('it has unexpected elements');
  }

  #length(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    if (first !== 0x81 && first !== 0x82)
      throw malformed(`an element is larger than ${String(MAX_LENGTH)} bytes`);
    const length = first === 0x81 ? this.#byte() : this.#byte() * 256 + this.#byte();
    if (length < (first === 0x81 ? 0x80 : 0x100)) throw malformed('a length is not in its shortest form');
    return length;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw malformed('it is cut short');
    this.#at++;
    return byte;
  }
}

function malformed(problem: string): CountersignError<'key.invalid'> {
  return new CountersignError('key.invalid', { problem: `the key is damaged: ${problem}` });
}
