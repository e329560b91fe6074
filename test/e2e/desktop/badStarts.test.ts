/**
 * Bad starts of the built program, on the stand-in: what it needs of the machine is missing, full, locked, damaged or of
 * a newer version. It starts, or refuses with a reason and a way out, and damages nothing.
 */
import { cp, mkdtemp, readFile, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { networkDirectory, replicaDirectory } from '../../../src/main/replica/embeddedLayout.ts';
import { NOTICES_BY_DEFAULT } from '../../../src/shared/contract/settings.ts';
import { ServedConsole } from '../support/serve.ts';
import { draftIn, unlock } from './confirming.ts';
import { BUILT, Program, endPrograms } from './standin/program.ts';
import { stage } from './standin/stage.ts';
import type { StandInOptions } from './standin/state.ts';
import { PASSPHRASE, failure, isAlive, makeNetwork, optionsOf, sign, signed, stageOf } from './starting.ts';

const passphrase = PASSPHRASE;
const GNOME = { backend: 'gnome_libsecret', secret: 'of this session' } as const;
/** The replica in the program's own process. */
const OWN = 3;

/** A data directory with a network in it, that every test has a copy of. */
let made: string;
let folder: string;
let options: StandInOptions;

beforeAll(async () => {
  made = await mkdtemp(join(tmpdir(), 'countersign-made-'));
  await makeNetwork(made);
});
afterAll(async () => await rm(made, { recursive: true, force: true }));
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-starts-'));
  options = optionsOf(join(folder, 'data'));
});
afterEach(async () => {
  await endPrograms();
  await rm(folder, { recursive: true, force: true });
});

async function copyMade(to = options.dataDirectory): Promise<void> {
  await cp(made, to, { recursive: true });
}
describe('no display', () => {
  it.runIf(process.platform === 'linux').each([
    ['en_GB.UTF-8', 'Countersign cannot start', 'countersign serve'],
    ['zh_CN.UTF-8', 'Countersign 无法启动', 'countersign serve'],
  ])('ends at once, says so on the terminal (%s), and leaves no trace', async (...row) => {
    const [LANG, title, wayOut] = row;
    const environment = { DISPLAY: '', WAYLAND_DISPLAY: '', XDG_SESSION_TYPE: 'tty', LC_ALL: '', LANG };
    const started = await Program.start({ ...options, environment }).catch(String);
    expect(started).toMatch(/ended with 1/);
    expect(started).toContain(title);
    expect(started).toContain(wayOut);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('no keychain', () => {
  it.each([
    ['basic_text', { backend: 'basic_text', secret: 'none' }],
    ['unknown', { backend: 'unknown', secret: 'none' }],
    ['there, but not available', { ...GNOME, isAvailable: false }],
  ] as const)('SECURITY 9: %s: the passphrase alone opens the vault', async (_name, keychain) => {
    await copyMade();
    const path = join(options.dataDirectory, 'keys.vault');
    const before = await readFile(path);
    const program = await Program.start({ ...options, keychain });
    await stage(program, 'running');
    expect(await unlock(program, passphrase)).toMatchObject({ ok: true });
    expect(await program.call('key.keychain', { passphrase, use: true })).toMatchObject({
      ok: false,
      error: { code: 'vault.noKeychain' },
    });
    expect(await readFile(path)).toEqual(before);
    expect(await program.quit()).toBe(0);
  });
});

describe('a keychain that changes between starts', () => {
  it('SECURITY 9: opens, and never overwrites, what it wrapped before; a backup is the way out', async () => {
    await copyMade();
    const path = join(options.dataDirectory, 'keys.vault');
    const first = await Program.start({ ...options, keychain: GNOME });
    await stage(first, 'running');
    const backup = await first.output('key.backup', { passphrase, backupPassphrase: passphrase });
    expect(await first.call('key.keychain', { passphrase, use: true })).toMatchObject({ ok: true });
    expect(await first.quit()).toBe(0);
    const bound = await readFile(path);

    for (const [keychain, code] of [
      [{ backend: 'basic_text', secret: 'none' }, 'vault.keychainMissing'],
      [{ ...GNOME, isAvailable: false }, 'vault.keychainMissing'],
      [{ ...GNOME, secret: 'of another session' }, 'vault.keychainFailed'],
    ] as const) {
      const program = await Program.start({ ...options, keychain });
      await stage(program, 'running');
      const refused = { ok: false, error: { code } };
      expect(await unlock(program, passphrase)).toMatchObject(refused);
      expect(await program.call('key.keychain', { passphrase, use: false })).toMatchObject(refused);
      expect(await readFile(path)).toEqual(bound);
      if (code === 'vault.keychainFailed') {
        // Its name is the same, and what it wrapped is lost.
        const { data } = backup;
        expect(await program.call('key.restore', { data, passphrase })).toMatchObject({ ok: true });
        expect(await unlock(program, passphrase)).toMatchObject({ ok: true });
      }
      expect(await program.quit()).toBe(0);
    }
    const kept = (await readdir(options.dataDirectory)).find((name) => name.startsWith('keys.vault.before-'));
    expect(await readFile(join(options.dataDirectory, kept ?? ''))).toEqual(bound);
  });

  it('SECURITY 9: does not matter where it wraps nothing', async () => {
    await copyMade();
    const path = join(options.dataDirectory, 'keys.vault');
    const before = await readFile(path);
    const program = await Program.start({ ...options, keychain: { ...GNOME, backend: 'kwallet6' } });
    await stage(program, 'running');
    expect(await unlock(program, passphrase)).toMatchObject({ ok: true });
    expect(await readFile(path)).toEqual(before);
  });
});

describe('a data directory that cannot be', () => {
  it.each([
    ['en-GB', 'Countersign cannot start', 'cannot be written'],
    ['zh-CN', 'Countersign 无法启动', '无法写入'],
  ])('is refused in a box of the system (%s): below a file, and where none can be made', async (...row) => {
    const [locale, title, words] = row;
    const file = join(folder, 'file');
    await writeFile(file, 'as it was');
    const places = [join(file, 'data'), ...(process.platform === 'linux' ? ['/proc/countersign'] : [])];
    for (const dataDirectory of places) {
      const program = await Program.start({ ...options, locale, dataDirectory });
      expect(await program.ended).toBe(1);
      const [, box = ''] = program.errors.split(`box: ${title}\n`);
      expect(box).toContain(dataDirectory);
      expect(box).toContain(words);
    }
    expect(await readFile(file, 'utf8')).toBe('as it was');
  });

  it('is said to have been moved away while the program runs; put back, all is there', async () => {
    await copyMade();
    const { dataDirectory } = options;
    const program = await Program.start(options);
    await stage(program, 'running');
    const { id } = await draftIn(program, 'Grades.csv', 'name,grade\nAda,1\n');
    await rename(dataDirectory, `${dataDirectory}.away`);
    expect(await failure(program, dataDirectory)).toEqual({
      code: 'storage.gone',
      data: { path: dataDirectory },
    });
    expect(await program.call('item.remove', { id })).toMatchObject({ error: { code: 'storage.gone' } });
    expect(await program.quit()).toBe(0);
    expect(await readdir(folder)).not.toContain('data');

    await rename(`${dataDirectory}.away`, dataDirectory);
    const again = await Program.start(options);
    await stage(again, 'running');
    expect(await sign(again, id)).toEqual(signed(id));
    expect(await again.quit()).toBe(0);
  });
});

describe('settings of the console', () => {
  it.each([
    ['damaged', '{"version":1,"autoLo'],
    ['with fields that nobody knows', '{"version":1,"autoLockMs":60000,"colour":"red"}'],
  ])('that are %s are set aside, told, and the defaults count', async (_name, text) => {
    await copyMade();
    await writeFile(join(options.dataDirectory, 'settings.json'), text);
    const program = await Program.start(options);
    await stage(program, 'running');
    const settings = await program.output('settings.get', {});
    expect(settings).toMatchObject({
      notices: NOTICES_BY_DEFAULT,
      problem: { code: 'settings.damaged', data: { path: join(options.dataDirectory, 'settings.json') } },
    });
    const aside = (await readdir(options.dataDirectory)).find((name) =>
      name.startsWith('settings.json.damaged-'),
    );
    expect(await readFile(join(options.dataDirectory, aside ?? ''), 'utf8')).toBe(text);
  });

  it('of a newer version are left alone, told, and nothing is written over them', async () => {
    await copyMade();
    const path = join(options.dataDirectory, 'settings.json');
    await writeFile(path, '{"version":7,"future":true}');
    const program = await Program.start(options);
    await stage(program, 'running');
    const newer = { code: 'storage.newerSchema', data: { path, found: 7, known: 1 } };
    expect(await program.output('settings.get', {})).toMatchObject({ problem: newer });
    expect(await program.call('key.autoLock', { autoLockMs: 60_000 })).toMatchObject({ error: newer });
    expect(await readFile(path, 'utf8')).toBe('{"version":7,"future":true}');
  });
});

describe('a schema of a newer version', () => {
  const NEWER = 99;
  function raise(path: string): void {
    const database = new DatabaseSync(path);
    database.exec(`PRAGMA user_version = ${String(NEWER)}`);
    database.close();
  }
  const inNetwork = (index: number): string =>
    join(replicaDirectory(networkDirectory(options.dataDirectory), index), 'ledger.sqlite');

  it.each([
    ['the ledger', () => inNetwork(OWN)],
    ['the ledger of a replica in a process of its own', () => inNetwork(0)],
    ['the inbox', () => join(options.dataDirectory, 'client.sqlite')],
  ])('%s: refused, by file and version, and left as it was', async (_name, pathOf) => {
    await copyMade();
    const path = pathOf();
    raise(path);
    const before = await readFile(path);
    const program = await Program.start(options);
    expect(await failure(program, path, String(NEWER))).toMatchObject({
      code: 'storage.newerSchema',
      data: { path, found: NEWER },
    });
    expect(await program.quit()).toBe(0);
    expect(await readFile(path)).toEqual(before);
    expect(program.errors).not.toContain('"fatal"');
  });

  it('the vault: the replica runs, its keys are refused by file and version, and the file is left as it was', async () => {
    await copyMade();
    const path = join(options.dataDirectory, 'keys.vault');
    const newer = await readFile(path);
    newer.writeUInt16BE(NEWER, 'CSVAULT0'.length);
    await writeFile(path, newer);
    const program = await Program.start(options);
    await stage(program, 'running');
    const error = { code: 'storage.newerSchema', data: { path, found: NEWER, known: 1 } };
    expect(await program.output('key.list', {})).toMatchObject({ state: 'unusable', error });
    expect(await program.call('key.unlock', { passphrase: null })).toMatchObject({ error });
    expect(await program.quit()).toBe(0);
    expect(await readFile(path)).toEqual(newer);
  });

  it('the state of a setup: refused, by file and version, and left as it was', async () => {
    const { dataDirectory } = options;
    const path = join(dataDirectory, 'setup.json');
    const first = await Program.start(options);
    await stage(first, 'setup');
    await first.quit();
    await writeFile(path, '{"version":99,"future":true}');
    const program = await Program.start(options);
    expect(await failure(program, path, String(NEWER))).toMatchObject({ code: 'storage.newerSchema' });
    expect(await readFile(path, 'utf8')).toBe('{"version":99,"future":true}');
  });

  it('the search index, which is made of the ledger: made again, and everything else goes on', async () => {
    await copyMade();
    const path = join(options.dataDirectory, 'search.sqlite');
    raise(path);
    const program = await Program.start(options);
    await stage(program, 'running');
    const { id } = await draftIn(program, 'Grades.csv', 'name,grade\nAda,1\n');
    expect(await sign(program, id)).toEqual(signed(id));
    const range = { fromMs: null, toMs: null, fromHeight: null, toHeight: null };
    const query = { text: 'Grades', supervisor: null, kinds: [], ...range, before: null, limit: 1 };
    const found = async (): Promise<number> => {
      const answer = await program.call('search.query', query);
      return answer.ok ? (answer.output as { requests: unknown[] }).requests.length : 0;
    };
    await expect.poll(found, { timeout: 30_000 }).toBe(1);
    expect(await program.quit()).toBe(0);
  });
});

describe('a data directory that another program has', () => {
  it('SECURITY 13: is waited for, then refused, by the holder; works when that has ended', async () => {
    const served = await ServedConsole.start(copyMade);
    const program = await Program.start(optionsOf(served.directory));
    const isTold = async (): Promise<unknown> => {
      const found = await stageOf(program);
      return found.name === 'starting' ? found.heldBy?.pid : found.name;
    };
    await expect.poll(isTold, { timeout: 20_000 }).toEqual(expect.any(Number));
    const error = (await failure(program, served.directory)) as { code: string; data: { pid: number } };
    expect(error).toMatchObject({ code: 'storage.locked', data: { path: served.directory } });
    expect(isAlive(error.data.pid)).toBe(true);
    expect(await program.quit()).toBe(0);
    expect(await served.stop()).toBe(0);

    const again = await Program.start(optionsOf(served.directory));
    await stage(again, 'running');
    expect(await again.quit()).toBe(0);
    await served.remove();
  });
});

describe('a helper that dies as soon as it is started', () => {
  it('SECURITY 13: replicas of their own: started again after longer and longer pauses, then told', async () => {
    await copyMade();
    const program = await Program.start({ ...options, replicasDie: true });
    expect(await failure(program, options.dataDirectory)).toMatchObject({ code: 'replica.ended' });
    const STARTS = 6;
    expect((await program.calls('utilityProcess.fork')).length).toBe(3 * STARTS);
    expect(await program.quit()).toBe(0);
    const again = await Program.start(options);
    await stage(again, 'running');
    expect(await again.quit()).toBe(0);
  });

  it('SECURITY 13: the worker of a store: started again, then told; nothing is lost', async () => {
    await copyMade();
    const out = join(folder, 'built/out');
    await cp(BUILT, out, { recursive: true });
    await symlink(join(BUILT, '../node_modules'), join(folder, 'built/node_modules'));
    await cp(join(BUILT, '../package.json'), join(folder, 'built/package.json'));
    const worker = (await readdir(join(out, 'main'), { recursive: true })).find((name) =>
      /store\.worker.*\.js$/.test(name),
    );
    await writeFile(join(out, 'main', worker ?? ''), 'process.exit(9);');
    const program = await Program.start(options, `${out}/`);
    expect(await failure(program, 'ledger.sqlite')).toMatchObject({ code: 'storage.failed' });
    expect(program.errors.match(/"phase":"again"/g)).not.toBe(null);
    expect(await program.quit()).toBe(0);
    const again = await Program.start(options);
    await stage(again, 'running');
    expect(await again.quit()).toBe(0);
  });

  it.each([
    ['en-GB', 'The window cannot be shown'],
    ['zh-CN', '无法显示窗口'],
  ])('SECURITY 13: the page’s process: loaded again, and at the fifth death told (%s)', async (...row) => {
    const [locale, title] = row;
    const program = await Program.start({ ...options, locale });
    await program.calls('window.show');
    const DEATHS = 5;
    for (let death = 1; death <= DEATHS; death++) {
      await program.ask('contentsEvent', 'render-process-gone', { reason: 'oom', exitCode: 1 });
      if (death === 1) await program.calls('webContents.reload');
    }
    const [box] = await program.calls('dialog.showMessageBox');
    expect(box?.args).toMatchObject([{ title, message: expect.stringContaining('oom') as string }]);
    expect(await program.quit()).toBe(0);
  });
});
