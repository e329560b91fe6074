/** A computer whose clock is years off, under the built program and its replicas, each in a process of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ItemView, Snapshot } from '../../../src/shared/contract/model.ts';
import { callWindow, draftIn, opened, outputOf } from './confirming.ts';
import { Program, endPrograms } from './standin/program.ts';
import { stage } from './standin/stage.ts';
import type { StandInOptions } from './standin/state.ts';
import { PASSPHRASE, SETUP, optionsOf } from './starting.ts';

const YEARS_MS = 5 * 365 * 24 * 3_600_000;

let folder: string;
let options: StandInOptions;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-clock-'));
  options = optionsOf(join(folder, 'data'));
});
afterEach(async () => {
  await endPrograms();
  await rm(folder, { recursive: true, force: true });
});

async function snapshot(program: Program): Promise<Snapshot> {
  return await program.output('session.snapshot', {});
}

/** Signs a draft in the confirmation window, as a person does; what the window said of the clock, and what came of it. */
async function sign(
  program: Program,
  name: string,
): Promise<{ clock: NonNullable<Snapshot['replica']>['clock']; item: ItemView }> {
  const draft = await draftIn(program, name, `name,score\r\n${name},1\r\n`);
  const items = [{ id: draft.id, shownHash: draft.contentHash }];
  const asked = program.call('item.sign', { items, passphrase: null });
  await opened(program);
  const { clock } = await outputOf(program, 'open', {});
  const confirmed = await callWindow(program, 'confirm', {
    ids: [draft.id],
    passphrase: PASSPHRASE,
    later: false,
  });
  expect(confirmed).toMatchObject({ ok: true });
  expect(await asked).toMatchObject({ ok: true });
  for (;;) {
    const item = (await snapshot(program)).items.find(({ id }) => id === draft.id);
    if (item?.receiptReady === true || item?.state === 'refused' || item?.state === 'expired') {
      return { clock, item };
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('a clock that is years off', () => {
  it('before the last block is told where one signs; all goes on when it is right again', async () => {
    const right = await Program.start(options);
    await stage(right, 'setup');
    expect(await right.call('setup.try', SETUP)).toMatchObject({ ok: true });
    const first = await sign(right, 'one.csv');
    expect(first).toMatchObject({ clock: null, item: { state: 'final', height: 1 } });
    expect(await right.quit()).toBe(0);

    const early = await Program.start({ ...options, clockByMs: -YEARS_MS });
    await stage(early, 'running');
    expect((await snapshot(early)).replica).toMatchObject({
      tipHeight: 1,
      clock: { shownBy: 'block', refused: true },
    });
    expect(await sign(early, 'two.csv')).toMatchObject({
      clock: { shownBy: 'block', refused: true },
      item: { state: 'expired', error: { code: 'request.tooOld' } },
    });
    expect(await early.quit()).toBe(0);
    expect(early.errors).not.toContain('"fatal"');

    const again = await Program.start(options);
    await stage(again, 'running');
    const { replica, items } = await snapshot(again);
    expect(replica).toMatchObject({ tipHeight: 1, learner: null, clock: null });
    expect(items.find(({ id }) => id === first.item.id)).toMatchObject({
      state: 'final',
      receiptReady: true,
    });
    expect(await sign(again, 'three.csv')).toMatchObject({
      clock: null,
      item: { state: 'final', height: 2 },
    });
    expect(await again.quit()).toBe(0);
  });
});
