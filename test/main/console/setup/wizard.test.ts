/** The wizard of a console, by the calls that pages make: from nothing to a running replica, across restarts. */
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { publicKeyOf } from '../../../../src/main/keys/ed25519.ts';
import { exportKeyPem } from '../../../../src/main/keys/pkcs8.ts';
import { SETUP_FILE } from '../../../../src/main/console/setup/setupState.ts';
import { renderCardFile } from '../../../../src/main/ledger/card.ts';
import { composeGenesis } from '../../../../src/main/ledger/composeGenesis.ts';
import { renderInvitation } from '../../../../src/main/ledger/invitation.ts';
import { readOwnCards } from '../../../../src/main/replica/ownCards.ts';
import type { SetupView } from '../../../../src/shared/contract/model.ts';
import { replicaCard, seedOf, supervisorCard } from '../../../support/cards.ts';
import { rejected } from '../../../support/errors.ts';
import { PASSPHRASE, SETUP, TestConsole, endAll } from '../support.ts';
import { freePorts } from '../../../support/freePorts.ts';

afterEach(endAll);

const CARD = {
  replicaName: 'Replica A',
  organisation: 'Organisation A',
  host: '127.0.0.1',
  port: 41_000,
  supervisorName: 'Supervisor A',
  passphrase: PASSPHRASE,
};
const POLICY = { threshold: null, proposalBlocks: 500 };
const theirs = renderCardFile([replicaCard(1), replicaCard(2), replicaCard(3)]);

async function viewOf({ app }: TestConsole): Promise<SetupView> {
  const { setup } = await app.handle('session.snapshot', {});
  if (setup === null) throw new Error('there is nothing to set up');
  return setup;
}

describe('creating a network', () => {
  it('collects cards, makes a genesis, survives restarts, and starts the replica', async () => {
    const [port = 0] = await freePorts(1);
    const first = await TestConsole.start();
    expect(await viewOf(first)).toEqual({
      path: null,
      ownCards: [],
      cards: [],
      replicasMin: 4,
      defaultProposalBlocks: 1_000_000,
      genesis: null,
    });
    await first.app.handle('setup.choose', { path: 'create' });
    await first.app.handle('setup.makeCard', { ...CARD, port });
    await first.app.handle('setup.addCards', { text: theirs });
    const before = await viewOf(first);
    expect(before.cards.map(({ name, own, address }) => [name, own, address])).toEqual(
      [1, 2, 3].map((number) => [`Replica ${number}`, false, `127.0.0.1:4100${number}`]),
    );
    expect(before.ownCards).toMatchObject([
      { kind: 'replica', own: true },
      { kind: 'supervisor', own: true },
    ]);
    const file = await first.app.handle('setup.card', {});
    expect(file.fileName).toBe('Organisation-A.cscard');
    await first.app.stop();

    const second = await TestConsole.start(first.directory);
    expect(second.app.stage).toEqual({ name: 'setup' });
    expect(await viewOf(second)).toEqual(before);
    await second.app.handle('setup.makeGenesis', { networkName: ' Four ', ...POLICY });
    const { genesis } = await viewOf(second);
    expect(genesis).toMatchObject({ name: 'Four', n: 4, f: 1, q: 3, ...POLICY });
    expect(genesis?.fingerprint.split(' ').length).toBe(12);
    const { text } = await second.app.handle('setup.genesis', {});
    expect(text).toContain(genesis!.networkId);
    expect((await second.app.handle('setup.invitation', {})).text).toMatch(/^csinv1\./);
    // What lies in the data directory is public.
    const kept = await readFile(join(first.directory, SETUP_FILE), 'utf8');
    expect(kept).not.toContain(PASSPHRASE);
    await second.app.stop();

    const third = await TestConsole.start(first.directory);
    expect((await viewOf(third)).genesis).toEqual(genesis);
    const { networkId } = genesis!;
    const other = await rejected(
      third.app.handle('setup.join', { networkId: '00'.repeat(32), passphrase: PASSPHRASE }),
    );
    expect(other.code).toBe('genesis.mismatch');
    const wrong = await rejected(third.app.handle('setup.join', { networkId, passphrase: 'another one' }));
    expect(wrong.code).toBe('key.wrongPassphrase');
    expect(third.app.stage).toEqual({ name: 'setup' });
    await third.app.handle('setup.join', { networkId, passphrase: PASSPHRASE });
    expect(third.app.stage.name).toBe('running');
    expect(await readdir(first.directory)).not.toContain(SETUP_FILE);
    const snapshot = await third.app.handle('session.snapshot', {});
    expect(snapshot).toMatchObject({
      setup: null,
      network: { name: 'Four', embedded: false, n: 4, q: 3 },
      // Alone it listens: it signs nothing before enough others have said what they know of it.
      replica: { connected: 1, learner: null, participating: false },
      key: { name: 'Supervisor A', registered: true, unlocked: true },
      faults: null,
    });
    expect((await rejected(third.app.handle('setup.choose', { path: 'join' }))).code).toBe(
      'setup.alreadyDone',
    );
    await third.app.stop();

    // From now on it asks for the passphrase of the replica's key, unless that is given.
    const fourth = await TestConsole.start(first.directory);
    expect(fourth.app.stage).toEqual({ name: 'locked' });
    expect((await rejected(fourth.app.handle('setup.unlock', { passphrase: 'another one' }))).code).toBe(
      'key.wrongPassphrase',
    );
    expect(fourth.app.stage).toEqual({ name: 'locked' });
    await fourth.app.handle('setup.unlock', { passphrase: PASSPHRASE });
    expect(fourth.app.stage.name).toBe('running');
    expect(fourth.app.hosted?.embedded).toBe(null);
    expect((await rejected(fourth.app.handle('setup.unlock', { passphrase: PASSPHRASE }))).code).toBe(
      'setup.alreadyDone',
    );
    await fourth.app.stop();
    const fifth = await TestConsole.start(first.directory, { replicaPassphrase: PASSPHRASE });
    expect(fifth.app.stage.name).toBe('running');
  }, 300_000);

  it('refuses bad cards, and keeps what it had', async () => {
    const { app } = await TestConsole.start();
    await app.handle('setup.choose', { path: 'create' });
    await app.handle('setup.makeCard', CARD);
    await app.handle('setup.addCards', { text: theirs });
    const before = (await app.handle('session.snapshot', {})).setup;
    const stolen = { ...replicaCard(4), publicKey: replicaCard(5).publicKey };
    for (const [text, code] of [
      ['nothing', 'card.invalid'],
      [theirs.replace('Replica 2', 'Replica 4'), 'card.badProof'],
      [renderCardFile([stolen]), 'card.badProof'],
      [theirs, 'card.duplicate'],
      [renderCardFile([replicaCard(4), replicaCard(5, { port: 41_001 })]), 'card.addressTaken'],
      [
        renderCardFile([{ ...replicaCard(6), organisation: 'ORGANISATION 1', name: 'replica-1' }]),
        'card.badProof',
      ],
    ] as const) {
      expect((await rejected(app.handle('setup.addCards', { text }))).code).toBe(code);
    }
    expect((await rejected(app.handle('setup.makeCard', CARD))).code).toBe('setup.alreadyDone');
    expect((await app.handle('session.snapshot', {})).setup).toEqual(before);
    await app.handle('setup.removeCard', { publicKey: replicaCard(3).publicKey });
    expect((await rejected(app.handle('setup.makeGenesis', { networkName: 'Four', ...POLICY }))).code).toBe(
      'card.tooFew',
    );
    expect((await rejected(app.handle('setup.genesis', {}))).code).toBe('setup.required');
  }, 120_000);

  it('uses the key of a supervisor that is here already, as after a backup was restored', async () => {
    const first = await TestConsole.start();
    await first.app.handle('setup.choose', { path: 'create' });
    const seed = seedOf(7);
    const pem = await exportKeyPem(seed, PASSPHRASE);
    await first.app.handle('key.import', {
      text: pem,
      filePassphrase: PASSPHRASE,
      label: 'Mine',
      passphrase: PASSPHRASE,
    });
    const wrong = await rejected(first.app.handle('setup.makeCard', { ...CARD, passphrase: 'another one' }));
    expect(wrong.code).toBe('key.wrongPassphrase');
    expect((await viewOf(first)).ownCards).toEqual([]);
    await first.app.handle('setup.makeCard', CARD);
    expect((await viewOf(first)).ownCards[1]).toMatchObject({
      kind: 'supervisor',
      publicKey: publicKeyOf(seed),
    });
    // It stays in the vault alone.
    expect((await readdir(join(first.directory, 'keys'))).sort()).toEqual(['own.cscard', 'replica.pem']);
  }, 120_000);

  it('gives way to a trial network, and nothing of it is left', async () => {
    const { app } = await TestConsole.start();
    await app.handle('setup.choose', { path: 'create' });
    await app.handle('setup.choose', { path: null });
    await app.handle('setup.try', SETUP);
    expect((await app.handle('session.snapshot', {})).setup).toBe(null);
  }, 120_000);
});

describe('joining a network', () => {
  it('takes an invitation that names the own card, and no other', async () => {
    const { app, directory } = await TestConsole.start();
    await app.handle('setup.choose', { path: 'join' });
    await app.handle('setup.makeCard', { ...CARD, supervisorName: null });
    const cards = [
      ...(await readOwnCards(directory)),
      replicaCard(1),
      replicaCard(2),
      replicaCard(3),
      supervisorCard(1),
    ];
    const createdAtMs = 1_767_225_600_000;
    const genesis = composeGenesis({ name: 'Four', createdAtMs, cards });
    const foreign = composeGenesis({ name: 'Four', createdAtMs, cards: [...cards.slice(1), replicaCard(4)] });
    for (const [text, code] of [
      [renderInvitation(foreign), 'genesis.ownKeyMissing'],
      [renderInvitation(genesis).slice(0, -1), 'invitation.invalid'],
      ['{}', 'genesis.invalid'],
    ] as const) {
      expect((await rejected(app.handle('setup.importGenesis', { text }))).code).toBe(code);
    }
    await app.handle('setup.importGenesis', { text: renderInvitation(genesis) });
    const { setup } = await app.handle('session.snapshot', {});
    expect(setup?.genesis?.members.filter(({ own }) => own)).toMatchObject([{ name: 'Replica A' }]);
    await app.handle('setup.dropGenesis', {});
    expect((await app.handle('session.snapshot', {})).setup?.genesis).toBe(null);
  }, 120_000);
});

it('says that the state of the setup is damaged instead of forgetting it', async () => {
  const first = await TestConsole.start();
  await first.app.stop();
  await writeFile(join(first.directory, SETUP_FILE), '{"version":1,"path":"create"');
  const second = await TestConsole.start(first.directory);
  expect(second.app.stage).toMatchObject({ name: 'failed', error: { code: 'storage.corrupt' } });
}, 60_000);
