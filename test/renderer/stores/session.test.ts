/** The page stays in step: deltas in order, gaps and reconnections answered with a snapshot. */
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ConnectionListener, RendererBridge } from '../../../src/renderer/bridge/rendererBridge.ts';
import { disconnected } from '../../../src/renderer/bridge/rendererBridge.ts';
import type { Attention } from '../../../src/renderer/stores/attention.ts';
import { useSession } from '../../../src/renderer/stores/session.ts';
import {
  ITEMS_PAGE_VIEW_MAX,
  type Channel,
  type Input,
  type Output,
} from '../../../src/shared/contract/channels.ts';
import {
  snapshotSchema,
  type BlockSummary,
  type Delta,
  type ItemView,
  type Snapshot,
} from '../../../src/shared/contract/model.ts';
import { evidence, faults, viewChanges, views } from '../fixture/agreement.ts';
import { item, point, snapshot } from './samples.ts';

/** A bridge whose other end is the test. */
class ByHand implements RendererBridge {
  readonly asked: Channel[] = [];
  readonly watched: boolean[] = [];
  delta: (delta: Delta) => void = () => undefined;
  connection: ConnectionListener = () => undefined;
  private waiting: { resolve: (output: unknown) => void; reject: (error: Error) => void }[] = [];

  call<C extends Channel>(channel: C, _input: Input<C>): Promise<Output<C>> {
    this.asked.push(channel);
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve: resolve as (output: unknown) => void, reject });
    });
  }
  onDelta(listener: (delta: Delta) => void): () => void {
    this.delta = listener;
    return () => undefined;
  }
  onConnection(listener: ConnectionListener): () => void {
    this.connection = listener;
    return () => undefined;
  }
  watch(watching: boolean): void {
    this.watched.push(watching);
  }
  onGo(): () => void {
    return () => undefined;
  }
  onOpening(): () => void {
    return () => undefined;
  }

  reconnect(): void {
    this.connection(true, null);
  }
  close(): void {
    this.connection(false, null);
  }

  async answer(output: unknown): Promise<void> {
    this.waiting.shift()!.resolve(output);
    await settled();
  }
  /** Takes out the oldest question, to be answered later. */
  take(): (output: unknown) => void {
    return this.waiting.shift()!.resolve;
  }
  async fail(error: Error): Promise<void> {
    this.waiting.shift()!.reject(error);
    await settled();
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

let bridge: ByHand;
beforeEach(() => {
  setActivePinia(createPinia());
  bridge = new ByHand();
});

afterEach(() => {
  vi.useRealTimers();
});

async function started(first: Snapshot): Promise<ReturnType<typeof useSession>> {
  const session = useSession();
  session.follow(bridge);
  bridge.connection(true, null);
  await bridge.answer(first);
  return session;
}
const removed = (sequence: number, id: string): Delta => ({
  sequence,
  changes: [{ topic: 'itemRemoved', id }],
});
const added = (sequence: number, id: string): Delta => ({
  sequence,
  changes: [{ topic: 'item', value: item(id) }],
});
const ids = (session: ReturnType<typeof useSession>): string[] => session.items.map(({ id }) => id);

describe('session', () => {
  it('uses samples that the contract accepts', () => {
    expect(snapshotSchema.safeParse(snapshot(1, ['a'])).success).toBe(true);
  });

  it('applies deltas in order and ignores old ones', async () => {
    const session = await started(snapshot(10, ['a']));
    bridge.delta(added(11, 'b'));
    bridge.delta(removed(11, 'b'));
    bridge.delta(removed(9, 'a'));
    bridge.delta(removed(12, 'a'));
    expect(ids(session)).toEqual(['b']);
    expect(bridge.asked).toEqual(['session.snapshot']);
  });

  it('asks for a snapshot when a number is missing, and holds what comes meanwhile', async () => {
    const session = await started(snapshot(10, ['a']));
    bridge.delta(added(12, 'c'));
    expect(bridge.asked).toEqual(['session.snapshot', 'session.snapshot']);
    expect(ids(session)).toEqual(['a']);
    bridge.delta(added(13, 'd'));
    bridge.delta(added(14, 'e'));
    await bridge.answer(snapshot(13, ['a', 'b', 'c', 'd']));
    expect(ids(session)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('asks again when the held deltas have a gap, too', async () => {
    const session = await started(snapshot(10, []));
    bridge.delta(added(12, 'c'));
    bridge.delta(added(15, 'f'));
    await bridge.answer(snapshot(12, ['c']));
    expect(bridge.asked.length).toBe(3);
    await bridge.answer(snapshot(15, ['c', 'f']));
    expect(ids(session)).toEqual(['c', 'f']);
  });

  it('keeps the picture while the connection is lost, and takes a new one when it is back', async () => {
    const session = await started(snapshot(10, ['a']));
    bridge.connection(false, null);
    expect(session.connection).toBe('lost');
    expect(ids(session)).toEqual(['a']);
    bridge.connection(true, null);
    await bridge.fail(disconnected());
    expect(session.snapshotError).toBeNull();
    bridge.connection(true, null);
    await bridge.answer(snapshot(3, ['z']));
    expect(session.connection).toBe('connected');
    expect(ids(session)).toEqual(['z']);
  });

  it('tells a refused token from a lost connection', () => {
    const session = useSession();
    session.follow(bridge);
    bridge.connection(false, { code: 'console.badToken', data: {} });
    expect(session.connection).toBe('refused');
    expect(session.connectionError?.code).toBe('console.badToken');
  });

  it('applies every topic', async () => {
    const first = snapshot(1, []);
    const session = await started(first);
    const block = (height: number): BlockSummary => ({ ...first.blocks[0]!, height, hash: 'f'.repeat(64) });
    bridge.delta({
      sequence: 2,
      changes: [
        { topic: 'stage', value: { name: 'stopping' } },
        { topic: 'key', value: null },
        { topic: 'peers', value: [] },
        { topic: 'blocks', value: [block(2)] },
        { topic: 'checkpoint', value: { height: 1, hash: 'e'.repeat(64), atMs: 5 } },
        { topic: 'replica', value: null },
        { topic: 'network', value: null },
        { topic: 'views', value: views(1_000_000) },
        ...viewChanges(1_000_000).map((value) => ({ topic: 'viewChange', value }) as const),
        { topic: 'viewChange', value: { ...viewChanges(1_000_000)[1]!, cause: 'others' } },
        ...evidence(1_000_000)
          .reverse()
          .map((value) => ({ topic: 'evidence', value }) as const),
        { topic: 'evidence', value: { ...evidence(1_000_000)[0]!, recordedHeight: 7 } },
        { topic: 'faults', value: faults(1_000_000) },
        ...[3_000, 4_000, 3_500].map((atMs) => ({ topic: 'history', value: point(atMs) }) as const),
      ],
    });
    expect(session.stage).toEqual({ name: 'stopping' });
    expect(session.key).toBeNull();
    expect(session.peers).toEqual([]);
    expect(session.blocks.map(({ height, stable }) => [height, stable])).toEqual([
      [2, false],
      [1, true],
    ]);
    expect(session.checkpoints.map(({ height }) => height)).toEqual([1]);
    expect(session.replica).toBeNull();
    expect(session.network).toBeNull();
    expect(session.views).toEqual(views(1_000_000));
    expect(session.viewChanges.map(({ id, cause }) => [id, cause])).toEqual([
      [3, 'timeout'],
      [2, 'others'],
      [1, null],
    ]);
    expect(session.evidence.map(({ accused, recordedHeight }) => [accused.index, recordedHeight])).toEqual([
      [0, 7],
      [3, 4_120],
    ]);
    expect(session.faults).toEqual(faults(1_000_000));
    // The clock was set back.
    expect(session.history.map(({ atMs }) => atMs)).toEqual([3_000, 3_500]);
  });

  it('drops the blocks that were taken off the chain', async () => {
    const first = snapshot(1, []);
    const newest = { ...first.blocks[0]!, height: 3 };
    const blocks = [3, 2, 1].map((height) => ({ ...newest, height }));
    const session = await started({ ...first, blocks });
    bridge.delta({
      sequence: 2,
      changes: [
        { topic: 'rolledBack', height: 1 },
        { topic: 'blocks', value: [{ ...newest, height: 2, hash: 'f'.repeat(64) }] },
      ],
    });
    expect(session.blocks.map(({ height, hash }) => [height, hash[0]])).toEqual([
      [2, 'f'],
      [1, 'b'],
    ]);
  });

  it('loads older blocks below the oldest known one', async () => {
    const first = snapshot(1, []);
    const newest = { ...first.blocks[0]!, height: 5 };
    const session = await started({ ...first, blocks: [newest] });
    const loading = session.loadOlderBlocks(2);
    await bridge.answer({ blocks: [4, 3].map((height) => ({ ...newest, height })) });
    expect(await loading).toBe(2);
    expect(session.blocks.map(({ height }) => height)).toEqual([5, 4, 3]);
  });
});

describe('items that the snapshot left out', () => {
  const made = (number: number): ItemView => ({ ...item(`item-${String(number)}`), createdAtMs: number });
  const range = (from: number, to: number): ItemView[] =>
    Array.from({ length: from - to + 1 }, (_, index) => made(from - index));
  const ids = (): string[] => useSession().items.map(({ id }) => id);

  it('come page by page, and nothing vanishes meanwhile', async () => {
    const session = useSession();
    session.follow(bridge);
    bridge.connection(true, null);
    const total = 2 * ITEMS_PAGE_VIEW_MAX + 3;
    const newest = { ...snapshot(1, []), items: range(total, total - 1), itemCount: total };
    await bridge.answer(newest);
    expect(session.loadingItems).toBe(true);
    expect(ids()).toHaveLength(2);
    await bridge.answer({ items: range(total - 2, total - 1 - ITEMS_PAGE_VIEW_MAX) });
    await bridge.answer({ items: range(total - 2 - ITEMS_PAGE_VIEW_MAX, 2) });
    expect(session.loadingItems).toBe(true);
    await bridge.answer({ items: [made(1)] });
    expect(session.loadingItems).toBe(false);
    expect(new Set(ids()).size).toBe(total);
    expect(bridge.asked.filter((channel) => channel === 'item.page')).toHaveLength(3);

    // Again after a gap: what is known stays until its page is there, and what was removed goes then.
    bridge.delta({ sequence: 9, changes: [] });
    await bridge.answer({ ...newest, sequence: 9, itemCount: total - 1 });
    expect(ids()).toHaveLength(total);
    await bridge.answer({ items: range(total - 3, total - 2 - ITEMS_PAGE_VIEW_MAX) });
    expect(ids()).not.toContain(`item-${String(total - 2)}`);
    await bridge.answer({ items: range(total - 3 - ITEMS_PAGE_VIEW_MAX, 2) });
    expect(ids()).toHaveLength(total - 2);
  });

  it('are not waited for where there are none', async () => {
    const session = useSession();
    session.follow(bridge);
    bridge.connection(true, null);
    await bridge.answer(snapshot(1, ['a', 'b']));
    expect(session.loadingItems).toBe(false);
    expect(bridge.asked).toEqual(['session.snapshot']);
  });

  it('are asked for anew by a newer snapshot, and an older answer counts no more', async () => {
    const session = useSession();
    session.follow(bridge);
    bridge.connection(true, null);
    await bridge.answer({ ...snapshot(1, []), items: [made(5)], itemCount: 2 });
    bridge.delta({ sequence: 7, changes: [] });
    // The page of the first snapshot is answered after the second snapshot.
    const late = bridge.take();
    await bridge.answer({ ...snapshot(7, []), items: [made(6)], itemCount: 1 });
    late({ items: [made(4)] });
    await settled();
    expect(ids()).toEqual(['item-6']);
    expect(session.loadingItems).toBe(false);
  });
});

describe('while nobody sees the page', () => {
  /** Whether somebody sees it is the test's to say. */
  class Eyes implements Attention {
    isSeen = true;
    wants = false;
    private listener: (isSeen: boolean) => void = () => undefined;

    readonly wantsNotices = (): boolean => this.wants;
    onChange(listener: (isSeen: boolean) => void): () => void {
      this.listener = listener;
      return () => undefined;
    }
    see(isSeen: boolean): void {
      this.isSeen = isSeen;
      this.listener(isSeen);
    }
  }

  async function watched(eyes: Eyes): Promise<ReturnType<typeof useSession>> {
    const session = useSession();
    session.follow(bridge, eyes);
    bridge.connection(true, null);
    await bridge.answer(snapshot(10, ['a']));
    return session;
  }

  it('says so, and asks for one snapshot when somebody does again', async () => {
    const eyes = new Eyes();
    const session = await watched(eyes);
    expect(bridge.watched).toEqual([true]);
    eyes.see(false);
    expect(bridge.watched).toEqual([true, false]);
    // One that was on its way still counts; one after a gap is not worth a snapshot now.
    bridge.delta(added(11, 'b'));
    bridge.delta(added(14, 'e'));
    expect(bridge.asked).toEqual(['session.snapshot']);
    eyes.see(true);
    expect(bridge.watched).toEqual([true, false, true]);
    bridge.delta(added(31, 'z'));
    await bridge.answer(snapshot(30, ['a', 'b', 'y']));
    expect(bridge.asked).toEqual(['session.snapshot', 'session.snapshot']);
    expect(ids(session)).toEqual(['a', 'b', 'y', 'z']);
  });

  it('has its first picture, and no further one when the connection comes back', async () => {
    const eyes = new Eyes();
    eyes.isSeen = false;
    const session = await watched(eyes);
    expect(bridge.watched).toEqual([false]);
    expect(ids(session)).toEqual(['a']);
    bridge.connection(false, null);
    bridge.connection(true, null);
    expect(bridge.asked).toEqual(['session.snapshot']);
  });

  it('takes another snapshot after one that was asked for before it was seen again', async () => {
    const eyes = new Eyes();
    const session = useSession();
    eyes.isSeen = false;
    session.follow(bridge, eyes);
    bridge.connection(true, null);
    eyes.see(true);
    await bridge.answer(snapshot(1, ['old']));
    expect(bridge.asked).toEqual(['session.snapshot', 'session.snapshot']);
    await bridge.answer(snapshot(1, ['new']));
    expect(ids(session)).toEqual(['new']);
    expect(bridge.asked).toHaveLength(2);
  });

  it('looks now and then where somebody wants to be notified, and never else', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const eyes = new Eyes();
    const stop = useSession().follow(bridge, eyes);
    bridge.connection(true, null);
    await bridge.answer(snapshot(10, ['a']));
    eyes.see(false);
    vi.advanceTimersByTime(600_000);
    expect(bridge.asked).toHaveLength(1);
    eyes.wants = true;
    vi.advanceTimersByTime(15_000);
    expect(bridge.asked).toHaveLength(2);
    await bridge.answer(snapshot(12, ['a', 'b']));
    stop();
    vi.advanceTimersByTime(600_000);
    expect(bridge.asked).toHaveLength(2);
  });
});
