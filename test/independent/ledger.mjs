/**
 * Hashes, signatures and what they are over: docs/PROTOCOL.md, sections 3, 4, 6, 7 and 9.
 * @module
 */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { decodeItem, encodeItem } from './cbor.mjs';

const fromHex = (hex) => Buffer.from(hex, 'hex');

/** `H(domain, parts)`, as hex. */
export function H(domain, ...parts) {
  const hash = createHash('sha256')
    .update(Buffer.from([domain.length]))
    .update(domain, 'ascii');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/** Encodings of the points of small order, without bit 255 (section 4). */
const SMALL_ORDER = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);
const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
/** What SubjectPublicKeyInfo has before the 32 bytes of an ed25519 key (RFC 8410). */
const SPKI_PREFIX = fromHex('302a300506032b6570032100');

/** The verdict of section 4. Node's own verifier sees to the curve and to rule 5; the other rules are checked here. */
export function isSignature(signature, message, key) {
  if (signature.length !== 64 || key.length !== 32) return false;
  const r = withoutSign(signature.subarray(0, 32));
  const a = withoutSign(key);
  if (littleEndian(signature.subarray(32)) >= L || littleEndian(a) >= P) return false;
  if (SMALL_ORDER.has(a.toString('hex')) || SMALL_ORDER.has(r.toString('hex'))) return false;
  try {
    const publicKey = createPublicKey({
      key: Buffer.concat([SPKI_PREFIX, key]),
      format: 'der',
      type: 'spki',
    });
    return verify(null, message, publicKey, signature);
  } catch {
    return false;
  }
}

function withoutSign(bytes) {
  const copy = Buffer.from(bytes);
  copy[31] &= 0x7f;
  return copy;
}

function littleEndian(bytes) {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}

/** Bytes that encode a draft, from its fields as the vectors name them. */
export function draftBytes({ networkId, timestampMs, supervisor, payload }) {
  return encodeItem([1, fromHex(networkId), timestampMs, fromHex(supervisor), payloadItem(payload)]);
}

function payloadItem(payload) {
  const { kind, title, remark } = payload;
  if (kind === 'registry') return registryItem(payload);
  if (kind === 'assessments') {
    const records = payload.records.map((cells) =>
      cells.map((cell) => (cell?.number ? [cell.number] : cell)),
    );
    return [1, title, remark, payload.columns, records];
  }
  const files = payload.files.map((file) => [
    file.name,
    file.mediaType,
    file.sizeBytes,
    fromHex(file.sha256),
  ]);
  return [2, title, payload.decision, remark, files];
}

function registryItem({ remark, action }) {
  if (action.type !== 'propose')
    return [3, remark, [action.type === 'approve' ? 2 : 3, fromHex(action.proposalId)]];
  return [3, remark, [1, changeItem(action.change)]];
}

function changeItem(change) {
  const person = ({ name, organisation, publicKey }) => [name, organisation, fromHex(publicKey)];
  const replica = (entry) => [...person(entry), entry.host, entry.port];
  switch (change.kind) {
    case 'addSupervisor':
      return [1, person(change.supervisor), fromHex(change.proof)];
    case 'revokeSupervisor':
      return [2, fromHex(change.publicKey)];
    case 'renameSupervisor':
      return [3, fromHex(change.publicKey), change.name, change.organisation];
    case 'rotateSupervisor':
      return [4, fromHex(change.publicKey), fromHex(change.newPublicKey), fromHex(change.proof)];
    case 'addReplica':
      return [5, replica(change.replica), fromHex(change.proof)];
    case 'removeReplica':
      return [6, fromHex(change.publicKey)];
    case 'updateReplica':
      return [7, replica(change.replica)];
    case 'rotateReplica':
      return [8, fromHex(change.publicKey), fromHex(change.newPublicKey), fromHex(change.proof)];
    default:
      return [9, [change.policy.threshold, change.policy.proposalBlocks]];
  }
}

/** The id of a draft, or of the request that it became. */
export function requestId(draft) {
  return H('countersign/request/1', draftBytes(draft));
}

/** What a supervisor signs. */
export function signingDigest(networkId, id) {
  return H('countersign/request-signature/1', fromHex(networkId), fromHex(id));
}

function headerItem(header) {
  const { epoch, height, previousHash, timeMs, requestCount } = header;
  const hashes = [header.requestsRoot, header.evidenceDigest, header.stateDigest].map(fromHex);
  const next = header.nextReplicas === null ? null : fromHex(header.nextReplicas);
  return [2, epoch, height, fromHex(previousHash), timeMs, requestCount, ...hashes, next];
}

export function headerBytes(header) {
  return encodeItem(headerItem(header));
}

export function blockHash(header) {
  return H('countersign/block/2', headerBytes(header));
}

export function isLinked(below, above) {
  return (
    above.height === below.height + 1 &&
    above.previousHash === blockHash(below) &&
    above.timeMs > below.timeMs &&
    above.epoch === below.epoch + (below.nextReplicas === null ? 0 : 1)
  );
}

/** The root to which a path leads, or `null`. */
export function rootOf(id, index, size, path) {
  if (index >= size) return null;
  const node = (left, right) => H('countersign/merkle-node/1', fromHex(left), fromHex(right));
  const half = (value) => Math.floor(value / 2);
  let fn = index;
  let sn = size - 1;
  let root = H('countersign/merkle-leaf/1', fromHex(id));
  for (const sibling of path) {
    if (sn === 0) return null;
    if (fn % 2 === 1 || fn === sn) {
      root = node(sibling, root);
      while (fn % 2 === 0 && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      root = node(root, sibling);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 ? root : null;
}

/** The digest of a state, from its parts (section 8). */
export function stateDigest({ networkId, height, registryDigest, executedDigest, executedCount }) {
  const fields = [
    fromHex(networkId),
    height,
    fromHex(registryDigest),
    fromHex(executedDigest),
    executedCount,
  ];
  return H('countersign/state/2', encodeItem(fields));
}

/** The digest of a registry, from its summary (section 8). */
export function registryDigest({
  supervisorCount,
  supervisorsRoot,
  replicasDigest,
  policy,
  proposalsDigest,
}) {
  const fields = [
    supervisorCount,
    fromHex(supervisorsRoot),
    fromHex(replicasDigest),
    [policy.threshold, policy.proposalBlocks],
    fromHex(proposalsDigest),
  ];
  return H('countersign/registry/2', encodeItem(fields));
}

/** The digest of a set of replicas, as a header names the one that follows (section 8). */
export function replicasDigest(replicas) {
  const items = replicas.map(({ name, organisation, publicKey, host, port }) => [
    name,
    organisation,
    fromHex(publicKey),
    host,
    port,
  ]);
  return H('countersign/replicas/1', encodeItem(items));
}

/** A leaf of the registry's tree (section 8). */
export function supervisorDigest({ name, organisation, publicKey }) {
  return H('countersign/supervisor/1', encodeItem([name, organisation, fromHex(publicKey)]));
}

/** What a new key signs to prove that it is its owner's (section 6). */
export function possessionDigest(networkId, publicKey) {
  return H('countersign/key-possession/1', fromHex(networkId), fromHex(publicKey));
}

/** What a block's header says of the evidence in it; each piece as its canonical bytes. */
export function evidenceDigest(pieces) {
  if (pieces.length === 0) return '00'.repeat(32);
  return H('countersign/evidence/1', encodeItem(pieces.map(decodeItem)));
}

const DOMAINS = {
  order: 'countersign/order/1',
  localCommit: 'countersign/local-commit/1',
  checkpointVote: 'countersign/checkpoint-vote/1',
  viewChange: 'countersign/view-change/1',
  newView: 'countersign/new-view/1',
};

/** What a replica signs for a statement (section 9). */
export function statementDigest(networkId, statement) {
  const { kind, epoch, view } = statement;
  const said = [statement.hash, statement.stateDigest, statement.contentDigest]
    .filter((hash) => hash !== undefined)
    .map(fromHex);
  const height = statement.height === undefined ? [] : [statement.height];
  return H(DOMAINS[kind], encodeItem([fromHex(networkId), epoch, view, ...height, ...said]));
}

/** What a replica signs as checkpoint vote. */
export function voteDigest(networkId, { epoch, view, height, hash, stateDigest }) {
  return statementDigest(networkId, { kind: 'checkpointVote', epoch, view, height, hash, stateDigest });
}

function certificateItem(certificate) {
  if (certificate === null) return null;
  const { epoch, view, height, hash, stateDigest, signatures } = certificate;
  const state = stateDigest === undefined ? [] : [fromHex(stateDigest)];
  const signed = signatures.map(({ replica, signature }) => [replica, fromHex(signature)]);
  return [1, epoch, view, height, fromHex(hash), ...state, signed];
}

function viewChangeItem(viewChange) {
  const { epoch, view, lastNormalView, stable, commit, commitHeaders, chain } = viewChange;
  const headers = [commitHeaders, chain].map((list) => list.map(headerItem));
  return [1, epoch, view, lastNormalView, certificateItem(stable), certificateItem(commit), ...headers];
}

/** The canonical bytes of a view change, and the digest in its statement. */
export function viewChangeContent(viewChange) {
  const bytes = encodeItem(viewChangeItem(viewChange));
  return { bytes, contentDigest: H('countersign/view-change-content/1', bytes) };
}

/** The canonical bytes of a new view, and the digest in its statement. */
export function newViewContent({ epoch, view, viewChanges }) {
  const signed = viewChanges.map(({ replica, viewChange, signature }) => [
    replica,
    viewChangeItem(viewChange),
    fromHex(signature),
  ]);
  const members = viewChanges.map(({ replica, viewChange }) => [
    replica,
    fromHex(viewChangeContent(viewChange).contentDigest),
  ]);
  const contentDigest = H('countersign/new-view-content/1', encodeItem(members));
  return { bytes: encodeItem([1, epoch, view, signed]), contentDigest };
}
