/**
 * The supervisor's key of a data directory, while a network is made or joined.
 * @module
 */
import type { Hex } from '../../../shared/encoding/hex.ts';
import { CountersignError } from '../../../shared/errors.ts';
import { generateSeed, publicKeyOf } from '../../keys/ed25519.ts';
import type { Signer } from '../../keys/signer.ts';
import type { KeyStore } from './keyStore.ts';

/** Makes the supervisor's key in a new vault; its public key. */
export async function makeKey(keys: KeyStore, label: string, passphrase: string): Promise<Hex> {
  const seed = generateSeed();
  try {
    await keys.create({ seed, label, purpose: 'supervisor' }, passphrase);
    return publicKeyOf(seed);
  } finally {
    seed.fill(0);
  }
}

/** The public key of a supervisor that is here already, as after a backup was restored; its passphrase must be known. */
export async function openKey(keys: KeyStore, passphrase: string): Promise<Hex> {
  const signer = await supervisorSigner(keys, passphrase);
  if (signer === null) throw new CountersignError('key.absent', {});
  signer.dispose();
  return signer.publicKey;
}

/** The signer of the supervisor's key that is here already; `null` where there is none. */
export async function supervisorSigner(keys: KeyStore, passphrase: string): Promise<Signer | null> {
  if (keys.state === 'none') return null;
  const signers = await keys.unlock(passphrase);
  const key = keys.keys.find(({ purpose }) => purpose === 'supervisor');
  const own = signers.find(({ publicKey }) => publicKey === key?.publicKey) ?? null;
  for (const signer of signers) if (signer !== own) signer.dispose();
  return own;
}
