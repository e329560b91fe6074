/**
 * Verifying a receipt with nothing but the genesis: every step from the supervisor's signature to the quorum's.
 * @module
 */
import type { ReplicaEntry, SupervisorEntry } from '../../shared/domain/registry.ts';
import type { Hex } from '../../shared/encoding/hex.ts';
import { CountersignError, hasCode } from '../../shared/errors.ts';
import { isLinked, type HashedHeader } from './block.ts';
import { verifyEpochChanges, type ReplicaSet } from './epochChange.ts';
import { quorumSizes, type Genesis } from './genesis.ts';
import { rootFromPath } from './merkle.ts';
import type { Receipt } from './receipt.ts';
import { parseReceiptFile, receiptFromBytes } from './receiptFile.ts';
import { registrationProblem } from './registration.ts';
import type { SignedRequest } from './request.ts';
import { requestChecks } from './requestChecks.ts';
import { LedgerState } from './state.ts';
import { certificateChecks, type SignatureCheck } from './statement.ts';

/** What a valid receipt proves: this request of this supervisor is final at this height. */
export interface VerifiedReceipt {
  readonly request: SignedRequest;
  /** As it was registered then. */
  readonly supervisor: SupervisorEntry;
  /** Of the block that holds the request. */
  readonly header: HashedHeader;
  /** Of the stable checkpoint that covers the block. */
  readonly checkpoint: HashedHeader;
  /** The replicas of the epoch of both: those of the genesis, or of certified changes since. */
  readonly set: ReplicaSet;
  /** Those of them that certified the checkpoint. */
  readonly signers: readonly ReplicaEntry[];
}

const WRONG_SIGNATURE = "the supervisor's signature is wrong";
const WRONG_PROOF = 'the key that it registers has not signed';

/** The verdict on one signature (`keys/verifier.ts`). */
export type Verify = (check: SignatureCheck) => boolean | Promise<boolean>;

/**
 * What the receipt proves: the text of a file, the canonical bytes, or a receipt in memory. It trusts nothing but
 * `genesis` and `verify`: ids and hashes are computed again.
 *
 * Throws `receipt.wrongNetwork` for a receipt of another network, and `receipt.invalid` with the step that failed.
 */
export async function verifyReceipt(
  source: string | Uint8Array | Receipt,
  genesis: Genesis,
  verify: Verify,
): Promise<VerifiedReceipt> {
  const receipt = freshly(source);
  const { request, header, certificate } = receipt;
  const ledger = new LedgerState(genesis);
  checkNetwork(request, ledger.networkId);
  checkRequest(request, header, ledger);
  checkPath(receipt, genesis);
  const checkpoint = checkHeaders(receipt, genesis);
  const set = await checkEpoch(receipt, genesis, verify);
  const quorum = checkCertificate(receipt, checkpoint, ledger.networkId, set);
  const supervisor = checkRegistration(receipt, ledger.networkId);

  await checkRequestSignatures(request, verify);
  await checkQuorumSignatures(receipt, quorum, verify);
  const signers = certificate.signatures.flatMap(({ replica }) => set.replicas[replica] ?? []);
  return { request, supervisor, header, checkpoint, set, signers };
}

/** The receipt as its bytes say it: what is cached beside them, such as an id, is not trusted. */
function freshly(source: string | Uint8Array | Receipt): Receipt {
  return typeof source === 'string' ? parseReceiptFile(source) : receiptFromBytes(source);
}

async function checkRequestSignatures(request: SignedRequest, verify: Verify): Promise<void> {
  for (const check of requestChecks(request)) {
    if (await verify(check)) continue;
    throw invalid('request', check.publicKey === request.supervisor ? WRONG_SIGNATURE : WRONG_PROOF);
  }
}

async function checkQuorumSignatures(
  { certificate }: Receipt,
  quorum: readonly SignatureCheck[],
  verify: Verify,
): Promise<void> {
  for (const [index, check] of quorum.entries()) {
    if (await verify(check)) continue;
    const replica = certificate.signatures[index]?.replica ?? index;
    throw invalid('certificate', `the signature of replica ${String(replica)} is wrong`);
  }
}

function checkNetwork(request: SignedRequest, networkId: Hex): void {
  if (request.networkId === networkId) return;
  throw new CountersignError('receipt.wrongNetwork', { expected: networkId, actual: request.networkId });
}

function checkRequest(request: SignedRequest, header: HashedHeader, ledger: LedgerState): void {
  const objection = ledger.objectionAtAnyHeight(request, header.timeMs);
  if (objection !== undefined) {
    throw invalid(
      'request',
      `could not be in its block: ${objection.code} ${JSON.stringify(objection.data)}`,
    );
  }
}

/** The supervisor as it was registered where the request stands. */
function checkRegistration({ request, header, registration }: Receipt, networkId: Hex): SupervisorEntry {
  const problem = registrationProblem(registration, networkId, header, request.supervisor);
  if (problem !== undefined) throw invalid('registration', problem);
  return registration.supervisor;
}

function checkPath({ request, header, index, path }: Receipt, { limits }: Genesis): void {
  if (header.requestCount > limits.maxBlockRequests) {
    throw invalid(
      'header',
      `a block of this network has at most ${String(limits.maxBlockRequests)} requests`,
    );
  }
  if (rootFromPath(request.id, index, header.requestCount, path) !== header.requestsRoot) {
    throw invalid('path', 'does not lead from the request to the root in the header of its block');
  }
}

function checkHeaders({ header, headersAbove }: Receipt, { limits }: Genesis): HashedHeader {
  // No block is accepted further above the last stable checkpoint than this (PROTOCOL.md, rules, A1).
  const windowBlocks = 2 * limits.checkpointDistance;
  if (headersAbove.length >= windowBlocks) {
    throw invalid('headersAbove', `must have less than ${String(windowBlocks)} headers`);
  }
  let below = header;
  for (const [index, above] of headersAbove.entries()) {
    if (!isLinked(below, above)) {
      throw invalid(`headersAbove[${String(index)}]`, 'is not linked to the header below it');
    }
    if (above.epoch !== header.epoch) {
      throw invalid(`headersAbove[${String(index)}]`, 'is of another epoch than the block');
    }
    below = above;
  }
  return below;
}

/** The replicas of the block's epoch, which the changes since the genesis prove. */
async function checkEpoch(
  { header, registryChanges }: Receipt,
  genesis: Genesis,
  verify: Verify,
): Promise<ReplicaSet> {
  if (registryChanges.length !== header.epoch) {
    throw invalid('registryChanges', `must lead to epoch ${String(header.epoch)}, that of the block`);
  }
  const sets = await verifyEpochChanges(genesis, registryChanges, verify).catch((error: unknown) => {
    if (!hasCode(error, 'epochChange.invalid')) throw error;
    throw invalid(`registryChanges[${String(error.data.epoch)}]`, error.data.problem, error);
  });
  const set = sets.at(-1) ?? sets[0];
  if (header.height <= set.baseHeight) throw invalid('header', 'lies below the beginning of its epoch');
  return set;
}

function checkCertificate(
  { certificate }: Receipt,
  checkpoint: HashedHeader,
  networkId: Hex,
  set: ReplicaSet,
): readonly SignatureCheck[] {
  const { epoch, height, hash, stateDigest } = checkpoint;
  if (certificate.epoch !== epoch) throw invalid('certificate', 'is of another epoch');
  if (certificate.height !== height || certificate.hash !== hash) {
    throw invalid('certificate', 'is not for the last header');
  }
  if (certificate.stateDigest !== stateDigest) {
    throw invalid('certificate', 'certifies another state than the last header');
  }
  const keys = set.replicas.map(({ publicKey }) => publicKey);
  const { q } = quorumSizes(keys.length);
  const checks = certificateChecks(networkId, keys, q, certificate);
  if (checks === undefined) {
    const where = set.epoch === 0 ? 'the genesis' : `epoch ${String(set.epoch)}`;
    throw invalid('certificate', `must have signatures of ${String(q)} replicas of ${where}`);
  }
  return checks;
}

function invalid(at: string, problem: string, cause?: unknown): CountersignError<'receipt.invalid'> {
  return new CountersignError('receipt.invalid', { at, problem }, { cause });
}

/** The steps of `verifyReceipt`, for who wants to know which of them hold (`receiptSurvey.ts`). */
export const receiptSteps = {
  freshly,
  checkNetwork,
  checkRequest,
  checkRequestSignatures,
  checkPath,
  checkHeaders,
  checkEpoch,
  checkCertificate,
  checkQuorumSignatures,
  checkRegistration,
} as const;
