/**
 * Cards on their way into the registry: read, verified, and shown before anything is proposed of them.
 * @module
 */
import type { RegistryCard } from '../../../shared/contract/registry.ts';
import type { Hex } from '../../../shared/encoding/hex.ts';
import { CountersignError } from '../../../shared/errors.ts';
import { tidyName } from '../../../shared/text/name.ts';
import { isStrongPublicKey } from '../../keys/ed25519.ts';
import {
  CARD_FILE_ENDING,
  makeCard,
  parseCardFile,
  renderCardFile,
  verifyCards,
  type Card,
} from '../../ledger/card.ts';
import { fingerprintOf } from '../../ledger/fingerprint.ts';
import { addressText } from '../../network/index.ts';
import type { SignatureVerifier } from '../../replica/inbox.ts';
import type { HandlerInput } from '../dispatch.ts';
import type { KeyStore } from '../keys/keyStore.ts';
import type { FileText } from '../ledger/receipts.ts';

/** Digits of the key in the name of a card's file: enough to find it by. */
const NAME_DIGITS = 16;

/** The cards in the text of a card file. Throws `card.*`, `name.*`, `address.invalid`. */
export async function readCards(text: string, verifier: SignatureVerifier): Promise<readonly Card[]> {
  const cards = parseCardFile(text);
  await verifyCards(cards, {
    isStrongKey: isStrongPublicKey,
    verify: async ({ signature, digest, publicKey }) => await verifier.verify(signature, digest, publicKey),
  });
  return cards;
}

/** The card with this key among them, of this kind. Throws `card.notInFile`, `card.wrongKind`. */
export function cardOf<K extends Card['kind']>(
  cards: readonly Card[],
  publicKey: Hex,
  kind: K,
): Extract<Card, { kind: K }> {
  const card = cards.find((one) => one.publicKey === publicKey);
  if (card === undefined) throw new CountersignError('card.notInFile', { publicKey });
  if (isOfKind(card, kind)) return card;
  throw new CountersignError('card.wrongKind', { name: card.name, kind });
}

/** A card as a page shows it. */
export function cardView(card: Card): RegistryCard {
  const { kind, name, organisation, publicKey } = card;
  const address = card.kind === 'replica' ? addressText(card) : null;
  return { kind, name, organisation, publicKey, words: fingerprintOf(publicKey), address };
}

/** The card of a supervisor's key that is kept here, for this network. Throws `key.*`, `vault.*`, `name.*`. */
export async function makeOwnCard(
  keys: KeyStore,
  networkId: Hex,
  { publicKey, name, organisation, passphrase }: HandlerInput<'registry.makeCard'>,
): Promise<FileText> {
  const content = {
    kind: 'supervisor',
    name: tidyName(name),
    organisation: tidyName(organisation),
    publicKey,
  } as const;
  const card = await keys.withSigner(publicKey, passphrase, (signer) =>
    makeCard(content, (digest) => signer.sign(digest), networkId),
  );
  return {
    fileName: `supervisor-${publicKey.slice(0, NAME_DIGITS)}${CARD_FILE_ENDING}`,
    text: renderCardFile([card]),
  };
}

function isOfKind<K extends Card['kind']>(card: Card, kind: K): card is Extract<Card, { kind: K }> {
  return card.kind === kind;
}
