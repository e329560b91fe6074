/**
 * What becomes of a page's calls to sign and to unlock: carried out at once where the page is what a person answers to,
 * and handed to the confirmation's own window where there is one. There a page names items and hashes, and nothing else.
 * @module
 */
import { CountersignError } from '../../../shared/errors.ts';
import { badInput, type HandlerInput } from '../dispatch.ts';
import type { SignResult } from '../items/signing.ts';
import { requireKeyring } from '../keyring.ts';
import type { Running } from '../running.ts';
import { confirmationOf } from './confirmation.ts';
import type { Confirmer } from './confirmer.ts';

/** Answers `item.sign`. Throws `confirm.*`, `draft.*`, `key.*`. */
export async function signForPage(
  running: Running,
  confirmer: Confirmer | null,
  input: HandlerInput<'item.sign'>,
): Promise<SignResult[]> {
  if (confirmer === null) return await running.signing.sign(input);
  refusePassphrase(input.passphrase);
  return await confirmer.ask(async () => await confirmationOf(running, input.items));
}

/** Answers `key.unlock`. Throws `confirm.*`, `key.*`, `vault.*`. */
export async function unlockForPage(
  running: Running,
  confirmer: Confirmer | null,
  { passphrase }: HandlerInput<'key.unlock'>,
): Promise<void> {
  if (confirmer !== null) {
    refusePassphrase(passphrase);
    await confirmer.ask(async () => await confirmationOf(running, []));
    return;
  }
  if (passphrase === null) throw badInput('key.unlock', 'passphrase', 'has to be given here');
  await requireKeyring(running.keyring).unlock(passphrase);
}

/** A page that has one has asked for it itself, and must not be believed. */
function refusePassphrase(passphrase: string | null): void {
  if (passphrase !== null) throw new CountersignError('confirm.passphraseHere', {});
}
