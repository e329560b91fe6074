/** A replica that lacks many blocks, and how long the rest takes. */
import { describe, expect, it } from 'vitest';
import { CatchUp, PACE_SPAN_MS } from '../../../../src/main/console/live/catchUp.ts';
import { ON_THEIR_WAY_MAX } from '../../../../src/shared/contract/model.ts';

describe('catching up', () => {
  it('is nothing while only what is on its way is missing', () => {
    const catchUp = new CatchUp();
    catchUp.look(100, 100 + ON_THEIR_WAY_MAX, 0);
    expect(catchUp.view).toBeNull();
  });

  it('begins where the replica stood, and ends in step', () => {
    const catchUp = new CatchUp();
    catchUp.look(100, 1_100, 5_000);
    catchUp.look(600, 1_100, 7_000);
    expect(catchUp.view).toMatchObject({ fromHeight: 100, sinceMs: 5_000 });
    catchUp.look(1_095, 1_100, 9_000);
    expect(catchUp.view).toBeNull();
  });

  it('knows the rest by the pace at which the gap closes', () => {
    const catchUp = new CatchUp();
    catchUp.look(0, 1_000, 0);
    expect(catchUp.view?.restMs).toBeNull();
    // 500 blocks in 2 s, while the others made 100 more: the gap closes by 200 a second.
    catchUp.look(500, 1_100, 2_000);
    expect(catchUp.view?.restMs).toBe(3_000);
  });

  it('has no rest where the gap does not close', () => {
    const catchUp = new CatchUp();
    catchUp.look(0, 1_000, 0);
    catchUp.look(100, 1_200, 2_000);
    expect(catchUp.view?.restMs).toBeNull();
  });

  it('forgets an old pace, and looks of a clock that was set back', () => {
    const catchUp = new CatchUp();
    catchUp.look(0, 10_000, 0);
    catchUp.look(5_000, 10_000, 1_000);
    for (let atMs = 2_000; atMs <= 2 * PACE_SPAN_MS; atMs += 500) catchUp.look(5_000, 10_000, atMs);
    expect(catchUp.view?.restMs).toBeNull();
    catchUp.look(5_100, 10_000, 100);
    catchUp.look(5_200, 10_000, 1_100);
    expect(catchUp.view?.restMs).toBe(48_000);
  });
});
