/**
 * Keys as whoever sets up a data directory needs them: to prove a card, and to be written to an encrypted file. Nothing
 * that a replica signs goes through here (`guard/`).
 * @module
 */
import type { Hex } from '../../shared/encoding/hex.ts';
import type { Card } from '../ledger/card.ts';
import { generateSeed } from './ed25519.ts';
import { loadSigner } from './loadSigner.ts';
import { exportKeyPem } from './pkcs8.ts';
import { createSigner } from './signer.ts';

/** Proves the card of one key. */
export interface CardKey {
  readonly publicKey: Hex;
  /** The signature of a card's 32-byte digest. */
  sign(digest: Uint8Array): Hex;
}

/** A key to be written: its card, and its encrypted file. */
export interface CardAndKey {
  readonly card: Card;
  readonly pem: string;
}

/** The card that `makeIts` makes with the key `given` (32 bytes, which the caller erases) or a new one, and its file. */
export async function makeCardAndKey(
  given: Uint8Array | undefined,
  passphrase: string,
  makeIts: (key: CardKey) => Card,
): Promise<CardAndKey> {
  const seed = given === undefined ? generateSeed() : Uint8Array.from(given);
  const signer = createSigner(seed);
  try {
    const card = makeIts(signer);
    return { card, pem: await exportKeyPem(seed, passphrase) };
  } finally {
    signer.dispose();
    seed.fill(0);
  }
}

/** The public key of an encrypted key file that the passphrase opens. Throws `key.*` and `file.*`. */
export async function publicKeyOfFile(path: string, passphrase: string): Promise<Hex> {
  const signer = await loadSigner(path, passphrase);
  signer.dispose();
  return signer.publicKey;
}

/** What `use` makes with the key in an encrypted file, which is forgotten afterwards. Throws `key.*` and `file.*`. */
export async function withKeyOfFile<T>(
  path: string,
  passphrase: string,
  use: (key: CardKey) => T | Promise<T>,
): Promise<T> {
  const signer = await loadSigner(path, passphrase);
  try {
    return await use(signer);
  } finally {
    signer.dispose();
  }
}
