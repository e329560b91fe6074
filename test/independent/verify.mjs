/**
 * Verifies a receipt with nothing but Node: `node verify.mjs GENESIS_FILE RECEIPT_FILE`. Written from
 * docs/PROTOCOL.md alone, as a check of that document; it shares no code with Countersign.
 *
 * Exit code 0: the receipt is valid, and what it proves is printed as JSON. 1: it is refused. 2: wrong usage.
 * @module
 */
import { readFile } from 'node:fs/promises';
import { argv, exit, stderr, stdout } from 'node:process';
import { Refused } from './cbor.mjs';
import { readGenesis } from './genesis.mjs';
import { verifyReceiptFile } from './receipt.mjs';

const [genesisPath, receiptPath] = argv.slice(2);
if (genesisPath === undefined || receiptPath === undefined) {
  stderr.write('usage: node verify.mjs GENESIS_FILE RECEIPT_FILE\n');
  exit(2);
}
const [genesisText, receiptText] = await Promise.all(
  [genesisPath, receiptPath].map((path) => readFile(path, 'utf8')),
);
try {
  const proven = verifyReceiptFile(receiptText, readGenesis(genesisText));
  stdout.write(`${JSON.stringify(proven, null, 2)}\n`);
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  stderr.write(`${error.message}\n`);
  exit(1);
}
