/**
 * Cards for tests, from fixed seeds, and how their proofs are checked.
 * @module
 */
import { isStrongPublicKey, publicKeyOf, signDigest } from '../../src/main/keys/ed25519.ts';
import { verifySync } from '../../src/main/keys/verifier.ts';
import { makeCard, type Card, type CardChecks } from '../../src/main/ledger/card.ts';

export const CHECKS: CardChecks = {
  isStrongKey: isStrongPublicKey,
  verify: async ({ signature, digest, publicKey }) =>
    await Promise.resolve(verifySync({ signature, digest, publicKey })),
};

/** The seed of test key number `number`, 1 to 255. */
export const seedOf = (number: number): Uint8Array => new Uint8Array(32).fill(number);

/** The card of test replica `number`, with what `changes` says instead. */
export function replicaCard(
  number: number,
  changes: { name?: string; port?: number; key?: number } = {},
): Card {
  const seed = seedOf(changes.key ?? number);
  return makeCard(
    {
      kind: 'replica',
      name: changes.name ?? `Replica ${String(number)}`,
      organisation: `Organisation ${String(number)}`,
      publicKey: publicKeyOf(seed),
      host: '127.0.0.1',
      port: changes.port ?? 41_000 + number,
    },
    (digest) => signDigest(digest, seed),
  );
}

/** The card of test supervisor `number`. */
export function supervisorCard(number: number, changes: { name?: string; key?: number } = {}): Card {
  const seed = seedOf(changes.key ?? 100 + number);
  return makeCard(
    {
      kind: 'supervisor',
      name: changes.name ?? `Supervisor ${String(number)}`,
      organisation: `Organisation ${String(number)}`,
      publicKey: publicKeyOf(seed),
    },
    (digest) => signDigest(digest, seed),
  );
}

/** Cards enough for a network: four replicas, two supervisors. */
export const enoughCards = (): Card[] => [
  ...[1, 2, 3, 4].map((number) => replicaCard(number)),
  ...[1, 2].map((number) => supervisorCard(number)),
];
