/**
 * The vault on disk: one file with the private keys of one owner. What is public of it can be read at any time; every
 * use of a private key, and every change, needs the passphrase. A change leaves the old vault or the new one.
 * @module
 */
import { CountersignError, hasCode } from '../../../shared/errors.ts';
import type { Hex } from '../../../shared/encoding/hex.ts';
import { publicKeyOf } from '../ed25519.ts';
import { AttemptGuard } from './attempts.ts';
import type { CostPolicy } from './cost.ts';
import { realDisk, replaceFile, type Disk } from './disk.ts';
import {
  VAULT_BYTES_MAX,
  VAULT_KEYS_MAX,
  type KeyPurpose,
  type VaultHeader,
  type VaultKey,
} from './format.ts';
import type { OuterWrap } from './outerWrap.ts';
import { eraseKeys, openVault, readVault, sealVault, type OpenKey } from './seal.ts';

export interface VaultOptions {
  readonly path: string;
  /** Milliseconds since 1970 in UTC. */
  readonly now: () => number;
  /** The system's keychain, where there is one that can be trusted. */
  readonly outer?: OuterWrap | null;
  /** Slows down guessing; one of its own unless given. */
  readonly guard?: AttemptGuard;
  readonly disk?: Disk;
  readonly policy?: CostPolicy;
}

/** A private key on its way into a vault. The caller erases `seed`. */
export interface NewKey {
  readonly seed: Uint8Array;
  readonly label: string;
  readonly purpose: KeyPurpose;
}

export class Vault {
  readonly #options: VaultOptions;
  readonly #disk: Disk;
  readonly #guard: AttemptGuard;
  #bytes: Uint8Array;
  #header: VaultHeader;

  private constructor(options: VaultOptions, bytes: Uint8Array) {
    this.#options = options;
    this.#disk = options.disk ?? realDisk;
    this.#guard = options.guard ?? new AttemptGuard();
    this.#header = readVault(bytes, options.policy);
    this.#bytes = bytes;
  }

  /** The vault at a path, locked; `null` where there is none. Throws `file.unreadable`, `storage.newerSchema`, or as `splitVault`. */
  static async open(options: VaultOptions): Promise<Vault | null> {
    const { path } = options;
    const bytes = await (options.disk ?? realDisk).read(path, VAULT_BYTES_MAX);
    try {
      return bytes === null ? null : new Vault(options, bytes);
    } catch (error) {
      // Here it is known which file has to be opened with a newer program.
      if (!hasCode(error, 'vault.newerVersion')) throw error;
      throw new CountersignError('storage.newerSchema', { path, ...error.data }, { cause: error });
    }
  }

  /** Makes a vault. Throws `vault.exists`, the errors of `sealVault`, and of writing files. */
  static async create(options: VaultOptions, keys: readonly NewKey[], passphrase: string): Promise<Vault> {
    const disk = options.disk ?? realDisk;
    if ((await disk.read(options.path, VAULT_BYTES_MAX)) !== null) {
      throw new CountersignError('vault.exists', { path: options.path });
    }
    const nowMs = options.now();
    const bytes = await sealVault(
      keys.map((key) => openKeyOf(key, nowMs)),
      passphrase,
      { nowMs, outer: null, ...policyOf(options) },
    );
    await replaceFile(disk, options.path, bytes);
    return new Vault(options, bytes);
  }

  /**
   * Makes a vault of a backup, under the backup's own passphrase. A file that is there is replaced and kept beside the
   * new one; the backup must have every key in `required`. Throws `vault.otherKeys`, and the errors of opening the
   * backup and of writing files.
   */
  static async restore(
    options: VaultOptions,
    backup: Uint8Array,
    passphrase: string,
    required: readonly Hex[] = [],
  ): Promise<Vault> {
    const { path, now } = options;
    const disk = options.disk ?? realDisk;
    const keys = await openVault(backup, passphrase, { outer: null, ...policyOf(options) });
    try {
      const missing = required.find((key) => !keys.some(({ publicKey }) => publicKey === key));
      if (missing !== undefined) throw new CountersignError('vault.otherKeys', { publicKey: missing });
      const nowMs = now();
      const bytes = await sealVault(keys, passphrase, { nowMs, outer: null, ...policyOf(options) });
      const before = await disk.read(path, VAULT_BYTES_MAX);
      if (before !== null) await replaceFile(disk, `${path}.before-${String(nowMs)}`, before);
      await replaceFile(disk, path, bytes);
      return new Vault(options, bytes);
    } finally {
      eraseKeys(keys);
    }
  }

  /** The public part of each key. */
  get keys(): readonly VaultKey[] {
    return this.#header.keys;
  }

  /** The keychain that wraps this vault; `null` where the passphrase alone protects it. */
  get keychain(): string | null {
    return this.#header.keychain;
  }

  /** When it was last written. */
  get sealedAtMs(): number {
    return this.#header.sealedAtMs;
  }

  /** Lets `use` have the keys, and erases them after it. Throws as `openVault`, and `key.tooManyAttempts`. */
  async withKeys<T>(passphrase: string, use: (keys: readonly OpenKey[]) => T | Promise<T>): Promise<T> {
    const { outer = null } = this.#options;
    return await this.#guard.attempt(async () => {
      const keys = await openVault(this.#bytes, passphrase, { outer, ...policyOf(this.#options) });
      try {
        return await use(keys);
      } finally {
        eraseKeys(keys);
      }
    });
  }

  /** Seals the keys with another passphrase. Throws as `withKeys`, and the errors of `sealVault` and of writing files. */
  async changePassphrase(current: string, next: string): Promise<void> {
    await this.withKeys(current, async (keys) => await this.#replace(keys, next, this.#keptWrap()));
  }

  /** Puts a key in. Throws `vault.duplicateKey` or `vault.full`, as `withKeys`, and the errors of writing files. */
  async add(passphrase: string, key: NewKey): Promise<VaultKey> {
    const added = openKeyOf(key, this.#options.now());
    await this.withKeys(passphrase, async (keys) => {
      if (keys.some(({ publicKey }) => publicKey === added.publicKey)) {
        throw new CountersignError('vault.duplicateKey', { publicKey: added.publicKey });
      }
      if (keys.length >= VAULT_KEYS_MAX)
        throw new CountersignError('vault.full', { maxKeys: VAULT_KEYS_MAX });
      await this.#replace([...keys, added], passphrase, this.#keptWrap());
    });
    const { seed: _seed, ...shown } = added;
    return shown;
  }

  /** Has the system's keychain wrap the vault, or no longer. Throws `vault.noKeychain`, and as `withKeys`. */
  async useKeychain(passphrase: string, use: boolean): Promise<void> {
    const outer = use ? this.#options.outer : null;
    if (outer === undefined || (use && outer === null)) throw new CountersignError('vault.noKeychain', {});
    await this.withKeys(passphrase, async (keys) => await this.#replace(keys, passphrase, outer));
  }

  /** The bytes of an encrypted backup, under the passphrase of the vault or one of its own. No keychain wraps it. */
  async backup(passphrase: string, backupPassphrase: string): Promise<Uint8Array> {
    return await this.withKeys(
      passphrase,
      async (keys) =>
        await sealVault(keys, backupPassphrase, {
          nowMs: this.#options.now(),
          outer: null,
          ...policyOf(this.#options),
        }),
    );
  }

  /** The keychain that wraps it now, to wrap it again: it has just opened it. */
  #keptWrap(): OuterWrap | null {
    return this.#header.keychain === null ? null : (this.#options.outer ?? null);
  }

  async #replace(keys: readonly OpenKey[], passphrase: string, outer: OuterWrap | null): Promise<void> {
    const bytes = await sealVault(keys, passphrase, {
      nowMs: this.#options.now(),
      outer,
      ...policyOf(this.#options),
    });
    await replaceFile(this.#disk, this.#options.path, bytes);
    this.#header = readVault(bytes, this.#options.policy);
    this.#bytes = bytes;
  }
}

function openKeyOf({ seed, label, purpose }: NewKey, createdAtMs: number): OpenKey {
  return { publicKey: publicKeyOf(seed), label, purpose, createdAtMs, seed };
}

function policyOf({ policy }: Pick<VaultOptions, 'policy'>): { readonly policy?: CostPolicy } {
  return policy === undefined ? {} : { policy };
}
