/**
 * `countersign export ID`: fetches the receipt of a final request. `countersign verify RECEIPT`: checks one with
 * nothing but the genesis.
 * @module
 */
import { CountersignError } from '../../../shared/errors.ts';
import { isHex } from '../../../shared/encoding/hex.ts';
import { DIGEST_BYTES } from '../../ledger/hash.ts';
import { RECEIPT_FILE_CHARS_MAX, renderReceiptFile } from '../../ledger/receiptFile.ts';
import { verifyReceipt } from '../../ledger/receiptCheck.ts';
import { readTextFile, writeFileAtomic } from '../../storage/index.ts';
import type { Output } from '../output.ts';
import { checkWith, genesisOf, withClient, withVerifier, type Places } from '../session.ts';

/** Readable by everybody: a receipt is made to be handed on. */
const RECEIPT_FILE_MODE = 0o644;

export async function exportReceipt(
  requestId: string,
  options: Places & { readonly output: string },
  output: Output,
): Promise<void> {
  if (!isHex(requestId, DIGEST_BYTES)) {
    throw new CountersignError('cli.usage', { problem: 'a request id has 64 lowercase hexadecimal digits' });
  }
  const genesis = await genesisOf(options);
  const text = await withClient(genesis, 1, {}, async (client, verifier) =>
    // What a replica hands over is checked before anybody relies on it.
    renderReceiptFile(
      await client.receipt(
        requestId,
        async (receipt) => await verifyReceipt(receipt, genesis, checkWith(verifier)),
      ),
    ),
  );
  await writeFileAtomic(options.output, text, RECEIPT_FILE_MODE);
  output.result(`${options.output}: receipt of request ${requestId}`, { file: options.output, requestId });
}

export async function verify(path: string, options: Places, output: Output): Promise<void> {
  const genesis = await genesisOf(options);
  const text = await readTextFile(path, RECEIPT_FILE_CHARS_MAX);
  const verified = await withVerifier(
    async (verifier) => await verifyReceipt(text, genesis, checkWith(verifier)),
  );
  const { request, supervisor, header, checkpoint, signers } = verified;
  const signedAt = new Date(request.timestampMs).toISOString();
  const text_ = [
    'The receipt holds.',
    `Request ${request.id}`,
    `  ${request.payload.kind}: ${request.payload.title}`,
    `  signed by ${supervisor.name} (${supervisor.organisation}) at ${signedAt}`,
    `Final at height ${String(header.height)} of ${genesis.name}`,
    `  certified at height ${String(checkpoint.height)} by ${signers.map(({ name }) => name).join(', ')}`,
  ].join('\n');
  output.result(text_, {
    valid: true,
    requestId: request.id,
    kind: request.payload.kind,
    title: request.payload.title,
    supervisor: supervisor.publicKey,
    supervisorName: supervisor.name,
    signedAt,
    height: header.height,
    checkpointHeight: checkpoint.height,
    signers: signers.map(({ publicKey }) => publicKey),
  });
}
