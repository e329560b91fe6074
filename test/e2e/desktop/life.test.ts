/** The life of the built program on the stand-in: its window, what closing it does, the menu, the tray, notifications. */
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DESKTOP_BY_DEFAULT } from '../../../src/shared/contract/desktop.ts';
import { IPC_GO } from '../../../src/shared/contract/bridge.ts';
import { NOTICES_BY_DEFAULT } from '../../../src/shared/contract/settings.ts';
import { snapshotSchema } from '../../../src/shared/contract/model.ts';
import { callWindow, draftIn, opened, unlock } from './confirming.ts';
import { labels } from './drawn.ts';
import { Program, endPrograms } from './standin/program.ts';
import { stage } from './standin/stage.ts';
import type { StandInOptions } from './standin/state.ts';

const SETUP = {
  supervisorName: 'Ada Lovelace',
  organisation: 'Analytical Society',
  networkName: 'Trial',
  passphrase: 'correct horse battery staple',
};
const [TRAY, QUIT, CANCEL] = [0, 1, 2];

let folder: string;
let options: StandInOptions;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-life-'));
  options = { dataDirectory: join(folder, 'data'), locale: 'en-GB', isPackaged: true };
});
afterEach(async () => {
  await endPrograms();
  await rm(folder, { recursive: true, force: true });
});

async function keep(values: object): Promise<void> {
  await mkdir(options.dataDirectory, { recursive: true });
  await writeFile(join(options.dataDirectory, 'desktop.json'), JSON.stringify(values));
}
async function kept(): Promise<unknown> {
  return JSON.parse(await readFile(join(options.dataDirectory, 'desktop.json'), 'utf8'));
}
/** What starts the program with the session of a person. */
const entryPath = (): string => join(folder, 'config/autostart/countersign.desktop');
const kept1 = { version: 1, wishes: DESKTOP_BY_DEFAULT, window: null };

async function until<T>(look: () => Promise<T>, wanted: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await look();
    if (wanted(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function isUnlocked(program: Program): Promise<boolean | undefined> {
  const answer = await program.call('session.snapshot', {});
  return answer.ok ? snapshotSchema.parse(answer.output).key?.unlocked : undefined;
}

describe('closing the window', () => {
  it('asks what it should do; nothing happens where the person thinks better of it', async () => {
    const program = await Program.start(options);
    await stage(program, 'setup');
    await program.ask('closeWindow');
    const [box] = await program.calls('dialog.showMessageBox');
    expect(box?.args).toMatchObject([
      {
        buttons: ['Keep running in the tray', 'Quit', 'Cancel'],
        cancelId: CANCEL,
        checkboxLabel: expect.stringContaining('every time') as string,
      },
    ]);
    expect(await program.ask('answerBox', CANCEL, true)).toBe(true);
    await program.ask('closeWindow');
    await until(
      () => program.calls('dialog.showMessageBox'),
      (all) => all.length === 2,
    );
    await program.ask('answerBox', TRAY, false);
    await program.calls('window.hide');
    expect(await readdir(options.dataDirectory)).not.toContain('desktop.json');
    await program.ask('clickTray');
    expect((await program.calls('window.show')).length).toBeGreaterThan(1);
  });

  it('quits, and never asks again, where that is to be remembered', async () => {
    const program = await Program.start({ ...options, locale: 'zh-CN' });
    await stage(program, 'setup');
    await program.ask('closeWindow');
    await program.calls('dialog.showMessageBox');
    await program.ask('answerBox', QUIT, true);
    expect(await program.ended).toBe(0);
    expect(await kept()).toEqual({ ...kept1, wishes: { ...DESKTOP_BY_DEFAULT, closing: 'quit' } });
    const again = await Program.start(options);
    await stage(again, 'setup');
    await again.ask('closeWindow').catch(() => undefined);
    expect(await again.ended).toBe(0);
  });
});

describe('where the window is', () => {
  it('is remembered, and found again on a screen that is there', async () => {
    const first = await Program.start(options);
    await stage(first, 'setup');
    await first.ask('moveWindow', { x: 100, y: 50, width: 900, height: 600 });
    await until(
      () => readdir(options.dataDirectory),
      (names) => names.includes('desktop.json'),
    );
    expect(await first.quit()).toBe(0);
    expect(await kept()).toMatchObject({ window: { x: 100, y: 50, width: 900, height: 600 } });
    const second = await Program.start(options);
    const [window] = await second.calls('BrowserWindow');
    expect(window?.args).toMatchObject([{ x: 100, y: 50, width: 900, height: 600 }]);
    expect(await second.quit()).toBe(0);
    const displays = [{ x: 0, y: 0, width: 800, height: 560 }];
    const third = await Program.start({ ...options, displays });
    const [small] = await third.calls('BrowserWindow');
    expect(small?.args).toMatchObject([{ x: 0, y: 0, width: 800, height: 560 }]);
  });
});

describe('a settings file that cannot be used', () => {
  it('that is damaged is set aside and said, and the defaults count', async () => {
    await mkdir(options.dataDirectory, { recursive: true });
    await writeFile(join(options.dataDirectory, 'desktop.json'), '{"version":1,"wishes":');
    const program = await Program.start(options);
    const [box] = await program.calls('dialog.showMessageBox');
    expect(box?.args).toMatchObject([{ type: 'warning', title: 'Settings of the desktop program' }]);
    const aside = (await readdir(options.dataDirectory)).find((name) =>
      name.startsWith('desktop.json.damaged-'),
    );
    expect(await readFile(join(options.dataDirectory, aside ?? ''), 'utf8')).toBe('{"version":1,"wishes":');
    expect(await program.call('desktop.get', {})).toMatchObject({
      ok: true,
      output: { desktop: { wishes: DESKTOP_BY_DEFAULT, problem: { code: 'settings.damaged' } } },
    });
    expect(await program.call('desktop.set', { closing: 'tray' })).toEqual({ ok: true, output: {} });
    expect(await kept()).toMatchObject({ wishes: { closing: 'tray' } });
  });

  it('that is of a newer version is left alone, and nothing is written over it', async () => {
    await keep({ version: 2, future: true });
    const program = await Program.start(options);
    await program.calls('dialog.showMessageBox');
    expect(await program.call('desktop.set', { closing: 'tray' })).toMatchObject({
      ok: false,
      error: { code: 'storage.newerSchema', data: { found: 2, known: 1 } },
    });
    expect(await kept()).toEqual({ version: 2, future: true });
    expect(await program.quit()).toBe(0);
  });
});

describe('the menu', () => {
  it('has every screen and what every program has, and follows the language', async () => {
    const program = await Program.start(options);
    const english = await labels(program, 'Menu.buildFromTemplate');
    expect(english).toEqual(expect.arrayContaining(['Open Countersign']));
    const menus = (await program.calls('Menu.buildFromTemplate')).map(({ args }) => JSON.stringify(args));
    expect(menus.join('\n')).toContain('"role":"copy","label":"Copy"');
    expect(menus.join('\n')).toContain('"label":"Checkpoints","accelerator":"CmdOrCtrl+4"');
    expect(menus.join('\n')).not.toContain('toggleDevTools');
    expect(menus.join('\n')).not.toContain('Fault Panel');
    expect(await program.call('desktop.set', { language: 'zh-CN' })).toEqual({ ok: true, output: {} });
    const later = (await program.calls('Menu.buildFromTemplate')).map(({ args }) => JSON.stringify(args));
    expect(later.join('\n')).toContain('"role":"copy","label":"复制"');
    expect(await labels(program, 'tray.setContextMenu')).toContain('打开 Countersign');
  });

  it('leads to a page, says what this is, and shows the data folder', async () => {
    const program = await Program.start(options);
    await program.calls('window.show');
    await program.ask('clickMenu', 'application', 'Blocks');
    expect((await program.ask('deltas')).filter(({ channel }) => channel === IPC_GO)).toEqual([
      { channel: IPC_GO, args: ['/blocks'] },
    ]);
    await program.ask('clickMenu', 'application', 'About Countersign');
    const [box] = await program.calls('dialog.showMessageBox');
    expect(box?.args).toMatchObject([{ type: 'info', message: 'Countersign 1.2.3' }]);
    await program.ask('clickMenu', 'application', 'Show the Data Folder');
    const [opened] = await program.calls('shell.openPath');
    expect(opened?.args).toEqual([options.dataDirectory]);
  });
});

describe('a start by itself', () => {
  it('has a tray and no window, until somebody wants it', async () => {
    const program = await Program.start({ ...options, arguments: ['--hidden'] });
    await program.calls('Tray');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await program.ask('recorded')).map(({ call }) => call)).not.toContain('BrowserWindow');
    await program.ask('secondStart', [], folder);
    expect(await program.calls('window.show')).toHaveLength(1);
  });

  it('has no window either where macOS is what starts it', async () => {
    const program = await Program.start({ platform: 'darwin', ...options, wasOpenedAtLogin: true });
    await program.calls('Tray');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await program.ask('recorded')).map(({ call }) => call)).not.toContain('BrowserWindow');
  });

  it.runIf(process.platform === 'linux')('is set by an entry of the session, and taken back', async () => {
    const program = await Program.start(options);
    await stage(program, 'setup');
    expect(await program.call('desktop.set', { startAtLogin: true })).toEqual({ ok: true, output: {} });
    const text = await readFile(entryPath(), 'utf8');
    expect(text).toContain(`"COUNTERSIGN_DATA=${options.dataDirectory}"`);
    expect(text).toMatch(/^Exec=.*"--hidden"$/m);
    expect(await program.call('desktop.set', { startAtLogin: false })).toEqual({ ok: true, output: {} });
    await expect(readFile(entryPath())).rejects.toThrow('ENOENT');
  });

  it.runIf(process.platform === 'linux')(
    'is taken back where the settings that set it are lost',
    async () => {
      await mkdir(join(folder, 'config/autostart'), { recursive: true });
      await writeFile(entryPath(), 'of settings that were damaged');
      const program = await Program.start(options);
      await stage(program, 'setup');
      expect(await program.call('desktop.set', { startAtLogin: false })).toEqual({ ok: true, output: {} });
      await expect(readFile(entryPath())).rejects.toThrow('ENOENT');
    },
  );

  it.runIf(process.platform === 'linux')('is of the program that runs, also after an update', async () => {
    await keep({ ...kept1, wishes: { ...DESKTOP_BY_DEFAULT, startAtLogin: true } });
    await mkdir(join(folder, 'config/autostart'), { recursive: true });
    const started = `"env" "COUNTERSIGN_DATA=${options.dataDirectory}"`;
    const old = `${started} "/opt/countersign-1.2.2.AppImage"`;
    await writeFile(entryPath(), `[Desktop Entry]\nExec=${old}\nHidden=true\n`);
    const environment = {
      APPIMAGE: '/opt/countersign-1.2.3.AppImage',
      APPDIR: dirname(process.execPath),
    };
    const program = await Program.start({ ...options, environment });
    const exec = `${started} "${environment.APPIMAGE}" "--hidden"`;
    await expect
      .poll(async () => await readFile(entryPath(), 'utf8'))
      .toBe(`[Desktop Entry]\nExec=${exec}\nHidden=true\n`);
    expect(await program.quit()).toBe(0);
  });

  it.runIf(process.platform === 'linux')(
    'goes on where its entry cannot be renewed, and says so',
    async () => {
      await keep({ ...kept1, wishes: { ...DESKTOP_BY_DEFAULT, startAtLogin: true } });
      await mkdir(entryPath(), { recursive: true });
      const program = await Program.start(options);
      const [box] = await program.calls('dialog.showMessageBox');
      expect(box?.args).toMatchObject([
        { type: 'warning', message: expect.stringContaining(entryPath()) as string },
      ]);
      await stage(program, 'setup');
      expect(await program.quit()).toBe(0);
      expect(program.errors).toContain('"desktopFailed"');
    },
  );

  it('is not said to be set where it could not be', async () => {
    await writeFile(join(folder, 'config'), 'a file where the folder should be');
    const program = await Program.start(options);
    await stage(program, 'setup');
    expect(await program.call('desktop.set', { startAtLogin: true })).toMatchObject({ ok: false });
    expect(await program.call('desktop.get', {})).toMatchObject({
      output: { desktop: { wishes: { startAtLogin: false } } },
    });
    expect(await kept()).toMatchObject({ wishes: { startAtLogin: false } });
  });

  it.runIf(process.platform === 'linux')('is not set where that could not be kept', async () => {
    await keep({ version: 2, future: true });
    const program = await Program.start(options);
    await stage(program, 'setup');
    expect(await program.call('desktop.set', { startAtLogin: true })).toMatchObject({ ok: false });
    await expect(readFile(entryPath())).rejects.toThrow('ENOENT');
  });
});

describe('with a network', () => {
  // SECURITY.md 10: the key locks, and the replica goes on.
  it('SECURITY 10: locks the key when hidden, shows how it stands in the tray, and notifies once', async () => {
    const program = await Program.start(options);
    await stage(program, 'setup');
    expect(await program.call('setup.try', SETUP)).toEqual({ ok: true, output: {} });
    await stage(program, 'running');
    if ((await isUnlocked(program)) !== true) {
      expect(await unlock(program, SETUP.passphrase)).toMatchObject({ ok: true });
    }
    await until(
      () => labels(program, 'tray.setContextMenu'),
      (shown) => shown.includes('This replica is in step') && shown.includes('Lock the key now'),
    );
    const menus = (await program.calls('Menu.buildFromTemplate')).map(({ args }) => JSON.stringify(args));
    expect(menus.join('\n')).toContain('Fault Panel');

    // A change of view, as there may be on a busy machine, is another matter.
    await program.output('settings.setNotices', { notices: { ...NOTICES_BY_DEFAULT, viewChange: false } });
    await program.call('desktop.set', { closing: 'tray' });
    expect(await isUnlocked(program)).toBe(true);
    await program.ask('closeWindow');
    expect(await isUnlocked(program)).toBe(false);
    await until(
      () => labels(program, 'tray.setContextMenu'),
      (shown) => shown.includes('The key is locked'),
    );

    const { id } = await draftIn(program, 'Grades.csv', 'name,grade\nAda,1\n');
    await until(
      () => labels(program, 'tray.setContextMenu'),
      (shown) => shown.includes('1 draft waits for your review'),
    );
    const detail = await program.call('item.get', { id, firstRecord: 0, recordCount: 0 });
    const { contentHash } = (detail as { output: { item: { contentHash: string } } }).output.item;
    const asked = program.call('item.sign', {
      items: [{ id, shownHash: contentHash }],
      passphrase: null,
    });
    await opened(program);
    const { passphrase } = SETUP;
    expect(await callWindow(program, 'confirm', { ids: [id], passphrase, later: false })).toMatchObject({
      ok: true,
    });
    expect(await asked).toMatchObject({ ok: true, output: { results: [{ id, error: null }] } });
    const [notification] = await program.calls('Notification');
    expect(notification?.args).toEqual([{ title: 'Final', body: 'Grades' }]);
    await program.ask('clickNotification', 0);
    await until(
      () => program.ask('deltas'),
      (sent) => sent.some(({ channel, args }) => channel === IPC_GO && args[0] === `/inbox/${id}`),
    );
    expect(await program.calls('Notification')).toHaveLength(1);
    expect(await program.quit()).toBe(0);
    expect(program.errors).not.toContain('"fatal"');
  });
});
