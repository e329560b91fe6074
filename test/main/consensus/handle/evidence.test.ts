import { describe, expect, it } from 'vitest';
import type { AcceptedBlock } from '../../../../src/main/consensus/effects.ts';
import {
  LoneReplica,
  announced,
  headersOf,
  localCommit,
  makeBlocks,
  newViewMessage,
  orderMessage,
  sent,
} from '../../../support/consensus.ts';
import { makeEvidence, makeViewChange } from '../../../support/evidence.ts';
import { TestChain, makeGenesis } from '../../../support/ledger.ts';

const network = makeGenesis({ limits: { checkpointDistance: 4, maxBlockRequests: 4 } });
const evidence = makeEvidence(network, 2);

/** Blocks that record `evidence` and nothing else. */
function recording(count: number): readonly AcceptedBlock[] {
  const chain = new TestChain(network);
  return Array.from({ length: count }, () => chain.append([], 0, 1_000, [evidence]));
}

describe('evidence on the chain', () => {
  it('stands at the height of its block, also for a replica that had none', () => {
    const replica = new LoneReplica(network, 1);
    const effects = replica.hearOrder(0, recording(1)[0]!);
    expect(replica.store.evidence).toEqual([{ evidence, recordedHeight: 1 }]);
    expect(announced(effects, 'evidence').map(({ known }) => known.recordedHeight)).toEqual([1]);
  });

  it('is recorded once: a block that records it again is refused, with its primary', () => {
    const replica = new LoneReplica(network, 1);
    const [first, second] = recording(2);
    replica.hearOrder(0, first!);
    const effects = replica.hearOrder(0, second!);
    expect(replica.standing.tipHeight).toBe(1);
    expect(announced(effects, 'suspicion')).toEqual([
      { type: 'suspicion', replica: 0, reason: 'badBlock', height: 2 },
    ]);
  });

  it('waits to be recorded again when its block is rolled back', () => {
    const replica = new LoneReplica(network, 3);
    replica.hearOrder(0, recording(1)[0]!);
    const [block] = makeBlocks(network, 'instead', 1);
    const viewChange = makeViewChange(1, { chain: headersOf([block!]) });
    replica.hear(
      1,
      newViewMessage(network, [
        [0, viewChange],
        [1, viewChange],
        [2, viewChange],
      ]),
    );
    replica.hearBlock(0, block!.block);
    expect(replica.standing.position.view).toBe(1);
    expect(replica.store.evidence).toEqual([{ evidence, recordedHeight: null }]);
    // The next primary may record it again.
    const chain = new TestChain(network);
    chain.append(block!.block.requests);
    replica.hearOrder(1, chain.append([], 1, 1_000, [evidence]));
    expect(replica.store.evidence).toEqual([{ evidence, recordedHeight: 2 }]);
  });

  it('is recorded by a primary in a block of its own, where nothing else waits, and never twice', () => {
    const primary = new LoneReplica(network, 0);
    const effects = primary.give({ type: 'evidence', evidence });
    expect(sent(effects, 'orderedRequest').map(({ message }) => message.evidence)).toEqual([[evidence]]);
    expect(sent(primary.give({ type: 'evidence', evidence }), 'orderedRequest')).toEqual([]);
    expect(primary.standing.tipHeight).toBe(1);
  });
});

describe('evidence that comes in', () => {
  it('is kept durably and passed on once, whoever brings it', () => {
    const replica = new LoneReplica(network, 1);
    expect(sent(replica.hear(3, { type: 'evidence', evidence }), 'evidence')).toEqual([
      { to: null, message: { type: 'evidence', evidence } },
    ]);
    expect(replica.store.evidence).toEqual([{ evidence, recordedHeight: null }]);
    expect(sent(replica.give({ type: 'evidence', evidence }), 'evidence')).toEqual([]);
    const second = makeEvidence(network, 2, 'order');
    expect(
      replica.hear(3, { type: 'evidence', evidence: second }).filter(({ type }) => type !== 'setTimer'),
    ).toEqual([]);
    expect(replica.store.evidence).toEqual([{ evidence, recordedHeight: null }]);
  });

  it('is told to whoever connects, also after a restart', () => {
    const replica = new LoneReplica(network, 1);
    replica.give({ type: 'evidence', evidence });
    replica.restart();
    const effects = replica.give({ type: 'reachable', replica: 3, reachable: true });
    expect(sent(effects, 'evidence')).toEqual([{ to: 3, message: { type: 'evidence', evidence } }]);
  });

  it.each([
    ['an order of the primary in this view', 0, 'order', 0, 'changing'],
    ['an order of the primary in an earlier view of its own', 0, 'order', 4, 'normal'],
    ['an order by another', 2, 'order', 0, 'normal'],
    ['a localCommit of the primary', 0, 'localCommit', 0, 'normal'],
  ] as const)('replaces the primary or not: %s', (_what, accused, type, view, mode) => {
    const replica = new LoneReplica(network, 1);
    replica.give({ type: 'evidence', evidence: makeEvidence(network, accused, type, { view }) });
    expect(replica.standing.position.mode).toBe(mode);
  });

  it('drives it on where it convicts the primary of the view that it is on its way to', () => {
    const replica = new LoneReplica(network, 3, {}, [
      {
        type: 'position',
        position: { epoch: 0, view: 0, mode: 'changing', target: 2, lastNormalView: 0, baseHeight: 0 },
      },
      { type: 'viewChange', viewChange: makeViewChange(2) },
    ]);
    replica.give({ type: 'evidence', evidence: makeEvidence(network, 2, 'newView', { view: 2 }) });
    expect(replica.standing.position.target).toBe(3);
  });
});

describe('evidence that is found', () => {
  const [one] = makeBlocks(network, 'one', 1);
  const [two] = makeBlocks(network, 'two', 1);

  it('in two localCommits of one replica', () => {
    const replica = new LoneReplica(network, 1);
    replica.hear(2, localCommit(network, 2, one!.block.header));
    replica.hear(2, localCommit(network, 2, two!.block.header));
    expect(replica.standing.evidence.map((known) => known.evidence.replica)).toEqual([2]);
    expect(replica.standing.position.mode).toBe('normal');
  });

  it('in two orders of the primary, one accepted and one passed on by another', () => {
    const replica = new LoneReplica(network, 1);
    replica.hearOrder(0, one!);
    replica.hear(2, { type: 'orders', orders: [orderMessage(two!)] });
    expect(replica.standing.evidence.map((known) => known.evidence.replica)).toEqual([0]);
    expect(replica.standing.position.mode).toBe('changing');
  });

  it('by showing the own order to one that certifies another block', () => {
    const replica = new LoneReplica(network, 1);
    replica.hearOrder(0, one!);
    const effects = replica.hear(2, localCommit(network, 2, two!.block.header));
    expect(sent(effects, 'orders').map(({ to, message }) => [to, message.orders[0]!.header.hash])).toEqual([
      [2, one!.block.header.hash],
    ]);
  });
});
