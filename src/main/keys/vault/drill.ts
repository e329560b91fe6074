/**
 * The drill that shows that a backup is one: it is opened with its passphrase, every private key in it is made to give
 * its public key, and that is compared with the vault. Nothing is changed.
 * @module
 */
import type { Hex } from '../../../shared/encoding/hex.ts';
import type { CostPolicy } from './cost.ts';
import type { VaultKey } from './format.ts';
import { eraseKeys, openVault, readVault } from './seal.ts';

/** Where a key was found. */
export type DrillPlace = 'both' | 'backupOnly' | 'vaultOnly';

/** What a drill found. */
export interface DrillResult {
  /** When the backup was made. */
  readonly sealedAtMs: number;
  readonly keys: readonly {
    readonly publicKey: Hex;
    readonly label: string;
    readonly place: DrillPlace;
  }[];
  /** Whether the vault could be made anew from this backup, with no key missing. */
  readonly complete: boolean;
}

/** Opens a backup and compares it with the keys of a vault. Throws as `openVault`. */
export async function verifyBackup(
  backup: Uint8Array,
  passphrase: string,
  vaultKeys: readonly VaultKey[],
  policy?: CostPolicy,
): Promise<DrillResult> {
  const options = { outer: null, ...(policy === undefined ? {} : { policy }) };
  const { sealedAtMs } = readVault(backup, policy);
  // Opening checks that each private key gives the public key that stands beside it.
  const opened = await openVault(backup, passphrase, options);
  eraseKeys(opened);
  const inVault = new Set(vaultKeys.map(({ publicKey }) => publicKey));
  const inBackup = new Set(opened.map(({ publicKey }) => publicKey));
  const missing = vaultKeys.filter(({ publicKey }) => !inBackup.has(publicKey));
  return {
    sealedAtMs,
    keys: [
      ...opened.map(({ publicKey, label }) => ({
        publicKey,
        label,
        place: inVault.has(publicKey) ? ('both' as const) : ('backupOnly' as const),
      })),
      ...missing.map(({ publicKey, label }) => ({ publicKey, label, place: 'vaultOnly' as const })),
    ],
    complete: missing.length === 0,
  };
}
