/**
 * The private keys of this data directory: a vault, or the key file of an older version, which becomes a vault when
 * it is first unlocked. Where the vault cannot be read, the program goes on without keys and says why.
 * @module
 */
import { CountersignError, toPlainError } from '../../../shared/errors.ts';
import type { Hex } from '../../../shared/encoding/hex.ts';
import { generateSeed, publicKeyOf } from '../../keys/ed25519.ts';
import { exportKeyPem, importKeyPem } from '../../keys/pkcs8.ts';
import { createSigner, type Signer } from '../../keys/signer.ts';
import { AttemptGuard } from '../../keys/vault/attempts.ts';
import { realDisk, removeFile } from '../../keys/vault/disk.ts';
import type { CostPolicy } from '../../keys/vault/cost.ts';
import { verifyBackup, type DrillResult } from '../../keys/vault/drill.ts';
import type { VaultKey } from '../../keys/vault/format.ts';
import type { OuterWrap } from '../../keys/vault/outerWrap.ts';
import { Vault, type NewKey, type VaultOptions } from '../../keys/vault/vault.ts';
import type { ConsoleEvent } from '../events.ts';
import { LegacyKey } from './legacyKey.ts';

export interface KeyStoreOptions {
  /** Path of the vault. */
  readonly path: string;
  /** The system's keychain, where there is one that can be trusted. */
  readonly outer: OuterWrap | null;
  /** Milliseconds since 1970 in UTC. */
  readonly now: () => number;
  readonly log: (event: ConsoleEvent) => void;
  /** What vaults cost. Only tests give one. */
  readonly policy?: CostPolicy;
}

/** Where the keys are. `legacy`: still in the key file of an older version. `unusable`: in a vault that cannot be read. */
export type KeyStoreState = 'none' | 'legacy' | 'ready' | 'unusable';

/** A file for a person to keep. */
export interface KeyFile<T> {
  readonly fileName: string;
  readonly content: T;
}

export class KeyStore {
  readonly #options: KeyStoreOptions;
  readonly #vaultOptions: VaultOptions;
  /** Of the vault and the old key file, which have one passphrase. */
  readonly #guard = new AttemptGuard();
  /** Of files that a person hands over. */
  readonly #fileGuard = new AttemptGuard();
  readonly #listeners = new Set<() => void>();
  #vault: Vault | null = null;
  #legacy: LegacyKey | null = null;
  #failure: CountersignError | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(options: KeyStoreOptions) {
    this.#options = options;
    const { path, now, outer, policy } = options;
    this.#vaultOptions = {
      path,
      now,
      outer,
      guard: this.#guard,
      ...(policy === undefined ? {} : { policy }),
    };
  }

  /** Reads what is there; nothing is unlocked. Does not reject for a vault that cannot be read: see `failure`. */
  static async open(options: KeyStoreOptions): Promise<KeyStore> {
    const store = new KeyStore(options);
    try {
      store.#vault = await Vault.open(store.#vaultOptions);
    } catch (error) {
      if (!(error instanceof CountersignError)) throw error;
      store.#failure = error;
    }
    return store;
  }

  get state(): KeyStoreState {
    if (this.#failure !== null) return 'unusable';
    if (this.#vault !== null) return 'ready';
    return this.#legacy === null ? 'none' : 'legacy';
  }

  /** The public part of each key. */
  get keys(): readonly VaultKey[] {
    if (this.#vault !== null) return this.#vault.keys;
    return this.#legacy === null ? [] : [this.#legacy.key];
  }

  /** Why the vault cannot be read. */
  get failure(): CountersignError | null {
    return this.#failure;
  }

  /** The keychain that could wrap the vault, and the one that does. */
  get keychains(): { readonly available: string | null; readonly used: string | null } {
    return { available: this.#options.outer?.keychain ?? null, used: this.#vault?.keychain ?? null };
  }

  /**
   * Takes over the key file of an older version, or of `countersign demo`: the next unlock makes a vault of it. Throws
   * `file.unreadable`, or `key.invalid` for a file of others.
   */
  async adopt(path: string): Promise<void> {
    this.#legacy = await LegacyKey.open(path);
  }

  /** Tells `listener` whenever the keys have changed; returns a function that ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** A signer for each key. The caller disposes of them. Throws `key.*`, `vault.*`. */
  async unlock(passphrase: string): Promise<readonly Signer[]> {
    return await this.#exclusively(async () => {
      if (this.#vault === null && this.#legacy !== null)
        return await this.#unlockLegacy(this.#legacy, passphrase);
      const signers = await this.#requireVault().withKeys(passphrase, signersOf);
      await this.#forgetLegacy();
      return signers;
    });
  }

  /** Makes a vault with one key, where there is no key yet. Throws `vault.exists`, `key.passphraseTooShort`, `file.*`. */
  async create(key: NewKey, passphrase: string): Promise<void> {
    await this.#exclusively(async () => {
      this.#requireEmpty();
      this.#vault = await Vault.create(this.#vaultOptions, [key], passphrase);
      this.#changed();
    });
  }

  /** Takes back `create`, where nothing came of what the key was for. */
  async discard(): Promise<void> {
    await this.#exclusively(async () => {
      await removeFile(realDisk, this.#options.path);
      this.#vault = null;
      this.#changed();
    });
  }

  /** Seals the keys with another passphrase. */
  async changePassphrase(current: string, next: string): Promise<void> {
    await this.#exclusively(async () => {
      await (await this.#migrated(current)).changePassphrase(current, next);
      this.#changed();
    });
  }

  /**
   * Takes the key of a PEM file in: into the vault under the vault's passphrase, or into a new vault where there is no
   * key yet. Throws `key.*`, `vault.*`; a wrong passphrase is that of the file until `vaultPassphrase` is tried.
   */
  async importPem(pem: string, passphrase: string, label: string, vaultPassphrase: string): Promise<Hex> {
    const seed = await this.#fileGuard.attempt(async () => await importKeyPem(pem, passphrase));
    try {
      const key: NewKey = { seed, label, purpose: 'supervisor' };
      await this.#exclusively(async () => await this.#put(key, vaultPassphrase));
      return publicKeyOf(seed);
    } finally {
      seed.fill(0);
    }
  }

  /** Makes a supervisor's key, in the vault or in a new one. Throws `key.*`, `vault.*`, `file.*`. */
  async makeKey(label: string, passphrase: string): Promise<Hex> {
    const seed = generateSeed();
    try {
      const key: NewKey = { seed, label, purpose: 'supervisor' };
      await this.#exclusively(async () => await this.#put(key, passphrase));
      return publicKeyOf(seed);
    } finally {
      seed.fill(0);
    }
  }

  /** Runs `work` with a signer of one key, which is disposed of afterwards. Throws `key.*`, `vault.*`. */
  async withSigner<T>(publicKey: Hex, passphrase: string, work: (signer: Signer) => T): Promise<T> {
    const signers = await this.unlock(passphrase);
    try {
      const signer = signers.find((one) => one.publicKey === publicKey);
      if (signer === undefined) throw new CountersignError('key.unknown', { publicKey });
      return work(signer);
    } finally {
      for (const signer of signers) signer.dispose();
    }
  }

  /** One key as encrypted PEM, under a passphrase of its own. Throws `key.unknown`, `key.*`, `vault.*`. */
  async exportPem(publicKey: Hex, passphrase: string, filePassphrase: string): Promise<KeyFile<string>> {
    return await this.#exclusively(async () => {
      if (!this.keys.some((key) => key.publicKey === publicKey))
        throw new CountersignError('key.unknown', { publicKey });
      const vault = await this.#migrated(passphrase);
      const content = await vault.withKeys(passphrase, async (keys) => {
        const key = keys.find((one) => one.publicKey === publicKey);
        if (key === undefined) throw new CountersignError('key.unknown', { publicKey });
        return await exportKeyPem(key.seed, filePassphrase);
      });
      return { fileName: `key-${publicKey.slice(0, 16)}.pem`, content };
    });
  }

  /** An encrypted backup of all keys. Throws `key.*`, `vault.*`. */
  async backup(passphrase: string, backupPassphrase: string): Promise<KeyFile<Uint8Array>> {
    return await this.#exclusively(async () => {
      const content = await (await this.#migrated(passphrase)).backup(passphrase, backupPassphrase);
      return { fileName: `vault-${dayOf(this.#options.now())}.backup`, content };
    });
  }

  /** Opens a backup and compares it with the keys here; changes nothing. Throws `key.*`, `vault.*`. */
  async verifyBackup(backup: Uint8Array, passphrase: string): Promise<DrillResult> {
    return await this.#fileGuard.attempt(
      async () => await verifyBackup(backup, passphrase, this.keys, this.#options.policy),
    );
  }

  /**
   * Makes the vault of a backup: where there is no key, where the vault cannot be read, or where it is bound to a
   * keychain, which may have lost what it wrapped. One that can be read keeps its keys: the backup must have them all,
   * and the file replaced is kept. Throws `vault.exists` for a vault that its passphrase opens, `vault.otherKeys`,
   * `key.*`, `vault.*`.
   */
  async restore(backup: Uint8Array, passphrase: string): Promise<void> {
    await this.#exclusively(async () => {
      const canBeLost = this.#failure !== null || this.keychains.used !== null;
      if (!canBeLost) this.#requireEmpty();
      const required = this.keys.map(({ publicKey }) => publicKey);
      this.#vault = await this.#fileGuard.attempt(
        async () => await Vault.restore(this.#vaultOptions, backup, passphrase, required),
      );
      this.#failure = null;
      this.#changed();
    });
  }

  /** Has the system's keychain wrap the vault, or no longer. Throws `vault.noKeychain`, `key.*`, `vault.*`. */
  async useKeychain(passphrase: string, use: boolean): Promise<void> {
    await this.#exclusively(async () => {
      await (await this.#migrated(passphrase)).useKeychain(passphrase, use);
      this.#changed();
    });
  }

  async #put(key: NewKey, passphrase: string): Promise<void> {
    if (this.state === 'none') this.#vault = await Vault.create(this.#vaultOptions, [key], passphrase);
    else await (await this.#migrated(passphrase)).add(passphrase, key);
    this.#changed();
  }

  /** The vault; made of the old key file where that is all there is. */
  async #migrated(passphrase: string): Promise<Vault> {
    if (this.#vault === null && this.#legacy !== null) {
      const seed = await this.#legacySeed(this.#legacy, passphrase);
      try {
        return await this.#migrate(seed, passphrase);
      } finally {
        seed.fill(0);
      }
    }
    return this.#requireVault();
  }

  async #unlockLegacy(legacy: LegacyKey, passphrase: string): Promise<readonly Signer[]> {
    const seed = await this.#legacySeed(legacy, passphrase);
    try {
      await this.#migrate(seed, passphrase).catch((error: unknown) => {
        // The key opens all the same, and the next unlock tries again.
        this.#options.log({
          kind: 'failed',
          what: 'making a vault of the key file',
          error: toPlainError(error),
        });
      });
      return signersOf([{ seed }]);
    } finally {
      seed.fill(0);
    }
  }

  async #legacySeed(legacy: LegacyKey, passphrase: string): Promise<Uint8Array> {
    return await this.#guard.attempt(async () => await importKeyPem(legacy.pem, passphrase));
  }

  /** Makes the vault, opens what is on the disk to see that it does, and only then removes the key file. */
  async #migrate(seed: Uint8Array, passphrase: string): Promise<Vault> {
    await Vault.create(this.#vaultOptions, [{ seed, label: '', purpose: 'supervisor' }], passphrase);
    const vault = await Vault.open(this.#vaultOptions);
    if (vault === null) throw new CountersignError('file.notFound', { path: this.#options.path });
    await vault.withKeys(passphrase, () => undefined);
    this.#vault = vault;
    await this.#forgetLegacy();
    this.#changed();
    return vault;
  }

  /** Removes the old key file, once the vault has opened and has its key. */
  async #forgetLegacy(): Promise<void> {
    const legacy = this.#legacy;
    if (legacy === null) return;
    if (!this.keys.some(({ publicKey }) => publicKey === legacy.key.publicKey)) return;
    try {
      await legacy.remove();
      this.#legacy = null;
    } catch (error) {
      this.#options.log({ kind: 'failed', what: 'removing the old key file', error: toPlainError(error) });
    }
  }

  #requireVault(): Vault {
    if (this.#failure !== null) throw this.#failure;
    if (this.#vault === null) throw new CountersignError('key.absent', {});
    return this.#vault;
  }

  #requireEmpty(): void {
    if (this.#failure !== null) throw this.#failure;
    if (this.state !== 'none') throw new CountersignError('vault.exists', { path: this.#options.path });
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }

  /** One use at a time: each takes a core and 128 MiB. */
  async #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return await result;
  }
}

function signersOf(keys: readonly { readonly seed: Uint8Array }[]): readonly Signer[] {
  return keys.map(({ seed }) => createSigner(seed));
}

/** The day in UTC, as it stands in a file's name: `2026-11-28`. */
function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 'yyyy-mm-dd'.length);
}
