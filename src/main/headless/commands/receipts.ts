/**
 * `countersign export ID`: fetches the receipt of a final request.
 * @module
 */
import { CountersignError } from '../../../shared/errors.ts';
import { isHex } from '../../../shared/encoding/hex.ts';
import { DIGEST_BYTES } from '../../ledger/hash.ts';
import { renderReceiptFile } from '../../ledger/receiptFile.ts';
import { verifyReceipt } from '../../ledger/receiptCheck.ts';
import { writeFileAtomic } from '../../storage/index.ts';
import type { Output } from '../output.ts';
import { checkWith, genesisOf, withClient, type Places } from '../session.ts';

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
