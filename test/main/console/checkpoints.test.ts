/** What the console tells of checkpoints, over a real network. */
import { afterEach, describe, expect, it } from 'vitest';
import type { CheckpointRound } from '../../../src/shared/contract/model.ts';
import { SETUP, TestConsole, endAll } from './support.ts';

afterEach(endAll);

const done = ({ votes }: CheckpointRound, phase: CheckpointRound['votes'][number]['phase']): number[] =>
  votes.filter((vote) => vote.phase === phase).map(({ replica }) => replica);

async function round(
  console: TestConsole,
  holds: (round: CheckpointRound) => boolean,
): Promise<CheckpointRound> {
  for (;;) {
    const { round: now } = await console.app.handle('session.snapshot', {});
    if (now !== null && holds(now)) return now;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('checkpoints', () => {
  it('fill with the votes of all replicas, and are kept with when each was seen', async () => {
    const console = await TestConsole.start();
    await console.app.handle('setup.try', SETUP);
    expect(await console.app.handle('session.snapshot', {})).toMatchObject({ round: null });
    expect(await console.app.handle('checkpoint.page', { beforeHeight: null, limit: 10 })).toEqual({
      checkpoints: [],
      epochs: [],
    });
    const draft = await console.draft('document', { name: 'one', text: 'one' });
    const { height } = await console.signed(draft.id);

    // Who comes after the quorum is seen as well.
    const full = await round(console, (now) => done(now, 'checkpointVote').length === 4);
    expect(full).toMatchObject({ epoch: 0, height, acceptedAtMs: expect.any(Number) as number });
    expect(full.stableAtMs).toBeGreaterThanOrEqual(full.acceptedAtMs ?? 0);
    expect(done(full, 'order')).toEqual([0]);
    expect(done(full, 'localCommit').sort()).toEqual([0, 1, 2, 3]);

    const { checkpoints, epochs } = await console.app.handle('checkpoint.page', {
      beforeHeight: null,
      limit: 10,
    });
    const { acceptedAtMs, stableAtMs, votes } = full;
    expect(checkpoints).toMatchObject([
      { height, previousHeight: 0, endsEpoch: false, acceptedAtMs, stableAtMs, votes },
    ]);
    expect(checkpoints[0]?.signers.length).toBeGreaterThanOrEqual(3);
    expect(epochs).toMatchObject([{ epoch: 0, replicas: { length: 4 } }]);
    const told = console.deltas
      .flatMap(({ changes }) => changes)
      .filter((change) => change.topic === 'round');
    expect(told.at(-1)?.value?.height).toBe(height);

    // The ledger keeps the checkpoint; who voted when was seen by the program that ran then.
    await console.app.stop();
    const again = await TestConsole.start(console.directory);
    const later = await again.app.handle('checkpoint.page', { beforeHeight: null, limit: 10 });
    const { signers } = checkpoints[0]!;
    expect(later.checkpoints).toMatchObject([{ height, signers, votes: [], stableAtMs: null }]);
  });
});
