/**
 * The supervisor's key on this machine: an encrypted file, unlocked by its passphrase for a while. The private key
 * lives in a `Signer` alone, and is erased when it locks.
 * @module
 */
import type { Hex } from '../../shared/encoding/hex.ts';
import { CountersignError } from '../../shared/errors.ts';
import type { KeyView } from '../../shared/contract/model.ts';
import { readKeyFile } from '../keys/keyFile.ts';
import { importKeyPem } from '../keys/pkcs8.ts';
import { createSigner, type Signer } from '../keys/signer.ts';
import type { GenesisSupervisor } from '../ledger/genesis.ts';

/** How long a key stays unlocked unless told otherwise, in milliseconds: a sitting, not a day. */
export const UNLOCKED_FOR_MS = 15 * 60_000;

export interface KeyringOptions {
  /** Path of the encrypted key file. */
  readonly path: string;
  /** Supervisors that the genesis registers. */
  readonly supervisors: readonly GenesisSupervisor[];
  readonly unlockedForMs: number;
  /** Milliseconds since 1970 in UTC. */
  readonly now: () => number;
  /** Told whenever the key's view has changed. */
  readonly onChange: (view: KeyView) => void;
}

export class Keyring {
  readonly #options: KeyringOptions;
  readonly #pem: string;
  readonly #publicKey: Hex;
  #signer: Signer | null = null;
  #unlockedUntilMs: number | null = null;
  #timer: NodeJS.Timeout | undefined;
  #unlocking: Promise<void> = Promise.resolve();
  #closed = false;

  private constructor(options: KeyringOptions, pem: string) {
    this.#options = options;
    this.#pem = pem;
    this.#publicKey = publicKeyIn(pem);
  }

  /** Reads the key file; the key stays locked. Throws `file.*`, or `key.invalid` for a file not made by Countersign. */
  static async open(options: KeyringOptions): Promise<Keyring> {
    return new Keyring(options, await readKeyFile(options.path));
  }

  get publicKey(): Hex {
    return this.#publicKey;
  }

  view(): KeyView {
    const supervisor = this.#options.supervisors.find(({ publicKey }) => publicKey === this.#publicKey);
    return {
      publicKey: this.#publicKey,
      name: supervisor?.name ?? '',
      registered: supervisor !== undefined,
      unlocked: this.#signer !== null,
      unlockedUntilMs: this.#unlockedUntilMs,
    };
  }

  /**
   * Unlocks the key, or keeps it unlocked for as long again. One at a time, because each takes a core and 32 MiB or
   * more. Throws `key.wrongPassphrase` or `key.invalid`; then the key is as it was.
   */
  async unlock(passphrase: string): Promise<void> {
    const turn = this.#unlocking.then(async () => await this.#unlock(passphrase));
    this.#unlocking = turn.catch(() => undefined);
    await turn;
  }

  /** Erases the private key. Nothing happens where it is locked. */
  lock(): void {
    clearTimeout(this.#timer);
    if (this.#signer === null) return;
    this.#signer.dispose();
    this.#signer = null;
    this.#unlockedUntilMs = null;
    this.#options.onChange(this.view());
  }

  /** Throws `key.locked`. */
  requireUnlocked(): void {
    this.#unlocked();
  }

  /** The signature of a 32-byte digest. Throws `key.locked`. */
  sign(digest: Uint8Array): Hex {
    return this.#unlocked().sign(digest);
  }

  /** Locks, for good. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#unlocking;
    this.lock();
  }

  #unlocked(): Signer {
    // A machine that slept has not run its timers.
    if (this.#unlockedUntilMs !== null && this.#options.now() >= this.#unlockedUntilMs) this.lock();
    if (this.#signer === null) throw new CountersignError('key.locked', { publicKey: this.#publicKey });
    return this.#signer;
  }

  async #unlock(passphrase: string): Promise<void> {
    const seed = await importKeyPem(this.#pem, passphrase);
    try {
      if (this.#closed) throw new CountersignError('stopped', { what: 'the key' });
      const signer = createSigner(seed);
      this.#signer?.dispose();
      this.#signer = signer;
    } finally {
      seed.fill(0);
    }
    const { now, unlockedForMs, onChange } = this.#options;
    clearTimeout(this.#timer);
    this.#unlockedUntilMs = now() + unlockedForMs;
    this.#timer = setTimeout(() => this.lock(), unlockedForMs);
    onChange(this.view());
  }
}

/** The keyring, where there is one. Throws `key.absent`. */
export function requireKeyring(keyring: Keyring | null): Keyring {
  if (keyring === null) throw new CountersignError('key.absent', {});
  return keyring;
}

/** The public key that our key files name in front of the encrypted one; importing checks that they belong together. */
function publicKeyIn(pem: string): Hex {
  const publicKey = /^Public key: ([0-9a-f]{64})\r?$/m.exec(pem)?.[1];
  if (publicKey !== undefined) return publicKey;
  throw new CountersignError('key.invalid', { problem: 'its file does not name its public key' });
}
