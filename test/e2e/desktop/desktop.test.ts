/**
 * The built program in a window, line by line of the security checklist, on a strict stand-in for Electron: what it
 * asks of Electron, and what it refuses. Where the real Electron can run, it runs in that too.
 */
import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileFunction } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  IPC_DELTA,
  IPC_GO,
  IPC_OPENING,
  IPC_PREFIX,
  IPC_SEEN,
  IPC_WATCH,
  type PreloadApi,
} from '../../../src/shared/contract/bridge.ts';
import { INSTANCE_LOCK_LINK } from '../../../src/main/desktop/instanceLock.ts';
import { CHANNEL_NAMES } from '../../../src/shared/contract/channels.ts';
import { networkDirectory, replicaDirectory } from '../../../src/main/replica/embeddedLayout.ts';
import { deltaSchema, snapshotSchema } from '../../../src/shared/contract/model.ts';
import { unlock } from './confirming.ts';
import { findElectron, runSmoke } from './realElectron.ts';
import { Events } from './standin/strict.ts';
import { BUILT, Program, endPrograms } from './standin/program.ts';
import { stage } from './standin/stage.ts';
import type { StandInOptions } from './standin/state.ts';
import { WALLS } from './walls.ts';

const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
  "require-trusted-types-for 'script'";
const SETUP = {
  supervisorName: 'Ada Lovelace',
  organisation: 'Analytical Society',
  networkName: 'Trial',
  passphrase: 'correct horse battery staple',
};

let folder: string;
let options: StandInOptions;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-desktop-'));
  options = { dataDirectory: join(folder, 'data'), locale: 'en-GB', isPackaged: true };
});
afterEach(async () => {
  await endPrograms();
  await rm(folder, { recursive: true, force: true });
});

describe('before Electron is ready', () => {
  it('SECURITY 1: sandboxes all pages, names its scheme and closes Chromium off from every network', async () => {
    const program = await Program.start(options);
    const [sandbox] = await program.calls('app.enableSandbox');
    const [scheme] = await program.calls('protocol.registerSchemesAsPrivileged');
    const [network] = await program.calls('app.commandLine.appendSwitch');
    expect([sandbox, scheme, network].map((call) => call?.isReady)).toEqual([false, false, false]);
    expect(scheme?.args).toEqual([
      [{ scheme: 'countersign', privileges: { standard: true, secure: true, bypassCSP: false } }],
    ]);
    expect(network?.args).toEqual(['host-resolver-rules', 'MAP * ~NOTFOUND']);
    expect((await program.calls('app.setPath')).map(({ args }) => args)).toEqual([
      ['userData', options.dataDirectory],
      ['sessionData', join(options.dataDirectory, 'window')],
    ]);
  });

  it('says to Windows which program it is', async () => {
    const program = await Program.start({ ...options, platform: 'win32' });
    expect(await program.calls('app.setAppUserModelId')).toEqual([
      { call: 'app.setAppUserModelId', args: ['io.countersign.desktop'], isReady: false },
    ]);
  });

  it('SECURITY 13: a second one ends at once and leaves the data alone', async () => {
    const first = await Program.start(options);
    await stage(first, 'setup');
    const before = await readdir(options.dataDirectory);
    const second = await Program.start(options).catch((error: unknown) => error);
    expect(second).toMatchObject({ message: expect.stringMatching(/^ended with 0/) as string });
    expect(await readdir(options.dataDirectory)).toEqual(before);
    expect(await first.quit()).toBe(0);
  });

  it('one that is started again before its page can be loaded shows its window once it can', async () => {
    const program = await Program.start({ ...options, startedTwice: true, arguments: ['--hidden'] });
    await stage(program, 'setup');
    expect(await program.calls('window.show')).toHaveLength(1);
    expect(await program.quit()).toBe(0);
    expect(program.errors).not.toContain('"fatal"');
  });

  it('one that cannot mark that it runs says why: another computer has the mark', async () => {
    await mkdir(options.dataDirectory, { recursive: true });
    await symlink('another.example-4711', join(options.dataDirectory, INSTANCE_LOCK_LINK));
    const program = await Program.start(options);
    expect(await program.ended).toBe(1);
    expect(program.errors).toContain('box: Countersign cannot start');
    expect(program.errors).toContain('another.example');
    expect(program.errors).toContain(join(options.dataDirectory, INSTANCE_LOCK_LINK));
    expect((await readdir(options.dataDirectory)).sort()).toEqual([INSTANCE_LOCK_LINK, 'window']);
  });
});

describe('the window', () => {
  it('SECURITY 1: has every wall up, line by line', async () => {
    const program = await Program.start(options);
    const [window] = await program.calls('BrowserWindow');
    expect(window?.args).toEqual([
      {
        width: 1_024,
        height: 768,
        minWidth: 720,
        minHeight: 480,
        show: false,
        title: 'Countersign',
        webPreferences: {
          preload: join(BUILT, 'preload/console.cjs'),
          ...WALLS,
        },
      },
    ]);
    const [load] = await program.calls('window.loadURL');
    expect(load?.args).toEqual(['countersign://console/']);
    expect(await program.calls('window.show')).toHaveLength(1);
  });

  it('SECURITY 4: goes nowhere, opens nothing, takes no guest', async () => {
    const program = await Program.start(options);
    await program.calls('window.show');
    for (const event of ['will-navigate', 'will-frame-navigate', 'will-redirect', 'will-attach-webview']) {
      expect(await program.ask('refusal', event), event).toBe(true);
    }
    expect(await program.ask('open', 'https://example.com/')).toEqual({ action: 'deny' });
    expect(await program.ask('open', 'countersign://console/')).toEqual({ action: 'deny' });
    const [webRtc] = await program.calls('webContents.setWebRTCIPHandlingPolicy');
    expect(webRtc?.args).toEqual(['disable_non_proxied_udp']);
  });

  it('SECURITY 5: is given no permission, of any kind', async () => {
    const program = await Program.start(options);
    await program.calls('window.show');
    for (const permission of [
      'media',
      'geolocation',
      'clipboard-read',
      'openExternal',
      'usb',
      'local-fonts',
    ]) {
      expect(await program.ask('permission', permission), permission).toEqual({
        request: false,
        check: false,
        device: false,
      });
    }
    const [spelling] = await program.calls('session.setSpellCheckerEnabled');
    expect(spelling?.args).toEqual([false]);
  });

  it('SECURITY 4: reaches its own scheme and nothing else', async () => {
    const program = await Program.start(options);
    await program.calls('window.show');
    const cancelled = async (url: string): Promise<unknown> => await program.ask('beforeRequest', url);
    for (const url of [
      'http://127.0.0.1:8080/',
      'https://example.com/',
      'ws://127.0.0.1:9000/',
      'wss://example.com/',
      'file:///etc/passwd',
      'ftp://example.com/',
      'filesystem:countersign://console/temporary/a',
      'countersign://elsewhere/',
      'countersign://console.example.com/',
      'countersign://console:80/',
      'countersign://console@example.com/',
      'blob:https://example.com/0',
      'devtools://devtools/bundled/inspector.html',
      'chrome-extension://abc/a.js',
    ]) {
      expect(await cancelled(url), url).toEqual({ cancel: true });
    }
    for (const url of [
      'countersign://console/',
      'countersign://console/a.js?b#c',
      'data:image/png;base64,AA',
    ]) {
      expect(await cancelled(url), url).toEqual({ cancel: false });
    }
    expect(await program.ask('download', 'https://example.com/a.exe')).toBe(true);
    expect(await program.ask('download', 'blob:countersign://console/0')).toBe(false);
  });

  it('SECURITY 13: comes back when the process of its page dies', async () => {
    const program = await Program.start(options);
    await program.calls('window.show');
    await program.ask('contentsEvent', 'render-process-gone', { reason: 'crashed', exitCode: 1 });
    expect(await program.calls('webContents.reload')).toHaveLength(1);
  });

  it('comes to the front when the program is started again', async () => {
    const program = await Program.start(options);
    await program.calls('window.show');
    await program.ask('secondStart', [], tmpdir());
    expect(await program.calls('window.focus')).toHaveLength(1);
  });
});

describe('SECURITY 2: the scheme', () => {
  it('SECURITY 3: serves the built page and its parts, each under the content security policy', async () => {
    const program = await Program.start(options);
    await program.calls('window.show');
    const assets = await readdir(join(BUILT, 'renderer/assets'));
    const script = assets.find((name) => /^index-.*\.js$/.test(name)) ?? 'index.js';
    for (const [path, type] of [
      ['/', 'text/html; charset=utf-8'],
      ['/blocks/3', 'text/html; charset=utf-8'],
      [`/assets/${script}`, 'text/javascript; charset=utf-8'],
    ] as const) {
      const answer = await program.ask('fetch', `countersign://console${path}`, 'GET');
      expect(answer, path).toMatchObject({
        status: 200,
        headers: {
          'content-security-policy': CSP,
          'x-content-type-options': 'nosniff',
          'content-type': type,
        },
      });
    }
    const page = await program.ask('fetch', 'countersign://console/', 'GET');
    expect(page?.body).toBe(await readFile(join(BUILT, 'renderer/index.html'), 'utf8'));
    const head = await program.ask('fetch', 'countersign://console/', 'HEAD');
    expect(head).toMatchObject({ status: 200, body: '' });
  });

  it.each([
    ['countersign://console/..%2fmain/index.js', 400],
    ['countersign://console/%2e%2e%2fmain%2findex.js', 400],
    ['countersign://console/assets/..%2f..%2f..%2fpackage.json', 400],
    ['countersign://console/..%5cmain%5cindex.js', 400],
    ['countersign://console//etc/passwd', 400],
    ['countersign://console/%2fetc%2fpasswd', 400],
    ['countersign://console/c:%5cwindows%5cwin.ini', 400],
    ['countersign://console/%00index.html', 400],
    ['countersign://console/%zz', 400],
    ['countersign://console/.env', 400],
    ['countersign://console/%252e%252e%252fmain%252findex.js', 404],
    ['countersign://console/../main/index.js', 404],
    ['countersign://console/%2e%2e/main/index.js', 404],
    ['countersign://console/missing.js', 404],
    ['countersign://elsewhere/', 404],
    ['countersign://console.example/', 404],
    ['countersign://console:80/', 404],
  ])('%s gets %i, and no content', async (url, status) => {
    const program = await Program.start(options);
    await program.calls('window.show');
    const answer = await program.ask('fetch', url, 'GET');
    expect(answer).toMatchObject({ status, body: '', headers: { 'content-security-policy': CSP } });
  });

  it('is for reading', async () => {
    const program = await Program.start(options);
    await program.calls('window.show');
    for (const method of ['POST', 'PUT', 'DELETE']) {
      expect(await program.ask('fetch', 'countersign://console/', method)).toMatchObject({ status: 405 });
    }
  });
});

describe('SECURITY 6: the contract over IPC', () => {
  it('has exactly its channels', async () => {
    const program = await Program.start(options);
    await program.calls('window.show');
    const expected = CHANNEL_NAMES.map((name) => `${IPC_PREFIX}${name}`);
    expect((await program.ask('handlers')).toSorted()).toEqual(expected.toSorted());
  });

  it('answers the main frame of its window, at its origin, and nobody else', async () => {
    const program = await Program.start(options);
    await program.calls('window.show');
    const refused = { ok: false, error: { code: 'console.badToken', data: {} } };
    for (const caller of ['frame', 'elsewhere', 'gone', 'otherWindow'] as const) {
      expect(await program.call('session.snapshot', {}, caller), caller).toEqual(refused);
    }
    expect(await program.call('session.snapshot', {})).toMatchObject({ ok: true });
  });

  it('answers with a snapshot in its schema: nothing is set up yet', async () => {
    const program = await Program.start(options);
    await stage(program, 'setup');
    const answer = await program.call('session.snapshot', {});
    expect(answer.ok && snapshotSchema.parse(answer.output)).toMatchObject({
      stage: { name: 'setup' },
      version: '1.2.3',
      dataDirectory: options.dataDirectory,
      network: null,
      items: [],
    });
    expect(await program.quit()).toBe(0);
    expect(await readdir(options.dataDirectory)).toEqual(['window']);
  });
});

describe('its life', () => {
  it('runs a network in utility processes, tells of it, and stops all of it when it quits', async () => {
    const program = await Program.start(options);
    await stage(program, 'setup');
    expect(await program.call('setup.try', SETUP)).toEqual({ ok: true, output: {} });
    await stage(program, 'running');
    const forks = await program.calls('utilityProcess.fork');
    expect(forks).toHaveLength(3);
    expect(forks[0]?.args).toMatchObject([
      join(BUILT, 'main/headless.js'),
      ['replica', '--data', expect.any(String), '--passphrase-file', expect.any(String)],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    ]);
    const deltas = await program.ask('deltas');
    expect(new Set(deltas.map(({ channel }) => channel))).toEqual(new Set([IPC_DELTA]));
    for (const { args } of deltas) deltaSchema.parse(args[0]);

    // Nobody sees the window: figures change twice a second, and it is told of none of them.
    expect(await program.ask('say', IPC_WATCH, false, 'page')).toBe(true);
    const told = (await program.ask('deltas')).length;
    await program.ask('say', IPC_WATCH, true, 'frame');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await program.ask('deltas')).toHaveLength(told);
    await program.ask('say', IPC_WATCH, true, 'page');
    while ((await program.ask('deltas')).length === told)
      await new Promise((resolve) => setTimeout(resolve, 50));

    expect(await key(program)).toMatchObject({ unlocked: true });
    await program.ask('lockScreen', true);
    expect(await key(program)).toMatchObject({ unlocked: false });

    const pids = await program.ask('pids');
    expect(pids.filter(isAlive)).toHaveLength(3);
    expect(await program.quit()).toBe(0);
    expect(pids.filter(isAlive)).toEqual([]);
    const left = await readdir(options.dataDirectory, { recursive: true });
    expect(left.filter((path) => path.endsWith('lock'))).toEqual([]);
    expect(program.errors).not.toContain('"fatal"');
  });

  it('quits also where a replica does not answer: it is ended by force', async () => {
    const program = await Program.start(options);
    await stage(program, 'setup');
    await program.call('setup.try', SETUP);
    const pids = await program.ask('pids');
    process.kill(pids[0]!, 'SIGSTOP');
    expect(await program.quit()).toBe(0);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('SECURITY 13: goes on where V8 gives up in the process of a replica, and starts another', async () => {
    const program = await Program.start(options);
    await stage(program, 'setup');
    await program.call('setup.try', SETUP);
    const [pid] = await program.ask('pids');
    await program.ask('failReplica', pid!);
    const alive = async (): Promise<number[]> => (await program.ask('pids')).filter(isAlive);
    await expect.poll(alive, { timeout: 30_000 }).not.toContain(pid);
    await expect.poll(alive, { timeout: 30_000 }).toHaveLength(3);
    await stage(program, 'running');
    expect(await program.quit()).toBe(0);
    expect(program.errors).not.toContain('"fatal"');
  });

  it('says why where a replica cannot start, in the words of its child', async () => {
    const first = await Program.start(options);
    await stage(first, 'setup');
    await first.call('setup.try', SETUP);
    expect(await first.quit()).toBe(0);
    const network = networkDirectory(options.dataDirectory);
    await rm(join(replicaDirectory(network, 2), 'replica.pem'));
    const second = await Program.start(options);
    await stage(second, 'failed');
    const answer = await second.call('session.snapshot', {});
    expect(answer.ok && snapshotSchema.parse(answer.output).stage).toMatchObject({
      name: 'failed',
      error: { code: 'file.notFound' },
    });
    expect(await second.quit()).toBe(0);
  });

  it('says in a box of the system, in its language, that its page was never built', async () => {
    const built = join(folder, 'out');
    await cp(join(BUILT, 'main'), join(built, 'main'), { recursive: true });
    await symlink(join(BUILT, '../node_modules'), join(folder, 'node_modules'));
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    const program = await Program.start({ ...options, locale: 'zh-CN' }, built);
    expect(await program.ended).toBe(1);
    expect(program.errors).toContain('box: Countersign 无法启动');
    expect(program.errors).toContain(join(built, 'renderer/index.html'));
  });

  it('says in a box of the system that it cannot keep its data', async () => {
    await writeFile(options.dataDirectory, 'a file where the directory should be');
    const program = await Program.start(options);
    expect(await program.ended).toBe(1);
    expect(program.errors).toContain('box: Countersign cannot start');
    expect(program.errors).toContain(options.dataDirectory);
  });
});

describe('SECURITY 9: the keychain of the system', () => {
  const gnome = { backend: 'gnome_libsecret', secret: 'of this session' } as const;

  async function vault(program: Program): Promise<unknown> {
    const answer = await program.call('key.list', {});
    return answer.ok ? answer.output : answer.error;
  }

  it.each(['basic_text', 'unknown'] as const)('is not used where it is %s', async (backend) => {
    const program = await Program.start({ ...options, keychain: { backend, secret: 'none' } });
    await stage(program, 'setup');
    expect(await vault(program)).toMatchObject({ keychain: { available: null, used: null } });
    expect((await program.ask('recorded')).map(({ call }) => call)).not.toContain(
      'safeStorage.encryptStringAsync',
    );
  });

  it.runIf(process.platform === 'linux')(
    'wraps the vault when it is told to; another one opens nothing and overwrites nothing; a backup does',
    async () => {
      const first = await Program.start({ ...options, keychain: gnome });
      await stage(first, 'setup');
      expect(await first.call('setup.try', SETUP)).toEqual({ ok: true, output: {} });
      await stage(first, 'running');
      const { passphrase } = SETUP;
      const backup = await first.call('key.backup', { passphrase, backupPassphrase: passphrase });
      const { data } = (backup as { output: { data: string } }).output;
      expect(await first.call('key.keychain', { passphrase, use: true })).toMatchObject({ ok: true });
      expect(await vault(first)).toMatchObject({
        keychain: { available: 'gnome_libsecret', used: 'gnome_libsecret' },
      });
      expect(await unlock(first, passphrase)).toMatchObject({ ok: true });
      expect(await first.quit()).toBe(0);

      const path = join(options.dataDirectory, 'keys.vault');
      const bound = await readFile(path);
      const second = await Program.start({ ...options, keychain: { ...gnome, backend: 'kwallet6' } });
      await stage(second, 'running');
      const changed = {
        ok: false,
        error: { code: 'vault.keychainChanged', data: { made: 'gnome_libsecret' } },
      };
      expect(await unlock(second, passphrase)).toMatchObject(changed);
      expect(await second.call('key.keychain', { passphrase, use: true })).toMatchObject(changed);
      expect(
        await second.call('key.changePassphrase', { current: passphrase, next: 'something else' }),
      ).toMatchObject(changed);
      expect(await readFile(path)).toEqual(bound);
      expect(await second.call('key.restore', { data, passphrase })).toMatchObject({ ok: true });
      expect(await unlock(second, passphrase)).toMatchObject({ ok: true });
      expect(
        (await readdir(options.dataDirectory)).filter((name) => name.startsWith('keys.vault.before-')),
      ).toHaveLength(1);
      expect(await second.quit()).toBe(0);
      expect(first.errors + second.errors).not.toContain(passphrase);
    },
  );
});

describe('the built preload', () => {
  it('needs electron alone and gives the page four functions', async () => {
    const code = await readFile(join(BUILT, 'preload/console.cjs'), 'utf8');
    const required: string[] = [];
    const exposed: [string, PreloadApi][] = [];
    const invoked: unknown[] = [];
    const said: unknown[] = [];
    const told = new Events();
    const electron = {
      contextBridge: { exposeInMainWorld: (name: string, api: PreloadApi) => exposed.push([name, api]) },
      ipcRenderer: {
        invoke: async (...args: unknown[]) => {
          invoked.push(args);
          return await Promise.resolve('answer');
        },
        on: told.on,
        off: (channel: string) => told.removeAllListeners(channel),
        send: (...args: unknown[]) => said.push(args),
      },
    };
    const load = (name: string): unknown => {
      required.push(name);
      return electron;
    };
    const preload = compileFunction(code, ['require', 'module', 'exports']) as (...args: unknown[]) => void;
    preload(load, { exports: {} }, {});
    expect(required).toEqual(['electron']);
    const [[name, api] = ['', null]] = exposed;
    expect([exposed.length, name, Object.keys(api ?? {})]).toEqual([
      1,
      'countersign',
      ['call', 'onDelta', 'watch', 'onGo', 'onOpening'],
    ]);
    expect(await api?.call('session.snapshot', {})).toBe('answer');
    expect(await api?.call('app.quit', {})).toMatchObject({ error: { code: 'console.unknownChannel' } });
    expect(invoked).toEqual([['console:session.snapshot', {}]]);

    const deltas: unknown[] = [];
    const end = api?.onDelta((delta) => deltas.push(delta));
    told.emit(IPC_DELTA, {}, { sequence: 7, changes: [] });
    end?.();
    told.emit(IPC_DELTA, {}, { sequence: 8, changes: [] });
    expect(deltas).toEqual([{ sequence: 7, changes: [] }]);
    const gone: unknown[] = [];
    const endGo = api?.onGo((path) => gone.push(path));
    told.emit(IPC_GO, {}, '/inbox');
    endGo?.();
    told.emit(IPC_GO, {}, '/blocks');
    expect(gone).toEqual(['/inbox']);
    let opened = 0;
    const endOpening = api?.onOpening(() => (opened += 1));
    told.emit(IPC_OPENING, {}, null);
    endOpening?.();
    told.emit(IPC_OPENING, {}, null);
    expect(opened).toBe(1);
    api?.watch(false);
    expect(said).toEqual([
      [IPC_SEEN, 7],
      [IPC_WATCH, false],
    ]);
  });
});

const electron = await findElectron();
if ('path' in electron) {
  it('shows the setup in the real Electron, and quits', async () => await runSmoke(electron.path));
} else {
  console.warn(`\n!!! NOT RUN: the smoke test in the real Electron. ${electron.reason}.\n`);
}

async function key(program: Program): Promise<unknown> {
  const answer = await program.call('session.snapshot', {});
  return answer.ok ? snapshotSchema.parse(answer.output).key : null;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
