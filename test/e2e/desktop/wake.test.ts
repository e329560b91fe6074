/** The machine sleeps and wakes, as the system tells the built program on the stand-in: its replicas hear of it. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Snapshot } from '../../../src/shared/contract/model.ts';
import { Program, endPrograms } from './standin/program.ts';
import { stage } from './standin/stage.ts';
import type { StandInOptions } from './standin/state.ts';
import { SETUP, optionsOf } from './starting.ts';

let folder: string;
let options: StandInOptions;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-wake-'));
  options = optionsOf(join(folder, 'data'));
});
afterEach(async () => {
  await endPrograms();
  await rm(folder, { recursive: true, force: true });
});

async function snapshot(program: Program): Promise<Snapshot> {
  return await program.output('session.snapshot', {});
}

/** How often replicas in processes of their own were told that the machine has slept. */
async function wakes(program: Program): Promise<number> {
  const recorded = await program.ask('recorded');
  return recorded.filter(({ call, args }) => call === 'utilityProcess.postMessage' && args[0] === 'wake')
    .length;
}

describe('the machine sleeps and wakes', () => {
  it('while nothing is set up: nothing happens', async () => {
    const program = await Program.start(options);
    await stage(program, 'setup');
    for (const event of ['suspend', 'resume']) await program.ask('powerEvent', event);
    for (const isLocked of [true, false]) await program.ask('lockScreen', isLocked);
    await stage(program, 'setup');
    expect(await wakes(program)).toBe(0);
    expect(await program.quit()).toBe(0);
    expect(program.errors).not.toContain('"fatal"');
  });

  it.runIf(process.platform === 'linux')(
    'the key is locked where only the session manager says that the screen is',
    async () => {
      const tools = join(folder, 'tools');
      const hint = join(folder, 'hint');
      await mkdir(tools);
      // It fails until there is something to say.
      await writeFile(join(tools, 'loginctl'), `#!/bin/sh\necho "$@" > '${hint}.asked'\ncat '${hint}'\n`, {
        mode: 0o755,
      });
      const environment = { PATH: `${tools}:${process.env['PATH'] ?? ''}`, XDG_SESSION_ID: '7' };
      const program = await Program.start({ ...options, environment });
      await stage(program, 'setup');
      expect(await program.call('setup.try', SETUP)).toMatchObject({ ok: true });
      const isUnlocked = async (): Promise<boolean | undefined> => (await snapshot(program)).key?.unlocked;
      await expect
        .poll(async () => await readFile(`${hint}.asked`, 'utf8').catch(() => ''))
        .toBe('show-session 7 --property=LockedHint --value\n');
      expect(await isUnlocked()).toBe(true);
      await writeFile(hint, 'yes');
      await expect.poll(isUnlocked).toBe(false);
      // While nothing is unlocked nobody is asked, once it is known that the screen is unlocked again.
      await writeFile(hint, 'no');
      await expect.poll(async () => await wakes(program)).toBe(3);
      await rm(`${hint}.asked`);
      await program.ask('lockScreen', false);
      await program.ask('lockScreen', false);
      await expect(readFile(`${hint}.asked`)).rejects.toThrow('ENOENT');
      expect(await program.quit()).toBe(0);
    },
  );

  it('the key is locked, every replica is told, all stay connected in their view', async () => {
    const program = await Program.start(options);
    await stage(program, 'setup');
    expect(await program.call('setup.try', SETUP)).toMatchObject({ ok: true });
    const connected = async (): Promise<number | undefined> => (await snapshot(program)).replica?.connected;
    await expect.poll(connected).toBe(4);
    const before = await snapshot(program);
    expect(before.key?.unlocked).toBe(true);

    await program.ask('powerEvent', 'suspend');
    expect((await snapshot(program)).key?.unlocked).toBe(false);
    await program.ask('powerEvent', 'resume');
    expect(await wakes(program)).toBe(3);
    await program.ask('lockScreen', true);
    await program.ask('lockScreen', false);
    // The session manager has its say, too.
    await expect.poll(async () => await wakes(program)).toBe(6);
    // Whoever tells it without end brings nothing down.
    for (let times = 0; times < 50; times++) await program.ask('powerEvent', 'resume');
    expect(await wakes(program)).toBe(156);

    const { entries } = await program.output('diagnostics.log', { after: 0 });
    const events = entries.map(({ event }) => event);
    expect(events).toContain('machine.woke');
    expect(events).not.toContain('view.changing');
    expect(events).not.toContain('peer.down');
    const after = await snapshot(program);
    expect(after.stage.name).toBe('running');
    // Waking unlocks nothing.
    expect(after.key?.unlocked).toBe(false);
    expect(after.replica).toMatchObject({ view: before.replica?.view });
    await expect.poll(connected).toBe(4);
    expect(await program.quit()).toBe(0);
    expect(program.errors).not.toContain('"fatal"');
  });
});
