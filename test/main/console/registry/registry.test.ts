/** The registry in the console, over a real network: proposed, approved, withdrawn, and shown as the ledger has it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registryRequest, newKey, type NewKey } from '../../../support/registry.ts';
import { rejected } from '../../../support/errors.ts';
import { seedOf } from '../../../support/cards.ts';
import { publicKeyOf, signDigest } from '../../../../src/main/keys/ed25519.ts';
import { makeCard, renderCardFile, type Card } from '../../../../src/main/ledger/card.ts';
import { fingerprintOf } from '../../../../src/main/ledger/fingerprint.ts';
import type { RegistryAction } from '../../../../src/shared/domain/registry.ts';
import type { RegistryView } from '../../../../src/shared/contract/registry.ts';
import type { Snapshot } from '../../../../src/shared/contract/model.ts';
import { PASSPHRASE, SETUP, TestConsole, endAll } from '../support.ts';

/** Four replicas in one process, on a machine that does other things as well. */
const PATIENCE_MS = 60_000;

let running: TestConsole;
let networkId: string;

const bea = newKey(1);
const cleo = newKey(2);

beforeAll(async () => {
  running = await TestConsole.start();
  await running.app.handle('setup.try', SETUP);
  networkId = (await snapshot()).network?.networkId ?? '';
}, PATIENCE_MS);
afterAll(endAll, PATIENCE_MS);

const eventually = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: PATIENCE_MS / 2 });
const snapshot = async (): Promise<Snapshot> => await running.app.handle('session.snapshot', {});
const registry = async (): Promise<RegistryView> => await running.app.handle('registry.get', {});

/** The card of a new supervisor, made for this network unless told otherwise. */
function card(key: NewKey, name: string, forNetwork: string | null = networkId): Card {
  const content = { kind: 'supervisor', name, organisation: 'House', publicKey: key.publicKey } as const;
  return makeCard(content, (digest) => signDigest(digest, key.seed), forNetwork);
}

async function proposeCard(key: NewKey, name: string): Promise<string> {
  const cardText = renderCardFile([card(key, name)]);
  const proposal = { kind: 'addSupervisor', cardText, cardKey: key.publicKey } as const;
  return (await running.app.handle('registry.propose', { proposal })).itemId;
}

async function proposeRename(publicKey: string, name: string): Promise<string> {
  const proposal = { kind: 'renameSupervisor', publicKey, name, organisation: 'House' } as const;
  return (await running.app.handle('registry.propose', { proposal })).itemId;
}

/** What another supervisor signs on a machine of its own. */
async function elsewhere({ seed }: NewKey, action: RegistryAction): Promise<void> {
  const item = await running.submitted(registryRequest({ networkId } as never, seed, action, Date.now()));
  expect(item.error).toBeNull();
}

describe('the registry', { timeout: PATIENCE_MS }, () => {
  it('begins as the genesis has it', async () => {
    const { supervisors, replicas, proposals, pending, approvalsNeeded } = await registry();
    expect(supervisors).toMatchObject([{ name: SETUP.supervisorName, until: null, successor: null }]);
    expect(supervisors[0]?.words).toBe(fingerprintOf(supervisors[0]?.publicKey ?? ''));
    expect(supervisors[0]?.since).toMatchObject({ height: 0, requestId: null });
    expect(replicas.map(({ since }) => since.height)).toEqual([0, 0, 0, 0]);
    expect([proposals, pending, approvalsNeeded]).toEqual([[], [], 1]);
    expect(await running.app.handle('registry.history', { before: null, limit: 10 })).toEqual({
      entries: [],
    });
  });

  it('refuses cards that nobody should take, and changes nothing', async () => {
    const propose = async (text: string, cardKey: string) =>
      await rejected(
        running.app.handle('registry.propose', {
          proposal: { kind: 'addSupervisor', cardText: text, cardKey },
        }),
      );
    const good = card(bea, 'Bea');
    expect((await propose('no card', bea.publicKey)).code).toBe('card.invalid');
    const stolen = renderCardFile([{ ...good, publicKey: cleo.publicKey }]);
    expect((await propose(stolen, cleo.publicKey)).code).toBe('card.badProof');
    expect((await propose(renderCardFile([card(bea, 'Bea', null)]), bea.publicKey)).code).toBe(
      'card.noAdmission',
    );
    const elsewhereCard = renderCardFile([card(bea, 'Bea', 'ab'.repeat(32))]);
    expect((await propose(elsewhereCard, bea.publicKey)).code).toBe('card.wrongNetwork');
    const hidden = renderCardFile([{ ...good, name: 'Be\u202Ea' }]);
    expect((await propose(hidden, bea.publicKey)).code).toBe('name.hidden');
    const mixed = renderCardFile([{ ...good, name: 'Be\u0430' }]);
    expect((await propose(mixed, bea.publicKey)).code).toBe('name.scripts');
    const weak = renderCardFile([{ ...good, publicKey: `01${'00'.repeat(31)}` }]);
    expect((await propose(weak, `01${'00'.repeat(31)}`)).code).toBe('card.weakKey');
    expect((await propose(renderCardFile([good]), cleo.publicKey)).code).toBe('card.notInFile');
    const alike = makeCard(
      {
        kind: 'supervisor',
        name: 'ada lovelace',
        organisation: SETUP.organisation,
        publicKey: bea.publicKey,
      },
      (digest) => signDigest(digest, bea.seed),
      networkId,
    );
    expect((await propose(renderCardFile([alike]), bea.publicKey)).code).toBe('name.alike');
    const replica = makeCard(
      {
        kind: 'replica',
        name: 'Fifth',
        organisation: 'House',
        publicKey: bea.publicKey,
        host: '127.0.0.1',
        port: 9,
      },
      (digest) => signDigest(digest, bea.seed),
      networkId,
    );
    expect((await propose(renderCardFile([replica]), bea.publicKey)).code).toBe('card.wrongKind');
    expect((await snapshot()).items).toEqual([]);
  });

  it('takes a supervisor by its card: reviewed with before and after, signed, final', async () => {
    const cards = await running.app.handle('registry.readCards', {
      cardText: renderCardFile([card(bea, 'Bea')]),
    });
    expect(cards.cards).toMatchObject([{ name: 'Bea', words: fingerprintOf(bea.publicKey), address: null }]);
    const itemId = await proposeCard(bea, 'Bea');
    // Asked for twice, it is the same draft.
    expect(await proposeCard(bea, 'Bea')).toBe(itemId);
    const { content } = await running.app.handle('item.get', { id: itemId, firstRecord: 0, recordCount: 0 });
    expect(content).toMatchObject({
      kind: 'registry',
      difference: { before: null, after: { kind: 'supervisor', name: 'Bea' } },
      proposal: null,
    });
    const { height, requestId } = await running.signed(itemId);
    // One supervisor alone decides.
    await eventually(async () => (await registry()).supervisors.length).toBe(2);
    const known = (await registry()).supervisors.find(({ name }) => name === 'Bea');
    expect(known).toMatchObject({ publicKey: bea.publicKey, since: { height, requestId }, until: null });
    const { network, registry: summary } = await snapshot();
    expect(network?.supervisors.map(({ name }) => name).sort()).toEqual(['Ada Lovelace', 'Bea']);
    expect(summary?.proposals).toBe(0);
    const { entries } = await running.app.handle('registry.history', { before: null, limit: 10 });
    expect(entries).toMatchObject([
      { number: 1, type: 'propose', place: { height, requestId }, proposals: [{ outcome: 'applied' }] },
    ]);
    expect((await rejected(proposeCard(bea, 'Bea'))).code).toBe('registry.keyInUse');
  });

  it('waits for a second approval, names who may give it, and follows what others sign', async () => {
    const { requestId: proposalId } = await running.signed(await proposeCard(cleo, 'Cleo'));
    await eventually(async () => (await registry()).proposals.length).toBe(1);
    const [waiting] = (await registry()).proposals;
    expect(waiting).toMatchObject({
      id: proposalId,
      needed: 2,
      missing: 1,
      approvals: [{ name: SETUP.supervisorName }],
      approvers: [{ name: 'Bea' }],
      obstacle: null,
    });
    // The own approval is given.
    expect((await snapshot()).registry).toMatchObject({ proposals: 1, toApprove: 0 });
    const act = async (type: 'approve' | 'withdraw') =>
      await running.app.handle('registry.act', { type, proposalId: proposalId ?? '' });
    expect((await rejected(act('approve'))).code).toBe('registry.alreadyApproved');
    const { itemId } = await act('withdraw');
    await elsewhere(bea, { type: 'approve', proposalId: proposalId ?? '' });
    await eventually(async () => (await registry()).supervisors.length).toBe(3);
    // What was drafted before is judged again when it is signed.
    expect((await rejected(running.signed(itemId))).code).toBe('registry.proposalApplied');
    expect((await rejected(act('approve'))).code).toBe('registry.proposalApplied');
    const { entries } = await running.app.handle('registry.history', { before: null, limit: 1 });
    expect(entries).toMatchObject([
      { type: 'approve', supervisor: { name: 'Bea' }, proposals: [{ id: proposalId, outcome: 'applied' }] },
    ]);
    const next = await running.app.handle('registry.history', { before: entries[0]?.number ?? 0, limit: 1 });
    expect(next.entries).toMatchObject([
      { type: 'propose', proposals: [{ id: proposalId, outcome: 'waiting' }] },
    ]);
  });

  it('withdraws a proposal, and says so to who would approve it', async () => {
    await elsewhere(bea, {
      type: 'propose',
      change: { kind: 'renameSupervisor', publicKey: cleo.publicKey, name: 'Clio', organisation: 'House' },
    });
    await eventually(async () => (await snapshot()).registry?.toApprove).toBe(1);
    const proposalId = (await registry()).proposals[0]?.id ?? '';
    const { itemId } = await running.app.handle('registry.act', { type: 'approve', proposalId });
    const { content } = await running.app.handle('item.get', { id: itemId, firstRecord: 0, recordCount: 0 });
    expect(content).toMatchObject({
      action: { type: 'approve', proposalId },
      proposal: { proposer: { name: 'Bea' } },
      difference: { before: { name: 'Cleo' }, after: { name: 'Clio' } },
    });
    await elsewhere(bea, { type: 'withdraw', proposalId });
    await eventually(async () => (await registry()).proposals).toEqual([]);
    expect((await rejected(running.signed(itemId))).code).toBe('registry.proposalWithdrawn');
    const unknown = { type: 'approve', proposalId: 'cd'.repeat(32) } as const;
    expect((await rejected(running.app.handle('registry.act', unknown))).code).toBe(
      'registry.unknownProposal',
    );
  });

  it('refuses to approve names that deceive, whoever proposed them', async () => {
    await elsewhere(bea, {
      type: 'propose',
      change: {
        kind: 'renameSupervisor',
        publicKey: cleo.publicKey,
        name: 'Cle\u043E',
        organisation: 'House',
      },
    });
    await eventually(async () => (await registry()).proposals.length).toBe(1);
    const proposalId = (await registry()).proposals[0]?.id ?? '';
    const approve = running.app.handle('registry.act', { type: 'approve', proposalId });
    expect((await rejected(approve)).code).toBe('name.scripts');
    expect((await rejected(proposeRename(cleo.publicKey, 'bea'))).code).toBe('name.alike');
    await elsewhere(bea, { type: 'withdraw', proposalId });
  });

  it('gives the own supervisor a new key, which signs from then on', async () => {
    const before = (await snapshot()).key?.publicKey ?? '';
    const proposal = { kind: 'rotateSupervisor', passphrase: PASSPHRASE } as const;
    const { itemId } = await running.app.handle('registry.propose', { proposal });
    const { requestId } = await running.signed(itemId);
    await elsewhere(bea, { type: 'approve', proposalId: requestId ?? '' });
    await eventually(async () => (await snapshot()).key?.publicKey).not.toBe(before);
    const { key } = await snapshot();
    expect(key).toMatchObject({
      name: SETUP.supervisorName,
      registered: true,
      unlocked: true,
      revokedHeight: null,
    });
    const former = (await registry()).supervisors.find(({ publicKey }) => publicKey === before);
    expect(former).toMatchObject({ successor: key?.publicKey });
    expect(former?.until?.height).toBeGreaterThan(0);
    // And it does sign.
    expect((await running.signed(await proposeRename(cleo.publicKey, 'Clio'))).state).toBe('final');
  });

  it('tells a revoked supervisor so, and signs nothing for it', async () => {
    const own = (await snapshot()).key?.publicKey ?? '';
    await elsewhere(bea, { type: 'propose', change: { kind: 'revokeSupervisor', publicKey: own } });
    await eventually(async () => (await registry()).proposals.length).toBe(2);
    const draft = await running.draft('assessments', { name: 'late.csv', text: 'a,b\n1,2\n' });
    const proposalId = (await registry()).proposals.find(({ proposer }) => proposer.name === 'Bea')?.id ?? '';
    await elsewhere(cleo, { type: 'approve', proposalId });
    await eventually(async () => (await snapshot()).key?.registered).toBe(false);
    expect((await snapshot()).key?.revokedHeight).toBeGreaterThan(0);
    expect((await rejected(running.signed(draft.id))).code).toBe('key.revoked');
  });

  it('is the same after a restart', async () => {
    const before = await registry();
    await running.app.stop();
    running = await TestConsole.start(running.directory);
    expect(await registry()).toEqual({ ...before, height: expect.any(Number) as number });
    const { entries } = await running.app.handle('registry.history', { before: null, limit: 100 });
    expect(entries.map(({ number }) => number)).toEqual(entries.map((_, index) => entries.length - index));
  });
});

it('makes a card of a key of the vault, for this network', { timeout: PATIENCE_MS }, async () => {
  const { publicKey } = await running.app.handle('key.create', { label: 'Next', passphrase: PASSPHRASE });
  const input = { publicKey, name: 'Dora', organisation: 'House', passphrase: PASSPHRASE };
  const { fileName, text } = await running.app.handle('registry.makeCard', input);
  expect(fileName).toMatch(/\.cscard$/);
  const { cards } = await running.app.handle('registry.readCards', { cardText: text });
  expect(cards).toMatchObject([{ kind: 'supervisor', name: 'Dora', publicKey }]);
  const wrong = running.app.handle('registry.makeCard', { ...input, passphrase: 'wrong' });
  expect((await rejected(wrong)).code).toBe('key.wrongPassphrase');
  const strange = running.app.handle('registry.makeCard', { ...input, publicKey: publicKeyOf(seedOf(9)) });
  expect((await rejected(strange)).code).toBe('key.unknown');
});
