/**
 * One confirmation, over what runs: the items that a page named by their hashes, or the unlocking of the key alone.
 * @module
 */
import type { ConfirmView } from '../../../shared/contract/confirm.ts';
import type { ItemDetail } from '../../../shared/contract/model.ts';
import type { Hex } from '../../../shared/encoding/hex.ts';
import { CountersignError, fromPlainError, invariant, toPlainError } from '../../../shared/errors.ts';
import { fingerprintOf } from '../../ledger/fingerprint.ts';
import { networkIdOf } from '../../ledger/genesis.ts';
import type { HandlerInput } from '../dispatch.ts';
import type { RecordsPage } from '../items/content.ts';
import type { SignResult } from '../items/signing.ts';
import { requireKeyring } from '../keyring.ts';
import type { Running } from '../running.ts';
import type { Confirmation, Decision } from './confirmer.ts';

/** What is needed of what runs. */
export type ConfirmParts = Pick<Running, 'book' | 'drafts' | 'keyring' | 'node' | 'pulse' | 'signing'>;

/** What a page asks to sign. */
type Named = HandlerInput<'item.sign'>['items'];

/**
 * The confirmation of `named`, each of which is what the page says that it showed; none of them: of unlocking the key.
 * Throws `draft.*`, `key.absent`, or `encoding.*` for a kind that this version does not know.
 */
export async function confirmationOf(parts: ConfirmParts, named: Named): Promise<Confirmation> {
  requireKeyring(parts.keyring);
  const shown = new Map<string, Hex>();
  for (const { id, shownHash } of named) {
    await parts.signing.requireShown(id, shownHash);
    shown.set(id, shownHash);
  }
  return new OpenConfirmation(parts, shown);
}

class OpenConfirmation implements Confirmation {
  readonly #parts: ConfirmParts;
  /** By item, the hash of what is confirmed. */
  readonly #shown: ReadonlyMap<string, Hex>;
  /** The key that was shown. */
  readonly #publicKey: Hex;
  /** From then on its items change because they are signed. */
  #isSigning = false;

  constructor(parts: ConfirmParts, shown: ReadonlyMap<string, Hex>) {
    this.#parts = parts;
    this.#shown = shown;
    this.#publicKey = parts.keyring.publicKey;
  }

  view(): ConfirmView {
    const { book, keyring, node, pulse } = this.#parts;
    const { genesis } = node;
    const networkId = networkIdOf(genesis);
    const key = requireKeyring(keyring).view();
    invariant(key !== null, 'a keyring that is required has a key', () => 'it has none');
    const { publicKey, name, registered } = key;
    return {
      purpose: this.#shown.size === 0 ? 'unlock' : 'sign',
      items: [...this.#shown.keys()].map((id) => book.view(id)),
      network: { networkId, name: genesis.name, fingerprint: fingerprintOf(networkId) },
      key: { publicKey, name, registered, unlocked: keyring.isUnlocked },
      waiting: book.withState('needsUnlock').length,
      stableHeight: pulse.chain.stableHeight,
      clock: pulse.replica().clock,
    };
  }

  async item(id: string, page: RecordsPage): Promise<ItemDetail> {
    const shownHash = this.#hashOf(id);
    const detail = await this.#parts.drafts.detail(id, page);
    this.#require(id, shownHash);
    return detail;
  }

  async confirm({ ids, passphrase, later }: Decision, signal: AbortSignal): Promise<SignResult[]> {
    const { keyring, signing } = this.#parts;
    const items = ids.map((id) => ({ id, shownHash: this.#hashOf(id) }));
    if (keyring.publicKey !== this.#publicKey) throw new CountersignError('confirm.keyChanged', {});
    if (passphrase !== null) await keyring.unlock(passphrase, signal);
    else if (!later) keyring.requireUnlocked();
    signal.throwIfAborted();
    if (keyring.publicKey !== this.#publicKey) throw new CountersignError('confirm.keyChanged', {});
    if (items.length === 0) return [];
    this.#isSigning = true;
    return await signing.sign({ items, passphrase: null }, signal);
  }

  onBroken(listener: (error: CountersignError) => void): () => void {
    return this.#parts.book.onChange((id) => {
      const shownHash = this.#shown.get(id);
      if (shownHash === undefined || this.#isSigning) return;
      try {
        this.#require(id, shownHash);
      } catch (error) {
        listener(fromPlainError(toPlainError(error)));
      }
    });
  }

  /** Throws `draft.notFound` for an item that was not named. */
  #hashOf(id: string): Hex {
    const hash = this.#shown.get(id);
    if (hash === undefined) throw new CountersignError('draft.notFound', { id });
    return hash;
  }

  /** Throws `draft.*` unless the item is still what was named. */
  #require(id: string, shownHash: Hex): void {
    const { contentHash: actualHash } = this.#parts.book.inState(id, 'draft');
    if (actualHash !== shownHash) throw new CountersignError('draft.changed', { id, shownHash, actualHash });
  }
}
