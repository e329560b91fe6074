/**
 * What a client says and hears: docs/PROTOCOL.md, sections 11 and 12.
 * @module
 */
import { Refused, decodeItem, encodeItem } from './cbor.mjs';
import { blockHash } from './ledger.mjs';
import {
  RECEIPT_BYTES_MAX,
  STATEMENTS,
  bool,
  bytes,
  bytesUpTo,
  epochChangeShape,
  list,
  must,
  nullable,
  record,
  text,
  uint,
} from './shapes.mjs';

const fromHex = (hex) => Buffer.from(hex, 'hex');
const hexUpTo = (max) => (item, at) => Buffer.from(bytesUpTo(max)(item, at)).toString('hex');

const errorValue = (item, at) => (typeof item === 'number' ? item : text(512)(item, at));
const pair = record([], { name: text(64), value: errorValue });
const error = (item, at) => {
  const { code, pairs } = record([], { code: text(64), pairs: list(pair, 0, 8) })(item, at);
  const isSorted = pairs.every(({ name }, index) => index === 0 || pairs[index - 1].name < name);
  must(isSorted, pairs, at, 'must be sorted by name');
  return { code, data: Object.fromEntries(pairs.map(({ name, value }) => [name, value])) };
};

/** A change, its header with the hash, as the vectors show it. */
const hashedChange = (item, at) => {
  const change = epochChangeShape(item, at);
  return { ...change, header: { ...change.header, hash: blockHash(change.header) } };
};

const HEARD = {
  48: ['response', { requestId: bytes(32), epoch: uint(), height: uint(), hash: bytes(32), tag: bytes(8) }],
  49: ['refusal', { requestId: bytes(32), error }],
  50: ['final', { requestId: bytes(32), height: uint(), hash: bytes(32) }],
  51: ['receipt', { requestId: bytes(32), receipt: hexUpTo(RECEIPT_BYTES_MAX) }],
  52: [
    'status',
    {
      epoch: uint(),
      tipHeight: uint(),
      stableHeight: uint(),
      connectedReplicas: uint(),
      participating: bool,
    },
  ],
  53: ['epochChange', { epoch: uint(), change: nullable(hashedChange) }],
};

/** What a replica has said. Throws `encoding.invalid`. */
export function hear(message) {
  const item = decodeItem(message);
  const known = Array.isArray(item) ? HEARD[item[0]] : undefined;
  if (known === undefined) throw new Refused('encoding.invalid', 'the whole value', 'has an unknown number');
  const [type, fields] = known;
  return { type, ...record([item[0]], fields)(item, '') };
}

/** The bytes to say to a replica. */
export function say(message) {
  switch (message.type) {
    case 'request':
      return encodeItem([1, fromHex(message.request)]);
    case 'commit':
      return encodeItem([32, message.height, fromHex(message.hash), fromHex(message.tag)]);
    case 'getReceipt':
      return encodeItem([33, fromHex(message.requestId)]);
    case 'getStatus':
      return encodeItem([34]);
    case 'getEpochChange':
      return encodeItem([35, message.epoch]);
    case 'evidence':
      return encodeItem([19, evidenceItem(message.evidence)]);
    default:
      throw new Error(`a client does not say ${message.type}`);
  }
}

function evidenceItem({ replica, first, second }) {
  return [1, replica, signedItem(first), signedItem(second)];
}

function signedItem({ statement, signature }) {
  const [number, [, fields]] = Object.entries(STATEMENTS).find(([, [kind]]) => kind === statement.type);
  const values = Object.keys(fields).map((field) =>
    typeof statement[field] === 'string' ? fromHex(statement[field]) : statement[field],
  );
  return [[Number(number), ...values], fromHex(signature)];
}
