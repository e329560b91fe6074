/**
 * Sealing private keys with a passphrase, and opening them again. Every sealing takes a new salt and a new nonce.
 * @module
 */
import { createCipheriv, createDecipheriv, randomBytes, timingSafeEqual } from 'node:crypto';
import { CountersignError } from '../../../shared/errors.ts';
import { publicKeyOf, SEED_BYTES } from '../ed25519.ts';
import { knownPassphrase, newPassphrase } from '../pkcs8.ts';
import { deriveSecrets, SALT_BYTES, VAULT_POLICY, type CostPolicy } from './cost.ts';
import {
  associatedBytes,
  joinVault,
  NONCE_BYTES,
  splitVault,
  TAG_BYTES,
  type VaultHeader,
  type VaultKey,
  type VaultParts,
} from './format.ts';
import type { OuterWrap } from './outerWrap.ts';

const CIPHER = 'aes-256-gcm';

/** A key with its private part. Whoever holds one erases `seed` after use. */
export interface OpenKey extends VaultKey {
  readonly seed: Uint8Array;
}

export interface SealOptions {
  readonly nowMs: number;
  /** Wraps the secret part once more; `null` for a backup, which must open anywhere. */
  readonly outer: OuterWrap | null;
  readonly policy?: CostPolicy;
}

/**
 * The bytes of a vault with these keys. Takes a fraction of a second and 128 MiB, off the calling thread.
 * Throws `key.passphraseTooShort`, `key.invalid` for a passphrase that is too long, or `vault.keychainFailed`.
 */
export async function sealVault(
  keys: readonly OpenKey[],
  passphrase: string,
  { nowMs, outer, policy = VAULT_POLICY }: SealOptions,
): Promise<Uint8Array> {
  const typed = newPassphrase(passphrase);
  const salt = randomBytes(SALT_BYTES);
  const nonce = randomBytes(NONCE_BYTES);
  const secrets = await deriveSecrets(typed, salt, policy.write).finally(() => typed.fill(0));
  try {
    const header: VaultHeader = {
      sealedAtMs: nowMs,
      ...policy.write,
      salt,
      check: secrets.check,
      nonce,
      keychain: outer?.keychain ?? null,
      keys: keys.map(({ publicKey, label, purpose, createdAtMs }) => ({
        publicKey,
        label,
        purpose,
        createdAtMs,
      })),
    };
    const associated = associatedBytes(header);
    const sealed = encrypt(keys, secrets.encryptionKey, nonce, associated);
    return joinVault(associated, outer === null ? sealed : await wrapped(outer, sealed));
  } finally {
    secrets.encryptionKey.fill(0);
  }
}

/** A vault that is not open: what anybody can read of it. Throws as `splitVault`. */
export function readVault(bytes: Uint8Array, policy: CostPolicy = VAULT_POLICY): VaultHeader {
  return splitVault(bytes, policy).header;
}

/**
 * The keys of a vault. The caller erases their seeds. Takes a fraction of a second and 128 MiB, off the calling thread.
 *
 * Throws what `splitVault` throws, `key.wrongPassphrase`, `vault.tampered` where the passphrase is right and the vault
 * was altered, and `vault.keychainMissing`, `vault.keychainChanged` or `vault.keychainFailed` where the keychain that
 * wraps it is not at hand.
 */
export async function openVault(
  bytes: Uint8Array,
  passphrase: string,
  { outer, policy = VAULT_POLICY }: Pick<SealOptions, 'outer' | 'policy'>,
): Promise<OpenKey[]> {
  const parts = splitVault(bytes, policy);
  const { header, associated } = parts;
  // Before the passphrase is tried: no passphrase helps where the keychain is missing.
  const sealed = await unwrapped(parts, outer);
  const typed = knownPassphrase(passphrase);
  const secrets = await deriveSecrets(typed, header.salt, header).finally(() => typed.fill(0));
  try {
    if (!timingSafeEqual(secrets.check, header.check)) throw new CountersignError('key.wrongPassphrase', {});
    return decrypt(sealed, secrets.encryptionKey, header, associated);
  } finally {
    secrets.encryptionKey.fill(0);
    secrets.check.fill(0);
  }
}

/** Erases the private part of keys. */
export function eraseKeys(keys: readonly OpenKey[]): void {
  for (const { seed } of keys) seed.fill(0);
}

function encrypt(
  keys: readonly OpenKey[],
  encryptionKey: Uint8Array,
  nonce: Uint8Array,
  associated: Uint8Array,
): Uint8Array {
  const plaintext = Buffer.concat(keys.map(({ seed }) => seed));
  try {
    const cipher = createCipheriv(CIPHER, encryptionKey, nonce);
    cipher.setAAD(associated);
    return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  } finally {
    plaintext.fill(0);
  }
}

function decrypt(
  sealed: Uint8Array,
  encryptionKey: Uint8Array,
  { nonce, keys }: VaultHeader,
  associated: Uint8Array,
): OpenKey[] {
  if (sealed.length !== keys.length * SEED_BYTES + TAG_BYTES) {
    throw tampered('its secret part does not fit its keys');
  }
  const decipher = createDecipheriv(CIPHER, encryptionKey, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(associated);
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const plaintext = decipher.update(sealed.subarray(0, -TAG_BYTES));
  try {
    try {
      decipher.final();
    } catch (error) {
      throw tampered('its secret part is not what was sealed', { cause: error });
    }
    return keys.map((key, index) => {
      const seed = Uint8Array.from(plaintext.subarray(index * SEED_BYTES, (index + 1) * SEED_BYTES));
      // Authenticated, and checked all the same: a key under another's name would sign for somebody else.
      if (publicKeyOf(seed) !== key.publicKey) throw tampered('a private key in it belongs to another key');
      return { ...key, seed };
    });
  } finally {
    plaintext.fill(0);
  }
}

async function wrapped(outer: OuterWrap, sealed: Uint8Array): Promise<Uint8Array> {
  try {
    return await outer.wrap(sealed);
  } catch (error) {
    throw keychainFailed(outer.keychain, error);
  }
}

async function unwrapped({ header, secret }: VaultParts, outer: OuterWrap | null): Promise<Uint8Array> {
  const { keychain } = header;
  if (keychain === null) return secret;
  if (outer === null) throw new CountersignError('vault.keychainMissing', { made: keychain });
  if (outer.keychain !== keychain) {
    throw new CountersignError('vault.keychainChanged', { made: keychain, found: outer.keychain });
  }
  try {
    return await outer.unwrap(secret);
  } catch (error) {
    throw keychainFailed(keychain, error);
  }
}

function keychainFailed(keychain: string, error: unknown): CountersignError<'vault.keychainFailed'> {
  const problem = error instanceof Error ? error.message : String(error);
  return new CountersignError('vault.keychainFailed', { keychain, problem }, { cause: error });
}

function tampered(problem: string, options?: ErrorOptions): CountersignError<'vault.tampered'> {
  return new CountersignError('vault.tampered', { problem }, options);
}
