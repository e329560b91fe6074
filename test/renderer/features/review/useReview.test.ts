/** A review signs what it shows: also where somebody else changes the same draft meanwhile. */
import { createPinia, setActivePinia } from 'pinia';
import { effectScope, nextTick, type EffectScope } from 'vue';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { useAsBridge } from '../../../../src/renderer/bridge/current.ts';
import { disconnected, type RendererBridge } from '../../../../src/renderer/bridge/rendererBridge.ts';
import { useReview, type Review } from '../../../../src/renderer/features/review/useReview.ts';
import { useSession } from '../../../../src/renderer/stores/session.ts';
import type { Channel, Input } from '../../../../src/shared/contract/channels.ts';
import type { ItemDetail, ItemView } from '../../../../src/shared/contract/model.ts';
import type { Decision } from '../../../../src/shared/domain/payload.ts';
import { CountersignError } from '../../../../src/shared/errors.ts';
import { item as sample, snapshot } from '../../stores/samples.ts';

interface Words {
  title: string;
  remark: string;
  decision: Decision;
}

/** The other side, with one draft of a document. */
class Main {
  words: Words = { title: 'Report', remark: '', decision: 'approved' };
  isAway = false;
  /** What happens right after the next edit. */
  behind: () => void = () => undefined;

  get hash(): string {
    const text = JSON.stringify(this.words);
    return Buffer.from(text).toString('hex').padEnd(64, '0').slice(-64);
  }
  get item(): ItemView {
    const { title, decision } = this.words;
    return { ...sample('a'), kind: 'document', title, decision, contentHash: this.hash };
  }
  call(channel: Channel, input: unknown): unknown {
    if (this.isAway) throw disconnected();
    if (channel === 'session.snapshot') return { ...snapshot(1, []), items: [this.item], itemCount: 1 };
    if (channel === 'item.get') {
      const content: ItemDetail['content'] = { kind: 'document', ...this.words, files: [] };
      const item = this.item;
      return { item, content, canonicalText: '', canonicalCut: false, bytesHex: '' } satisfies ItemDetail;
    }
    if (channel !== 'item.edit') throw new Error(channel);
    const { id, shownHash, ...change } = input as Input<'item.edit'>;
    const actualHash = this.hash;
    if (shownHash !== undefined && shownHash !== actualHash) {
      throw new CountersignError('draft.changed', { id, shownHash, actualHash });
    }
    Object.assign(this.words, change);
    const { item } = this;
    this.behind();
    return item;
  }
}

let main: Main;
let scope: EffectScope;
let review: Review;
let connect: (isConnected: boolean) => void;

beforeEach(async () => {
  vi.useFakeTimers();
  setActivePinia(createPinia());
  main = new Main();
  const bridge = {
    call: async (channel: Channel, input: unknown) => await Promise.resolve(main.call(channel, input)),
    onDelta: () => () => undefined,
    onConnection: (listener: (isConnected: boolean, error: null) => void) => {
      connect = (isConnected) => listener(isConnected, null);
      return () => undefined;
    },
    watch: () => undefined,
    onGo: () => () => undefined,
    onOpening: () => () => undefined,
    reconnect: () => undefined,
  } as unknown as RendererBridge;
  useAsBridge(bridge);
  useSession().follow(bridge);
  connect(true);
  scope = effectScope();
  review = scope.run(() => useReview('a'))!;
  await review.load();
  await rest();
});
afterEach(() => {
  scope.stop();
  vi.useRealTimers();
});

/** Until nothing typed waits to be saved any more. */
async function rest(): Promise<void> {
  await nextTick();
  await vi.advanceTimersByTimeAsync(2_000);
}
/** Whether what would be signed is what the page says. */
const isTrue = (): boolean =>
  review.shownHash.value === main.hash && JSON.stringify(review.words) === JSON.stringify(main.words);

describe('a review', () => {
  it('follows what is typed, and what would be signed is that', async () => {
    review.words.title = 'Annual report';
    await rest();
    expect(main.words.title).toBe('Annual report');
    expect([review.changed.value, review.saving.value, isTrue()]).toEqual([false, 'saved', true]);
  });

  it('never takes what somebody else changed for what it shows: typed during a lost connection', async () => {
    main.isAway = true;
    connect(false);
    review.words.title = 'Annual report';
    await rest();
    expect(review.saving.value).toBe('failed');
    main.words.decision = 'rejected';
    main.isAway = false;
    connect(true);
    await rest();
    // Nothing is lost on either side, and nothing can be signed before it was looked at.
    expect(main.words).toEqual({ title: 'Annual report', remark: '', decision: 'rejected' });
    expect(review.changed.value).toBe(true);
    expect(review.shownHash.value).not.toBe(main.hash);
    await review.load();
    expect([review.changed.value, isTrue()]).toEqual([false, true]);
  });

  it('nor what is changed right behind its own edit', async () => {
    main.behind = () => {
      main.words.decision = 'rejected';
    };
    review.words.title = 'Annual report';
    await rest();
    expect(review.changed.value).toBe(true);
    expect(review.shownHash.value).not.toBe(main.hash);
  });

  it('saves what was typed while it saved', async () => {
    main.behind = () => {
      main.behind = () => undefined;
      review.words.title = 'Report';
    };
    review.words.title = 'Annual report';
    await rest();
    expect([main.words.title, review.saving.value, isTrue()]).toEqual(['Report', 'saved', true]);
  });

  it('has nothing to save where what could not be saved was typed back', async () => {
    main.isAway = true;
    review.words.title = 'Annual report';
    await rest();
    expect(review.saving.value).toBe('failed');
    review.words.title = 'Report';
    await rest();
    expect([review.saving.value, review.error.value]).toEqual(['saved', null]);
  });
});
