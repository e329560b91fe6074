/**
 * The system's keychain as one more wrap around the secret part of a vault, where there is one: the passphrase
 * protects the keys by itself, and with a keychain a copied file is useless on another machine as well.
 * @module
 */

/** What is needed of a keychain. The desktop program has one (`safeStorage`); the command line has none. */
export interface OuterWrap {
  /** The keychain's own name, kept with what it wrapped: what one keychain wrapped, no other opens. */
  readonly keychain: string;
  /** Wraps bytes. Rejects where the keychain cannot. */
  wrap(bytes: Uint8Array): Promise<Uint8Array>;
  /** What `wrap` was given. Rejects where the keychain cannot, or does not know it any more. */
  unwrap(bytes: Uint8Array): Promise<Uint8Array>;
}
