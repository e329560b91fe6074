/**
 * The signer of a key file.
 * @module
 */
import { readKeyFile } from './keyFile.ts';
import { importKeyPem } from './pkcs8.ts';
import { createSigner, type Signer } from './signer.ts';

/** The signer of an encrypted key file. Throws `key.*` and `file.*`. */
export async function loadSigner(path: string, passphrase: string): Promise<Signer> {
  const seed = await importKeyPem(await readKeyFile(path), passphrase);
  try {
    return createSigner(seed);
  } finally {
    seed.fill(0);
  }
}
