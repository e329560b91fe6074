/**
 * Disks that are full, cannot be written or are pulled out, under the built program on the stand-in: it says so, stops what
 * must stop, and damages nothing.
 */
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { INSTANCE_LOCK_LINK } from '../../../src/main/desktop/instanceLock.ts';
import { draftIn } from './confirming.ts';
import { Program, endPrograms } from './standin/program.ts';
import { SmallDisk } from './standin/smallDisk.ts';
import { stage } from './standin/stage.ts';
import type { StandInOptions } from './standin/state.ts';
import { SETUP, failure, isAlive, makeNetwork, optionsOf, sign, signed } from './starting.ts';

/** Holds a network many times over. */
const DISK_MIB = 64;

const noDisk = await SmallDisk.whyNot();
if (noDisk !== null) console.warn(`\n!!! NOT RUN: what needs a disk of its own. ${noDisk}.\n`);

/** A data directory with a network in it, of which every disk gets a copy. */
let made: string;
let folder: string;
let disk: SmallDisk;
let inside: StandInOptions;

describe.skipIf(noDisk !== null)('a disk', () => {
  beforeAll(async () => {
    made = await mkdtemp(join(tmpdir(), 'countersign-made-'));
    await makeNetwork(made);
  });
  afterAll(async () => await rm(made, { recursive: true, force: true }));
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'countersign-disks-'));
    disk = await SmallDisk.mount(join(folder, 'data'), DISK_MIB);
    inside = { ...optionsOf(disk.path), namespaceOf: disk.pid };
    await cp(made, disk.outside, { recursive: true });
  });
  afterEach(async () => {
    await endPrograms();
    await disk.end();
    await rm(folder, { recursive: true, force: true });
  });

  it('that is full at the start is told, and nothing half-written is left on it', async () => {
    const before = await readdir(disk.outside);
    await disk.fill();
    const program = await Program.start(inside);
    expect(await failure(program, disk.path)).toEqual({ code: 'storage.full', data: { path: disk.path } });
    expect(await program.call('setup.try', SETUP)).toMatchObject({ error: { code: 'storage.full' } });
    expect(await program.quit()).toBe(0);
    await disk.free();
    expect(await readdir(disk.outside)).toEqual(before);
    const again = await Program.start(inside);
    await stage(again, 'running');
    expect(await again.quit()).toBe(0);
  });

  it('that is full while the program runs: signing is refused with words, and works when there is room', async () => {
    const program = await Program.start(inside);
    await stage(program, 'running');
    const { id } = await draftIn(program, 'Grades.csv', 'name,grade\nAda,1\n');
    await disk.fill();
    expect(await sign(program, id)).toMatchObject({
      results: [{ id, error: { code: 'storage.full', data: { path: join(disk.path, 'client.sqlite') } } }],
    });
    const { items } = await program.output('session.snapshot', {});
    expect(items).toMatchObject([{ id, state: 'draft', requestId: null }]);
    await disk.free();
    expect(await program.quit()).toBe(0);

    const again = await Program.start(inside);
    await stage(again, 'running');
    expect(await sign(again, id)).toEqual(signed(id));
    expect(await again.quit()).toBe(0);
  });

  it('that can only be read is told, and starts when it can be written', async () => {
    await disk.setReadOnly(true);
    const program = await Program.start(inside);
    // Chromium cannot mark on it that the program runs, so there is no window.
    expect(await program.ended).toBe(1);
    expect(program.errors).toContain('box: Countersign cannot start');
    expect(program.errors).toContain('storage.readOnly');
    expect(program.errors).toContain(join(disk.path, INSTANCE_LOCK_LINK));
    await disk.setReadOnly(false);
    const again = await Program.start(inside);
    await stage(again, 'running');
    expect(await again.quit()).toBe(0);
  });

  it('that is pulled out stops what is on it with a reason; put back, all is there', async () => {
    const program = await Program.start(inside);
    await stage(program, 'running');
    const { id } = await draftIn(program, 'Grades.csv', 'name,grade\nAda,1\n');
    await disk.pullOut();
    expect(await failure(program, disk.path)).toMatchObject({ code: 'storage.gone' });
    const alive = async (): Promise<number[]> => (await program.ask('pids')).filter(isAlive);
    await expect.poll(alive, { timeout: 20_000 }).toEqual([]);
    expect(await program.quit()).toBe(0);
    expect(await readdir(disk.outside)).toEqual([]);

    await disk.putBack();
    const again = await Program.start(inside);
    await stage(again, 'running');
    expect(await sign(again, id)).toEqual(signed(id));
    expect(await again.quit()).toBe(0);
  });
});
