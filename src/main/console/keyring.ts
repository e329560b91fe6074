/**
 * The supervisor's key on this machine while a network runs: unlocked by its passphrase for a while. The private key
 * lives in a `Signer` alone, and is erased when it locks.
 * @module
 */
import type { Hex } from '../../shared/encoding/hex.ts';
import { CountersignError } from '../../shared/errors.ts';
import type { KeyView } from '../../shared/contract/model.ts';
import type { Signer } from '../keys/signer.ts';
import type { KeyStore } from './keys/keyStore.ts';

/** How long a key stays unlocked unless told otherwise, in milliseconds: a sitting, not a day. */
export const UNLOCKED_FOR_MS = 15 * 60_000;

/** What the registry says of a supervisor's key. */
export interface KeyStanding {
  readonly name: string;
  /** Height of the block since which it is no supervisor any more; `null` while it is one. */
  readonly revokedHeight: number | null;
}

export interface KeyringOptions {
  readonly keys: KeyStore;
  /** What the registry has of a key; `undefined` for one that it never had. */
  readonly standing: (publicKey: Hex) => KeyStanding | undefined;
  /** How long the key stays unlocked from the next unlock on, in milliseconds. */
  readonly unlockedForMs: () => number;
  /** Milliseconds since 1970 in UTC. */
  readonly now: () => number;
  /** Told whenever the key's view has changed. */
  readonly onChange: (view: KeyView | null) => void;
}

export class Keyring {
  readonly #options: KeyringOptions;
  readonly #endListening: () => void;
  readonly #unlockListeners = new Set<() => void>();
  #signers: readonly Signer[] = [];
  #unlockedUntilMs: number | null = null;
  #timer: NodeJS.Timeout | undefined;
  #unlocking: Promise<void> = Promise.resolve();
  #closed = false;
  /** How often it was to be locked: what was being unlocked then stays locked. */
  #lockings = 0;

  constructor(options: KeyringOptions) {
    this.#options = options;
    // A key that came or went: what was unlocked before may lack it.
    this.#endListening = options.keys.onChange(() => {
      this.#recheck();
    });
  }

  /** The key that signs here: a registered supervisor's, or else the first. Throws `key.absent`. */
  get publicKey(): Hex {
    const { keys, standing } = this.#options;
    const mine = keys.keys.filter(({ purpose }) => purpose === 'supervisor');
    const registered = mine.find(({ publicKey }) => isRegistered(standing(publicKey)));
    const publicKey = (registered ?? mine[0])?.publicKey;
    if (publicKey !== undefined) return publicKey;
    throw keys.failure ?? new CountersignError('key.absent', {});
  }

  /** Why there are no keys although there is a vault. */
  get failure(): CountersignError | null {
    return this.#options.keys.failure;
  }

  /** Whether it signs now, without a passphrase. */
  get isUnlocked(): boolean {
    this.#lockWhenDue();
    return this.#unlockedUntilMs !== null;
  }

  /** The key as pages see it; `null` where there is none. */
  view(): KeyView | null {
    const { keys, standing } = this.#options;
    if (!keys.keys.some(({ purpose }) => purpose === 'supervisor')) return null;
    const { publicKey } = this;
    const supervisor = standing(publicKey);
    const label = keys.keys.find((one) => one.publicKey === publicKey)?.label ?? '';
    return {
      publicKey,
      name: supervisor?.name ?? label,
      registered: isRegistered(supervisor),
      revokedHeight: supervisor?.revokedHeight ?? null,
      unlocked: this.#unlockedUntilMs !== null,
      unlockedUntilMs: this.#unlockedUntilMs,
    };
  }

  /** Tells `listener` after each unlock; returns a function that ends it. It must not throw. */
  onUnlocked(listener: () => void): () => void {
    this.#unlockListeners.add(listener);
    return () => {
      this.#unlockListeners.delete(listener);
    };
  }

  /**
   * Unlocks the key, or keeps it unlocked for as long again. One at a time, because each takes a core and 128 MiB.
   * Throws `key.*` or `vault.*`, `key.locked` where it was to be locked meanwhile, and the reason of `signal` where that
   * was aborted before it was done; then the key is as it was.
   */
  async unlock(passphrase: string, signal?: AbortSignal): Promise<void> {
    const lockings = this.#lockings;
    const turn = this.#unlocking.then(async () => await this.#unlock(passphrase, lockings, signal));
    this.#unlocking = turn.catch(() => undefined);
    await turn;
  }

  /** Erases the private key; what is being unlocked stays locked. */
  lock(): void {
    this.#lockings += 1;
    this.#lockNow();
  }

  #lockNow(): void {
    clearTimeout(this.#timer);
    if (this.#unlockedUntilMs === null) return;
    this.#forget();
    this.#unlockedUntilMs = null;
    this.#options.onChange(this.view());
  }

  /** The registry has changed: another key may be the one that signs. */
  registryChanged(): void {
    this.#recheck();
  }

  /** Lets a shorter time to stay unlocked count at once. A longer one needs another unlock. */
  shorten(): void {
    const { now, unlockedForMs, onChange } = this.#options;
    if (this.#unlockedUntilMs === null) return;
    const untilMs = now() + unlockedForMs();
    if (untilMs >= this.#unlockedUntilMs) return;
    this.#lockAt(untilMs);
    onChange(this.view());
  }

  /** Throws `key.locked`, or `key.absent`. */
  requireUnlocked(): void {
    this.#unlocked();
  }

  /** The signature of a 32-byte digest by the key of `publicKey`. Throws `key.locked`, or `key.absent`. */
  sign(digest: Uint8Array): Hex {
    return this.#unlocked().sign(digest);
  }

  /** Locks, for good. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#endListening();
    await this.#unlocking;
    this.lock();
  }

  /** What was unlocked may not be what signs now. */
  #recheck(): void {
    const view = this.view();
    const isHeld = this.#signers.some(({ publicKey }) => publicKey === view?.publicKey);
    if (this.#unlockedUntilMs !== null && !isHeld) this.#lockNow();
    else this.#options.onChange(view);
  }

  #unlocked(): Signer {
    this.#lockWhenDue();
    const { publicKey } = this;
    const signer = this.#signers.find((one) => one.publicKey === publicKey);
    if (signer === undefined) throw new CountersignError('key.locked', { publicKey });
    return signer;
  }

  /** A machine that slept has not run its timers. */
  #lockWhenDue(): void {
    if (this.#unlockedUntilMs !== null && this.#options.now() >= this.#unlockedUntilMs) this.#lockNow();
  }

  async #unlock(passphrase: string, lockings: number, signal?: AbortSignal): Promise<void> {
    const { keys, now, unlockedForMs, onChange } = this.#options;
    signal?.throwIfAborted();
    const signers = await keys.unlock(passphrase);
    try {
      if (this.#closed) throw new CountersignError('stopped', { what: 'the key' });
      signal?.throwIfAborted();
      if (lockings !== this.#lockings)
        throw new CountersignError('key.locked', { publicKey: this.publicKey });
    } catch (error) {
      for (const signer of signers) signer.dispose();
      throw error;
    }
    this.#forget();
    this.#signers = signers;
    this.#lockAt(now() + unlockedForMs());
    onChange(this.view());
    for (const listener of this.#unlockListeners) listener();
  }

  #lockAt(untilMs: number): void {
    clearTimeout(this.#timer);
    this.#unlockedUntilMs = untilMs;
    this.#timer = setTimeout(() => this.#lockNow(), untilMs - this.#options.now());
  }

  #forget(): void {
    for (const signer of this.#signers) signer.dispose();
    this.#signers = [];
  }
}

/** The keyring, where it holds a key. Throws `key.absent`, or why the vault cannot be read. */
export function requireKeyring(keyring: Keyring | null): Keyring {
  const view = keyring?.view() ?? null;
  if (keyring === null || view === null) throw keyring?.failure ?? new CountersignError('key.absent', {});
  return keyring;
}

function isRegistered(standing: KeyStanding | undefined): boolean {
  return standing?.revokedHeight === null;
}
