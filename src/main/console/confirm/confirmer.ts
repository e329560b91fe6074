/**
 * What a program with a window of its own for confirmations gives the console (SECURITY.md 8). In a browser there is
 * none: the page's own dialog is all there is.
 * @module
 */
import type { ConfirmView } from '../../../shared/contract/confirm.ts';
import type { ItemDetail } from '../../../shared/contract/model.ts';
import type { CountersignError } from '../../../shared/errors.ts';
import type { RecordsPage } from '../items/content.ts';
import type { SignResult } from '../items/signing.ts';

/** What a person decided. */
export interface Decision {
  /** Of the items that were shown; the others are left as they are. */
  readonly ids: readonly string[];
  readonly passphrase: string | null;
  /** Whether the items may wait until the key is unlocked. */
  readonly later: boolean;
}

/** Something to confirm: all of it is read from the console's own copy. */
export interface Confirmation {
  view(): ConfirmView;
  /** One of its items. Throws `draft.*` where it is not what it was. */
  item(id: string, page: RecordsPage): Promise<ItemDetail>;
  /**
   * Carries out what was decided. Rejects where nothing was done: `key.*`, `vault.*`, or the reason of `signal`, after
   * which nothing more is signed.
   */
  confirm(decision: Decision, signal: AbortSignal): Promise<SignResult[]>;
  /** Tells `listener` once something that is shown does not hold any more; returns a function that ends it. */
  onBroken(listener: (error: CountersignError) => void): () => void;
}

export interface Confirmer {
  /**
   * Asks a person for one confirmation: the outcome of each item that they did not leave out. Rejects with `confirm.*`
   * where they did not confirm, and with what `open` throws.
   */
  ask(open: () => Promise<Confirmation>): Promise<SignResult[]>;
  /** Ends the one that is open, if there is one: what was not signed by then is not. */
  end(error: CountersignError): void;
}
