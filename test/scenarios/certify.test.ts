/** Commits, localCommits, certificates, votes and stable checkpoints. */
import { describe, expect, it } from 'vitest';
import { expectGolden } from '../support/golden.ts';
import { makeGenesis } from '../support/ledger.ts';
import { largestGroup } from '../support/simulation/client.ts';
import { Simulation } from '../support/simulation.ts';
import { linesWith, observe, ofType, stableHeights, tipHeights } from './observe.ts';

/** No checkpoint for its own sake comes in between. */
const consensus = { checkpointIdleMs: 100_000 };

describe('a commit', () => {
  it('of a client with three of four answers makes its block stable', async () => {
    const simulation = new Simulation({ consensus });
    simulation.interfereWithClients = (_client, replica, direction) =>
      replica === 3 && direction === 'toClient' ? 'drop' : undefined;
    const sent = simulation.submit();
    simulation.run(150);
    expect([...sent.responses.keys()]).toEqual([0, 1, 2]);
    expect(sent.finality).toBe(null);
    expect(linesWith(simulation, 'localCommit')).toEqual([]);
    simulation.run(100);
    expect(sent.finality).toMatchObject({ how: 'certified', height: 1 });
    expect(stableHeights(simulation)).toEqual([1, 1, 1, 1]);
    await expectGolden('commit', simulation.transcript.lines);
  });

  it('of something that does not exist, or with a foreign tag, changes nothing', () => {
    const simulation = new Simulation({ consensus, persistentClients: false });
    const seen = observe(simulation);
    const sent = simulation.submit();
    simulation.run(50);
    const { height, hash, tag } = largestGroup(sent.responses.values())[0]!;
    const elsewhere = 'cd'.repeat(32);
    simulation.client.commit(height, elsewhere, tag);
    simulation.client.commit(height + 1, hash, tag);
    simulation.client.commit(0, hash, tag);
    simulation.client.commit(Number.MAX_SAFE_INTEGER, hash, tag);
    simulation.client.commit(height, hash, 'ef'.repeat(8));
    simulation.run(500);
    expect(ofType(seen, 'localCommit')).toEqual([]);
    expect(linesWith(simulation, 'eager')).toEqual([]);
    expect(stableHeights(simulation)).toEqual([0, 0, 0, 0]);
    // The same with the right values does something: the test can fail.
    simulation.client.commit(height, hash, tag);
    simulation.run(50);
    expect(stableHeights(simulation)).toEqual([1, 1, 1, 1]);
  });

  it('that reaches one replica alone is enough: the others join it', () => {
    const simulation = new Simulation({ consensus, persistentClients: false });
    const sent = simulation.submit();
    simulation.run(50);
    simulation.interfereWithClients = (_client, replica) => (replica === 2 ? undefined : 'drop');
    const { height, hash, tag } = largestGroup(sent.responses.values())[0]!;
    simulation.client.commit(height, hash, tag);
    simulation.run(50);
    expect(stableHeights(simulation)).toEqual([1, 1, 1, 1]);
  });
});

describe('eager mode', () => {
  it('certifies every block while a replica is known to be down', async () => {
    const simulation = new Simulation({ consensus, noticeMs: 10, persistentClients: false });
    simulation.run(5);
    simulation.stop(3);
    simulation.run(20);
    const started = simulation.agenda.nowMs;
    const sent = simulation.submit();
    simulation.run(50);
    expect(sent.finality?.how).toBe('certified');
    expect(sent.finality!.atMs - started).toBeLessThan(20);
    await expectGolden('eager', simulation.transcript.lines);
  });

  it('ends when the replica is back: the fast path is tried again', () => {
    const simulation = new Simulation({ consensus, noticeMs: 10, persistentClients: false });
    simulation.run(5);
    simulation.stop(3);
    simulation.run(20);
    simulation.submit();
    simulation.run(100);
    simulation.restart(3);
    simulation.run(5_000);
    const seen = observe(simulation);
    const sent = simulation.submit();
    simulation.run(100);
    expect(sent.finality?.how).toBe('fast');
    expect(ofType(seen, 'localCommit')).toEqual([]);
  });
});

describe('checkpoints by distance', () => {
  const limits = { checkpointDistance: 8, maxBlockRequests: 1 };
  const network = makeGenesis({ limits });

  it('come at every multiple of K, with one localCommit and one vote of each replica', () => {
    const simulation = new Simulation({ network, consensus });
    const seen = observe(simulation);
    for (let block = 0; block < 33; block++) {
      simulation.submit();
      simulation.run(20);
    }
    for (const store of simulation.stores) {
      expect(store.checkpoints.map(({ height }) => height)).toEqual([0, 8, 16, 24, 32]);
    }
    const perCheckpoint = 4 * 3;
    expect(ofType(seen, 'localCommit').length).toBe(4 * perCheckpoint);
    expect(ofType(seen, 'checkpointVote').length).toBe(4 * perCheckpoint);
  });

  it('are fewer under load: the next round covers all that came meanwhile', () => {
    const simulation = new Simulation({ network, consensus, delayMs: [10, 10] });
    const seen = observe(simulation);
    for (let block = 0; block < 400; block++) {
      simulation.submit();
      simulation.run(1);
    }
    expect(simulation.runUntil(() => Math.min(...stableHeights(simulation)) === 400, 20_000)).toBe(true);
    const rounds = new Set(ofType(seen, 'localCommit').map(({ message }) => message.height));
    const checkpoints = simulation.stores[0]!.checkpoints.length - 1;
    expect(checkpoints).toBeLessThanOrEqual(400 / 8);
    // Every round ends in a checkpoint: no work is thrown away.
    expect(rounds.size).toBeLessThanOrEqual(checkpoints + 2);
  });

  it('stop the primary at the window while they cannot be made, and let it go on when they can', () => {
    const simulation = new Simulation({ network, consensus: { ...consensus, checkpointRetryMs: 200 } });
    simulation.interfere = (_from, _to, { type }) => (type === 'checkpointVote' ? 'drop' : undefined);
    for (let block = 0; block < 40; block++) {
      simulation.submit();
      simulation.run(10);
    }
    expect(tipHeights(simulation)).toEqual([16, 16, 16, 16]);
    expect(stableHeights(simulation)).toEqual([0, 0, 0, 0]);
    expect(simulation.replicas[0]!.consensus.holdings.pendingRequests).toBe(24);
    simulation.heal();
    simulation.run(2_000);
    expect(tipHeights(simulation)).toEqual([40, 40, 40, 40]);
    expect(linesWith(simulation, 'suspects')).toEqual([]);
  });
});
