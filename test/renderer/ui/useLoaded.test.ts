/** What a page fetches may be answered out of order. */
import { createPinia, setActivePinia } from 'pinia';
import { expect, it } from 'vitest';
import { createRenderer } from 'vue';
import { useLoaded, type Loaded } from '../../../src/renderer/ui/useLoaded.ts';

/** A page of nothing. */
const { createApp } = createRenderer({
  createComment: () => ({}),
  createElement: () => ({}),
  createText: () => ({}),
  insert: () => undefined,
  nextSibling: () => null,
  parentNode: () => null,
  patchProp: () => undefined,
  remove: () => undefined,
  setElementText: () => undefined,
  setText: () => undefined,
});

it('shows the answer to what was asked last, whenever the others come', async () => {
  setActivePinia(createPinia());
  const answers: ((value: string) => void)[] = [];
  const refusals: ((error: Error) => void)[] = [];
  let loaded: Loaded<string> | undefined;
  const app = createApp({
    setup() {
      loaded = useLoaded<string>(
        () =>
          new Promise((resolve, reject) => {
            answers.push(resolve);
            refusals.push(reject);
          }),
      );
      return () => null;
    },
  });
  app.mount({});
  const again = [loaded!.load(), loaded!.load()];
  answers[2]!('new');
  answers[0]!('old');
  refusals[1]!(new Error('old'));
  await Promise.all(again);
  expect(loaded!.value.value).toBe('new');
  expect(loaded!.error.value).toBe(null);
  app.unmount();
});
