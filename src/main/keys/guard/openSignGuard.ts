/**
 * A replica's key, opened for its guard alone: whoever runs a replica gets the guard, and never a signer.
 * @module
 */
import type { Hex } from '../../../shared/encoding/hex.ts';
import { loadSigner } from '../loadSigner.ts';
import { DiskGuardFile } from './guardFile.ts';
import type { LogOwner } from './guardLog.ts';
import { SignGuard } from './signGuard.ts';

/** Name of the guard's log, beside the key. */
export const GUARD_FILE = 'signed.log';

/** A replica's key that has been decrypted. Nothing can be signed with it but through the guard that it opens. */
export interface ReplicaKey {
  readonly publicKey: Hex;
  /**
   * Opens the guard's log at `path`; `isNew`: a replica that has never signed gets one where there is none. The key
   * is the guard's from then on. Throws `guard.missing`, `guard.damaged` and `file.*`.
   */
  openGuard(options: {
    readonly path: string;
    readonly networkId: Hex;
    /** L of the network. */
    readonly windowBlocks: number;
    readonly isNew: boolean;
  }): Promise<SignGuard>;
  /** Forgets the key, where no guard has it. Calling it again does nothing. */
  dispose(): void;
}

/** Decrypts the key of a replica. Throws `key.*` and `file.*`. */
export async function openReplicaKey(keyPath: string, passphrase: string): Promise<ReplicaKey> {
  const signer = await loadSigner(keyPath, passphrase);
  const { publicKey } = signer;
  return {
    publicKey,
    openGuard: async ({ path, networkId, windowBlocks, isNew }) => {
      const file = new DiskGuardFile(path);
      if (isNew && (await file.read()) === null) await SignGuard.create({ networkId, publicKey }, file);
      return await SignGuard.open({ signer, networkId, windowBlocks, file });
    },
    dispose: () => signer.dispose(),
  };
}

/** Makes the log of a new replica's guard, at `path`. Throws `file.*` and `storage.full`. */
export async function createGuardLog(path: string, owner: LogOwner): Promise<void> {
  await SignGuard.create(owner, new DiskGuardFile(path));
}
