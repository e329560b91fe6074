/**
 * Receipts and evidence as files: made from the local ledger, and verified with nothing but the genesis.
 * @module
 */
import type { ProofLinkView, Verification } from '../../../shared/contract/model.ts';
import { titleOf } from '../../../shared/domain/payload.ts';
import type { Hex } from '../../../shared/encoding/hex.ts';
import { epochOf, type Evidence } from '../../ledger/evidence.ts';
import { evidenceFileName, formatEvidenceFile } from '../../ledger/evidenceFile.ts';
import { fingerprintOf } from '../../ledger/fingerprint.ts';
import { networkIdOf, quorumSizes, type Genesis } from '../../ledger/genesis.ts';
import { renderGenesisFile } from '../../ledger/genesisFile.ts';
import type { Verify, VerifiedReceipt } from '../../ledger/receiptCheck.ts';
import { renderReceiptFile } from '../../ledger/receiptFile.ts';
import { surveyReceipt, type LinkState } from '../../ledger/receiptSurvey.ts';
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
    fileName: `receipt-${requestId.slice(0, NAME_DIGITS)}.csreceipt`,
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

/** What the receipt in a file's text proves, link by link; what is wrong with it comes as data. */
export async function checkReceipt(genesis: Genesis, verify: Verify, text: string): Promise<Verification> {
  const survey = await surveyReceipt(text, genesis, verify);
  const { links, proven, error } = survey;
  return {
    valid: proven !== null,
    links: links.map(linkView),
    network: { ...networkMark(networkIdOf(genesis)), name: genesis.name },
    ofNetwork: survey.networkId === null ? null : networkMark(survey.networkId),
    ...(proven === null ? NOTHING_PROVEN : factsOf(proven)),
    error: error === null ? null : toConsoleError(error),
  };
}

function linkView(one: LinkState): ProofLinkView {
  const { link, state } = one;
  return { link, state, error: one.state === 'failed' ? toConsoleError(one.error) : null };
}

function networkMark(networkId: Hex): NonNullable<Verification['ofNetwork']> {
  return { networkId, fingerprint: fingerprintOf(networkId) };
}

/** What a valid receipt proves. */
type Facts = Omit<Verification, 'valid' | 'links' | 'network' | 'ofNetwork' | 'error'>;

function factsOf({ request, supervisor, header, checkpoint, set, signers }: VerifiedReceipt): Facts {
  return {
    requestId: request.id,
    title: titleOf(request.payload),
    height: header.height,
    blockTimeMs: header.timeMs,
    checkpointHeight: checkpoint.height,
    epoch: set.epoch,
    replicas: set.replicas.length,
    quorum: quorumSizes(set.replicas.length).q,
    supervisor: memberView(supervisor),
    timestampMs: request.timestampMs,
    signers: signers.map(memberView),
  };
}

/** Whatever a receipt says that does not hold is not told as a fact. */
const NOTHING_PROVEN = {
  requestId: null,
  title: null,
  height: null,
  blockTimeMs: null,
  checkpointHeight: null,
  epoch: null,
  replicas: null,
  quorum: null,
  supervisor: null,
  timestampMs: null,
  signers: [],
} satisfies Facts;
