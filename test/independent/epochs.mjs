/**
 * The replicas of an epoch, proven from the genesis: docs/PROTOCOL.md, section 14.
 * @module
 */
import { Refused } from './cbor.mjs';
import { blockHash, isSignature, replicasDigest, voteDigest } from './ledger.mjs';

const fromHex = (hex) => Buffer.from(hex, 'hex');

/** The replicas of epoch 0. */
function firstSet({ replicas, quorum }) {
  return { epoch: 0, baseHeight: 0, replicas, quorum };
}

/** The set to which `changes` lead from the genesis. Throws what `refused(index, problem)` makes. */
export function setAfter(changes, genesis, refused) {
  return changes.reduce((set, change, index) => {
    const fail = (problem) => refused(index, problem);
    return setAfterOne(set, change, genesis, fail);
  }, firstSet(genesis));
}

function setAfterOne({ epoch, baseHeight, ...set }, { header, certificate, replicas }, { networkId }, fail) {
  if (header.epoch !== epoch || certificate.epoch !== epoch) throw fail('is of another epoch');
  if (header.height <= baseHeight) throw fail('does not lie above the beginning of its epoch');
  checkCertified(certificate, header, set, networkId, fail);
  if (header.nextReplicas !== replicasDigest(replicas)) throw fail('lists other replicas');
  const n = replicas.length;
  return {
    epoch: epoch + 1,
    baseHeight: header.height,
    replicas: replicas.map(({ publicKey, ...replica }) => ({ ...replica, public_key: publicKey })),
    quorum: n - Math.floor((n - 1) / 3),
  };
}

function checkCertified(certificate, header, { replicas, quorum }, networkId, fail) {
  const { height, hash, stateDigest, signatures } = certificate;
  if (height !== header.height || hash !== blockHash(header) || stateDigest !== header.stateDigest) {
    throw fail('has the certificate of another block');
  }
  if (signatures.length < quorum) throw fail('has too few signatures');
  const digest = fromHex(voteDigest(networkId, certificate));
  for (const { replica, signature } of signatures) {
    const key = replicas[replica]?.public_key;
    if (key === undefined || !isSignature(fromHex(signature), digest, fromHex(key))) {
      throw fail(`is not signed by replica ${replica}`);
    }
  }
}

/** A refusal of one of `changes`, for `setAfter`. */
export const refusedAs = (code, name) => (index, problem) => new Refused(code, `${name}[${index}]`, problem);
