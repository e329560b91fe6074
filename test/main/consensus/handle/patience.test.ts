import { describe, expect, it } from 'vitest';
import type { PersistOperation } from '../../../../src/main/consensus/effects.ts';
import type { SignedRequest } from '../../../../src/main/ledger/request.ts';
import {
  LoneReplica,
  NOW_MS,
  beacon,
  headersMessage,
  makeBlocks,
  newViewMessage,
  sent,
  stableAt,
  viewChangeMessage,
} from '../../../support/consensus.ts';
import { makeViewChange } from '../../../support/evidence.ts';
import { makeGenesis, makeRequest } from '../../../support/ledger.ts';

const network = makeGenesis({ limits: { checkpointDistance: 4, maxBlockRequests: 4 } });
const { maxClockSkewMs, maxRequestAgeMs } = network.genesis.limits;
const [first, second] = makeBlocks(network, 'waited for', 2);

const give = (replica: LoneReplica, request: SignedRequest) => replica.give({ type: 'request', request });
const requestAt = (timestampMs: number, title = 'Waits') => makeRequest(network, { timestampMs, title });

/** A replica with a request that the primary has not ordered. */
function waiting(before: readonly PersistOperation[] = []) {
  const replica = new LoneReplica(network, 3, {}, before);
  give(replica, requestAt(NOW_MS));
  return replica;
}

/** Views of which the replica 3 is not the primary. */
const VIEWS = [1, 2, 4, 5, 6, 8, 9, 10, 12, 13];

/** Leaves one view after the other: each time f+1 others want the next one, which does not begin. */
function failViews(replica: LoneReplica, count: number): void {
  for (const view of VIEWS.slice(0, count)) {
    for (const from of [0, 2]) replica.hear(from, viewChangeMessage(network, from, makeViewChange(view)));
    expect(replica.standing.position).toMatchObject({ mode: 'changing', target: view });
  }
}

describe('a request that is not ordered', () => {
  it('is passed on to the primary at half time, and only then is the primary suspected', () => {
    const replica = waiting();
    expect(replica.timers.get('awaitOrder')).toBe(1_000);
    const half = replica.ring('awaitOrder');
    expect(sent(half, 'request').map(({ to }) => to)).toEqual([0]);
    expect(sent(half, 'suspect')).toEqual([]);
    expect(replica.timers.get('awaitOrder')).toBe(1_000);
    const full = replica.ring('awaitOrder');
    expect(sent(full, 'suspect')).toEqual([{ to: null, message: { type: 'suspect', epoch: 0, view: 0 } }]);
    expect(replica.standing.position.mode).toBe('normal');
    expect(replica.timers.has('awaitOrder')).toBe(true);
  });

  it('is passed on at once when its client sends it again, and not each time that it does', () => {
    const replica = waiting();
    const again = () => sent(give(replica, requestAt(NOW_MS)), 'request').map(({ to }) => to);
    expect([again(), again(), again()]).toEqual([[0], [], []]);
    replica.nowMs += 1_000;
    expect([again(), again()]).toEqual([[0], []]);
  });

  it('begins anew with the next request, once it is ordered', () => {
    const replica = new LoneReplica(network, 3);
    for (const { block } of [first!, second!]) give(replica, block.requests[0]!);
    replica.ring('awaitOrder');
    replica.hearOrder(0, first!);
    expect(replica.timers.get('awaitOrder')).toBe(1_000);
    expect(sent(replica.ring('awaitOrder'), 'suspect')).toEqual([]);
    replica.hearOrder(0, second!);
    expect(replica.timers.has('awaitOrder')).toBe(false);
  });

  it('begins anew with the next primary, who may never have had it', () => {
    const replica = waiting();
    replica.ring('awaitOrder');
    const viewChange = makeViewChange(1);
    replica.hear(
      1,
      newViewMessage(network, [
        [0, viewChange],
        [1, viewChange],
        [2, viewChange],
      ]),
    );
    const effects = replica.ring('awaitOrder');
    expect(sent(effects, 'request').map(({ to }) => to)).toEqual([1]);
    expect(sent(effects, 'suspect')).toEqual([]);
  });

  it('goes on from where it is when others come', () => {
    const replica = waiting();
    replica.ring('awaitOrder');
    replica.timers.delete('awaitOrder');
    give(replica, requestAt(NOW_MS, 'Another'));
    expect(replica.timers.has('awaitOrder')).toBe(false);
    expect(sent(replica.ring('awaitOrder'), 'suspect')).toHaveLength(1);
  });

  it.each([
    ['in the future of this clock', NOW_MS + 1],
    [
      'so old that a primary whose clock is ahead may refuse it',
      NOW_MS - maxRequestAgeMs + 2 * maxClockSkewMs - 1,
    ],
  ])('is not held against the primary where its timestamp lies %s', (_where, timestampMs) => {
    const replica = new LoneReplica(network, 3);
    give(replica, requestAt(timestampMs));
    expect(replica.standing.pendingRequests).toBe(1);
    expect(replica.timers.has('awaitOrder')).toBe(false);
    const effects = [...replica.ring('awaitOrder'), ...replica.ring('awaitOrder')];
    expect(sent(effects, 'suspect')).toEqual([]);
  });

  it.each([NOW_MS, NOW_MS - maxRequestAgeMs + 2 * maxClockSkewMs])(
    'is held against it at the edges of what every correct primary takes: %i',
    (timestampMs) => {
      const replica = new LoneReplica(network, 3);
      give(replica, requestAt(timestampMs));
      expect(replica.timers.has('awaitOrder')).toBe(true);
    },
  );

  it('does not hide a younger one behind itself where it cannot be ordered', () => {
    const replica = new LoneReplica(network, 3);
    give(replica, requestAt(NOW_MS + 1));
    give(replica, requestAt(NOW_MS, 'Now'));
    expect(replica.timers.has('awaitOrder')).toBe(true);
  });
});

describe('blocks that do not become stable', () => {
  it('are held against the primary after the whole time', () => {
    const replica = new LoneReplica(network, 3);
    replica.hearOrder(0, first!);
    expect(replica.timers.get('awaitStable')).toBe(2_000);
    expect(sent(replica.ring('awaitStable'), 'suspect')).toHaveLength(1);
    expect(replica.timers.get('awaitStable')).toBe(2_000);
  });

  it('are waited for from each checkpoint on', () => {
    const replica = new LoneReplica(network, 3);
    for (const block of [first!, second!]) replica.hearOrder(0, block);
    replica.timers.delete('awaitStable');
    replica.hear(0, { type: 'stable', certificate: stableAt(network, [first!]) });
    expect(replica.timers.get('awaitStable')).toBe(2_000);
    replica.hear(0, { type: 'stable', certificate: stableAt(network, [first!, second!]) });
    expect(replica.timers.has('awaitStable')).toBe(false);
    expect(sent(replica.ring('awaitStable'), 'suspect')).toEqual([]);
  });
});

describe('a replica that is itself behind', () => {
  const chain = makeBlocks(network, 'chain', 4);
  const certificate = stableAt(network, chain);

  /** A replica that awaits a request and a checkpoint and hears of blocks that the others have made stable. */
  function behind() {
    const replica = waiting();
    replica.hearOrder(0, first!);
    replica.hear(1, { type: 'stable', certificate });
    return replica;
  }
  /** The suspicions when both waits have come to their end. */
  const suspicions = (replica: LoneReplica) =>
    [replica.ring('awaitOrder'), replica.ring('awaitOrder'), replica.ring('awaitStable')].map(
      (effects) => sent(effects, 'suspect').length,
    );

  it('holds nothing against the primary while it fetches certified blocks, and goes on waiting (rule 11)', () => {
    const replica = behind();
    replica.hear(1, headersMessage(network, chain));
    expect(suspicions(replica)).toEqual([0, 0, 0]);
    expect(replica.timers.has('awaitOrder')).toBe(true);
    expect(replica.timers.has('awaitStable')).toBe(true);
  });

  it('goes on where it was when they are here: nobody is kept behind over and over', () => {
    const replica = behind();
    replica.ring('awaitOrder');
    replica.hear(1, headersMessage(network, chain));
    for (const { block } of chain) replica.hearBlock(1, block);
    expect(replica.standing.stable.height).toBe(4);
    expect(sent(replica.ring('awaitOrder'), 'suspect')).toHaveLength(1);
  });

  it('does so as well while it asks for the next headers, where f+1 replicas have a later checkpoint', () => {
    const replica = behind();
    for (const from of [1, 2]) replica.hear(from, beacon({ stableHeight: 4, tipHeight: 4 }));
    expect(suspicions(replica)).toEqual([0, 0, 0]);
  });

  it('excuses no primary by what f replicas claim', () => {
    const replica = behind();
    replica.hear(1, beacon({ stableHeight: 4, tipHeight: 4 }));
    expect(suspicions(replica)).toEqual([0, 1, 1]);
  });
});

describe('whoever never suspects', () => {
  it('is the primary', () => {
    const primary = new LoneReplica(network, 0);
    give(primary, requestAt(NOW_MS));
    expect(primary.standing.tipHeight).toBe(1);
    expect(primary.timers.has('awaitStable')).toBe(false);
    const effects = [...primary.ring('awaitStable'), ...primary.ring('awaitOrder')];
    expect(sent(effects, 'suspect')).toEqual([]);
  });

  it('is a learner', () => {
    const learner = waiting([
      { type: 'learner', reason: 'stateLost', publicKey: network.genesis.replicas[3]!.publicKey },
    ]);
    learner.hearOrder(0, first!);
    expect(learner.timers.has('awaitOrder')).toBe(false);
    expect(learner.timers.has('awaitStable')).toBe(false);
    const effects = [
      ...learner.ring('awaitOrder'),
      ...learner.ring('awaitOrder'),
      ...learner.ring('awaitStable'),
    ];
    expect(sent(effects, 'suspect')).toEqual([]);
  });

  it('is a replica that has left the view', () => {
    const replica = waiting();
    failViews(replica, 1);
    expect(replica.timers.has('awaitOrder')).toBe(false);
    expect(sent(replica.ring('awaitOrder'), 'suspect')).toEqual([]);
  });
});

describe('patience', () => {
  /** How long a replica waits for an order after so many view changes in a row. */
  function waitAfter(failed: number): number {
    const replica = waiting();
    failViews(replica, failed);
    const view = VIEWS[failed]!;
    const viewChange = makeViewChange(view);
    replica.hear(
      view % 4,
      newViewMessage(network, [
        [0, viewChange],
        [1, viewChange],
        [2, viewChange],
      ]),
    );
    expect(replica.standing.position).toMatchObject({ mode: 'normal', view });
    return 2 * (replica.timers.get('awaitOrder') ?? 0);
  }

  it('doubles with each view change in a row, up to a limit', () => {
    expect([1, 2, 5, 9].map(waitAfter)).toEqual([4_000, 8_000, 30_000, 30_000]);
  });

  it('is short again after a checkpoint of the view, and not after one of an earlier view', () => {
    const replica = waiting();
    failViews(replica, 2);
    const blocks = makeBlocks(network, 'later', 2, [], 3);
    replica.hear(1, { type: 'stable', certificate: stableAt(network, blocks.slice(0, 1), 2) });
    replica.hear(1, headersMessage(network, blocks.slice(0, 1), 2));
    replica.hearBlock(1, blocks[0]!.block);
    // By that checkpoint it is in view 2, which has thereby shown that it works.
    expect(replica.standing.position).toMatchObject({ view: 2, mode: 'normal' });
    replica.hearOrder(2, makeBlocks(network, 'later', 1, blocks.slice(0, 1), 2)[0]!);
    expect(replica.timers.get('awaitStable')).toBe(2_000);

    const early = waiting();
    failViews(early, 2);
    early.hear(1, { type: 'stable', certificate: stableAt(network, blocks.slice(0, 1), 0) });
    early.hear(1, headersMessage(network, blocks.slice(0, 1), 0));
    early.hearBlock(1, blocks[0]!.block);
    expect(early.standing.stable.height).toBe(1);
    const viewChange = makeViewChange(4, { stable: stableAt(network, blocks.slice(0, 1), 0) });
    early.hear(
      0,
      newViewMessage(network, [
        [0, viewChange],
        [1, viewChange],
        [2, viewChange],
      ]),
    );
    expect(early.standing.position).toMatchObject({ view: 4, mode: 'normal' });
    expect(early.timers.get('awaitOrder')).toBe(4_000);
  });
});
