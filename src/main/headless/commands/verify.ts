/**
 * `countersign verify FILE`: checks a receipt, or evidence against a replica, with nothing but the genesis.
 * @module
 */
import { titleOf } from '../../../shared/domain/payload.ts';
import { CountersignError } from '../../../shared/errors.ts';
import { isEvidenceFile, verifyEvidenceFile } from '../../ledger/evidenceFile.ts';
import type { Genesis } from '../../ledger/genesis.ts';
import { RECEIPT_FILE_CHARS_MAX, isReceiptFile } from '../../ledger/receiptFile.ts';
import { verifyReceipt } from '../../ledger/receiptCheck.ts';
import { readTextFile } from '../../storage/index.ts';
import { deedOf, evidenceValue, statementLine } from '../evidenceWords.ts';
import type { Output } from '../output.ts';
import { checkWith, genesisOf, withVerifier, type Places } from '../session.ts';

export async function verify(path: string, options: Places, output: Output): Promise<void> {
  const genesis = await genesisOf(options);
  // The larger of the two kinds of files is the limit; each checks its own.
  const text = await readTextFile(path, RECEIPT_FILE_CHARS_MAX);
  if (isEvidenceFile(text)) await verifyEvidence(text, genesis, output);
  else if (isReceiptFile(text)) await verifyReceiptText(text, genesis, output);
  else {
    const problem = text === '' ? 'is empty' : 'is neither a receipt nor evidence';
    throw new CountersignError('receipt.invalid', { at: 'the file', problem });
  }
}

async function verifyReceiptText(text: string, genesis: Genesis, output: Output): Promise<void> {
  const verified = await withVerifier(
    async (verifier) => await verifyReceipt(text, genesis, checkWith(verifier)),
  );
  const { request, supervisor, header, checkpoint, set, signers } = verified;
  const signedAt = new Date(request.timestampMs).toISOString();
  const lines = [
    'The receipt holds.',
    `Request ${request.id}`,
    `  ${request.payload.kind}: ${titleOf(request.payload)}`,
    `  signed by ${supervisor.name} (${supervisor.organisation}) at ${signedAt}`,
    `Final at height ${String(header.height)} of ${genesis.name}`,
    `  certified at height ${String(checkpoint.height)} by ${signers.map(({ name }) => name).join(', ')}`,
    ...epochLine(set.epoch),
  ];
  output.result(lines.join('\n'), {
    valid: true,
    requestId: request.id,
    kind: request.payload.kind,
    title: titleOf(request.payload),
    supervisor: supervisor.publicKey,
    supervisorName: supervisor.name,
    signedAt,
    height: header.height,
    checkpointHeight: checkpoint.height,
    epoch: set.epoch,
    signers: signers.map(({ publicKey }) => publicKey),
  });
}

/** Says by whose authority the replicas of a later epoch count; those of the first are in the genesis. */
function epochLine(epoch: number): readonly string[] {
  if (epoch === 0) return [];
  const changes = epoch === 1 ? 'one certified change leads' : `${String(epoch)} certified changes lead`;
  return [`  of epoch ${String(epoch)}, to which ${changes} from the genesis`];
}

async function verifyEvidence(text: string, genesis: Genesis, output: Output): Promise<void> {
  const proven = await withVerifier(
    async (verifier) => await verifyEvidenceFile(genesis, text, checkWith(verifier)),
  );
  const { evidence, accused } = proven;
  const lines = [
    'The evidence holds.',
    `${accused.name} (${accused.organisation}) of ${genesis.name}`,
    `  key ${accused.publicKey}`,
    `  ${deedOf(evidence)}, which no correct replica does:`,
    `  ${statementLine(evidence.first)}`,
    `  ${statementLine(evidence.second)}`,
  ];
  output.result(lines.join('\n'), { valid: true, accused: accused.publicKey, ...evidenceValue(proven) });
}
