/**
 * `countersign demo --fault`, as people run it: real replicas that misbehave, and a network that goes on. What an
 * equivocating primary did is proven by a file that anybody can check with the genesis alone.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { genesisPath } from '../../src/main/replica/embeddedNetwork.ts';
import { ENTRY, done, lastLine, run, untilGone } from './support/commandLine.ts';

let home: string;
let data: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'countersign-fault-'));
  data = join(home, 'data');
});
afterEach(async () => {
  await untilGone(home);
  await rm(home, { recursive: true, force: true });
});

const demo = (...args: string[]): string[] => ['demo', '--data', data, ...args];

describe('a primary that', () => {
  it.each(['stop', 'pause', 'silence', 'slow'])(
    'has the fault %s is replaced, and is back in step when it is healed',
    async (fault) => {
      const outcome = await run(demo('--fault', fault, '--json'));
      expect(outcome).toMatchObject({ code: 0 });
      expect(lastLine(outcome)).toMatchObject({
        fault,
        replica: 'Replica 1',
        wasPrimary: true,
        viewBefore: 0,
        viewAfter: 1,
        evidence: null,
        participating: true,
      });
      for (const words of [
        'suspects the primary of view 0',
        'new view 1: Replica 2 orders',
        'is back in step',
      ]) {
        expect(outcome.stderr).toContain(words);
      }
    },
  );

  it('contradicts itself is replaced and found out; the proof is recorded, and holds anywhere', async () => {
    const outcome = await run(demo('--fault', 'equivocate', '--json'));
    expect(outcome).toMatchObject({ code: 0 });
    const result = lastLine(outcome);
    const evidence = { accused: 'Replica 1', kind: 'order', recordedHeight: expect.any(Number) as number };
    // Proven faulty: it is in step again, and signs nothing.
    expect(result).toMatchObject({ wasPrimary: true, viewBefore: 0, evidence, participating: false });
    expect(result['viewAfter']).toBeGreaterThan(0);
    expect(outcome.stderr).toContain('(the primary is proven faulty)');
    expect(outcome.stderr).toContain('evidence: Replica 1 ordered two blocks at height ');
    // Exported from the ledgers, and checked where nothing but it and the genesis is.
    const out = join(home, 'out');
    const exported = await done(['evidence', '--data', data, '--out', out]);
    const [found, ...others] = exported['evidence'] as { replica: number; file: string; knownTo: number[] }[];
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      replica: 0,
      recordedHeight: (result['evidence'] as typeof evidence).recordedHeight,
    });
    const genesis = join(home, 'genesis.json');
    await copyFile(genesisPath(data), genesis);
    expect(await done(['verify', found!.file, '--genesis', genesis])).toMatchObject({
      valid: true,
      replica: 0,
    });
  });
});

describe('a backup that', () => {
  it.each(['stop', 'silence'])('has the fault %s keeps nobody from going on', async (fault) => {
    const result = await done(demo('--fault', fault, '--replica', '3'));
    expect(result).toMatchObject({ replica: 'Replica 3', wasPrimary: false, viewBefore: 0, viewAfter: 0 });
  });

  it('contradicts itself is found out', async () => {
    const result = await done(demo('--fault', 'equivocate', '--replica', '2'));
    expect(result).toMatchObject({
      wasPrimary: false,
      viewAfter: 0,
      evidence: { accused: 'Replica 2', kind: 'localCommit' },
    });
  });
});

describe('a fault', () => {
  it('is given up on Ctrl-C, and the network ends', async () => {
    const { PATH, HOME, TMPDIR } = process.env;
    const program = fork(ENTRY, demo('--fault', 'stop', '--json'), {
      env: { PATH, HOME, TMPDIR },
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const ended = once(program, 'exit');
    let printed = '';
    program.stdout!.setEncoding('utf8').on('data', (text: string) => (printed += text));
    let told = '';
    for await (const text of program.stderr!.setEncoding('utf8') as AsyncIterable<string>) {
      told += text;
      if (!program.killed && told.includes('is killed and stays down')) program.kill('SIGINT');
    }
    expect(await ended).toEqual([1, null]);
    expect(JSON.parse(printed)).toEqual({ error: { code: 'stopped', data: { what: 'demo' } } });
    expect(told).not.toContain('is healed');
  });

  it.each([
    '--fault sleep',
    '--fault slow --delay 0',
    '--fault stop --replica 5',
    // It runs in the process itself.
    '--fault stop --replica 4',
    '--fault stop --delay 100',
    '--fault stop --once',
    '--replica 1',
    '--delay 100',
    '--fault stop --replica second',
  ])('must be one that there is: %s', async (args) => {
    const outcome = await run(demo(...args.split(' '), '--json'));
    expect(outcome.code).toBe(2);
    expect(lastLine(outcome)).toMatchObject({ error: { code: 'cli.usage' } });
  });

  it('cannot be given to a program that people run, only to a process that an embedded network started', async () => {
    const { PATH, HOME, TMPDIR } = process.env;
    const program = fork(ENTRY, demo('--empty', '--json'), {
      env: { PATH, HOME, TMPDIR },
      execArgv: [],
      stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
    });
    const ended = once(program, 'exit');
    const heard: unknown[] = [];
    program.on('message', (message) => heard.push(message));
    await once(program.stdout!, 'data');
    program.send({ type: 'fault', fault: { kind: 'silence' } });
    program.send('stop');
    const { replicas } = await done(['status', '--data', data]);
    expect(replicas).toEqual(
      Array.from(
        { length: 4 },
        () => expect.objectContaining({ reachable: true, participating: true }) as unknown,
      ),
    );
    expect(heard).toEqual([]);
    program.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });
});
