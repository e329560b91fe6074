/** What verifying receipts showed: no verdict is lost, and what must give way is counted. */
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { useAsBridge } from '../../../src/renderer/bridge/current.ts';
import type { RendererBridge } from '../../../src/renderer/bridge/rendererBridge.ts';
import { RESULTS_KEPT_MAX, useVerifications } from '../../../src/renderer/stores/verifications.ts';
import { RECEIPT_CHARS_MAX } from '../../../src/shared/contract/channels.ts';
import type { Verification } from '../../../src/shared/contract/model.ts';
import { verification } from '../fixture/proof.ts';

/** Verifications that are asked for and not answered yet. */
let asked: { readonly text: string; readonly resolve: (result: Verification) => void }[];

const file = (name: string, text: string): File => new File([text], name);
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

beforeEach(() => {
  setActivePinia(createPinia());
  asked = [];
  const call = (_channel: string, { text }: { text: string }): Promise<Verification> =>
    new Promise((resolve) => asked.push({ text, resolve }));
  useAsBridge({ call } as unknown as RendererBridge);
});
afterEach(() => useAsBridge(null));

async function answer(): Promise<void> {
  await settled();
  const { text, resolve } = asked.shift()!;
  resolve(verification(1, text));
  await settled();
}

describe('receipts that are verified', () => {
  it('are all listed, however many are handed over together, and only the last one is open', async () => {
    const store = useVerifications();
    store.verify(
      Array.from({ length: 60 }, (_, at) => file(`${String(at)}.json`, at === 5 ? '?' : 'receipt')),
    );
    for (let at = 0; at < 60; at++) {
      expect(store.waiting).toBe(60 - at);
      expect(store.opened.size).toBe(0);
      await answer();
    }
    expect(store.results.map(({ fileName }) => fileName).slice(0, 2)).toEqual(['59.json', '58.json']);
    expect(store.results.filter(({ verdict }) => verdict === 'invalid')).toMatchObject([
      { fileName: '5.json' },
    ]);
    expect(store.counts).toEqual({ valid: 59, invalid: 1, foreign: 0, unchecked: 0 });
    expect([...store.opened]).toEqual([store.results[0]?.number]);
  });

  it('close behind the next one, where nobody has opened them', async () => {
    const store = useVerifications();
    for (const name of ['a', 'b', 'c']) {
      store.verify([file(name, 'receipt')]);
      await answer();
      if (name === 'b') store.toggle(1);
    }
    expect([...store.opened].sort()).toEqual([1, 3]);
    store.toggle(3);
    expect([...store.opened]).toEqual([1]);
  });

  it('are results too where they cannot be read or verified, each with its name', async () => {
    const store = useVerifications();
    const gone = Object.assign(file('gone', ''), { text: () => Promise.reject(new Error('it went away')) });
    const large = Object.defineProperty(file('large', ''), 'size', { value: RECEIPT_CHARS_MAX + 1 });
    store.verify([gone, large, file('other', 'foreign')]);
    await answer();
    useAsBridge(null);
    store.verify([file('alone', 'receipt')]);
    await settled();
    const found = store.results.map(({ fileName, verdict, error }) => [fileName, verdict, error?.code]);
    expect(found).toEqual([
      ['alone', 'unchecked', 'console.disconnected'],
      ['other', 'foreign', undefined],
      ['large', 'unchecked', 'encoding.tooLarge'],
      ['gone', 'unchecked', 'file.unreadable'],
    ]);
    expect([store.total, store.counts.unchecked]).toEqual([4, 3]);
  });

  it('give way beyond the bound, the oldest valid one first, and stay counted', () => {
    const store = useVerifications();
    const take = (text: string): void => store.take(text, verification(1, text));
    take('tampered');
    for (let at = 0; at < RESULTS_KEPT_MAX; at++) take('receipt');
    expect(store.results.length).toBe(RESULTS_KEPT_MAX);
    expect(store.results.at(-1)).toMatchObject({ verdict: 'invalid', number: 1 });
    expect(store.results.at(-2)).toMatchObject({ verdict: 'valid', number: 3 });
    expect([store.unlisted, store.total]).toEqual([1, RESULTS_KEPT_MAX + 1]);
    for (let at = 0; at < RESULTS_KEPT_MAX; at++) take('foreign');
    // Nothing valid is left but what came last.
    take('receipt');
    expect(store.results[0]?.verdict).toBe('valid');
    expect(store.results[1]?.verdict).toBe('foreign');
    expect(store.results.length).toBe(RESULTS_KEPT_MAX);
  });

  it('are forgotten when the list is cleared, with those that are still on their way', async () => {
    const store = useVerifications();
    store.verify([file('a', 'receipt'), file('b', 'receipt'), file('c', 'receipt')]);
    await answer();
    store.clear();
    expect([store.results.length, store.total, store.waiting]).toEqual([0, 0, 0]);
    store.verify([file('d', 'receipt')]);
    await answer();
    await answer();
    expect(store.results.map(({ fileName }) => fileName)).toEqual(['d']);
    expect([store.total, store.waiting, asked.length]).toEqual([1, 0, 0]);
  });
});
