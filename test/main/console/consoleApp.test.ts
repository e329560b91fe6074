import { afterEach, describe, expect, it } from 'vitest';
import { rejected } from '../../support/errors.ts';
import { SETUP, TestConsole, endAll } from './support.ts';

const CSV = 'name,score\r\nAda,1.10\r\nBlaise,\r\n';

afterEach(endAll);

describe('console', () => {
  // Fourteen key derivations, each made to be slow.
  const timeout = 120_000;

  it('leaves a new key locked where it was to be locked while it was made', { timeout }, async () => {
    const console = await TestConsole.start();
    const made = console.app.handle('setup.try', SETUP);
    console.app.lockKey();
    await made;
    const { key, stage } = await console.app.handle('session.snapshot', {});
    expect([stage.name, key?.unlocked]).toEqual(['running', false]);
    const { passphrase } = SETUP;
    await console.app.handle('key.unlock', { passphrase });
    expect((await console.app.handle('session.snapshot', {})).key?.unlocked).toBe(true);
  });

  it(
    'goes from setup to a final request, its receipt, and the same after a restart',
    { timeout },
    async () => {
      const first = await TestConsole.start();
      expect(first.app.stage).toEqual({ name: 'setup' });
      await first.app.handle('setup.try', SETUP);
      expect(first.app.stage.name).toBe('running');
      const names = first.deltas.flatMap(({ changes }) =>
        changes.flatMap((change) => (change.topic === 'stage' ? [change.value.name] : [])),
      );
      expect(names).toContain('starting');

      const draft = await first.draft('assessments', { name: 'people.csv', text: CSV });
      expect(draft).toMatchObject({
        kind: 'assessments',
        title: 'people',
        source: 'people.csv',
        state: 'draft',
        count: 2,
      });
      const signed = await first.app.handle('item.sign', {
        items: [{ id: draft.id, shownHash: draft.contentHash }],
        passphrase: null,
      });
      expect(signed).toEqual({ results: [{ id: draft.id, error: null }] });
      const final = await first.item(draft.id, ({ receiptReady }) => receiptReady);
      expect(final).toMatchObject({ state: 'final', accepted: 4, replicas: 4, height: 1, finality: 'fast' });

      const requestId = final.requestId ?? '';
      const receipt = await first.app.handle('receipt.export', { requestId });
      const verified = await first.app.handle('receipt.verify', { text: receipt.text });
      expect(verified).toMatchObject({
        valid: true,
        requestId,
        height: 1,
        supervisor: { name: 'Ada Lovelace' },
        error: null,
      });
      expect(verified.signers.length).toBeGreaterThanOrEqual(3);
      const tampered = await first.app.handle('receipt.verify', {
        text: receipt.text.replace('"people"', '"People"'),
      });
      expect(tampered).toMatchObject({ valid: false, requestId: null, error: { code: 'receipt.invalid' } });
      expect(verified.links.every(({ state }) => state === 'ok')).toBe(true);
      expect(verified.ofNetwork?.fingerprint).toBe(verified.network.fingerprint);
      expect(tampered.links[0]).toMatchObject({ link: 'file', state: 'failed', error: tampered.error });
      expect(tampered.links.slice(1).every(({ state }) => state === 'notReached')).toBe(true);

      await first.app.stop();
      const second = await TestConsole.start(first.directory);
      const again = await second.app.handle('session.snapshot', {});
      expect(again.items).toEqual([{ ...final, updatedAtMs: again.items[0]?.updatedAtMs }]);
      expect(again.blocks).toMatchObject([{ height: 1, requestCount: 1, stable: true }]);
      expect(again.key).toMatchObject({ name: 'Ada Lovelace', registered: true, unlocked: false });
      expect((await rejected(second.app.handle('setup.try', SETUP))).code).toBe('setup.alreadyDone');
    },
  );
});
