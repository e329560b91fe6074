/**
 * Makes the vectors of the wire in `test/vectors/`, from fixed seeds: `node scripts/vectors/generate.ts` (Node 24).
 * Running it again gives the same files. They describe the protocol to those who write another implementation, so a
 * change of any of them is a change of the protocol.
 * @module
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { encodingVectors } from './encoding.ts';
import { evidenceVectors } from './evidence.ts';
import { vectorFileText } from './json.ts';
import { blockVectors, genesisVectors, requestVectors } from './ledger.ts';
import { messageVectors } from './messages.ts';
import { receiptVectors } from './receipt.ts';
import { certificateVectors, statementVectors, viewChangeVectors } from './statements.ts';

/** Each file by its name, with what goes into it. */
export const VECTOR_FILES: Readonly<Record<string, () => unknown>> = {
  'encoding.json': encodingVectors,
  'genesis.json': genesisVectors,
  'requests.json': requestVectors,
  'blocks.json': blockVectors,
  'statements.json': statementVectors,
  'certificates.json': certificateVectors,
  'viewChange.json': viewChangeVectors,
  'evidence.json': evidenceVectors,
  'receipt.json': receiptVectors,
  'messages.json': messageVectors,
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, make] of Object.entries(VECTOR_FILES)) {
    const target = new URL(`../../test/vectors/${name}`, import.meta.url);
    await writeFile(target, await vectorFileText(make()));
  }
}
