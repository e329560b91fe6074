/**
 * Receipts and evidence as files: made from the local ledger, and verified with nothing but the genesis.
 * @module
 */
import type { Verification } from '../../../shared/contract/model.ts';
import type { Hex } from '../../../shared/encoding/hex.ts';
import { epochOf, type Evidence } from '../../ledger/evidence.ts';
import { evidenceFileName, formatEvidenceFile } from '../../ledger/evidenceFile.ts';
import type { Genesis } from '../../ledger/genesis.ts';
import { renderGenesisFile } from '../../ledger/genesisFile.ts';
import { verifyReceipt } from '../../ledger/receiptCheck.ts';
import { renderReceiptFile } from '../../ledger/receiptFile.ts';
import type { SignatureVerifier } from '../../replica/inbox.ts';
import { epochChangesTo } from '../../replica/epochHistory.ts';
import { receiptFor } from '../../replica/history.ts';
import type { LedgerStore } from '../../storage/index.ts';
import { toConsoleError } from '../errors.ts';
import { memberView } from '../live/networkView.ts';

/** A file for the person to keep. */
export interface FileText {
  readonly fileName: string;
  readonly text: string;
}

/** Digits of the request's id in the name of its receipt: enough to find it by. */
const NAME_DIGITS = 16;

/** The receipt of a request. Throws `request.notFound` or `request.notFinal`. */
export async function exportReceipt(store: LedgerStore, genesis: Genesis, requestId: Hex): Promise<FileText> {
  const receipt = await receiptFor(store, genesis, requestId);
  return {
    fileName: `receipt-${requestId.slice(0, NAME_DIGITS)}.json`,
    text: renderReceiptFile(receipt),
  };
}

/** Evidence that anybody can check with the genesis. Throws `encoding.tooLarge` where too many epochs came before it. */
export async function exportEvidence(
  store: LedgerStore,
  genesis: Genesis,
  evidence: Evidence,
): Promise<FileText> {
  const [stable] = await store.checkpoints(1);
  const changes = await epochChangesTo(store, genesis, epochOf(evidence), stable?.height ?? 0);
  return { fileName: evidenceFileName(evidence), text: formatEvidenceFile(genesis, evidence, changes) };
}

/** The genesis file. */
export function exportGenesis(genesis: Genesis): FileText {
  return { fileName: 'genesis.json', text: renderGenesisFile(genesis) };
}

/** What the receipt in a file's text proves; what is wrong with it comes as data. */
export async function checkReceipt(
  genesis: Genesis,
  verifier: SignatureVerifier,
  text: string,
): Promise<Verification> {
  try {
    const proven = await verifyReceipt(
      text,
      genesis,
      async ({ signature, digest, publicKey }) => await verifier.verify(signature, digest, publicKey),
    );
    return {
      valid: true,
      requestId: proven.request.id,
      height: proven.header.height,
      checkpointHeight: proven.checkpoint.height,
      epoch: proven.set.epoch,
      replicas: proven.set.replicas.length,
      supervisor: memberView(proven.supervisor),
      timestampMs: proven.request.timestampMs,
      signers: proven.signers.map(memberView),
      error: null,
    };
  } catch (error) {
    return { ...NOTHING_PROVEN, error: toConsoleError(error) };
  }
}

const NOTHING_PROVEN = {
  valid: false,
  requestId: null,
  height: null,
  checkpointHeight: null,
  epoch: null,
  replicas: null,
  supervisor: null,
  timestampMs: null,
  signers: [],
} satisfies Omit<Verification, 'error'>;
