/** The inbox over a real network: drafts, signing, crashes and locks. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rejected } from '../../support/errors.ts';
import { createStoreWorker } from '../../support/stores.ts';
import { signDigest, publicKeyOf } from '../../../src/main/keys/ed25519.ts';
import { networkIdOf } from '../../../src/main/ledger/genesis.ts';
import { parseGenesisFile } from '../../../src/main/ledger/genesisFile.ts';
import {
  requestId,
  requestSigningDigest,
  signedRequest,
  type Draft,
} from '../../../src/main/ledger/request.ts';
import { payloadOf } from '../../../src/main/console/items/payloadBytes.ts';
import { openClientStore, type ClientStore } from '../../../src/main/storage/index.ts';
import { channels } from '../../../src/shared/contract/channels.ts';
import { toHex } from '../../../src/shared/encoding/hex.ts';
import { PASSPHRASE, SETUP, TestConsole, endAll, supervisorSeed } from './support.ts';

let running: TestConsole;

beforeAll(async () => {
  running = await TestConsole.start();
  await running.app.handle('setup.try', SETUP);
}, 180_000);

afterAll(endAll, 60_000);

const csv = (name: string, text = `item\n${name}\n`) => ({ name: `${name}.csv`, text });
const shown = ({ id, contentHash }: { id: string; contentHash: string }) => ({ id, shownHash: contentHash });

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return (await rejected(promise)).code;
}

describe('drafts', () => {
  it('are made of documents by their hash alone', async () => {
    const { app } = running;
    const item = await running.draft('document', { name: 'a.pdf', text: 'abc' }, { name: 'b.pdf', text: '' });
    expect(item).toMatchObject({ kind: 'document', title: 'a.pdf (+1)', source: 'a.pdf, b.pdf', count: 2 });
    const { content } = await app.handle('item.get', { id: item.id, firstRecord: 0, recordCount: 0 });
    expect(content).toEqual({
      kind: 'document',
      title: 'a.pdf (+1)',
      remark: '',
      decision: 'acknowledged',
      files: [
        {
          name: 'a.pdf',
          mediaType: 'application/octet-stream',
          sizeBytes: 3,
          sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
        },
        {
          name: 'b.pdf',
          mediaType: 'application/octet-stream',
          sizeBytes: 0,
          sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
        },
      ],
    });
  });

  it('are read page by page, with their canonical form', async () => {
    const rows = Array.from({ length: 1_200 }, (_, index) => `${String(index)},‮text`).join('\n');
    const item = await running.draft('assessments', csv('pages', `n,t\n${rows}\n`));
    const { app } = running;
    const detail = await app.handle('item.get', { id: item.id, firstRecord: 1_000, recordCount: 500 });
    expect(detail.item).toEqual(item);
    if (detail.content.kind !== 'assessments') throw new Error('expected assessments');
    expect(detail.content).toMatchObject({ columns: ['n', 't'], recordCount: 1_200, firstRecord: 1_000 });
    expect(detail.content.records).toHaveLength(200);
    expect(detail.content.records[0]?.[1]).toBe('‮text');
    expect(detail.canonicalText).toContain('"\\u202etext"');
    expect(detail.canonicalText.startsWith('[\n  1,\n  "pages",')).toBe(true);
    expect(detail.bytesHex.startsWith('8501657061676573')).toBe(true);
    const beyond = await app.handle('item.get', { id: item.id, firstRecord: 5_000, recordCount: 10 });
    expect(beyond.content).toMatchObject({ records: [] });
  });

  it('change their hash when they are edited, and nothing else', async () => {
    const { app } = running;
    const item = await running.draft('assessments', csv('edit'));
    const edited = await app.handle('item.edit', { id: item.id, title: 'Other', remark: 'why' });
    expect(edited).toMatchObject({
      id: item.id,
      title: 'Other',
      state: 'draft',
      createdAtMs: item.createdAtMs,
    });
    expect(edited.contentHash).not.toBe(item.contentHash);
    expect(await codeOf(app.handle('item.edit', { id: item.id, decision: 'approved' }))).toBe(
      'console.badInput',
    );
    const back = await app.handle('item.edit', { id: item.id, title: 'edit', remark: '' });
    expect(back.contentHash).toBe(item.contentHash);
  });

  it('are declined, restored and removed', async () => {
    const { app } = running;
    const item = await running.draft('assessments', csv('decline'));
    expect(await app.handle('item.decline', { id: item.id })).toMatchObject({ state: 'declined' });
    expect(await codeOf(app.handle('item.edit', { id: item.id, title: '' }))).toBe('draft.wrongState');
    const signed = await app.handle('item.sign', { items: [shown(item)], passphrase: null });
    expect(signed.results[0]?.error?.code).toBe('draft.wrongState');
    expect(await app.handle('item.restore', { id: item.id })).toMatchObject({ state: 'draft' });
    expect(await codeOf(app.handle('item.restore', { id: item.id }))).toBe('draft.wrongState');
    await app.handle('item.remove', { id: item.id });
    expect(await codeOf(app.handle('item.remove', { id: item.id }))).toBe('draft.notFound');
  });

  it('are refused where no request could hold them', async () => {
    const { app } = running;
    const rows = Array.from({ length: 3_000 }, () => 'a'.repeat(1_000)).join('\n');
    const before = (await app.handle('session.snapshot', {})).items.length;
    expect(await codeOf(running.draft('assessments', csv('large', `t\n${rows}\n`)))).toBe('request.tooLarge');
    expect((await app.handle('session.snapshot', {})).items.length).toBe(before);
  });
});

describe('signing', () => {
  it('signs what was shown, and nothing else', async () => {
    const { app } = running;
    const item = await running.draft('assessments', csv('changed'));
    const edited = await app.handle('item.edit', { id: item.id, title: 'changed since' });
    const { results } = await app.handle('item.sign', { items: [shown(item)], passphrase: null });
    expect(results).toEqual([
      {
        id: item.id,
        error: {
          code: 'draft.changed',
          data: { id: item.id, shownHash: item.contentHash, actualHash: edited.contentHash },
        },
      },
    ]);
    expect(await running.item(item.id, () => true)).toMatchObject({ state: 'draft', requestId: null });
  });

  it('signs a batch item by item: one that cannot be signed does not hold up the others', async () => {
    const { app } = running;
    const good = await running.draft('assessments', csv('good'));
    const twin = await running.draft('assessments', csv('good'));
    expect(twin.contentHash).toBe(good.contentHash);
    const { results } = await app.handle('item.sign', {
      items: [shown(good), { id: 'unknown', shownHash: good.contentHash }, shown(good), shown(twin)],
      passphrase: null,
    });
    expect(results.map(({ error }) => error?.code)).toEqual([
      undefined,
      'draft.notFound',
      'draft.wrongState',
      undefined,
    ]);
    const [first, second] = await Promise.all(
      [good, twin].map(async ({ id }) => await running.item(id, ({ receiptReady }) => receiptReady)),
    );
    // Equal content, but two requests.
    expect(first?.requestId).not.toBe(second?.requestId);
    const block = await app.handle('block.get', { height: first?.height ?? 0 });
    expect(block.certificate?.signers.length).toBeGreaterThanOrEqual(3);
    expect(block.requests.map(({ id }) => id)).toContain(first?.requestId);
    const request = await app.handle('request.get', {
      id: second?.requestId ?? '',
      firstRecord: 0,
      recordCount: 10,
    });
    expect(request).toMatchObject({
      request: { supervisor: { name: SETUP.supervisorName }, count: 1 },
      content: { records: [['good']] },
      receiptReady: true,
    });
    await app.handle('item.remove', { id: good.id });
    expect((await app.handle('receipt.export', { requestId: first?.requestId ?? '' })).fileName).toBe(
      `receipt-${(first?.requestId ?? '').slice(0, 16)}.csreceipt`,
    );
  });

  it('needs the key: locked, with a wrong passphrase, and with the right one', async () => {
    const { app } = running;
    const item = await running.draft('assessments', csv('locked'));
    await app.handle('key.lock', {});
    expect((await app.handle('session.snapshot', {})).key).toMatchObject({
      unlocked: false,
      unlockedUntilMs: null,
    });
    expect(await codeOf(app.handle('item.sign', { items: [shown(item)], passphrase: 'wrong' }))).toBe(
      'key.wrongPassphrase',
    );
    expect(await running.item(item.id, () => true)).toMatchObject({ state: 'draft' });
    await app.handle('item.sign', { items: [shown(item)], passphrase: PASSPHRASE });
    expect((await running.item(item.id, ({ state }) => state === 'final')).accepted).toBe(4);
    expect((await app.handle('session.snapshot', {})).key?.unlocked).toBe(true);
    app.lockKey();
    expect((await app.handle('session.snapshot', {})).key?.unlocked).toBe(false);
  });

  it('waits while the key is locked, and goes on when it is unlocked, as it was shown', async () => {
    const { app } = running;
    app.lockKey();
    const waiting = await running.draft('assessments', csv('waits'));
    const back = await running.draft('assessments', csv('taken back'));
    const edited = await running.draft('assessments', csv('edited'));
    await app.handle('item.edit', { id: edited.id, title: 'edited since' });
    const { results } = await app.handle('item.sign', {
      items: [shown(waiting), shown(back), shown(edited)],
      passphrase: null,
    });
    expect(results.map(({ error }) => error?.code)).toEqual([undefined, undefined, 'draft.changed']);
    expect(await running.item(waiting.id, () => true)).toMatchObject({
      state: 'needsUnlock',
      requestId: null,
    });
    expect(await running.item(edited.id, () => true)).toMatchObject({ state: 'draft' });
    // What was ordered to be signed cannot become something else.
    expect(await codeOf(app.handle('item.edit', { id: waiting.id, title: 'other' }))).toBe(
      'draft.wrongState',
    );
    expect(await app.handle('item.restore', { id: back.id })).toMatchObject({ state: 'draft' });
    // Where no window asks for it, the page does.
    expect((await app.handle('session.snapshot', {})).confirmation).toBe('page');
    expect(await codeOf(app.handle('key.unlock', { passphrase: null }))).toBe('console.badInput');
    await app.handle('key.unlock', { passphrase: PASSPHRASE });
    expect(await running.item(waiting.id, ({ state }) => state === 'final')).toMatchObject({ accepted: 4 });
    expect(await running.item(back.id, () => true)).toMatchObject({ state: 'draft' });
  });

  it('waits across a restart as well', async () => {
    running.app.lockKey();
    const item = await running.draft('assessments', csv('restart'));
    await running.app.handle('item.sign', { items: [shown(item)], passphrase: null });
    await running.app.stop();
    running = await TestConsole.start(running.directory);
    expect(await running.item(item.id, () => true)).toMatchObject({ state: 'needsUnlock' });
    await running.app.handle('key.unlock', { passphrase: PASSPHRASE });
    expect(await running.item(item.id, ({ state }) => state === 'final')).toMatchObject({ accepted: 4 });
  });
});

describe('ledger', () => {
  it('is paged from the newest block down, and says what is not there', async () => {
    const { app } = running;
    const { blocks } = await app.handle('block.page', { beforeHeight: null, limit: 200 });
    expect(blocks.length).toBeGreaterThan(0);
    expect(blocks.at(-1)?.height).toBe(1);
    const top = blocks[0]?.height ?? 0;
    expect((await app.handle('block.page', { beforeHeight: top, limit: 1 })).blocks).toEqual(
      blocks.slice(1, 2),
    );
    expect((await app.handle('block.page', { beforeHeight: 1, limit: 1 })).blocks).toEqual([]);
    expect((await app.handle('block.get', { height: 0 })).requests).toEqual([]);
    expect(await codeOf(app.handle('block.get', { height: top + 1 }))).toBe('block.notFound');
    const id = '00'.repeat(32);
    expect(await codeOf(app.handle('request.get', { id, firstRecord: 0, recordCount: 0 }))).toBe(
      'request.notFound',
    );
    expect(await codeOf(app.handle('receipt.export', { requestId: id }))).toBe('request.notFound');
    const genesis = parseGenesisFile((await app.handle('genesis.export', {})).text);
    expect(genesis.name).toBe(SETUP.networkName);
  });

  it('is told live: the deltas after a snapshot lead to the next one', async () => {
    const { app, deltas } = running;
    const before = await app.handle('session.snapshot', {});
    const item = await running.draft('assessments', csv('live'));
    await app.handle('item.sign', { items: [shown(item)], passphrase: PASSPHRASE });
    await running.item(item.id, ({ receiptReady }) => receiptReady);
    const after = await app.handle('session.snapshot', {});
    const between = deltas.filter(({ sequence }) => sequence > before.sequence && sequence <= after.sequence);
    expect(between.map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: after.sequence - before.sequence }, (_, index) => before.sequence + 1 + index),
    );
    const changes = between.flatMap((delta) => delta.changes);
    const items = changes.flatMap((change) => (change.topic === 'item' ? [change.value] : []));
    expect(items.at(-1)).toEqual(after.items.find(({ id }) => id === item.id));
    const blocks = changes.flatMap((change) => (change.topic === 'blocks' ? change.value : []));
    expect(blocks.map(({ height }) => height)).toContain(after.replica?.tipHeight);
    expect(changes.filter(({ topic }) => topic === 'checkpoint')).not.toEqual([]);
    expect(after.replica).toMatchObject({ connected: 4, participating: true, mode: 'normal' });
    expect(after.replica?.attestedHeight).toBeLessThanOrEqual(after.replica?.tipHeight ?? 0);
    expect(after.peers.map(({ self, state }) => [self, state])).toEqual([
      [false, 'connected'],
      [false, 'connected'],
      [false, 'connected'],
      [true, 'connected'],
    ]);
  });
});

describe('crashes and restarts', () => {
  it('sends what was signed exactly once, wherever the crash was', { timeout: 120_000 }, async () => {
    const item = await running.draft('assessments', csv('crash'));
    const requestsBefore = (await running.app.handle('session.snapshot', {})).replica?.requests ?? 0;
    await running.app.stop();
    const seed = await supervisorSeed(running.directory);

    // As a crash between signing and sending leaves it.
    let id = '';
    await withClientStore(running.directory, async (store) => {
      const stored = await store.get(item.id);
      if (stored === null) throw new Error('the draft was forgotten');
      const { request } = await signed(running.directory, stored.payload, seed);
      id = request.id;
      await store.put({ ...stored, state: 'signing', signed: request.bytes, requestId: id });
    });
    running = await TestConsole.start(running.directory);
    const final = await running.item(item.id, ({ receiptReady }) => receiptReady);
    expect(final).toMatchObject({ state: 'final', requestId: id });
    await running.app.stop();

    // As a crash between sending and hearing of it leaves it.
    await withClientStore(running.directory, async (store) => {
      const stored = await store.get(item.id);
      if (stored === null) throw new Error('the item was forgotten');
      expect(stored.state).toBe('final');
      await store.put({ ...stored, state: 'sent' });
    });
    running = await TestConsole.start(running.directory);
    const again = await running.item(item.id, ({ receiptReady }) => receiptReady);
    expect(again).toMatchObject({ state: 'final', requestId: id, height: final.height });
    await running.app.stop();
    running = await TestConsole.start(running.directory);
    const { replica, items } = await running.app.handle('session.snapshot', {});
    expect(replica?.requests).toBe(requestsBefore + 1);
    expect(items.filter(({ requestId }) => requestId === id)).toHaveLength(1);

    // Nothing that was ever told has the private key or the passphrase in it.
    const said = JSON.stringify([running.events, running.deltas, items]);
    for (const secret of [PASSPHRASE, toHex(seed), Buffer.from(seed).toString('base64')]) {
      expect(said).not.toContain(secret);
    }
  });

  it('refuses a second console on one data directory', async () => {
    const second = await TestConsole.start(running.directory, { lockPatienceMs: 0 });
    expect(second.app.stage).toMatchObject({ name: 'failed', error: { code: 'storage.locked' } });
    const answer = await second.app.answer('item.get', { id: 'a', firstRecord: 0, recordCount: 0 });
    expect(answer).toMatchObject({ ok: false, error: { code: 'storage.locked' } });
    await second.app.stop();
    expect((await running.app.handle('session.snapshot', {})).stage.name).toBe('running');
  });
});

describe('secrets', () => {
  it('have no place in any output', () => {
    const names = JSON.stringify(Object.values(channels).map(({ output }) => namesIn(output.toJSONSchema())));
    expect(names).toContain('publicKey');
    expect(names).not.toMatch(/passphrase|seed|secret|private/i);
    // The two outputs that hold keys hold them encrypted: a file, and nothing beside it.
    expect(Object.keys(channels['key.export'].output.shape)).toEqual(['fileName', 'text']);
    expect(Object.keys(channels['key.backup'].output.shape)).toEqual(['fileName', 'data']);
  });
});

function namesIn(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return Object.entries(schema).flatMap(([name, value]) => [name, ...namesIn(value)]);
}

async function withClientStore(
  directory: string,
  work: (store: ClientStore) => Promise<void>,
): Promise<void> {
  const store = await openClientStore({ directory, createWorker: createStoreWorker });
  await work(store);
  await store.close();
}

async function signed(directory: string, payload: Uint8Array, seed: Uint8Array) {
  const genesis = parseGenesisFile(await readFile(join(directory, 'network', 'genesis.json'), 'utf8'));
  const networkId = networkIdOf(genesis);
  const draft: Draft = {
    networkId,
    timestampMs: Date.now(),
    supervisor: publicKeyOf(seed),
    payload: payloadOf(payload),
  };
  const signature = signDigest(requestSigningDigest(networkId, requestId(draft)), seed);
  return { request: signedRequest(draft, signature) };
}
