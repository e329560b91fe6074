/** The simulator's command line: its flags, what it prints, how it ends, and how a failing seed is cut down. */
import { describe, expect, it } from 'vitest';
import { resultOf, sim } from './support/cli.ts';

describe('the command line', () => {
  it.each([
    [['--seeds', '0'], '--seeds: a whole number of at least 1'],
    [['--seeds', 'many'], '--seeds: a whole number'],
    [['--from', '-1'], '--from'],
    [['--replicas', '5'], '--replicas: 4 or 7'],
    [['--plant', 'M99'], '--plant: there is no M99'],
    [['--schedule', 'none'], '--schedule: there is no none'],
    [['--fast'], '--fast'],
    [['17'], 'what is 17?'],
    [['--options', '{}'], '--options: only with --replay'],
    [['--replay', '--options', 'seed 3'], '--options: the JSON'],
  ])('%j ends with 2 and says why', async (args, why) => {
    const ended = await sim(...args);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(why);
    expect(ended.stderr).toContain('Usage:');
    expect(ended.stdout).toBe('');
  });

  it('explains itself', async () => {
    const ended = await sim('--help');
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain('--seeds N');
  });

  it('prints figures as one line of JSON, and progress elsewhere', async () => {
    const ended = await sim('--seeds', '20', '--from', '40', '--replicas', '4', '--json');
    expect(ended.code).toBe(0);
    expect(resultOf(ended)).toMatchObject({
      seeds: 20,
      from: 40,
      violations: 0,
      converged: 20,
      firstFailingSeed: null,
      failures: [],
      shrunk: null,
    });
    expect(ended.stderr).toMatch(/20 of 20 seeds, \d+\/s/);
  });

  it('shows a run event by event', async () => {
    const ended = await sim('--replay', '3');
    expect(ended.code).toBe(0);
    expect(ended.stdout).toMatch(/^ +\d+ ms {2}client sends R1$/m);
    expect(ended.stdout).toMatch(/^ +\d+ ms {2}the network heals$/m);
  });
});

describe('a failing seed', () => {
  it('is cut down to what still fails in the same way, and can be shown again', async () => {
    const ended = await sim('--seeds', '40', '--first', '--json', '--plant', 'durability-vote');
    expect(ended.code).toBe(1);
    const { firstFailingSeed, failures, shrunk } = resultOf(ended);
    expect(ended.stdout).toContain(
      `npm run sim -- --replay ${String(firstFailingSeed)} --plant durability-vote`,
    );
    // One request is all that it takes.
    expect(shrunk).toMatchObject({ faults: [], clients: [], byzantine: [], loss: 0, duplication: 0 });
    expect(shrunk!['requests']).toHaveLength(1);
    const again = await sim('--replay', '--plant', 'durability-vote', '--options', JSON.stringify(shrunk));
    expect(again.code).toBe(1);
    expect(again.stdout).toContain(`failed: ${failures[0]!.failure}`);
    const without = await sim('--replay', '--options', JSON.stringify(shrunk));
    expect(without.code).toBe(0);
  });
});
