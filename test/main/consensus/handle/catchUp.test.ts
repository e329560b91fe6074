import { describe, expect, it } from 'vitest';
import { contradict } from '../../../../src/main/ledger/evidence.ts';
import type { Effect } from '../../../../src/main/consensus/effects.ts';
import {
  LoneReplica,
  announced,
  beacon,
  headersMessage,
  localCommit,
  makeBlocks,
  newViewMessage,
  orderMessage,
  sent,
  stableAt,
} from '../../../support/consensus.ts';
import { makeViewChange } from '../../../support/evidence.ts';
import { makeGenesis } from '../../../support/ledger.ts';

const network = makeGenesis({ limits: { checkpointDistance: 4, maxBlockRequests: 4 } });
const left = makeBlocks(network, 'left', 6);
const right = makeBlocks(network, 'right', 6);
const long = makeBlocks(network, 'long', 12);

/** Whom the effects ask for headers. */
const askedForHeaders = (effects: readonly Effect[]) => sent(effects, 'getHeaders').map(({ to }) => to);
/** Whom they ask for which blocks, by height. */
const askedForBlocks = (effects: readonly Effect[]) =>
  sent(effects, 'getBlock').map(({ to, message }) => [message.height, to]);

/**
 * A replica that accepted six blocks of the primary 0, signed for the highest, and then follows a checkpoint at height
 * 4 of another chain, which the same primary ordered for the others.
 */
function misled() {
  const replica = new LoneReplica(network, 1);
  for (const block of left) replica.hearOrder(0, block);
  replica.hear(0, localCommit(network, 0, left[5]!.block.header));
  expect(replica.signed).toContainEqual(expect.objectContaining({ type: 'localCommit', height: 6 }));
  replica.hear(2, { type: 'stable', certificate: stableAt(network, right.slice(0, 4)) });
  replica.hear(2, headersMessage(network, right.slice(0, 4)));
  const effects = right.slice(0, 4).flatMap(({ block }) => replica.hearBlock(2, block));
  expect(replica.standing.stable.hash).toBe(right[3]!.block.header.hash);
  return { replica, effects };
}

/** Everything that may make a replica sign for its tip. */
function tempt(replica: LoneReplica): void {
  for (const { block } of right.slice(4)) replica.hear(3, localCommit(network, 3, block.header));
  replica.ring('checkpoint');
  replica.ring('checkpoint');
}

const contradictions = ({ signed }: LoneReplica) =>
  signed.flatMap((one, index) => signed.slice(index + 1).filter((other) => contradict(one, other)));

describe('following a checkpoint beside the own chain (U1)', () => {
  it('shows the others what the primary ordered beside it', () => {
    const { effects } = misled();
    const shown = sent(effects, 'orders').flatMap(({ message }) =>
      message.orders.map(({ header }) => header),
    );
    expect(shown.map(({ height }) => height).sort()).toEqual([1, 2, 3, 4, 5, 6]);
    expect(shown.every(({ height, hash }) => left[height - 1]!.block.header.hash === hash)).toBe(true);
  });

  it.each([5, 6])('convicts the primary by its other order for the height %i', (height) => {
    const { replica } = misled();
    replica.hear(0, orderMessage(right[height - 1]!));
    expect(replica.standing.evidence.map(({ evidence }) => evidence.replica)).toEqual([0]);
    expect(replica.standing.position).toMatchObject({ mode: 'changing', target: 1 });
  });

  it('signs and answers nothing where it accepted another block before', () => {
    const { replica } = misled();
    const before = replica.signed.length;
    expect(replica.store.position.baseHeight).toBe(7);
    replica.hear(2, beacon({ stableHeight: 6, tipHeight: 6 }));
    replica.hear(2, beacon({ stableHeight: 6, tipHeight: 6 }));
    replica.hear(2, headersMessage(network, right.slice(4)));
    const effects = right.slice(4).flatMap(({ block }) => replica.hearBlock(2, block));
    expect(replica.standing.stable.height).toBe(6);
    tempt(replica);
    expect(effects.filter(({ type }) => type === 'respond')).toEqual([]);
    expect(replica.signed.slice(before)).toEqual([]);
    expect(contradictions(replica)).toEqual([]);
  });

  it('signs nothing there after a restart either, where what was ordered is forgotten', () => {
    const { replica } = misled();
    replica.restart();
    const before = replica.signed.length;
    const effects = right.slice(4).flatMap((block) => replica.hearOrder(0, block));
    expect(replica.standing.tipHeight).toBe(6);
    tempt(replica);
    expect(effects.filter(({ type }) => type === 'respond')).toEqual([]);
    expect(replica.signed.slice(before)).toEqual([]);
    expect(contradictions(replica)).toEqual([]);
  });

  it('signs again above all that it accepted before', () => {
    const { replica } = misled();
    replica.restart();
    for (const block of right.slice(4)) replica.hearOrder(0, block);
    const [seventh] = makeBlocks(network, 'right', 1, right);
    replica.hearOrder(0, seventh!);
    replica.hear(3, localCommit(network, 3, seventh!.block.header));
    expect(replica.signed.at(-1)).toMatchObject({ type: 'localCommit', height: 7 });
  });
});

describe('getting headers', () => {
  /** A replica that wants to enter a view which starts from a checkpoint that it lacks. */
  function wanting() {
    const replica = new LoneReplica(network, 1);
    for (const block of long.slice(0, 2)) replica.hearOrder(0, block);
    replica.hear(0, { type: 'stable', certificate: stableAt(network, long.slice(0, 2)) });
    const viewChange = makeViewChange(2, {
      lastNormalView: 1,
      stable: stableAt(network, long.slice(0, 8), 1),
    });
    const opening = newViewMessage(network, [
      [0, viewChange],
      [2, viewChange],
      [3, viewChange],
    ]);
    return { replica, asked: askedForHeaders(replica.hear(2, opening)) };
  }

  it('asks another replica where one answers beside the question', () => {
    const { replica, asked } = wanting();
    const old = headersMessage(network, long.slice(0, 2));
    for (let answers = 0; answers < 3; answers++)
      asked.push(...askedForHeaders(replica.hear(asked.at(-1)!, old)));
    expect(new Set(asked.slice(0, 3))).toEqual(new Set([0, 2, 3]));
  });

  it('asks neither itself nor one that cannot be reached', () => {
    const replica = new LoneReplica(network, 0);
    replica.give({ type: 'reachable', replica: 1, reachable: false });
    const viewChange = makeViewChange(2, {
      lastNormalView: 1,
      stable: stableAt(network, long.slice(0, 8), 1),
    });
    const opening = newViewMessage(network, [
      [1, viewChange],
      [2, viewChange],
      [3, viewChange],
    ]);
    expect(askedForHeaders(replica.hear(2, opening))).toEqual([2]);
  });

  it('asks another replica where one certifies what does not lead from its own checkpoint', () => {
    const { replica, asked } = wanting();
    const source = asked[0]!;
    const effects = replica.hear(source, headersMessage(network, right));
    expect(announced(effects, 'suspicion')).toEqual([
      { type: 'suspicion', replica: source, reason: 'badAnswer', height: 6 },
    ]);
    expect(askedForHeaders(effects)).not.toContain(source);
    expect(askedForHeaders(effects)).toHaveLength(1);
  });

  it('asks another replica where one is silent', () => {
    const { replica, asked } = wanting();
    const [next] = askedForHeaders(replica.ring('catchUp'));
    expect(next).not.toBe(asked[0]);
  });

  it('passes over the beacons of one that promised more than it has, for a while', () => {
    const replica = new LoneReplica(network, 1);
    const promise = beacon({ stableHeight: 5, tipHeight: 5 });
    expect(askedForHeaders(replica.hear(2, promise))).toEqual([2]);
    expect(askedForHeaders(replica.ring('catchUp'))).toEqual([]);
    expect(askedForHeaders(replica.hear(2, promise))).toEqual([]);
    expect(askedForHeaders(replica.hear(3, promise))).toEqual([3]);
  });

  it('passes over the beacons of one that answered beside the question, too', () => {
    const replica = new LoneReplica(network, 1);
    for (const block of long.slice(0, 2)) replica.hearOrder(0, block);
    replica.hear(0, { type: 'stable', certificate: stableAt(network, long.slice(0, 2)) });
    const promise = beacon({ stableHeight: 8, tipHeight: 8 });
    expect(askedForHeaders(replica.hear(2, promise))).toEqual([2]);
    expect(askedForHeaders(replica.hear(2, headersMessage(network, long.slice(0, 2))))).toEqual([]);
    expect(askedForHeaders(replica.hear(2, promise))).toEqual([]);
    expect(askedForHeaders(replica.hear(3, promise))).toEqual([3]);
  });

  it('takes certified headers from one that was asked before and answers late, and nothing else from it', () => {
    const replica = new LoneReplica(network, 1);
    expect(replica.hear(3, headersMessage(network, right.slice(0, 4)))).toEqual([]);
    for (const from of [2, 3]) replica.hear(from, beacon({ stableHeight: 4, tipHeight: 4 }));
    expect(askedForHeaders(replica.ring('catchUp'))).toEqual([3]);
    const { headers, certificate } = headersMessage(network, right.slice(0, 4));
    const cut = { type: 'headers', headers: headers.slice(1), certificate } as const;
    expect(replica.hear(2, cut)).toEqual([]);
    expect(askedForBlocks(replica.hear(2, headersMessage(network, right.slice(0, 4))))).toHaveLength(4);
    expect(askedForBlocks(replica.hear(3, headersMessage(network, right.slice(0, 4))))).toEqual([]);
  });
});

describe('getting blocks', () => {
  /** A replica that has headers up to height 4 and has asked for the blocks. */
  function fetching() {
    const replica = new LoneReplica(network, 1);
    replica.hear(2, beacon({ stableHeight: 4, tipHeight: 4 }));
    const asked = askedForBlocks(replica.hear(2, headersMessage(network, right.slice(0, 4))));
    return { replica, asked };
  }

  it('takes a block from whoever brings it', () => {
    const { replica, asked } = fetching();
    const beside = (height: number) => [0, 2, 3].find((from) => asked[height - 1]![1] !== from)!;
    for (const { block } of right.slice(0, 4)) replica.hearBlock(beside(block.header.height), block);
    expect(replica.standing.stable.hash).toBe(right[3]!.block.header.hash);
  });

  it('asks another for a block that was wrong, and the liar for none', () => {
    const { replica, asked } = fetching();
    const [, liar] = asked[0]!;
    const { height, hash } = right[0]!.block.header;
    const wrong = { type: 'block', height, hash, requests: [], evidence: [] } as const;
    const effects = replica.hear(liar!, wrong, left[0]!.block.requests);
    expect(announced(effects, 'suspicion')).toEqual([
      { type: 'suspicion', replica: liar, reason: 'badAnswer', height: 0 },
    ]);
    expect(askedForBlocks(effects).map(([of]) => of)).toEqual([1]);
    expect(askedForBlocks(effects).map(([, to]) => to)).not.toContain(liar);
    const later = askedForBlocks(replica.ring('catchUp'));
    expect(later.map(([of]) => of)).toEqual([1, 2, 3, 4]);
    expect(later.map(([, to]) => to)).not.toContain(liar);
  });

  it('lets a wrong block from somebody who was not asked change nothing', () => {
    const { replica, asked } = fetching();
    const other = [0, 2, 3].find((from) => from !== asked[0]![1])!;
    const { height, hash } = right[0]!.block.header;
    const wrong = { type: 'block', height, hash, requests: [], evidence: [] } as const;
    expect(replica.hear(other, wrong, left[0]!.block.requests)).toEqual([]);
    for (const { block } of right.slice(0, 4)) replica.hearBlock(2, block);
    expect(replica.standing.stable.height).toBe(4);
  });

  it('asks anew for what does not come, more and more rarely, whatever drips in meanwhile', () => {
    const { replica } = fetching();
    replica.hearBlock(2, right[0]!.block);
    const heights = () => askedForBlocks(replica.ring('catchUp')).map(([height]) => height);
    expect(heights()).toEqual([2, 3, 4]);
    expect(replica.timers.has('catchUp')).toBe(true);
    replica.hearBlock(2, right[1]!.block);
    expect(heights()).toEqual([]);
    expect(heights()).toEqual([3, 4]);
  });

  it('keeps what came for a new view when a checkpoint of the same chain is fetched, and the other way round', () => {
    const opening = (view: number) => {
      const viewChange = makeViewChange(view, { chain: right.map(({ block }) => block.header) });
      return newViewMessage(network, [
        [0, viewChange],
        [2, viewChange],
        [3, viewChange],
      ]);
    };
    const entering = new LoneReplica(network, 1);
    entering.hear(2, opening(2));
    for (const { block } of right.slice(0, 2)) entering.hearBlock(0, block);
    entering.hear(2, beacon({ stableHeight: 4, tipHeight: 6 }));
    const asked = askedForBlocks(entering.hear(2, headersMessage(network, right.slice(0, 4))));
    expect(asked.map(([height]) => height)).toEqual([3, 4]);

    const { replica } = fetching();
    for (const { block } of right.slice(0, 2)) replica.hearBlock(2, block);
    expect(askedForBlocks(replica.hear(2, opening(2))).map(([height]) => height)).toEqual([3, 4, 5, 6]);
  });
});

describe('a checkpoint of a later view', () => {
  it('is recorded where a view beyond it is wanted already, and enters nothing (U2)', () => {
    const replica = new LoneReplica(network, 1, {}, [
      ...right.slice(0, 2).map((accepted) => ({ type: 'append', accepted }) as const),
      {
        type: 'position',
        position: { epoch: 0, view: 0, mode: 'changing', target: 6, lastNormalView: 0, baseHeight: 0 },
      },
      {
        type: 'viewChange',
        viewChange: makeViewChange(6, { chain: right.slice(0, 2).map(({ block }) => block.header) }),
      },
    ]);
    replica.hear(2, { type: 'stable', certificate: stableAt(network, right.slice(0, 2), 5) });
    expect(replica.standing.stable.height).toBe(2);
    expect(replica.standing.position).toMatchObject({ view: 0, mode: 'changing', target: 6 });
  });
});
