/** Drafts that leave for signing elsewhere, and requests that come back, over a real network of two supervisors. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { draftFileOf, parseDraftFile, renderDraftFile } from '../../../src/main/ledger/draftFile.ts';
import { networkIdOf } from '../../../src/main/ledger/genesis.ts';
import type { SignedRequest } from '../../../src/main/ledger/request.ts';
import { createSigner, type Signer } from '../../../src/main/keys/signer.ts';
import { generateSeed } from '../../../src/main/keys/ed25519.ts';
import { signPayload } from '../../../src/main/client/signRequest.ts';
import { loadSigner } from '../../../src/main/keys/loadSigner.ts';
import { readGenesis } from '../../../src/main/replica/node.ts';
import type { ItemView } from '../../../src/shared/contract/model.ts';
import type { Payload } from '../../../src/shared/domain/payload.ts';
import { rejected } from '../../support/errors.ts';
import { PASSPHRASE_OF_BOTH, makeTwoSupervisors, type TwoSupervisors } from '../../support/twoSupervisors.ts';
import { TestConsole, endAll, newDirectory } from './support.ts';

const HOOK_TIMEOUT_MS = 400_000;
let network: TwoSupervisors;
let running: TestConsole;
let bea: Signer;
let genesis: Awaited<ReturnType<typeof readGenesis>>;

beforeAll(async () => {
  network = await makeTwoSupervisors(await newDirectory());
  genesis = await readGenesis(network.genesisFile);
  bea = await loadSigner(network.keyFile('Bea'), PASSPHRASE_OF_BOTH);
  running = await TestConsole.start(network.directory);
}, HOOK_TIMEOUT_MS);

afterAll(async () => {
  bea.dispose();
  await endAll();
}, HOOK_TIMEOUT_MS);

function payload(title: string): Payload {
  return { kind: 'assessments', title, remark: '', columns: ['a'], records: [['1']] };
}
const signed = (of: Payload, signer: Signer = bea, networkId = networkIdOf(genesis)): SignedRequest =>
  signPayload(of, networkId, Date.now(), signer);
const draftText = (of: Payload, expectedSigners = genesis.supervisors): string =>
  renderDraftFile(
    draftFileOf(of, {
      networkId: networkIdOf(genesis),
      networkName: genesis.name,
      expectedSigners: expectedSigners.map(({ publicKey, name }) => ({ publicKey, name })),
      note: 'by Friday',
    }),
  );

async function take(purpose: 'draft' | 'request', file: string | Uint8Array): Promise<ItemView> {
  const bytes = Buffer.from(file as Uint8Array);
  const { app } = running;
  const name = purpose === 'draft' ? 'x.csdraft' : 'x.csreq';
  const input = { name, mediaType: '', sizeBytes: bytes.length, purpose };
  const { uploadId } = await app.handle('upload.begin', input);
  await app.handle('upload.chunk', { uploadId, offsetBytes: 0, data: bytes.toString('base64') });
  return await app.handle('upload.finish', { uploadIds: [uploadId] });
}
const refusal = async (purpose: 'draft' | 'request', file: string | Uint8Array) =>
  await rejected(take(purpose, file));
const shown = ({ id, contentHash }: ItemView) => ({ id, shownHash: contentHash });
const publicKeyOf = (who: string): string => genesis.supervisors.find(({ name }) => name === who)!.publicKey;

describe('a draft', () => {
  it('leaves as a file that others sign, comes back as their request, and both become final', async () => {
    const { app } = running;
    const item = await running.draft('assessments', { name: 'both.csv', text: 'a\n1\n' });
    const signers = genesis.supervisors.map(({ publicKey }) => publicKey);
    const { fileName, text } = await app.handle('item.exportDraft', {
      ...shown(item),
      signers,
      note: 'soon',
    });
    expect(fileName).toBe(`draft-${item.contentHash.slice(0, 16)}.csdraft`);
    const draft = parseDraftFile(text);
    expect(draft).toMatchObject({ contentHash: item.contentHash, note: 'soon' });
    expect(draft.expectedSigners.map(({ publicKey }) => publicKey)).toEqual(signers);

    const request = signed(draft.payload);
    const imported = await take('request', request.bytes);
    expect(imported).toMatchObject({
      state: 'imported',
      origin: 'requestFile',
      signer: bea.publicKey,
      signedAtMs: request.timestampMs,
      requestId: request.id,
      contentHash: item.contentHash,
    });
    const before = await app.handle('item.checklist', { id: item.id });
    expect(before.missing.map(({ name }) => name)).toEqual(['Ada']);
    expect(before.signers).toMatchObject([{ signer: { name: 'Bea' }, expected: true }]);

    expect(
      (await rejected(app.handle('item.submit', { id: imported.id, shownHash: 'a'.repeat(64) }))).code,
    ).toBe('draft.changed');
    expect(await app.handle('item.submit', shown(imported))).toMatchObject({ state: 'sent' });
    await running.item(imported.id, ({ state }) => state === 'final');
    await app.handle('item.sign', { items: [shown(item)], passphrase: PASSPHRASE_OF_BOTH });
    const final = await running.item(item.id, ({ state }) => state === 'final');
    expect(final.signer).toBe(publicKeyOf('Ada'));
    const after = await app.handle('item.checklist', { id: item.id });
    expect(after.missing).toEqual([]);
    expect(after.signers.map(({ signer }) => signer.name).sort()).toEqual(['Ada', 'Bea']);

    await running.item(imported.id, ({ receiptReady }) => receiptReady);
    await app.handle('item.remove', { id: imported.id });
    expect(await refusal('request', request.bytes)).toMatchObject({ code: 'request.alreadyFinal' });
    // The inbox has forgotten it; the ledger has not.
    const known = await app.handle('item.checklist', { id: item.id });
    expect(known.signers.map(({ signer }) => signer.name).sort()).toEqual(['Ada', 'Bea']);
  });

  it('comes in as a file, once, and says exactly what the file says', async () => {
    const { app } = running;
    const item = await take('draft', draftText(payload('imported')));
    expect(item).toMatchObject({ state: 'draft', origin: 'draftFile', note: 'by Friday', signer: null });
    expect(item.expectedSigners.map(({ name }) => name).sort()).toEqual(['Ada', 'Bea']);
    expect((await rejected(app.handle('item.edit', { id: item.id, title: 'x' }))).code).toBe(
      'draft.imported',
    );
    const again = await refusal('draft', draftText(payload('imported'), []));
    expect(again).toMatchObject({ code: 'import.alreadyThere', data: { existing: item.id } });
    const { missing, signers } = await app.handle('item.checklist', { id: item.id });
    expect([missing.length, signers]).toEqual([2, []]);
  });

  it('is refused with one character changed, or for another network', async () => {
    const text = draftText(payload('refused'));
    expect(await refusal('draft', text.replace('refused', 'REFUSED'))).toMatchObject({
      code: 'draftFile.invalid',
    });
    expect(await refusal('draft', new Uint8Array([0xff, 0xfe, 0]))).toMatchObject({
      code: 'draftFile.invalid',
    });
    const other = { ...parseDraftFile(text), networkId: 'ab'.repeat(32) };
    const elsewhere = renderDraftFile(draftFileOf(other.payload, other));
    expect(await refusal('draft', elsewhere)).toMatchObject({ code: 'draftFile.wrongNetwork' });
  });

  it('is exported as it was shown, for registered supervisors', async () => {
    const { app } = running;
    const item = await running.draft('assessments', { name: 'shown.csv', text: 'a\n1\n2\n' });
    const input = { id: item.id, shownHash: item.contentHash, signers: [], note: '' };
    const changed = app.handle('item.exportDraft', { ...input, shownHash: 'a'.repeat(64) });
    expect((await rejected(changed)).code).toBe('draft.changed');
    const stranger = app.handle('item.exportDraft', { ...input, signers: ['a'.repeat(64)] });
    expect((await rejected(stranger)).code).toBe('console.badInput');
    const hidden = app.handle('item.exportDraft', { ...input, note: 'a\u202Eb' });
    expect((await rejected(hidden)).code).toBe('draftFile.invalid');

    // Edited while its file is written.
    const exported = rejected(app.handle('item.exportDraft', { ...input, note: 'old' }));
    await app.handle('item.edit', { id: item.id, title: 'another' });
    expect((await exported).code).toBe('draft.changed');
    expect((await app.handle('session.snapshot', {})).items.find(({ id }) => id === item.id)?.note).toBe('');
  });
});

describe('a request that others signed', () => {
  it('is refused by what is wrong with it, and nothing is kept', async () => {
    const count = async (): Promise<number> =>
      (await running.app.handle('session.snapshot', {})).items.length;
    const before = await count();
    const stranger = createSigner(generateSeed());
    const good = signed(payload('bad'));
    const flipped = Uint8Array.from(good.bytes);
    flipped[flipped.length - 1]! ^= 1;
    const cases: [Uint8Array, string][] = [
      [signed(payload('bad'), bea, 'ab'.repeat(32)).bytes, 'request.wrongNetwork'],
      [signed(payload('bad'), stranger).bytes, 'request.unknownSupervisor'],
      [flipped, 'request.badSignature'],
      [good.bytes.slice(0, -1), 'encoding.invalid'],
    ];
    for (const [bytes, code] of cases) expect(await refusal('request', bytes)).toMatchObject({ code });
    expect(await count()).toBe(before);
    stranger.dispose();
  });

  it(
    'is there once, waits until it is submitted, also over a restart, and can be removed',
    async () => {
      const request = signed(payload('waiting'));
      const item = await take('request', request.bytes);
      expect(await refusal('request', request.bytes)).toMatchObject({
        code: 'import.alreadyThere',
        data: { existing: item.id },
      });
      const removed = await take('request', signed(payload('removed')).bytes);
      await running.app.handle('item.remove', { id: removed.id });
      await running.app.stop();
      running = await TestConsole.start(network.directory);
      expect(await running.item(item.id, () => true)).toMatchObject({ state: 'imported', accepted: 0 });
      await running.app.handle('item.submit', shown(item));
      await running.item(item.id, ({ state }) => state === 'final');
      const twice = running.app.handle('item.submit', shown(item));
      expect((await rejected(twice)).code).toBe('draft.wrongState');
    },
    HOOK_TIMEOUT_MS,
  );

  it(
    'that was submitted is sent again after a restart',
    async () => {
      const item = await take('request', signed(payload('resumed')).bytes);
      await running.app.handle('item.submit', shown(item));
      await running.app.stop();
      running = await TestConsole.start(network.directory);
      await running.item(item.id, ({ state }) => state === 'final');
    },
    HOOK_TIMEOUT_MS,
  );
});

describe('the largest sizes', () => {
  it('are checked before the file is sent', async () => {
    const input = { name: 'x.csreq', mediaType: '', sizeBytes: 2 ** 30, purpose: 'request' } as const;
    expect((await rejected(running.app.handle('upload.begin', input))).code).toBe('import.tooLarge');
  });
});
