/**
 * The types of docs/PROTOCOL.md, section 1, as checks: each takes an item and its place, and returns the value or
 * throws `encoding.invalid`. Byte strings become hex.
 * @module
 */
import { Refused, decodeItem } from './cbor.mjs';

export const uint =
  (max = Number.MAX_SAFE_INTEGER) =>
  (item, at) =>
    must(typeof item === 'number' && item <= max, item, at, `must be an integer up to ${max}`);

/** `bytes(length)`, as hex. */
export const bytes = (length) => (item, at) => {
  must(item instanceof Uint8Array && item.length === length, item, at, `must be ${length} bytes`);
  return Buffer.from(item).toString('hex');
};

/** `bytes(≤max)`, as they are. */
export const bytesUpTo = (max) => (item, at) =>
  must(item instanceof Uint8Array && item.length <= max, item, at, `must be at most ${max} bytes`);

export const text = (max) => (item, at) =>
  must(typeof item === 'string' && item.length <= max, item, at, `must be text of at most ${max}`);

export const nullable = (shape) => (item, at) => (item === null ? null : shape(item, at));

export const word =
  (...words) =>
  (item, at) =>
    must(words.includes(item), item, at, `must be one of ${words}`);

export const bool = (item, at) => must(typeof item === 'boolean', item, at, 'must be true or false');

export const list = (shape, min, max) => (item, at) => {
  must(Array.isArray(item) && item.length >= min && item.length <= max, item, at, 'has a wrong length');
  return item.map((element, index) => shape(element, `${at}[${index}]`));
};

/** An array of `literals` and then the fields. */
export const record =
  (literals, fields) =>
  (item, at = '') => {
    const names = Object.keys(fields);
    must(
      Array.isArray(item) && item.length === literals.length + names.length,
      item,
      at,
      'has a wrong length',
    );
    literals.forEach((literal, index) =>
      must(item[index] === literal, item, at, `must begin with ${literal}`),
    );
    const prefix = at === '' ? '' : `${at}.`;
    return Object.fromEntries(
      names.map((name, index) => [name, fields[name](item[literals.length + index], `${prefix}${name}`)]),
    );
  };

/** The value of `shape` that `encoded` is, which has at most `max` bytes. */
export function decode(shape, encoded, max) {
  if (encoded.length > max)
    throw new Refused('encoding.tooLarge', 'the whole value', `has more than ${max} bytes`);
  return shape(decodeItem(encoded), '');
}

export function must(holds, value, at, problem) {
  if (!holds) throw new Refused('encoding.invalid', at === '' ? 'the whole value' : at, problem);
  return value;
}

const cell = (item, at) => {
  if (item === null || typeof item === 'boolean') return item;
  if (typeof item === 'string') return text(32767)(item, at);
  must(Array.isArray(item) && item.length === 1, item, at, 'must be a cell');
  const number = text(64)(item[0], at);
  must(/^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/.test(number), number, at, 'must be a JSON number');
  return { number };
};

const assessments = record([1], {
  title: text(255),
  remark: text(10_000),
  columns: list(text(255), 1, 256),
  records: list(list(cell, 1, 256), 1, 20_000),
});
const documents = record([2], {
  title: text(255),
  decision: word('approved', 'rejected', 'acknowledged'),
  remark: text(10_000),
  files: list(
    record([], { name: text(255), mediaType: text(255), sizeBytes: uint(), sha256: bytes(32) }),
    1,
    1000,
  ),
});

const payload = (item, at) => {
  must(Array.isArray(item), item, at, 'must be an array');
  if (item[0] === 2) return { kind: 'document', ...documents(item, at) };
  if (item[0] === 3) return { kind: 'registry', ...registry(item, at) };
  const value = assessments(item, at);
  const { columns, records } = value;
  must(new Set(columns).size === columns.length, value, at, 'names a column twice');
  must(
    records.every((cells) => cells.length === columns.length),
    value,
    at,
    'has a record without one cell for each column',
  );
  return { kind: 'assessments', ...value };
};

export const REQUEST_BYTES_MAX = 16_777_216;
const draftFields = { networkId: bytes(32), timestampMs: uint(), supervisor: bytes(32), payload };
const name = text(255);
const named = (item, at) => must(name(item, at) !== '', item, at, 'must not be empty');
const key = bytes(32);
const proof = bytes(64);
const atLeastOne = (max) => (item, at) => must(uint(max)(item, at) >= 1, item, at, 'must be at least 1');
const replica = (item, at) => {
  const fields = { name, organisation: name, publicKey: key, host: name, port: uint(65_535) };
  const value = record([], fields)(item, at);
  return must(value.name !== '' && value.host !== '' && value.port > 0, value, at, 'lacks a part');
};
const policyFields = { threshold: nullable(atLeastOne(10_000)), proposalBlocks: atLeastOne(10_000_000) };
const supervisor = record([], { name: named, organisation: name, publicKey: key });
const CHANGES = {
  1: ['addSupervisor', { supervisor, proof }],
  2: ['revokeSupervisor', { publicKey: key }],
  3: ['renameSupervisor', { publicKey: key, name: named, organisation: name }],
  4: ['rotateSupervisor', { publicKey: key, newPublicKey: key, proof }],
  5: ['addReplica', { replica, proof }],
  6: ['removeReplica', { publicKey: key }],
  7: ['updateReplica', { replica }],
  8: ['rotateReplica', { publicKey: key, newPublicKey: key, proof }],
  9: ['setPolicy', { policy: record([], policyFields) }],
};
const ACTIONS = { 1: 'propose', 2: 'approve', 3: 'withdraw' };

const change = (item, at) => {
  const known = Array.isArray(item) ? CHANGES[item[0]] : undefined;
  must(known !== undefined, item, at, 'must be a change of the registry');
  return { kind: known[0], ...record([item[0]], known[1])(item, at) };
};
const action = (item, at) => {
  const type = Array.isArray(item) ? ACTIONS[item[0]] : undefined;
  must(type !== undefined, item, at, 'must be an action');
  const fields = type === 'propose' ? { change } : { proposalId: bytes(32) };
  return { type, ...record([item[0]], fields)(item, at) };
};
const registry = record([3], { remark: text(10_000), action });

export const requestShape = record([1], { ...draftFields, signature: bytes(64) });

export const headerShape = record([2], {
  epoch: uint(),
  height: uint(),
  previousHash: bytes(32),
  timeMs: uint(),
  requestCount: uint(),
  requestsRoot: bytes(32),
  evidenceDigest: bytes(32),
  stateDigest: bytes(32),
  nextReplicas: nullable(bytes(32)),
});

const signatures = (item, at) => {
  const all = list(record([], { replica: uint(30), signature: bytes(64) }), 0, 31)(item, at);
  const ordered = all.every(({ replica }, index) => index === 0 || all[index - 1].replica < replica);
  return must(ordered, all, at, 'must be in increasing order');
};

export const certificateShape = record([1], {
  epoch: uint(),
  view: uint(),
  height: uint(),
  hash: bytes(32),
  stateDigest: bytes(32),
  signatures,
});

const member = record([], { name, organisation: name, publicKey: key, host: name, port: uint(65_535) });
const replicaSet = (item, at) => {
  const all = list(member, 4, 31)(item, at);
  const ordered = all.every(({ publicKey }, index) => index === 0 || all[index - 1].publicKey < publicKey);
  return must(ordered, all, at, 'must list distinct keys in increasing order');
};

export const epochChangeShape = record([1], {
  header: headerShape,
  certificate: certificateShape,
  replicas: replicaSet,
});
export const EPOCH_CHANGES_BYTES_MAX = 2_097_152;
const EPOCH_CHANGES_MAX = 2_048;
export const epochChangesShape = list(epochChangeShape, 0, EPOCH_CHANGES_MAX);

export const RECEIPT_BYTES_MAX = 20_971_520;
const policy = record([], policyFields);
const registration = record([], {
  parent: headerShape,
  executedDigest: bytes(32),
  executedCount: uint(),
  registry: record([], {
    supervisorCount: uint(10_000),
    supervisorsRoot: bytes(32),
    replicasDigest: bytes(32),
    policy,
    proposalsDigest: bytes(32),
  }),
  supervisor: record([], { name: text(255), organisation: text(255), publicKey: bytes(32) }),
  index: uint(),
  path: list(bytes(32), 0, 14),
});

export const receiptShape = record([2], {
  request: bytesUpTo(REQUEST_BYTES_MAX),
  header: headerShape,
  index: uint(),
  path: list(bytes(32), 0, 16),
  headersAbove: list(headerShape, 0, 8192),
  certificate: certificateShape,
  registration,
  registryChanges: epochChangesShape,
});

const place = { epoch: uint(), view: uint(), height: uint(), hash: bytes(32) };
const content = { epoch: uint(), view: uint(), contentDigest: bytes(32) };
/** The kinds of statements by their numbers, with their fields (section 9). */
export const STATEMENTS = {
  1: ['order', place],
  2: ['localCommit', place],
  3: ['checkpointVote', { ...place, stateDigest: bytes(32) }],
  4: ['viewChange', content],
  5: ['newView', content],
};

const statement = (item, at) => {
  const known = Array.isArray(item) ? STATEMENTS[item[0]] : undefined;
  must(known !== undefined, item, at, 'must be a statement');
  const [kind, fields] = known;
  return { kind, ...record([item[0]], fields)(item, at) };
};
const signedStatement = record([], { statement, signature: bytes(64) });

export const EVIDENCE_BYTES_MAX = 1024;
export const evidenceShape = record([1], {
  replica: uint(30),
  first: signedStatement,
  second: signedStatement,
});
