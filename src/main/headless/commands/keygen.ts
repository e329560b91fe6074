/**
 * `countersign keygen`: makes a key for a supervisor or a replica.
 * @module
 */
import { generateSeed, publicKeyOf } from '../../keys/ed25519.ts';
import { writeKeyFile } from '../../keys/keyFile.ts';
import { exportKeyPem } from '../../keys/pkcs8.ts';
import { readPassphraseFile } from '../../replica/childReplica.ts';
import type { Output } from '../output.ts';

export interface KeygenOptions {
  readonly out: string;
  readonly passphraseFile: string;
}

export async function keygen({ out, passphraseFile }: KeygenOptions, output: Output): Promise<void> {
  const seed = generateSeed();
  try {
    const pem = await exportKeyPem(seed, await readPassphraseFile(passphraseFile));
    await writeKeyFile(out, pem);
    const publicKey = publicKeyOf(seed);
    output.result(`${out}: encrypted private key of ${publicKey}`, { file: out, publicKey });
  } finally {
    seed.fill(0);
  }
}
