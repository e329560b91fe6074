/** A block that is shown, while the chain changes under it. */
import { createPinia, setActivePinia } from 'pinia';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { effectScope, nextTick, shallowRef, type EffectScope } from 'vue';
import { useStanding, type Standing } from '../../../../src/renderer/features/blocks/useStanding.ts';
import { pictureOf } from '../../../../src/renderer/stores/picture.ts';
import { useSession } from '../../../../src/renderer/stores/session.ts';
import type { Loaded } from '../../../../src/renderer/ui/useLoaded.ts';
import type { BlockSummary } from '../../../../src/shared/contract/model.ts';
import type { PlainError } from '../../../../src/shared/errors.ts';
import { snapshot } from '../../stores/samples.ts';

const HEIGHT = 7;
const GONE: PlainError = { code: 'block.notFound', data: { height: HEIGHT } };
const block = (height: number, hash: string, stable = false): BlockSummary => ({
  height,
  hash,
  timeMs: 0,
  requestCount: 1,
  stable,
});

let scope: EffectScope;
/** What the main process answers next. */
let answer: BlockSummary | PlainError;
let loads: number;
let loaded: Loaded<{ block: BlockSummary }>;
let standing: Standing;

beforeEach(async () => {
  setActivePinia(createPinia());
  scope = effectScope();
  loads = 0;
  loaded = { value: shallowRef(null), error: shallowRef(null), load };
  answer = block(HEIGHT, 'a');
  list(block(HEIGHT, 'a'), block(HEIGHT - 1, 'z'));
  standing = scope.run(() => useStanding(loaded, () => HEIGHT, 'block.notFound'))!;
  await load();
  await nextTick();
});
afterEach(() => scope.stop());

async function load(): Promise<void> {
  loads += 1;
  await Promise.resolve();
  if ('code' in answer) {
    loaded.error.value = answer;
    return;
  }
  loaded.value.value = { block: answer };
  loaded.error.value = null;
}
function list(...blocks: BlockSummary[]): void {
  useSession().picture = pictureOf({ ...snapshot(1, []), blocks }, null);
}
/** The list becomes `blocks`; gives what is said at once, and what once the answer is there. */
async function become(...blocks: BlockSummary[]): Promise<readonly [atOnce: boolean, then: boolean]> {
  list(...blocks);
  await nextTick();
  const atOnce = standing.putBack.value;
  await new Promise((resolve) => setTimeout(resolve));
  return [atOnce, standing.putBack.value];
}

it('asks for nothing while the block stands', async () => {
  expect(await become(block(8, 'b'), block(HEIGHT, 'a'), block(HEIGHT - 1, 'z'))).toEqual([false, false]);
  expect(loads).toBe(1);
});

it('says at once that a block was put back, and shows what takes its place', async () => {
  answer = GONE;
  expect(await become(block(HEIGHT - 1, 'z'))).toEqual([true, true]);
  answer = block(HEIGHT, 'other');
  expect(await become(block(HEIGHT, 'other'), block(HEIGHT - 1, 'z'))).toEqual([true, false]);
  expect(loaded.value.value?.block.hash).toBe('other');
  expect(standing.replaced.value).toBe(true);
  expect(loads).toBe(3);
});

it('shows a block that takes the place of another at once', async () => {
  answer = block(HEIGHT, 'other');
  expect(await become(block(HEIGHT, 'other'), block(HEIGHT - 1, 'z'))).toEqual([true, false]);
  expect(standing.replaced.value).toBe(true);
});

it('takes back what it said where the same block is accepted again', async () => {
  answer = GONE;
  await become(block(HEIGHT - 1, 'z'));
  answer = block(HEIGHT, 'a');
  expect(await become(block(HEIGHT, 'a'), block(HEIGHT - 1, 'z'))).toEqual([true, false]);
  expect(standing.replaced.value).toBe(false);
});

it('looks for what was put back in every new block', async () => {
  answer = GONE;
  await become(block(HEIGHT - 1, 'z'));
  await become(block(HEIGHT - 1, 'y'));
  expect(loads).toBe(3);
});

it('leaves a final block alone, and does not take the end of the list for the end of the chain', async () => {
  expect(await become(block(90, 'x'), block(89, 'w'))).toEqual([false, false]);
  expect(loads).toBe(2);
  answer = block(HEIGHT, 'a', true);
  await load();
  await become(block(HEIGHT, 'other'));
  expect(loads).toBe(3);
});
