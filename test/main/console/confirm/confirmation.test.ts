/** What the console does where confirmations have a window of their own: SECURITY.md 8, on the console's side. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Confirmation, Confirmer } from '../../../../src/main/console/confirm/confirmer.ts';
import type { SignResult } from '../../../../src/main/console/items/signing.ts';
import { fingerprintOf } from '../../../../src/main/ledger/fingerprint.ts';
import { CountersignError } from '../../../../src/shared/errors.ts';
import type { ItemView } from '../../../../src/shared/contract/model.ts';
import { PASSPHRASE, SETUP, TestConsole, endAll } from '../support.ts';

/** Hands what is asked to the test. */
class Desk implements Confirmer {
  answer: (confirmation: Confirmation) => Promise<SignResult[]> = async () =>
    await Promise.reject(new CountersignError('confirm.cancelled', {}));
  asked = 0;
  readonly ended: string[] = [];

  async ask(open: () => Promise<Confirmation>): Promise<SignResult[]> {
    this.asked += 1;
    return await this.answer(await open());
  }

  end({ code }: CountersignError): void {
    this.ended.push(code);
  }
}

const desk = new Desk();
let console_: TestConsole;
beforeAll(async () => {
  console_ = await TestConsole.start(undefined, { confirmer: desk });
  await console_.app.handle('setup.try', SETUP);
});
afterAll(endAll);

const signal = (): AbortSignal => new AbortController().signal;
const shown = ({ id, contentHash }: ItemView) => ({ id, shownHash: contentHash });
const draft = async (name: string): Promise<ItemView> =>
  await console_.draft('document', { name, text: `content of ${name}` });
const sign = async (...items: ItemView[]): Promise<SignResult[]> =>
  (await console_.app.handle('item.sign', { items: items.map(shown), passphrase: null })).results;
const state = async ({ id }: ItemView): Promise<string> => (await console_.item(id, () => true)).state;
const decide = (items: readonly ItemView[], passphrase: string | null, later = false) => ({
  ids: items.map(({ id }) => id),
  passphrase,
  later,
});

describe('SECURITY 8: with a window for confirmations', () => {
  it('the pages learn of it', async () => {
    expect((await console_.app.handle('session.snapshot', {})).confirmation).toBe('window');
  });

  it('a passphrase from a page is refused, and asks nobody', async () => {
    const item = await draft('refused.pdf');
    const { asked } = desk;
    for (const call of [
      console_.app.handle('item.sign', { items: [shown(item)], passphrase: PASSPHRASE }),
      console_.app.handle('key.unlock', { passphrase: PASSPHRASE }),
    ]) {
      await expect(call).rejects.toMatchObject({ code: 'confirm.passphraseHere' });
    }
    expect([desk.asked, await state(item)]).toEqual([asked, 'draft']);
  });

  it('shows the own copy, the network and the key; signs with the passphrase', async () => {
    console_.app.lockKey();
    const item = await draft('one.pdf');
    desk.answer = async (confirmation) => {
      const view = confirmation.view();
      expect(view).toMatchObject({ purpose: 'sign', items: [{ id: item.id }], waiting: 0 });
      expect(view.network.name).toBe(SETUP.networkName);
      expect(view.network.fingerprint).toBe(fingerprintOf(view.network.networkId));
      expect(view.key).toMatchObject({ name: SETUP.supervisorName, unlocked: false, registered: true });
      const detail = await confirmation.item(item.id, { firstRecord: 0, recordCount: 0 });
      expect(detail.content).toMatchObject({ kind: 'document', files: [{ name: 'one.pdf' }] });
      await expect(confirmation.item('other', { firstRecord: 0, recordCount: 0 })).rejects.toMatchObject({
        code: 'draft.notFound',
      });
      await expect(confirmation.confirm(decide([item], null), signal())).rejects.toMatchObject({
        code: 'key.locked',
      });
      await expect(confirmation.confirm(decide([item], 'wrong one'), signal())).rejects.toMatchObject({
        code: 'key.wrongPassphrase',
      });
      expect(await state(item)).toBe('draft');
      return await confirmation.confirm(decide([item], PASSPHRASE), signal());
    };
    expect(await sign(item)).toEqual([{ id: item.id, error: null }]);
    await console_.item(item.id, ({ receiptReady }) => receiptReady);
  });

  it('a hash that is not the one of the own copy aborts before anybody is asked', async () => {
    const item = await draft('tampered.pdf');
    let opened = false;
    desk.answer = async () => {
      opened = true;
      return await Promise.resolve([]);
    };
    const items = [{ id: item.id, shownHash: '0'.repeat(64) }];
    await expect(console_.app.handle('item.sign', { items, passphrase: null })).rejects.toMatchObject({
      code: 'draft.changed',
      data: { actualHash: item.contentHash },
    });
    expect([opened, await state(item)]).toEqual([false, 'draft']);
  });

  it('what changes meanwhile is told, and not signed', async () => {
    const item = await draft('changing.pdf');
    desk.answer = async (confirmation) => {
      const told = Promise.withResolvers<CountersignError>();
      const end = confirmation.onBroken(told.resolve);
      await console_.app.handle('item.edit', { id: item.id, decision: 'rejected' });
      expect((await told.promise).code).toBe('draft.changed');
      end();
      await expect(confirmation.item(item.id, { firstRecord: 0, recordCount: 0 })).rejects.toMatchObject({
        code: 'draft.changed',
      });
      return await confirmation.confirm(decide([item], PASSPHRASE), signal());
    };
    expect(await sign(item)).toMatchObject([{ error: { code: 'draft.changed' } }]);
    expect(await state(item)).toBe('draft');
  });

  it('what is cancelled while the key is derived leaves key and item as they were', async () => {
    console_.app.lockKey();
    const item = await draft('late.pdf');
    desk.answer = async (confirmation) => {
      const abort = new AbortController();
      const confirmed = confirmation.confirm(decide([item], PASSPHRASE), abort.signal);
      abort.abort(new CountersignError('confirm.cancelled', {}));
      return await confirmed;
    };
    await expect(sign(item)).rejects.toMatchObject({ code: 'confirm.cancelled' });
    expect(await state(item)).toBe('draft');
    expect((await console_.app.handle('session.snapshot', {})).key?.unlocked).toBe(false);
  });

  it('SECURITY 10: a lock while the key is derived holds', async () => {
    const item = await draft('locked.pdf');
    desk.answer = async (confirmation) => {
      const confirmed = confirmation.confirm(decide([item], PASSPHRASE), signal());
      console_.app.lockKey();
      return await confirmed;
    };
    await expect(sign(item)).rejects.toMatchObject({ code: 'key.locked' });
    expect((await console_.app.handle('session.snapshot', {})).key?.unlocked).toBe(false);
    expect(await state(item)).toBe('draft');
  });

  it('confirmed for later, it waits; unlocking, confirmed by itself, signs it', async () => {
    const item = await draft('waits.pdf');
    const leftOut = await draft('left-out.pdf');
    desk.answer = async (confirmation) => await confirmation.confirm(decide([item], null, true), signal());
    expect(await sign(item, leftOut)).toEqual([{ id: item.id, error: null }]);
    expect([await state(item), await state(leftOut)]).toEqual(['needsUnlock', 'draft']);
    desk.answer = async (confirmation) => {
      expect(confirmation.view()).toMatchObject({ purpose: 'unlock', items: [], waiting: 1 });
      return await confirmation.confirm(decide([], PASSPHRASE), signal());
    };
    expect(await console_.app.handle('key.unlock', { passphrase: null })).toEqual({});
    await console_.item(item.id, ({ receiptReady }) => receiptReady);
  });

  it('one that is open ends with what it stands on', async () => {
    expect(desk.ended).toEqual([]);
    await console_.app.stop();
    expect(desk.ended).toEqual(['stopped']);
  });
});
