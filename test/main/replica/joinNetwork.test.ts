import { access, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { publicKeyOf } from '../../../src/main/keys/ed25519.ts';
import { admissionProof, parseCardFile, verifyCards, type Card } from '../../../src/main/ledger/card.ts';
import { composeGenesis } from '../../../src/main/ledger/composeGenesis.ts';
import { networkIdOf, type Genesis } from '../../../src/main/ledger/genesis.ts';
import { possessionDigest } from '../../../src/main/ledger/registry/codec.ts';
import { verifySync } from '../../../src/main/keys/verifier.ts';
import { makeNextKey } from '../../../src/main/replica/nextKey.ts';
import { openOwnKeys } from '../../../src/main/replica/ownKeys.ts';
import { checkOwnCard, joinNetwork, ownAddress } from '../../../src/main/replica/joinNetwork.ts';
import { contentsOf, memberPaths, memberSupervisorKey } from '../../../src/main/replica/memberLayout.ts';
import { loadSigner } from '../../../src/main/keys/loadSigner.ts';
import { readGenesis } from '../../../src/main/replica/node.ts';
import { makeOwnCards, readOwnCards } from '../../../src/main/replica/ownCards.ts';
import { CHECKS, replicaCard, seedOf, supervisorCard } from '../../support/cards.ts';
import { rejected } from '../../support/errors.ts';
import { makeDirectory } from '../../support/stores.ts';

const PASSPHRASE = 'correct horse battery staple';
const OWN = {
  organisation: 'Organisation A',
  passphrase: PASSPHRASE,
  replica: { name: 'Replica A', host: '127.0.0.1', port: 41_000 },
  supervisor: { name: 'Supervisor A' },
};

let directory: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path: directory, remove } = await makeDirectory());
});
afterEach(async () => await remove());

const others = [1, 2, 3].map((number) => replicaCard(number));
const genesisOf = (...cards: readonly Card[]): Genesis =>
  composeGenesis({
    name: 'Four',
    createdAtMs: 1_767_225_600_000,
    cards: [...cards, ...others, supervisorCard(1)],
  });

describe('own cards', () => {
  it('prove keys that are here, encrypted', async () => {
    const cards = await makeOwnCards({ directory, ...OWN });
    expect(cards.map(({ kind, name }) => [kind, name])).toEqual([
      ['replica', 'Replica A'],
      ['supervisor', 'Supervisor A'],
    ]);
    await verifyCards(cards, CHECKS);
    expect(await readOwnCards(directory)).toEqual(cards);
    for (const [index, path] of [
      memberPaths.replicaKey(directory),
      memberPaths.supervisorKey(directory),
    ].entries()) {
      expect((await loadSigner(path, PASSPHRASE)).publicKey).toBe(cards[index]!.publicKey);
      expect((await rejected(loadSigner(path, 'another passphrase'))).code).toBe('key.wrongPassphrase');
    }
    expect(await contentsOf(directory)).toBe('keys');
    expect((await rejected(makeOwnCards({ directory, ...OWN }))).code).toBe('setup.alreadyDone');
  });

  it('need no supervisor, or take a key that there is', async () => {
    const [only, ...rest] = await makeOwnCards({ directory, ...OWN, supervisor: null });
    expect([only!.kind, rest]).toEqual(['replica', []]);
    expect(await memberSupervisorKey(directory)).toBe(null);
    const other = join(directory, 'other');
    await mkdir(other);
    const seed = seedOf(7);
    const cards = await makeOwnCards({ directory: other, ...OWN, supervisor: { name: 'Mine', seed } });
    expect(cards[1]!.publicKey).toBe(publicKeyOf(seedOf(7)));
    // The caller's copy is the caller's to erase.
    expect(seed).toEqual(seedOf(7));
    expect(await memberSupervisorKey(other)).toBe(memberPaths.supervisorKey(other));
  });

  it.each([
    [{ passphrase: 'short' }, 'key.passphraseTooShort'],
    [{ organisation: 'Org\u200b' }, 'name.hidden'],
    [{ supervisor: { name: '' } }, 'name.empty'],
    [{ replica: { ...OWN.replica, host: 'a b' } }, 'address.invalid'],
  ])('are not made of %j, and nothing is left', async (changed, code) => {
    expect((await rejected(makeOwnCards({ directory, ...OWN, ...changed }))).code).toBe(code);
    expect(await readdir(directory)).toEqual([]);
  });

  it('are made after a crash had left a part of them', async () => {
    await mkdir(`${memberPaths.keys(directory)}.new`);
    await writeFile(join(`${memberPaths.keys(directory)}.new`, 'replica.pem'), 'half');
    expect(await contentsOf(directory)).toBe('nothing');
    await makeOwnCards({ directory, ...OWN });
    expect(await readdir(directory)).toEqual(['keys']);
    expect(await readFile(memberPaths.replicaKey(directory), 'utf8')).toContain('ENCRYPTED PRIVATE KEY');
  });
});

describe('joining', () => {
  it('lays out the genesis and an empty ledger, once', async () => {
    const genesis = genesisOf(...(await makeOwnCards({ directory, ...OWN })));
    await joinNetwork({ directory, genesis, passphrase: PASSPHRASE });
    expect(await readGenesis(memberPaths.genesis(directory))).toEqual(genesis);
    for (const name of ['ledger.sqlite', 'signed.log'])
      await access(join(memberPaths.replica(directory), name));
    expect(await contentsOf(directory)).toBe('member');
    expect((await rejected(joinNetwork({ directory, genesis, passphrase: PASSPHRASE }))).code).toBe(
      'setup.alreadyDone',
    );
  });

  it.each([
    [
      'a wrong passphrase',
      'key.wrongPassphrase',
      async () => genesisOf(...(await readOwnCards(directory))),
      'another one',
    ],
    [
      'a genesis without the own key',
      'genesis.ownKeyMissing',
      async () => await Promise.resolve(genesisOf(replicaCard(4))),
      PASSPHRASE,
    ],
    [
      'another address than that of the own card',
      'genesis.ownCardChanged',
      async () => {
        const [own, supervisor] = await readOwnCards(directory);
        return genesisOf({ ...own!, port: 9 } as Card, supervisor!);
      },
      PASSPHRASE,
    ],
  ])('is refused with %s: %s, and nothing is laid out', async (_what, code, make, passphrase) => {
    await makeOwnCards({ directory, ...OWN });
    expect((await rejected(joinNetwork({ directory, genesis: await make(), passphrase }))).code).toBe(code);
    expect(await readdir(directory)).toEqual(['keys']);
  });

  it('needs keys', async () => {
    const genesis = genesisOf(replicaCard(4));
    expect((await rejected(checkOwnCard(directory, genesis))).code).toBe('setup.required');
    expect((await rejected(joinNetwork({ directory, genesis, passphrase: PASSPHRASE }))).code).toBe(
      'setup.required',
    );
  });

  it('is refused where the key is not the one of the card', async () => {
    const genesis = genesisOf(...(await makeOwnCards({ directory, ...OWN })));
    const other = join(directory, 'other');
    await mkdir(other);
    await makeOwnCards({ directory: other, ...OWN });
    await writeFile(memberPaths.replicaKey(directory), await readFile(memberPaths.replicaKey(other)));
    expect((await rejected(joinNetwork({ directory, genesis, passphrase: PASSPHRASE }))).code).toBe(
      'key.invalid',
    );
  });
});

describe('following a network that runs already', () => {
  const running = genesisOf(replicaCard(4));
  const networkId = networkIdOf(running);

  it('lays out the genesis, and proves the key for its registry', async () => {
    await makeOwnCards({ directory, ...OWN });
    expect(await joinNetwork({ directory, genesis: running, passphrase: PASSPHRASE, follow: true })).toBe(
      'follower',
    );
    expect(await readGenesis(memberPaths.genesis(directory))).toEqual(running);
    expect(await contentsOf(directory)).toBe('member');
    const [card, supervisor] = await readOwnCards(directory);
    await verifyCards([card!, supervisor!], CHECKS);
    const signature = admissionProof(card!, networkId);
    const { publicKey } = card!;
    expect(verifySync({ signature, digest: possessionDigest(networkId, publicKey), publicKey })).toBe(true);
    expect(await ownAddress(directory)).toEqual(OWN.replica);
  });

  it('is said by the genesis where that names the key', async () => {
    const genesis = genesisOf(...(await makeOwnCards({ directory, ...OWN })));
    expect(await joinNetwork({ directory, genesis, passphrase: PASSPHRASE, follow: true })).toBe('member');
  });
});

describe('the next key', () => {
  it('is made beside the present one, with a log and a card for this network', async () => {
    const genesis = genesisOf(...(await makeOwnCards({ directory, ...OWN })));
    await joinNetwork({ directory, genesis, passphrase: PASSPHRASE });
    const made = await makeNextKey(directory, PASSPHRASE);
    expect(made).toMatchObject({ number: 2, card: join(directory, 'keys/own-2.cscard') });
    const [card] = parseCardFile(await readFile(made.card, 'utf8'));
    expect(card).toMatchObject({ kind: 'replica', ...OWN.replica, publicKey: made.publicKey });
    await verifyCards([card!], CHECKS);
    admissionProof(card!, networkIdOf(genesis));
    await access(join(memberPaths.replica(directory), 'signed-2.log'));
    const opened = await openOwnKeys(memberPaths.replicaKey(directory), PASSPHRASE);
    expect(opened.map(({ key }) => key.publicKey)).toEqual([
      (await readOwnCards(directory))[0]!.publicKey,
      made.publicKey,
    ]);
    for (const { release } of opened) await release();
    expect((await makeNextKey(directory, PASSPHRASE)).number).toBe(3);
  });

  it('needs a replica that has joined, and its passphrase; then nothing is made', async () => {
    expect((await rejected(makeNextKey(directory, PASSPHRASE))).code).toBe('setup.required');
    const genesis = genesisOf(...(await makeOwnCards({ directory, ...OWN })));
    await joinNetwork({ directory, genesis, passphrase: PASSPHRASE });
    const before = await readdir(memberPaths.keys(directory));
    expect((await rejected(makeNextKey(directory, 'another passphrase'))).code).toBe('key.wrongPassphrase');
    expect(await readdir(memberPaths.keys(directory))).toEqual(before);
  });
});
