/**
 * Verifies a receipt, or evidence against a replica, with nothing but Node: `node verify.mjs GENESIS_FILE FILE`. Written
 * from docs/PROTOCOL.md alone, as a check of that document; it shares no code with Countersign.
 *
 * Exit code 0: the file is valid, and what it proves is printed as JSON. 1: it is refused. 2: wrong usage.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { argv, exit, stderr, stdout } from 'node:process';
import { Refused } from './cbor.mjs';
import { isEvidenceFile, verifyEvidenceFile } from './evidence.mjs';
import { readGenesis } from './genesis.mjs';
import { verifyReceiptFile } from './receipt.mjs';

const [genesisPath, filePath] = argv.slice(2);
if (genesisPath === undefined || filePath === undefined) {
  stderr.write('usage: node verify.mjs GENESIS_FILE FILE\n');
  exit(2);
}
const [genesisText, fileText] = await Promise.all(
  [genesisPath, filePath].map((path) => readFile(path, 'utf8')),
);
try {
  const genesis = readGenesis(genesisText);
  const verify = isEvidenceFile(fileText) ? verifyEvidenceFile : verifyReceiptFile;
  const proven = verify(fileText, genesis);
  stdout.write(`${JSON.stringify(proven, null, 2)}\n`);
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  stderr.write(`${error.message}\n`);
  exit(1);
}
