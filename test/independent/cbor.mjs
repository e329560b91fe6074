/**
 * The canonical encoding, from docs/PROTOCOL.md, section 2. Items are numbers, strings, booleans, null, Uint8Array
 * and arrays.
 * @module
 */

/** Why something is refused: a code of the document, and the place. */
export class Refused extends Error {
  constructor(code, at, problem) {
    super(`${code} at ${at}: ${problem}`);
    this.code = code;
    this.at = at;
  }
}

const UINT = 0;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;

/** Deeper than anything in the document; shallow enough that a hostile input cannot exhaust the stack. */
const DEPTH_MAX = 16;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The item whose canonical bytes are `bytes`. Throws `encoding.invalid`. */
export function decodeItem(bytes) {
  const reader = { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), at: 0 };
  const item = readItem(reader, 0);
  if (reader.at !== bytes.length) throw invalid('there are bytes after the item');
  return item;
}

function readItem(reader, depth) {
  if (depth > DEPTH_MAX) throw invalid('it is nested too deeply');
  const initial = take(reader, 1)[0];
  if (initial === 0xf4) return false;
  if (initial === 0xf5) return true;
  if (initial === 0xf6) return null;
  const major = initial >> 5;
  const argument = readArgument(reader, initial & 0x1f);
  if (major === UINT) return argument;
  if (major === BYTES) return take(reader, argument);
  if (major === TEXT) return readText(take(reader, argument));
  if (major !== ARRAY) throw invalid(`major type ${major} does not occur`);
  const items = [];
  // Each element takes a byte at least, so an array cannot make this loop longer than the input.
  for (let index = 0; index < argument; index++) items.push(readItem(reader, depth + 1));
  return items;
}

function readArgument(reader, information) {
  if (information < 24) return information;
  const sizes = { 24: 1, 25: 2, 26: 4, 27: 8 };
  const size = sizes[information];
  if (size === undefined) throw invalid('a length is indefinite or reserved');
  const at = reader.at;
  take(reader, size);
  const { view } = reader;
  if (size === 1) return atLeast(view.getUint8(at), 24);
  if (size === 2) return atLeast(view.getUint16(at), 0x100);
  if (size === 4) return atLeast(view.getUint32(at), 0x10000);
  const value = view.getBigUint64(at);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw invalid('an integer is above 2^53 - 1');
  return atLeast(Number(value), 0x1_0000_0000);
}

function atLeast(value, least) {
  if (value < least) throw invalid('a head is not in its shortest form');
  return value;
}

function readText(bytes) {
  let text;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw invalid('a text is not UTF-8');
  }
  if (text.startsWith('\ufeff')) throw invalid('a text begins with U+FEFF');
  return text;
}

function take(reader, length) {
  const end = reader.at + length;
  if (end > reader.bytes.length) throw invalid('it ends early');
  const part = reader.bytes.subarray(reader.at, end);
  reader.at = end;
  return part;
}

/** The canonical bytes of an item. */
export function encodeItem(item) {
  if (item === false) return Buffer.from([0xf4]);
  if (item === true) return Buffer.from([0xf5]);
  if (item === null) return Buffer.from([0xf6]);
  if (typeof item === 'number') return head(UINT, item);
  if (typeof item === 'string') {
    const bytes = Buffer.from(item, 'utf8');
    return Buffer.concat([head(TEXT, bytes.length), bytes]);
  }
  if (item instanceof Uint8Array) return Buffer.concat([head(BYTES, item.length), item]);
  return Buffer.concat([head(ARRAY, item.length), ...item.map(encodeItem)]);
}

function head(major, argument) {
  const first = major << 5;
  if (argument < 24) return Buffer.from([first | argument]);
  if (argument < 0x100) return Buffer.from([first | 24, argument]);
  const bytes = Buffer.alloc(9);
  if (argument < 0x10000) {
    bytes[0] = first | 25;
    bytes.writeUInt16BE(argument, 1);
    return bytes.subarray(0, 3);
  }
  if (argument < 0x1_0000_0000) {
    bytes[0] = first | 26;
    bytes.writeUInt32BE(argument, 1);
    return bytes.subarray(0, 5);
  }
  bytes[0] = first | 27;
  bytes.writeBigUInt64BE(BigInt(argument), 1);
  return bytes;
}

function invalid(problem) {
  return new Refused('encoding.invalid', 'the whole value', problem);
}
