/**
 * The fingerprint of a network: its network id as twelve words that people compare by eye or over the telephone, the
 * same in every language.
 *
 * Eleven words carry the first 121 bits of the network id, 11 bits each, highest first. The twelfth is a checksum: the
 * first 11 bits of the digest of those 121 bits, so that a misheard word is told from another network. Whoever collects
 * the cards could search for two geneses with one fingerprint, which takes about 2^60 tries.
 * @module
 */
import { fromHex, type Hex } from '../../shared/encoding/hex.ts';
import { CountersignError } from '../../shared/errors.ts';
import { FINGERPRINT_WORDS } from './fingerprintWords.ts';
import { digest } from './hash.ts';

/** Words of a fingerprint, the checksum included. */
export const FINGERPRINT_LENGTH = 12;
/** Longest text that is read as a fingerprint, in UTF-16 code units. */
export const FINGERPRINT_CHARS_MAX = 400;

const WORD_BITS = 11;
const DATA_WORDS = FINGERPRINT_LENGTH - 1;
const BYTE_BITS = 8;
const indexes: ReadonlyMap<string, number> = new Map(FINGERPRINT_WORDS.map((word, index) => [word, index]));

/** The fingerprint of a network id, which has 32 bytes: twelve words with one space between them. */
export function fingerprintOf(networkId: Hex): string {
  const bytes = fromHex(networkId);
  const data = Array.from({ length: DATA_WORDS }, (_, index) => bitsAt(bytes, index * WORD_BITS));
  return [...data, checksumOf(data)].map((index) => FINGERPRINT_WORDS[index] ?? '').join(' ');
}

/**
 * A fingerprint that somebody typed, in its one spelling. Capitals, and what stands between the words, are free.
 * Throws `fingerprint.invalid` for another number of words, a word that is not in the list, or a checksum that says
 * that a word was misheard.
 */
export function parseFingerprint(text: string): string {
  if (text.length > FINGERPRINT_CHARS_MAX) throw invalid('it is too long');
  const words = text.toLowerCase().match(/[^\s,;.·-]+/g) ?? [];
  if (words.length !== FINGERPRINT_LENGTH) {
    throw invalid(`it has ${String(words.length)} words instead of ${String(FINGERPRINT_LENGTH)}`);
  }
  const numbers = words.map((word) => {
    const index = indexes.get(word);
    if (index === undefined) throw invalid(`“${word}” is not one of its words`);
    return index;
  });
  const [checksum] = numbers.splice(DATA_WORDS);
  if (checksum !== checksumOf(numbers)) throw invalid('the last word says that another one is wrong');
  return words.join(' ');
}

/**
 * Throws `fingerprint.mismatch` unless `words` is the fingerprint of this network, and `fingerprint.invalid` where it
 * is none.
 */
export function assertFingerprint(words: string, networkId: Hex): void {
  const expected = parseFingerprint(words);
  const actual = fingerprintOf(networkId);
  if (expected !== actual) throw new CountersignError('fingerprint.mismatch', { expected, actual });
}

function checksumOf(numbers: readonly number[]): number {
  const packed = new Uint8Array(2 * numbers.length);
  const view = new DataView(packed.buffer);
  for (const [index, number] of numbers.entries()) view.setUint16(2 * index, number);
  return bitsAt(digest('countersign/fingerprint/1', packed), 0);
}

/** The 11 bits from bit `first` on, where bit 0 is the highest of the first byte. */
function bitsAt(bytes: Uint8Array, first: number): number {
  let value = 0;
  for (let bit = first; bit < first + WORD_BITS; bit++) {
    const byte = bytes[Math.floor(bit / BYTE_BITS)] ?? 0;
    value = 2 * value + ((byte >> (BYTE_BITS - 1 - (bit % BYTE_BITS))) & 1);
  }
  return value;
}

function invalid(problem: string): CountersignError<'fingerprint.invalid'> {
  return new CountersignError('fingerprint.invalid', { problem });
}
