/**
 * The life of `countersign demo`: how it ends, what it leaves behind, and what keeps it from starting. Whatever
 * happens, no process is left running and everything final is there at the next start.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { genesisPath } from '../../src/main/replica/embeddedLayout.ts';
import { OWN_REPLICA } from '../../src/main/replica/embeddedNetwork.ts';
import { readGenesis } from '../../src/main/replica/node.ts';
import { LOCK_FILE } from '../../src/main/storage/index.ts';
import { Demo, done, fails, lastLine, processesWith, run, untilGone } from './support/commandLine.ts';

const command = promisify(execFile);

let home: string;
let demos: Demo[];

const at = (name: string): string => join(home, name);

async function start(directory = at('data')): Promise<Demo> {
  const demo = await Demo.start(directory);
  demos.push(demo);
  return demo;
}

/** Signs and submits one table; its request's id. */
async function submitted(demo: Demo, text = 'subject,grade\nsample,good\n'): Promise<string> {
  await writeFile(at('table.csv'), text);
  const args = ['sign', at('table.csv'), ...demo.signing, '--out-dir', home];
  const { requests } = (await done(args)) as { requests: [{ id: string; file: string }] };
  await done(['submit', requests[0].file, ...demo.network]);
  return requests[0].id;
}

/** The stable height, once all replicas agree on it. */
async function heightOf(demo: Demo): Promise<number> {
  for (;;) {
    const { replicas } = (await done(['status', ...demo.network])) as {
      replicas: { reachable: boolean; stableHeight: number }[];
    };
    const heights = new Set(replicas.map(({ reachable, stableHeight }) => (reachable ? stableHeight : -1)));
    const [height] = heights;
    if (heights.size === 1 && height !== undefined && height >= 0) return height;
  }
}

async function locksIn(directory: string): Promise<string[]> {
  const names = await readdir(directory, { recursive: true });
  return names.filter((name) => (name.split('/').at(-1) ?? '').startsWith(LOCK_FILE));
}

/** The network starts again, with the receipt of a request, at the height where it was. */
async function goesOn(directory: string, requestId: string, height: number): Promise<void> {
  const demo = await start(directory);
  expect(await heightOf(demo)).toBe(height);
  await done(['export', requestId, ...demo.network, '-o', at('again.json')]);
  expect(await done(['verify', at('again.json'), ...demo.network])).toMatchObject({ valid: true, requestId });
  await submitted(demo, 'subject,grade\nanother,good\n');
  expect(await heightOf(demo)).toBeGreaterThan(height);
  expect(await demo.end('SIGTERM')).toBe(0);
}

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'countersign-life-'));
  demos = [];
});

afterEach(async () => {
  await Promise.all(demos.map(async (demo) => await demo.end('SIGKILL')));
  await untilGone(home);
  await rm(home, { recursive: true, force: true });
});

describe('told to stop', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('by %s: all end, no lock stays, it goes on', async (signal) => {
    const demo = await start();
    const id = await submitted(demo);
    const height = await heightOf(demo);
    expect((await processesWith(demo.directory)).length).toBe(4);
    expect(await demo.end(signal)).toBe(0);
    expect(await processesWith(demo.directory)).toEqual([]);
    expect(await locksIn(demo.directory)).toEqual([]);
    await goesOn(demo.directory, id, height);
  });

  it('with SIGKILL: its replicas end by themselves, and it goes on', async () => {
    const demo = await start();
    const id = await submitted(demo);
    const height = await heightOf(demo);
    await demo.end('SIGKILL');
    await untilGone(demo.directory);
    await goesOn(demo.directory, id, height);
  });

  it('once the sample is final, with its receipt, where it was asked to', async () => {
    const outcome = await run(['demo', '--once', '--data', at('once'), '--json']);
    expect(outcome.code, outcome.stderr).toBe(0);
    const { receipt, requestId } = lastLine(outcome) as { receipt: string; requestId: string };
    expect(await done(['verify', receipt, '--data', at('once')])).toMatchObject({ valid: true, requestId });
    expect(await processesWith(at('once'))).toEqual([]);
    expect(await locksIn(at('once'))).toEqual([]);
  });

  it('and asked while it is down: nobody answers, and the request can be sent later', async () => {
    const demo = await start();
    const id = await submitted(demo);
    await demo.end('SIGTERM');
    const file = at(`${id.slice(0, 16)}.csreq`);
    const nobody = await Promise.all([
      fails(['status', ...demo.network], 'client.noReplica', 1),
      fails(['submit', file, ...demo.network], 'client.noReplica', 1),
      fails(['export', id, ...demo.network, '-o', at('x.json')], 'client.noReplica', 1),
    ]);
    expect(nobody).toEqual([{ replicas: 4 }, { replicas: 4 }, { replicas: 4 }]);
  });
});

describe('with a replica that hangs', () => {
  it('the others go on, and status says which one it is', async () => {
    const demo = await start();
    const [hanging] = await processesWith(join(demo.directory, 'network/replicas/2'));
    process.kill(hanging!, 'SIGSTOP');
    const { replicas } = await done(['status', ...demo.network]);
    expect(replicas).toMatchObject([0, 1, 2, 3].map((index) => ({ index, reachable: index !== 2 })));
    await submitted(demo);
    process.kill(hanging!, 'SIGCONT');
    expect(await heightOf(demo)).toBeGreaterThan(0);
    expect(await demo.end('SIGTERM')).toBe(0);
  });
});

describe('what keeps it from starting', () => {
  it.each([0, OWN_REPLICA])(
    "a port in use: replica %i's. Nothing is left, nothing is damaged",
    async (index) => {
      const demo = await start();
      const id = await submitted(demo);
      const height = await heightOf(demo);
      await demo.end('SIGTERM');
      const { host, port } = (await readGenesis(genesisPath(demo.directory))).replicas[index]!;
      const squatter = createServer((socket) => socket.destroy()).listen({ host, port, exclusive: true });
      await once(squatter, 'listening');
      try {
        for (const lang of ['C.UTF-8', 'zh_CN.UTF-8']) {
          const outcome = await run(['demo', '--data', demo.directory, '--empty', '--json'], { lang });
          expect(outcome.code).toBe(1);
          expect(lastLine(outcome)).toEqual({ error: { code: 'network.portInUse', data: { host, port } } });
          expect(outcome.stderr).toContain(host);
          expect(outcome.stderr).toContain(String(port));
          expect(await processesWith(demo.directory)).toEqual([]);
          expect(await locksIn(demo.directory)).toEqual([]);
        }
      } finally {
        await new Promise((resolve) => squatter.close(resolve));
      }
      await goesOn(demo.directory, id, height);
    },
  );

  it('another one on the same data directory, which is not disturbed', async () => {
    const demo = await start();
    const data = await fails(['demo', '--data', demo.directory, '--empty'], 'storage.locked', 1);
    expect(data['pid']).toBe(demo.pid);
    await submitted(demo);
  });

  it('a replica that cannot start: its key was made with another passphrase', async () => {
    const demo = await start();
    await demo.end('SIGTERM');
    await writeFile(join(demo.directory, 'network/passphrase'), 'another passphrase\n');
    await fails(['demo', '--data', demo.directory, '--empty'], 'key.wrongPassphrase', 3);
    expect(await locksIn(demo.directory)).toEqual([]);
  });
});

describe('disks', () => {
  /** Mounts a small disk of its own; `false` where that is not permitted here, said loudly. */
  async function mount(path: string, sizeBytes: number): Promise<boolean> {
    await mkdir(path);
    try {
      await command('mount', ['-t', 'tmpfs', '-o', `size=${String(sizeBytes)}`, 'tmpfs', path]);
      return true;
    } catch (error) {
      process.stderr.write(`NOT TESTED: a disk cannot be mounted here: ${String(error)}\n`);
      return false;
    }
  }

  /** Fills a disk to the last byte; a function that makes room again. */
  async function fill(path: string): Promise<() => Promise<void>> {
    const filler = join(path, 'filler');
    const file = await open(filler, 'w');
    for (let pieceBytes = 64 * 1024; pieceBytes >= 1; pieceBytes = Math.floor(pieceBytes / 2)) {
      try {
        for (;;) await file.write(new Uint8Array(pieceBytes));
      } catch (error) {
        expect(error).toMatchObject({ code: 'ENOSPC' });
      }
    }
    await file.close();
    return async () => await rm(filler);
  }

  async function unmount(path: string): Promise<void> {
    await untilGone(path);
    await command('umount', [path]);
  }

  it('too small for a network: it is told, and nothing half made is left', async () => {
    const disk = at('small');
    if (!(await mount(disk, 16 * 1024))) return;
    try {
      await fails(['demo', '--data', join(disk, 'data'), '--empty'], 'storage.full', 1);
      expect((await readdir(join(disk, 'data'))).filter((name) => name.startsWith('network'))).toEqual([]);
    } finally {
      await unmount(disk);
    }
  });

  it('read-only: it is told', async () => {
    const disk = at('readonly');
    if (!(await mount(disk, 64 * 1024 * 1024))) return;
    try {
      const demo = await start(join(disk, 'data'));
      const id = await submitted(demo);
      const height = await heightOf(demo);
      await demo.end('SIGTERM');
      await command('mount', ['-o', 'remount,ro', disk]);
      await fails(['demo', '--data', demo.directory, '--empty'], 'storage.readOnly', 1);
      await fails(['demo', '--data', join(disk, 'new'), '--empty'], 'storage.readOnly', 1);
      await command('mount', ['-o', 'remount,rw', disk]);
      await goesOn(demo.directory, id, height);
    } finally {
      await unmount(disk);
    }
  });

  it('full while it runs: it stops and says why; with room again everything final is there', async () => {
    const disk = at('full');
    if (!(await mount(disk, 64 * 1024 * 1024))) return;
    try {
      const demo = await start(join(disk, 'data'));
      const id = await submitted(demo);
      const height = await heightOf(demo);
      await fill(disk);
      await writeFile(at('large.csv'), `a\n${`${'x'.repeat(1_000)}\n`.repeat(1_000)}`);
      const { requests } = (await done(['sign', at('large.csv'), ...demo.signing, '--out-dir', home])) as {
        requests: [{ file: string }];
      };
      const sent = run(['submit', requests[0].file, ...demo.network, '--timeout', '5']);
      const outcome = await demo.ended();
      expect(outcome.code).toBe(1);
      expect(lastLine(outcome)).toMatchObject({ error: { code: 'storage.full' } });
      expect((await sent).code).toBe(1);
      await untilGone(demo.directory);
      // Logs that were closed with their ledgers have left some room.
      const makeRoom = await fill(disk);
      await fails(['demo', '--data', demo.directory, '--empty'], 'storage.full', 1);
      await makeRoom();
      const again = await start(demo.directory);
      expect(await heightOf(again)).toBeGreaterThanOrEqual(height);
      await done(['export', id, ...again.network, '-o', at('again.json')]);
      await done(['submit', requests[0].file, ...again.network]);
      await again.end('SIGTERM');
    } finally {
      await unmount(disk);
    }
  });
});
