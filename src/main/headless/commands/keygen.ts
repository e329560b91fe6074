/**
 * `countersign keygen`: makes a key for a supervisor or a replica, or reads one that OpenSSL or Countersign made and
 * writes it in the form of our own.
 * @module
 */
import { generateSeed, publicKeyOf } from '../../keys/ed25519.ts';
import { readKeyFile, writeKeyFile } from '../../keys/keyFile.ts';
import { exportKeyPem, importKeyPem } from '../../keys/pkcs8.ts';
import { readPassphraseFile } from '../../replica/childReplica.ts';
import type { Output } from '../output.ts';

export interface KeygenOptions {
  readonly out: string;
  readonly passphraseFile: string;
  /** A key to read instead of making one. */
  readonly import?: string;
  /** Holds the passphrase of the key that is read, where it differs. */
  readonly importPassphraseFile?: string;
}

export async function keygen(options: KeygenOptions, output: Output): Promise<void> {
  const { out, passphraseFile } = options;
  const passphrase = await readPassphraseFile(passphraseFile);
  const seed = options.import === undefined ? generateSeed() : await importedSeed(options, passphrase);
  try {
    const pem = await exportKeyPem(seed, passphrase);
    await writeKeyFile(out, pem);
    const publicKey = publicKeyOf(seed);
    output.result(`${out}: encrypted private key of ${publicKey}`, { file: out, publicKey });
  } finally {
    seed.fill(0);
  }
}

async function importedSeed(
  { import: path = '', importPassphraseFile }: KeygenOptions,
  passphrase: string,
): Promise<Uint8Array> {
  const pem = await readKeyFile(path);
  const itsOwn =
    importPassphraseFile === undefined ? passphrase : await readPassphraseFile(importPassphraseFile);
  return await importKeyPem(pem, itsOwn);
}
