/**
 * The supervisor's key as older versions kept it, and as `countersign demo` makes it: one encrypted PEM file.
 * @module
 */
import { CountersignError, hasCode } from '../../../shared/errors.ts';
import { readKeyFile } from '../../keys/keyFile.ts';
import { realDisk, removeFile } from '../../keys/vault/disk.ts';
import type { VaultKey } from '../../keys/vault/format.ts';

export class LegacyKey {
  readonly pem: string;
  readonly key: VaultKey;
  readonly #path: string;

  private constructor(path: string, pem: string) {
    this.#path = path;
    this.pem = pem;
    this.key = { publicKey: publicKeyIn(pem), label: '', purpose: 'supervisor', createdAtMs: 0 };
  }

  /** Reads the key file; `null` where there is none. Throws `file.unreadable`, or `key.invalid` for a file of others. */
  static async open(path: string): Promise<LegacyKey | null> {
    try {
      return new LegacyKey(path, await readKeyFile(path));
    } catch (error) {
      if (hasCode(error, 'file.notFound')) return null;
      throw error;
    }
  }

  /** Removes the file for good. */
  async remove(): Promise<void> {
    await removeFile(realDisk, this.#path);
  }
}

/** The public key that our key files name in front of the encrypted one; importing checks that they belong together. */
function publicKeyIn(pem: string): string {
  const publicKey = /^Public key: ([0-9a-f]{64})\r?$/m.exec(pem)?.[1];
  if (publicKey !== undefined) return publicKey;
  throw new CountersignError('key.invalid', { problem: 'its file does not name its public key' });
}
