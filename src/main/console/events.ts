/**
 * What the console reports for a log. Nothing in here comes from a passphrase or a private key.
 * @module
 */
import type { Stage } from '../../shared/contract/model.ts';
import type { PlainError } from '../../shared/errors.ts';

export type ConsoleEvent =
  | { readonly kind: 'stage'; readonly stage: Stage }
  /** A call ended in a way that nobody foresaw: a bug. */
  | { readonly kind: 'internal'; readonly channel: string; readonly error: PlainError }
  | { readonly kind: 'failed'; readonly what: string; readonly error: PlainError }
  /** The machine has slept. */
  | { readonly kind: 'woke' }
  /** A replica sent what no correct one sends. */
  | { readonly kind: 'badMessage'; readonly replica: number; readonly error: PlainError };
