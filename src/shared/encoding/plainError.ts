/**
 * Errors on the wire: a code, and its data as pairs of a name and a text or an unsigned integer, sorted by name.
 * A receiver that does not know a code still shows it: codes are text.
 * @module
 */
import type { ErrorCode, PlainError } from '../errors.ts';
import { list, record, refined, text, uint, type Codec, type Item } from './codec.ts';

/** Most data fields of one error, longest name and longest text: errors are small, and travel to strangers. */
const FIELDS_MAX = 8;
const NAME_CHARS_MAX = 64;
const TEXT_CHARS_MAX = 512;

const textCodec = text(TEXT_CHARS_MAX);
const numberCodec = uint();

const valueCodec: Codec<string | number> = {
  toItem: (value, at): Item =>
    typeof value === 'number' ? numberCodec.toItem(value, at) : textCodec.toItem(sendable(value), at),
  fromItem: (item, at) =>
    typeof item === 'number' ? numberCodec.fromItem(item, at) : textCodec.fromItem(item, at),
};

/** What can be sent of a text that may come from anywhere, such as the message of an error. */
function sendable(value: string): string {
  return value
    .replace(/^\ufeff+/, '')
    .slice(0, TEXT_CHARS_MAX)
    .toWellFormed();
}

interface Pair {
  readonly name: string;
  readonly value: string | number;
}

const pairsCodec = refined(
  list(record<Pair>({ name: text(NAME_CHARS_MAX), value: valueCodec }), FIELDS_MAX),
  (pairs) => {
    const sorted = pairs.every(({ name }, index) => {
      const before = pairs[index - 1];
      return before === undefined || before.name < name;
    });
    return sorted ? undefined : 'must be sorted by name, each once';
  },
);
const wireCodec = record({ code: text(NAME_CHARS_MAX), pairs: pairsCodec });

/** An error as `[code, [[name, value], …]]`. */
export const plainErrorCodec: Codec<PlainError> = {
  toItem: (error, at) => {
    const pairs = Object.entries(error.data)
      .map(([name, value]) => ({ name, value }))
      .sort((left, right) => (left.name < right.name ? -1 : 1));
    return wireCodec.toItem({ code: error.code, pairs }, at);
  },
  fromItem: (item, at) => {
    const { code, pairs } = wireCodec.fromItem(item, at);
    const data = Object.fromEntries(pairs.map(({ name, value }) => [name, value]));
    return { code: code as ErrorCode, data };
  },
};
