/** The death of any worker thread of a console over a real network: everything goes on, and nothing is lost. */
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { forkReplicas } from '../../src/main/replica/childReplica.ts';
import { SETUP, TestConsole, endAll } from '../main/console/support.ts';

const HEADLESS = fileURLToPath(new URL('../../src/main/headless/index.ts', import.meta.url));
const CSV = 'name,score\r\nAda,1.10\r\nBlaise,\r\n';

/** Worker threads of this process that are up, in the order in which they were started. */
let workers: Worker[] = [];
const take = (worker: Worker): void => {
  workers.push(worker);
  worker.once('exit', () => (workers = workers.filter((one) => one !== worker)));
};
beforeEach(() => process.on('worker', take));
afterEach(async () => {
  await endAll();
  process.off('worker', take);
});

/** Polls; the test's own time limit ends a wait in vain. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** How many requests the search finds; `null` where it does not answer now. */
async function found({ app }: TestConsole): Promise<number | null> {
  const nothingElse = {
    supervisor: null,
    kinds: [],
    fromMs: null,
    toMs: null,
    fromHeight: null,
    toHeight: null,
  };
  const question = { text: 'people', ...nothingElse, before: null, limit: 10 };
  return await app.handle('search.query', question).then(
    ({ requests }) => requests.length,
    () => null,
  );
}

describe('SECURITY 13: a console', () => {
  it('survives the death of each of its workers, one after another', async () => {
    const console = await TestConsole.start(undefined, { startChild: forkReplicas(HEADLESS) });
    await console.app.handle('setup.try', SETUP);
    const draft = await console.draft('assessments', { name: 'people.csv', text: CSV });
    const count = workers.length;
    // One verifies signatures; the ledger, the items and the search have one each.
    expect(count).toBeGreaterThanOrEqual(4);
    // Of a store that dies all of them end, and are started again in the same order.
    for (let index = 0; index < count; index++) {
      await workers[index]?.terminate();
      await until(() => console.app.stage.name === 'running');
      await until(async () => (await found(console)) === 0 && workers.length >= count);
      const { items } = await console.app.handle('session.snapshot', {});
      expect(items.map(({ id }) => id)).toEqual([draft.id]);
    }
    const signed = await console.app.handle('item.sign', {
      items: [{ id: draft.id, shownHash: draft.contentHash }],
      passphrase: SETUP.passphrase,
    });
    expect(signed).toEqual({ results: [{ id: draft.id, error: null }] });
    expect(await console.item(draft.id, ({ state }) => state === 'final')).toMatchObject({ height: 1 });
    await until(async () => (await found(console)) === 1);
  });
});
