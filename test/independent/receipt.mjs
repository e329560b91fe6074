/**
 * Receipts, step by step: docs/PROTOCOL.md, section 14.
 * @module
 */
import { Refused } from './cbor.mjs';
import { refusedAs, setAfter } from './epochs.mjs';
import {
  blockHash,
  isLinked,
  isSignature,
  possessionDigest,
  registryDigest,
  requestId,
  rootOf,
  signingDigest,
  stateDigest,
  supervisorDigest,
  voteDigest,
} from './ledger.mjs';
import { RECEIPT_BYTES_MAX, REQUEST_BYTES_MAX, decode, receiptShape, requestShape } from './shapes.mjs';

const fromHex = (hex) => Buffer.from(hex, 'hex');
const FORM_ERRORS = ['encoding.invalid', 'encoding.tooLarge'];

/** What the receipt in the file `text` proves. Throws `Refused`. */
export function verifyReceiptFile(text, genesis) {
  return verifyReceipt(readReceiptFile(text), genesis);
}

/** What the canonical bytes of a receipt prove. Throws `Refused`. */
export function verifyReceiptBytes(bytes, genesis) {
  return verifyReceipt(decodeReceipt(bytes), genesis);
}

// Step 1

function readReceiptFile(text) {
  let json;
  try {
    json = JSON.parse(text);
  } catch {
    throw invalid('the file', 'is not JSON');
  }
  if (json?.format !== 'countersign-receipt') throw invalid('format', 'is another one');
  if (json.version !== 2) throw invalid('version', 'is another one');
  const lines = json.receipt;
  const isHexLine = (line) => typeof line === 'string' && /^([0-9a-f]{2})*$/.test(line);
  if (!Array.isArray(lines) || !lines.every(isHexLine)) throw invalid('receipt', 'is not hex');
  const bytes = fromHex(lines.join(''));
  const receipt = decodeReceipt(bytes);
  if (writeReceiptFile(receipt, bytes) !== text) throw invalid('the file', 'is not what its receipt says');
  return receipt;
}

function decodeReceipt(bytes) {
  try {
    const receipt = decode(receiptShape, bytes, RECEIPT_BYTES_MAX);
    const request = decode(requestShape, receipt.request, REQUEST_BYTES_MAX);
    return { ...receipt, request: { ...request, id: requestId(request), sizeBytes: receipt.request.length } };
  } catch (error) {
    if (error instanceof Refused && FORM_ERRORS.includes(error.code)) throw invalid(error.at, error.message);
    throw error;
  }
}

function writeReceiptFile({ request, header, headersAbove }, bytes) {
  const file = {
    format: 'countersign-receipt',
    version: 2,
    network_id: request.networkId,
    request_id: request.id,
    kind: request.payload.kind,
    title: titleOf(request.payload),
    signed_at: timeText(request.timestampMs),
    signed_at_ms: request.timestampMs,
    supervisor: request.supervisor,
    height: header.height,
    checkpoint_height: (headersAbove.at(-1) ?? header).height,
    ...(header.epoch > 0 && { epoch: header.epoch }),
    receipt: bytes.toString('hex').match(/.{1,64}/g),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** As ECMAScript writes times; years beyond its calendar, which ends in 275760, by shifting whole cycles of 400. */
function timeText(timeMs) {
  const CYCLE_MS = 146_097 * 86_400_000;
  const cycles = Math.max(0, Math.floor(timeMs / CYCLE_MS) - 1);
  const date = new Date(timeMs - cycles * CYCLE_MS);
  const year = date.getUTCFullYear() + 400 * cycles;
  const yearText = year > 9999 ? `+${String(year).padStart(6, '0')}` : String(year).padStart(4, '0');
  return yearText + date.toISOString().slice(-20);
}

// Steps 2 to 13

function verifyReceipt(receipt, genesis) {
  const { request, header, headersAbove, certificate } = receipt;
  if (request.networkId !== genesis.networkId) {
    throw new Refused('receipt.wrongNetwork', 'request', `it is of the network ${request.networkId}`);
  }
  checkRequest(request, header, genesis);
  checkPlace(receipt, genesis);
  checkHeaders(receipt, genesis);
  const top = headersAbove.at(-1) ?? header;
  const set = checkEpoch(receipt, genesis);
  checkCertificate(certificate, top, set);
  checkRegistration(receipt, genesis);
  checkSignatures(request, certificate, genesis.networkId, set);
  return {
    requestId: request.id,
    supervisor: request.supervisor,
    timestampMs: request.timestampMs,
    height: header.height,
    checkpointHeight: top.height,
    epoch: header.epoch,
    signers: certificate.signatures.map(({ replica }) => replica),
  };
}

function checkRequest({ sizeBytes, timestampMs }, { timeMs }, { limits }) {
  if (sizeBytes > limits.max_request_bytes) throw invalid('request', 'is too large');
  if (timestampMs < timeMs - limits.max_request_age_ms) throw invalid('request', 'is too old');
  if (timestampMs > timeMs + limits.max_clock_skew_ms) throw invalid('request', 'is from the future');
}

function checkPlace({ request, header, index, path }, { limits }) {
  if (header.requestCount > limits.max_block_requests) throw invalid('header', 'has too many requests');
  if (rootOf(request.id, index, header.requestCount, path) !== header.requestsRoot) {
    throw invalid('path', 'leads elsewhere');
  }
}

function checkHeaders({ header, headersAbove }, { limits }) {
  if (headersAbove.length >= 2 * limits.checkpoint_distance) throw invalid('headersAbove', 'are too many');
  headersAbove.forEach((above, index) => {
    const below = index === 0 ? header : headersAbove[index - 1];
    if (!isLinked(below, above) || above.epoch !== header.epoch) {
      throw invalid(`headersAbove[${index}]`, 'is not linked, or of another epoch');
    }
  });
}

/** The replicas of the block's epoch. */
function checkEpoch({ header, registryChanges }, genesis) {
  if (registryChanges.length !== header.epoch) throw invalid('registryChanges', 'leads to another epoch');
  const set = setAfter(registryChanges, genesis, refusedAs('receipt.invalid', 'registryChanges'));
  if (header.height <= set.baseHeight) throw invalid('header', 'lies below its epoch');
  return set;
}

function checkCertificate(certificate, top, { replicas, quorum }) {
  const isOfTop =
    certificate.epoch === top.epoch &&
    certificate.height === top.height &&
    certificate.hash === blockHash(top) &&
    certificate.stateDigest === top.stateDigest;
  if (!isOfTop) throw invalid('certificate', 'is of another block');
  const { signatures } = certificate;
  if (signatures.length < quorum) throw invalid('certificate', 'has too few signatures');
  if (signatures.some(({ replica }) => replica >= replicas.length)) {
    throw invalid('certificate', 'names an unknown replica');
  }
}

function checkRegistration({ request, header, registration }, { networkId }) {
  const { parent, executedDigest, executedCount, registry, supervisor, index, path } = registration;
  const height = parent.height;
  const digest = registryDigest(registry);
  const state = stateDigest({ networkId, height, registryDigest: digest, executedDigest, executedCount });
  const root = rootOf(supervisorDigest(supervisor), index, registry.supervisorCount, path);
  const holds =
    isLinked(parent, header) &&
    state === parent.stateDigest &&
    supervisor.publicKey === request.supervisor &&
    root === registry.supervisorsRoot;
  if (!holds) throw invalid('registration', 'does not show that the supervisor was registered');
}

/** The title in the summary: for a change of the registry, the name that it is about (section 14). */
function titleOf({ kind, title, action }) {
  if (kind !== 'registry') return title;
  const { supervisor, replica, name } = action.change ?? {};
  return supervisor?.name ?? replica?.name ?? name ?? '';
}

/** The key that a request asks to register, with its proof (section 6). */
function newKeyOf({ action }) {
  const change = action?.change;
  if (change?.proof === undefined) return null;
  const { proof, supervisor, replica, newPublicKey } = change;
  return { proof, publicKey: (supervisor ?? replica)?.publicKey ?? newPublicKey };
}

function checkSignatures(request, certificate, networkId, { replicas }) {
  const isSigned = (signature, digest, key) => isSignature(fromHex(signature), fromHex(digest), fromHex(key));
  const requestDigest = signingDigest(networkId, request.id);
  if (!isSigned(request.signature, requestDigest, request.supervisor))
    throw invalid('request', 'is not signed');
  const added = newKeyOf(request.payload);
  if (added !== null && !isSigned(added.proof, possessionDigest(networkId, added.publicKey), added.publicKey))
    throw invalid('request', 'registers a key that has not signed');
  const digest = voteDigest(networkId, certificate);
  for (const { replica, signature } of certificate.signatures) {
    if (!isSigned(signature, digest, replicas[replica].public_key)) {
      throw invalid('certificate', `is not signed by replica ${replica}`);
    }
  }
}

function invalid(at, problem) {
  return new Refused('receipt.invalid', at, problem);
}
