/**
 * Cards: what an organisation hands over so that its replica and its supervisor get into a genesis. Each card says a
 * name, an organisation, a public key and, of a replica, its address; and proves by a signature over all of it that
 * whoever made it holds the key. A card file (`*.cscard`) holds one card or several.
 *
 * The signature stands for nothing else: it is made over a digest with a domain of its own.
 * @module
 */
import { z } from 'zod';
import { encode, hexBytes, record, text, uint, union } from '../../shared/encoding/codec.ts';
import type { Hex } from '../../shared/encoding/hex.ts';
import { CountersignError } from '../../shared/errors.ts';
import { assertAddress } from '../../shared/text/hostName.ts';
import { assertName } from '../../shared/text/name.ts';
import type { GenesisReplica, GenesisSupervisor } from './genesis.ts';
import { DIGEST_BYTES, PUBLIC_KEY_BYTES, SIGNATURE_BYTES, digest } from './hash.ts';
import { hexText, parseJson, pathText } from './json.ts';
import { NAME_CHARS_MAX } from './limits.ts';
import { possessionDigest } from './registry/codec.ts';
import type { SignatureCheck } from './statement.ts';

/** What a card says of a replica or a supervisor. */
export type CardContent =
  ({ readonly kind: 'replica' } & GenesisReplica) | ({ readonly kind: 'supervisor' } & GenesisSupervisor);

/** A card: what it says, and the proof that its maker holds the key. */
export type Card = CardContent & {
  /** Signature of `cardDigest` by the card's own key. */
  readonly proof: Hex;
  /** For a network that is there already: what its registry needs to take the key (`possessionDigest`). */
  readonly admission?: CardAdmission;
};

/** The proof of a key for one network. */
export interface CardAdmission {
  readonly networkId: Hex;
  readonly proof: Hex;
}

/** Marks a card file. */
export const CARD_FILE_FORMAT = 'countersign-cards';
/** Layout version of card files. */
export const CARD_FILE_VERSION = 1;
/** Ending of the names of card files. */
export const CARD_FILE_ENDING = '.cscard';
/** Most cards in one file: those of one organisation. */
export const CARDS_PER_FILE_MAX = 64;
/** Largest card file, in UTF-16 code units: that many cards with names of good length. */
export const CARD_FILE_CHARS_MAX = 64 * 1024;

const contentCodec = union<CardContent, 'kind'>('kind', {
  replica: [
    1,
    record<GenesisReplica>({
      name: text(NAME_CHARS_MAX),
      organisation: text(NAME_CHARS_MAX),
      publicKey: hexBytes(PUBLIC_KEY_BYTES),
      host: text(NAME_CHARS_MAX),
      port: uint(65_535),
    }),
  ],
  supervisor: [
    2,
    record<GenesisSupervisor>({
      name: text(NAME_CHARS_MAX),
      organisation: text(NAME_CHARS_MAX),
      publicKey: hexBytes(PUBLIC_KEY_BYTES),
    }),
  ],
});

const name = z.string().min(1).max(NAME_CHARS_MAX);
const member = { name, organisation: name, public_key: hexText(PUBLIC_KEY_BYTES) };
const proof = hexText(SIGNATURE_BYTES);
const proofs = {
  proof,
  network: z.strictObject({ network_id: hexText(DIGEST_BYTES), proof }).optional(),
};
const cardSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('replica'),
    ...member,
    host: name,
    port: z.number().int().min(1).max(65_535),
    ...proofs,
  }),
  z.strictObject({ kind: z.literal('supervisor'), ...member, ...proofs }),
]);
const fileSchema = z.strictObject({
  format: z.literal(CARD_FILE_FORMAT),
  version: z.literal(CARD_FILE_VERSION),
  cards: z.array(cardSchema).min(1).max(CARDS_PER_FILE_MAX),
});

/** What the proof of a card signs. */
export function cardDigest(content: CardContent): Uint8Array {
  return digest('countersign/card/1', encode(contentCodec, contentOf(content)));
}

/**
 * The card of `content`, signed by `sign`, which signs with the key that the card names. `networkId`: the network that
 * is there already and whose registry is to take the key. Throws `name.*` and `address.invalid`.
 */
export function makeCard(
  content: CardContent,
  sign: (digest: Uint8Array) => Hex,
  networkId: Hex | null = null,
): Card {
  checkContent(content);
  const card = { ...content, proof: sign(cardDigest(content)) };
  if (networkId === null) return card;
  return {
    ...card,
    admission: { networkId, proof: sign(possessionDigest(networkId, content.publicKey)) },
  };
}

/**
 * The proof with which the network's registry takes the card's key. Throws `card.noAdmission` for a card that was made
 * for no network that is there already, and `card.wrongNetwork` for one of another network.
 */
export function admissionProof({ name, admission }: Card, networkId: Hex): Hex {
  if (admission === undefined) throw new CountersignError('card.noAdmission', { name });
  if (admission.networkId === networkId) return admission.proof;
  throw new CountersignError('card.wrongNetwork', { expected: networkId, actual: admission.networkId });
}

/** The text of a card file: JSON with two spaces of indentation and a line feed at its end. */
export function renderCardFile(cards: readonly Card[]): string {
  const file = { format: CARD_FILE_FORMAT, version: CARD_FILE_VERSION, cards: cards.map(toFile) };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/**
 * The cards in a text. Line ends and indentation are free. The proofs are not checked yet: `verifyCards`.
 * Throws `card.invalid`, `name.*` and `address.invalid`.
 */
export function parseCardFile(text: string): readonly Card[] {
  if (text.length > CARD_FILE_CHARS_MAX) {
    throw invalid('the file', `has more than ${String(CARD_FILE_CHARS_MAX)} characters`);
  }
  const json = parseJson(text);
  if (!json.ok) throw invalid('the file', json.problem);
  const parsed = fileSchema.safeParse(json.value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw invalid(pathText(issue?.path ?? [], 'the file'), issue?.message ?? 'is no card file');
  }
  const cards = parsed.data.cards.map(({ public_key: publicKey, network, ...rest }): Card => {
    const card = { ...rest, publicKey };
    if (network === undefined) return card;
    return { ...card, admission: { networkId: network.network_id, proof: network.proof } };
  });
  for (const card of cards) checkContent(card);
  return cards;
}

/** How the proofs of cards are checked. */
export interface CardChecks {
  /** Whether a public key may be registered (`keys/ed25519.ts`). */
  readonly isStrongKey: (publicKey: Hex) => boolean;
  readonly verify: (check: SignatureCheck) => Promise<boolean>;
}

/** Throws `card.weakKey`, or `card.badProof` for a card that was changed or names somebody else's key. */
export async function verifyCards(
  cards: readonly Card[],
  { isStrongKey, verify }: CardChecks,
): Promise<void> {
  for (const card of cards) {
    const { publicKey, proof: signature, admission } = card;
    if (!isStrongKey(publicKey)) {
      throw new CountersignError('card.weakKey', { name: card.name, publicKey });
    }
    if (!(await verify({ signature, digest: cardDigest(card), publicKey }))) {
      throw new CountersignError('card.badProof', { name: card.name, publicKey });
    }
    if (admission === undefined) continue;
    const digest = possessionDigest(admission.networkId, publicKey);
    if (!(await verify({ signature: admission.proof, digest, publicKey }))) {
      throw new CountersignError('card.badProof', { name: card.name, publicKey });
    }
  }
}

/** What the card says, and nothing else. */
function contentOf(content: CardContent): CardContent {
  const { kind, name, organisation, publicKey } = content;
  if (kind === 'supervisor') return { kind, name, organisation, publicKey };
  return { kind, name, organisation, publicKey, host: content.host, port: content.port };
}

function toFile(card: Card): z.infer<typeof cardSchema> {
  const { kind, name, organisation, publicKey: public_key, proof, admission } = card;
  const network = admission && { network_id: admission.networkId, proof: admission.proof };
  const proofs = { proof, ...(network === undefined ? {} : { network }) };
  if (kind === 'supervisor') return { kind, name, organisation, public_key, ...proofs };
  return { kind, name, organisation, public_key, host: card.host, port: card.port, ...proofs };
}

function checkContent(content: CardContent): void {
  assertName(content.name);
  assertName(content.organisation);
  if (content.kind === 'replica') assertAddress(content.host, content.port);
}

function invalid(at: string, problem: string): CountersignError<'card.invalid'> {
  return new CountersignError('card.invalid', { at, problem });
}
