/**
 * Evidence, step by step: docs/PROTOCOL.md, section 17.
 * @module
 */
import { Refused, encodeItem } from './cbor.mjs';
import { isSignature, statementDigest } from './ledger.mjs';
import { refusedAs, setAfter } from './epochs.mjs';
import {
  EPOCH_CHANGES_BYTES_MAX,
  EVIDENCE_BYTES_MAX,
  STATEMENTS,
  decode,
  epochChangesShape,
  evidenceShape,
} from './shapes.mjs';

const fromHex = (hex) => Buffer.from(hex, 'hex');
const FILE_CHARS_MAX = 4_726_784;
const KEYS = [
  'format',
  'version',
  'network_id',
  'replica',
  'name',
  'organisation',
  'public_key',
  'kind',
  'epoch',
  'view',
  'height',
  'statements',
];
/** There where the epoch is above 0. */
const CHANGES = 'registry_changes';
/** What the fields of a statement are called in a file. */
const NAMES = { hash: 'hash', stateDigest: 'state_digest', contentDigest: 'content_digest' };

/** Whether a file claims to be evidence rather than a receipt. */
export function isEvidenceFile(text) {
  return /^\s*\{\s*"format"\s*:\s*"countersign-evidence"/.test(text);
}

/** What the evidence in the file `text` proves. Throws `Refused`. */
export function verifyEvidenceFile(text, genesis) {
  const file = readFile(text);
  const evidence = fromFile(file);
  checkForm(evidence);
  const changes = changesOf(file);
  if (writeFile(file) !== text) throw invalid('the file', 'is not what its content says');
  if (file.network_id !== genesis.networkId) {
    throw new Refused('evidence.wrongNetwork', 'network_id', `it is of the network ${file.network_id}`);
  }
  const set = setAfter(changes, genesis, refusedAs('evidence.invalid', 'registry_changes'));
  const proven = checkSigners(evidence, genesis.networkId, set);
  const accused = set.replicas[evidence.replica];
  for (const key of ['name', 'organisation', 'public_key']) {
    if (file[key] !== accused[key]) throw invalid(key, 'is not what the set of its epoch says');
  }
  return proven;
}

/** What the canonical bytes of evidence prove. Throws `Refused`. */
export function verifyEvidenceBytes(bytes, genesis) {
  const evidence = formed(() => decode(evidenceShape, bytes, EVIDENCE_BYTES_MAX));
  checkForm(evidence);
  return checkSigners(evidence, genesis.networkId, genesis);
}

// Step 1

function readFile(text) {
  if (text.length > FILE_CHARS_MAX) throw invalid('the file', 'is too large');
  let file;
  try {
    file = JSON.parse(text);
  } catch {
    throw invalid('the file', 'is not JSON');
  }
  if (file?.format !== 'countersign-evidence') throw invalid('format', 'is another one');
  if (file.version !== 1) throw invalid('version', 'is another one');
  const unknown = Object.keys(file).find((key) => !KEYS.includes(key) && key !== CHANGES);
  if (unknown !== undefined) throw invalid('the file', `has the unknown key ${unknown}`);
  const missing = KEYS.find((key) => !Object.hasOwn(file, key));
  if (missing !== undefined) throw invalid(missing, 'is missing');
  if (!Array.isArray(file.statements) || file.statements.length !== 2)
    throw invalid('statements', 'are not two');
  return file;
}

/** The evidence of a file, by way of its bytes: so its fields are checked as those of any evidence. */
function fromFile(file) {
  const found = Object.entries(STATEMENTS).find(([, [kind]]) => kind === file.kind);
  if (found === undefined) throw invalid('kind', 'is not known');
  const [number, [, fields]] = found;
  const statements = file.statements.map((said, index) => {
    const values = Object.keys(fields).map((field) =>
      Object.hasOwn(NAMES, field) ? hexOf(said?.[NAMES[field]], index) : numberOf(file[field], field),
    );
    return [[Number(number), ...values], hexOf(said?.signature, index)];
  });
  const item = [1, numberOf(file.replica, 'replica'), ...statements];
  return formed(() => decode(evidenceShape, encodeItem(item), EVIDENCE_BYTES_MAX));
}

/** The changes that lead to the epoch of the evidence. */
function changesOf({ epoch, [CHANGES]: lines = [] }) {
  const isHexLine = (line) => typeof line === 'string' && /^([0-9a-f]{2})*$/.test(line);
  if (!Array.isArray(lines) || !lines.every(isHexLine)) throw invalid(CHANGES, 'is not hex');
  const bytes = fromHex(lines.join(''));
  const changes = bytes.length === 0 ? [] : decodeChanges(bytes);
  if (changes.length !== epoch) throw invalid(CHANGES, 'leads to another epoch');
  return changes;
}

function decodeChanges(bytes) {
  try {
    return decode(epochChangesShape, bytes, EPOCH_CHANGES_BYTES_MAX);
  } catch (error) {
    if (error instanceof Refused) throw invalid(CHANGES, error.message);
    throw error;
  }
}

function hexOf(value, index) {
  if (typeof value === 'string' && /^([0-9a-f]{2})*$/.test(value)) return fromHex(value);
  throw invalid(`statements[${index}]`, 'has something that is not hex');
}

function numberOf(value, at) {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw invalid(at, 'is not a number that can be there');
}

// Steps 2 and 3

function checkForm({ first, second }) {
  if (!contradict(first.statement, second.statement)) throw invalid('the whole value', 'is no contradiction');
  if (Buffer.compare(signedBytes(first), signedBytes(second)) >= 0) {
    throw invalid('the whole value', 'has its statements in the wrong order');
  }
}

function contradict(one, other) {
  const same = (field) => one[field] === other[field];
  if (!['kind', 'epoch', 'view', 'height'].every(same)) return false;
  return !['hash', 'stateDigest', 'contentDigest'].every(same);
}

function signedBytes({ statement, signature }) {
  const [number, [, fields]] = Object.entries(STATEMENTS).find(([, [kind]]) => kind === statement.kind);
  const values = Object.keys(fields).map((field) =>
    typeof statement[field] === 'string' ? fromHex(statement[field]) : statement[field],
  );
  return encodeItem([[Number(number), ...values], fromHex(signature)]);
}

/** The file again, with the keys in their order. */
function writeFile(file) {
  const said = file.statements.map((statement) => {
    const keys = ['hash', 'state_digest', 'content_digest', 'signature'];
    return Object.fromEntries(
      keys.filter((key) => isSaid(file.kind, key)).map((key) => [key, statement[key]]),
    );
  });
  const isOfView = file.kind === 'viewChange' || file.kind === 'newView';
  const values = { ...file, height: isOfView ? null : file.height, statements: said };
  const keys = file.epoch > 0 ? [...KEYS, CHANGES] : KEYS;
  // The lines again: 64 digits each.
  if (file.epoch > 0) values[CHANGES] = (file[CHANGES] ?? []).join('').match(/.{1,64}/g) ?? [];
  return `${JSON.stringify(Object.fromEntries(keys.map((key) => [key, values[key]])), null, 2)}\n`;
}

function isSaid(kind, key) {
  const [, fields] = Object.values(STATEMENTS).find(([name]) => name === kind);
  return key === 'signature' || Object.keys(fields).some((field) => NAMES[field] === key);
}

// Steps 6 and 7

function checkSigners({ replica, first, second }, networkId, { replicas }) {
  const accused = replicas[replica];
  if (accused === undefined) throw invalid('replica', 'is not in the genesis');
  for (const [index, { statement, signature }] of [first, second].entries()) {
    const digest = fromHex(statementDigest(networkId, statement));
    if (!isSignature(fromHex(signature), digest, fromHex(accused.public_key))) {
      throw invalid(`statements[${index}]`, `is not signed by replica ${replica}`);
    }
  }
  return { replica, kind: first.statement.kind, view: first.statement.view };
}

function formed(make) {
  try {
    return make();
  } catch (error) {
    if (error instanceof Refused && error.code.startsWith('encoding.'))
      throw invalid(error.at, error.message);
    throw error;
  }
}

function invalid(at, problem) {
  return new Refused('evidence.invalid', at, problem);
}
