import { describe, expect, it } from 'vitest';
import { publicKeyOf, signDigest } from '../../../src/main/keys/ed25519.ts';
import {
  CARDS_PER_FILE_MAX,
  CARD_FILE_CHARS_MAX,
  admissionProof,
  makeCard,
  parseCardFile,
  renderCardFile,
  verifyCards,
  type Card,
} from '../../../src/main/ledger/card.ts';
import { possessionDigest } from '../../../src/main/ledger/registry/codec.ts';
import { CHECKS, replicaCard, seedOf, supervisorCard } from '../../support/cards.ts';
import { caught, rejected } from '../../support/errors.ts';

const cards = [replicaCard(1), supervisorCard(1)];
const text = renderCardFile(cards);

/** What comes of a text: the error's code, or nothing where it is a good card file. */
async function refusal(file: string): Promise<string | undefined> {
  try {
    await verifyCards(parseCardFile(file), CHECKS);
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
}

/** The file with one place changed. */
function edited(
  change: (file: { cards: Record<string, unknown>[] } & Record<string, unknown>) => void,
): string {
  const file = JSON.parse(text) as { cards: Record<string, unknown>[] };
  change(file);
  return JSON.stringify(file);
}

describe('a card file', () => {
  it('comes back as the cards it was made from, with proofs that hold', async () => {
    expect(parseCardFile(text)).toEqual(cards);
    await verifyCards(cards, CHECKS);
    expect(await refusal(text.replaceAll('\n', '\r\n'))).toBeUndefined();
  });

  it('is refused with any bit of it flipped', async () => {
    const bytes = Buffer.from(text);
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(await refusal(flipped.toString()), `bit ${bit}`).toBeDefined();
    }
  });

  it("is refused with somebody else's key", async () => {
    const theirs = publicKeyOf(seedOf(9));
    expect(await refusal(edited((file) => (file.cards[0]!['public_key'] = theirs)))).toBe('card.badProof');
    // Signed by the thief, not by the key that it names.
    const stolen = makeCard({ ...replicaCard(1), publicKey: theirs }, (digest) =>
      signDigest(digest, seedOf(1)),
    );
    expect((await rejected(verifyCards([stolen], CHECKS))).code).toBe('card.badProof');
  });

  it.each([
    ['name', 'Replica 2'],
    ['organisation', 'Organisation 2'],
    ['host', '127.0.0.2'],
    ['port', 41_002],
    ['proof', '00'.repeat(64)],
  ])('is refused with another %s', async (field, value) => {
    expect(await refusal(edited((file) => (file.cards[0]![field] = value)))).toBe('card.badProof');
  });

  it("proves nothing with another card's proof", async () => {
    const [replica, supervisor] = [replicaCard(1, { key: 5 }), supervisorCard(1, { key: 5 })];
    expect((await rejected(verifyCards([{ ...supervisor, proof: replica.proof }], CHECKS))).code).toBe(
      'card.badProof',
    );
  });

  it('with a key of small order is refused', async () => {
    const weak = { ...supervisorCard(1), publicKey: `01${'00'.repeat(31)}` };
    expect((await rejected(verifyCards([weak], CHECKS))).code).toBe('card.weakKey');
  });

  it.each([
    ['', 'card.invalid'],
    ['{}', 'card.invalid'],
    ['[]', 'card.invalid'],
    ['null', 'card.invalid'],
    [edited((file) => (file['version'] = 2)), 'card.invalid'],
    [edited((file) => (file['format'] = 'countersign-genesis')), 'card.invalid'],
    [edited((file) => (file['more'] = 1)), 'card.invalid'],
    [edited((file) => (file.cards[0]!['more'] = 1)), 'card.invalid'],
    [edited((file) => (file.cards[1]!['host'] = '127.0.0.1')), 'card.invalid'],
    [edited((file) => (file.cards[0]!['kind'] = 'operator')), 'card.invalid'],
    [edited((file) => (file.cards = [])), 'card.invalid'],
    [
      edited((file) => (file.cards = Array.from({ length: CARDS_PER_FILE_MAX + 1 }, () => file.cards[1]!))),
      'card.invalid',
    ],
    [text.replace('"version"', '"__proto__": {}, "version"'), 'card.invalid'],
    [`${text}${' '.repeat(CARD_FILE_CHARS_MAX)}`, 'card.invalid'],
    [edited((file) => (file.cards[0]!['name'] = 'Rep\u200blica')), 'name.hidden'],
    [edited((file) => (file.cards[0]!['organisation'] = 'Org\u0430nisation')), 'name.scripts'],
    [edited((file) => (file.cards[0]!['host'] = '0.0.0.0')), 'address.invalid'],
  ])('case %# is refused: %s', async (file, code) => {
    expect(await refusal(file)).toBe(code);
  });

  it('is not made with a bad name or address', () => {
    expect(caught(() => replicaCard(1, { name: 'A\u202eb' })).code).toBe('name.hidden');
    expect(caught(() => replicaCard(1, { port: 0 })).code).toBe('address.invalid');
  });
});

describe('a card for a network that is there', () => {
  const networkId = 'ab'.repeat(32);
  const seed = seedOf(77);
  const publicKey = publicKeyOf(seed);
  const made = makeCard(
    { kind: 'supervisor', name: 'Bea', organisation: 'House', publicKey },
    (digest) => signDigest(digest, seed),
    networkId,
  );

  it('carries the proof that the registry asks for, through its file', async () => {
    const [read] = parseCardFile(renderCardFile([made]));
    expect(read).toEqual(made);
    await verifyCards([made], CHECKS);
    const proof = admissionProof(made, networkId);
    const digest = possessionDigest(networkId, publicKey);
    expect(await CHECKS.verify({ signature: proof, digest, publicKey })).toBe(true);
  });

  it('is good for no other network, and one of no network for none', () => {
    expect(caught(() => admissionProof(made, 'cd'.repeat(32))).code).toBe('card.wrongNetwork');
    const { admission: _, ...none } = made;
    expect(caught(() => admissionProof(none as Card, networkId)).code).toBe('card.noAdmission');
  });

  it('is refused with a proof of another network, or of another key', async () => {
    const moved = { ...made, admission: { ...made.admission!, networkId: 'cd'.repeat(32) } } as Card;
    expect((await rejected(verifyCards([moved], CHECKS))).code).toBe('card.badProof');
    const forged = { ...made, admission: { networkId, proof: '00'.repeat(64) } } as Card;
    expect((await rejected(verifyCards([forged], CHECKS))).code).toBe('card.badProof');
  });
});
