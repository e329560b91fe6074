/**
 * Genesis files: docs/PROTOCOL.md, section 5.
 * @module
 */
import { Refused, encodeItem } from './cbor.mjs';
import { H } from './ledger.mjs';

const fromHex = (hex) => Buffer.from(hex, 'hex');
const isName = (value) => typeof value === 'string' && value.length <= 255;
const isKey = (value) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
const isInteger =
  (max, min = 0) =>
  (value) =>
    Number.isSafeInteger(value) && value >= min && value <= max;
const MOST = Number.MAX_SAFE_INTEGER;

const LIMITS = {
  max_request_bytes: isInteger(16_777_216, 1024),
  max_block_requests: isInteger(65_535, 1),
  max_block_bytes: isInteger(67_108_864),
  checkpoint_distance: isInteger(4_096, 1),
  max_request_age_ms: isInteger(MOST, 1),
  max_clock_skew_ms: isInteger(MOST),
};
const POLICY = {
  threshold: (value) => value === null || isInteger(10_000, 1)(value),
  proposal_blocks: isInteger(10_000_000, 1),
};
const SUPERVISOR = { name: isName, organisation: isName, public_key: isKey };
const REPLICA = { ...SUPERVISOR, host: (host) => isName(host) && host !== '', port: isInteger(65_535, 1) };
const FILE = {
  format: (value) => value === 'countersign-genesis',
  version: (value) => value === 2,
  network_id: isKey,
  name: isName,
  created_at_ms: isInteger(MOST),
  replicas: (value) => isListOf(value, REPLICA, 4, 31),
  supervisors: (value) => isListOf(value, SUPERVISOR, 1, 10_000),
  policy: (value) => hasFields(value, POLICY),
  limits: (value) => hasFields(value, LIMITS) && value.max_block_bytes >= value.max_request_bytes,
};

/** What a genesis file says. Throws `genesis.invalid`. */
export function readGenesis(file) {
  const json = JSON.parse(file, (key, value) => {
    if (key === '__proto__') throw new Refused('genesis.invalid', 'the file', 'holds __proto__');
    return value;
  });
  demand(hasFields(json, FILE), 'the file');
  const { replicas, supervisors, limits } = json;
  demand(isSorted(replicas), 'replicas');
  demand(isSorted(supervisors), 'supervisors');
  const keys = [...replicas, ...supervisors].map(({ public_key: key }) => key);
  demand(new Set(keys).size === keys.length, 'public_key');
  demand(new Set(replicas.map(({ host, port }) => `${port} ${host}`)).size === replicas.length, 'replicas');
  const { threshold } = json.policy;
  const fewest = Math.min(2, supervisors.length);
  demand(threshold === null || (threshold >= fewest && threshold <= supervisors.length), 'policy.threshold');
  const networkId = H('countersign/genesis/2', canonicalBytes(json));
  demand(networkId === json.network_id, 'network_id');
  const n = replicas.length;
  return { networkId, replicas, supervisors, limits, quorum: n - Math.floor((n - 1) / 3) };
}

function canonicalBytes({ name, created_at_ms: createdAtMs, replicas, supervisors, policy, limits }) {
  const person = (entry) => [entry.name, entry.organisation, fromHex(entry.public_key)];
  return encodeItem([
    2,
    name,
    createdAtMs,
    replicas.map((replica) => [...person(replica), replica.host, replica.port]),
    supervisors.map(person),
    [policy.threshold, policy.proposal_blocks],
    Object.keys(LIMITS).map((limit) => limits[limit]),
  ]);
}

function hasFields(value, fields) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  if (Object.keys(value).length !== Object.keys(fields).length) return false;
  return Object.entries(fields).every(([name, isGood]) => isGood(value[name]));
}

function isListOf(value, fields, min, max) {
  if (!Array.isArray(value) || value.length < min || value.length > max) return false;
  return value.every((element) => hasFields(element, fields));
}

function isSorted(members) {
  return members.every(({ public_key: key }, index) => index === 0 || members[index - 1].public_key <= key);
}

function demand(holds, at) {
  if (!holds) throw new Refused('genesis.invalid', at, 'is not what a genesis has there');
}
