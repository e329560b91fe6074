/** What is selected in the inbox stays, as far as it is still there and was not tried. */
import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, expect, it } from 'vitest';
import type { RendererBridge } from '../../../src/renderer/bridge/rendererBridge.ts';
import { useInboxView } from '../../../src/renderer/stores/inboxView.ts';
import { useSession } from '../../../src/renderer/stores/session.ts';
import { item, snapshot } from './samples.ts';

beforeEach(async () => {
  setActivePinia(createPinia());
  const bridge: Partial<RendererBridge> = {
    call: () => Promise.resolve(snapshot(1, ['a', 'b', 'c', 'd'])) as Promise<never>,
    watch: () => undefined,
    onDelta: () => () => undefined,
    onConnection: (listener) => {
      listener(true, null);
      return () => undefined;
    },
    close: () => undefined,
  };
  const session = useSession();
  session.follow(bridge as RendererBridge)();
  await expect.poll(() => session.items.length).toBe(4);
});

const chosen = (): string[] => useInboxView().chosen.map(({ id }) => id);

it('what is gone or no draft any more is not chosen', () => {
  const view = useInboxView();
  view.selected = new Set(['a', 'b', 'c', 'never']);
  expect(chosen()).toEqual(['a', 'b', 'c']);
  useSession().dropItem('a');
  useSession().setItem({ ...item('b'), state: 'sent' });
  expect(chosen()).toEqual(['c']);
});

it('what was tried is selected no longer, and the rest still is', () => {
  const view = useInboxView();
  view.selected = new Set(['a', 'b', 'c', 'gone']);
  view.unselect([]);
  expect([...view.selected]).toEqual(['a', 'b', 'c']);
  view.unselect(['a', 'c']);
  expect(chosen()).toEqual(['b']);
});
