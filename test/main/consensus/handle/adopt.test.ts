import { describe, expect, it } from 'vitest';
import {
  LoneReplica,
  announced,
  headersOf,
  localCommit,
  makeBlocks,
  newViewMessage,
  sent,
  stableAt,
} from '../../../support/consensus.ts';
import { makeViewChange } from '../../../support/evidence.ts';
import { makeGenesis } from '../../../support/ledger.ts';

const network = makeGenesis({ limits: { checkpointDistance: 4, maxBlockRequests: 4 } });
const blocks = makeBlocks(network, 'blocks', 6);
const others = makeBlocks(network, 'others', 4);

/** The opening of `view` by three replicas, all with this chain. */
function opening(view: number, chain: readonly (typeof blocks)[number][], lastNormalView = 0) {
  const viewChange = makeViewChange(view, { lastNormalView, chain: headersOf(chain) });
  return newViewMessage(network, [
    [0, viewChange],
    [1, viewChange],
    [2, viewChange],
  ]);
}

describe('entering a view', () => {
  it('takes over its history, and what was put back waits to be ordered again', () => {
    const replica = new LoneReplica(network, 3);
    for (const block of [...blocks.slice(0, 1), ...makeBlocks(network, 'else', 2, blocks.slice(0, 1))])
      replica.hearOrder(0, block);
    expect(sent(replica.hear(1, opening(1, blocks.slice(0, 3))), 'getBlock')).toHaveLength(2);
    replica.hearBlock(0, blocks[1]!.block);
    expect(replica.timers.has('newView')).toBe(false);
    const effects = replica.hearBlock(0, blocks[2]!.block);
    expect(announced(effects, 'enteredView')).toEqual([
      {
        type: 'enteredView',
        view: 1,
        primary: 1,
        baseHeight: 3,
        forkHeight: 1,
        keptBlocks: 1,
        putBackBlocks: 2,
        how: 'newView',
      },
    ]);
    expect(replica.store.position).toEqual({
      epoch: 0,
      view: 1,
      mode: 'normal',
      target: 0,
      lastNormalView: 1,
      baseHeight: 3,
    });
    expect(replica.store.tip).toEqual(blocks[2]!.block.header);
    expect(replica.standing.pendingRequests).toBe(2);
    expect(replica.consensus.holdings.rolledBackBlocks).toBe(2);
  });

  it('certifies the history in the new view, at its tip and nowhere below (M4)', () => {
    const replica = new LoneReplica(network, 3);
    for (const block of blocks.slice(0, 3)) replica.hearOrder(0, block);
    replica.hear(1, opening(1, blocks.slice(0, 3)));
    for (const { block } of blocks.slice(0, 2)) replica.hear(2, localCommit(network, 2, block.header, 1));
    const signed = replica.signed.filter(({ view }) => view === 1);
    expect(signed).toEqual([
      { type: 'localCommit', epoch: 0, view: 1, height: 3, hash: blocks[2]!.block.header.hash },
    ]);
  });

  it('answers clients again for the tip alone: what is below it was accepted in another view (A3)', () => {
    const replica = new LoneReplica(network, 3);
    for (const block of blocks.slice(0, 3)) replica.hearOrder(0, block);
    const responses = replica
      .hear(1, opening(1, blocks.slice(0, 3)))
      .flatMap((effect) => (effect.type === 'respond' ? [effect.height] : []));
    expect(responses).toEqual([3]);
    const again = (height: number) =>
      replica.give({ type: 'request', request: blocks[height - 1]!.block.requests[0]! });
    expect(again(3).some(({ type }) => type === 'respond')).toBe(true);
    expect(again(2).some(({ type }) => type === 'respond')).toBe(false);
  });

  it('enters no view twice, and none below the target of a view change that it has signed (M11, M12)', () => {
    const replica = new LoneReplica(network, 3);
    replica.hear(1, opening(1, blocks.slice(0, 1)));
    replica.hearBlock(0, blocks[0]!.block);
    expect(replica.standing.position.view).toBe(1);
    expect(announced(replica.hear(2, opening(1, blocks.slice(0, 1))), 'newView')).toEqual([]);
    replica.hear(1, opening(1, []));
    expect(replica.standing.tipHeight).toBe(1);
    const late = new LoneReplica(network, 3, {}, [
      {
        type: 'position',
        position: { epoch: 0, view: 0, mode: 'changing', target: 4, lastNormalView: 0, baseHeight: 0 },
      },
    ]);
    late.hear(1, opening(1, []));
    expect(late.standing.position.mode).toBe('changing');
  });

  it('goes on towards a later view where a certificate brings it into an earlier one', () => {
    const replica = new LoneReplica(network, 3);
    for (const block of blocks.slice(0, 2)) replica.hearOrder(0, block);
    expect(sent(replica.hear(2, opening(6, blocks, 5)), 'getBlock').length).toBeGreaterThan(0);
    replica.hear(1, { type: 'stable', certificate: stableAt(network, blocks.slice(0, 2), 5) });
    expect(replica.standing.position).toMatchObject({ view: 5, mode: 'normal', baseHeight: 2 });
    expect(replica.timers.has('viewChange')).toBe(true);
    expect(sent(replica.ring('viewChange'), 'getBlock').map(({ message }) => message.height)).toEqual([
      3, 4, 5, 6,
    ]);
    for (const { block } of blocks.slice(2)) replica.hearBlock(0, block);
    expect(replica.standing.position).toMatchObject({ view: 6, baseHeight: 6 });
  });

  it('forgets an opening of a view that a certificate has brought it into or beyond', () => {
    const replica = new LoneReplica(network, 3);
    replica.hear(1, opening(5, others, 4));
    for (const block of blocks.slice(0, 2)) replica.hearOrder(0, block);
    replica.hear(1, { type: 'stable', certificate: stableAt(network, blocks.slice(0, 2), 6) });
    expect(replica.standing.position.view).toBe(6);
    expect(replica.timers.has('viewChange')).toBe(false);
  });
});
