import { describe, expect, it } from 'vitest';
import {
  LoneReplica,
  announced,
  beacon,
  headersOf,
  makeBlocks,
  sent,
  viewChangeMessage,
} from '../../../support/consensus.ts';
import { makeViewChange } from '../../../support/evidence.ts';
import { makeGenesis, makeCommitCertificate } from '../../../support/ledger.ts';

const network = makeGenesis({ limits: { checkpointDistance: 4, maxBlockRequests: 4 } });
const blocks = makeBlocks(network, 'blocks', 3);
const hearViewChange = (replica: LoneReplica, from: number, view: number) =>
  replica.hear(from, viewChangeMessage(network, from, makeViewChange(view)));

/** A replica for which the wait for the view 1 has begun. */
function waiting() {
  const replica = new LoneReplica(network, 3);
  for (const from of [0, 2]) hearViewChange(replica, from, 1);
  expect(replica.standing.position).toMatchObject({ mode: 'changing', target: 1 });
  expect(replica.timers.has('newView')).toBe(true);
  return replica;
}

describe('a view that has not begun in time', () => {
  it('is given up for the next', () => {
    const replica = waiting();
    const effects = replica.ring('newView');
    expect(announced(effects, 'changingView')).toEqual([
      { type: 'changingView', view: 0, target: 2, cause: 'timeout' },
    ]);
  });

  it('is waited for while more than f replicas cannot be reached', () => {
    const replica = waiting();
    replica.give({ type: 'reachable', replica: 0, reachable: false });
    replica.give({ type: 'reachable', replica: 1, reachable: false });
    replica.ring('newView');
    expect(replica.standing.position.target).toBe(1);
    expect(replica.timers.has('newView')).toBe(true);
    replica.give({ type: 'reachable', replica: 0, reachable: true });
    replica.ring('newView');
    expect(replica.standing.position.target).toBe(2);
  });

  it('is asked for where f+1 reachable replicas say that they are in it', () => {
    const replica = waiting();
    for (const from of [0, 2]) replica.hear(from, beacon({ view: 1, target: 1 }));
    const asked = sent(replica.ring('newView'), 'getNewView').map(({ to, message }) => [to, message.view]);
    expect(asked).toEqual([
      [0, 1],
      [2, 1],
    ]);
    expect(replica.standing.position.target).toBe(1);
    expect(replica.timers.has('newView')).toBe(true);
    replica.give({ type: 'reachable', replica: 2, reachable: false });
    replica.ring('newView');
    expect(replica.standing.position.target).toBe(2);
  });

  it('is given up where only f replicas say that they are in it', () => {
    const replica = waiting();
    replica.hear(0, beacon({ view: 1, target: 1 }));
    replica.hear(2, beacon({ view: 0, target: 1 }));
    replica.ring('newView');
    expect(replica.standing.position.target).toBe(2);
  });

  it('is not given up by a timer that belongs to a view left long ago', () => {
    const replica = waiting();
    for (const from of [0, 2]) hearViewChange(replica, from, 4);
    expect(replica.standing.position.target).toBe(4);
    const later = waiting();
    later.ring('newView');
    expect(later.standing.position.target).toBe(2);
    expect(later.timers.has('newView')).toBe(false);
    expect(later.ring('newView')).toEqual([]);
    const normal = new LoneReplica(network, 3);
    expect(normal.ring('newView')).toEqual([]);
  });
});

describe('following others', () => {
  it('takes f+1 of them, to the lowest view that one correct replica wants at least', () => {
    const replica = new LoneReplica(network, 3);
    hearViewChange(replica, 0, 7);
    expect(replica.standing.position.mode).toBe('normal');
    hearViewChange(replica, 2, 4);
    expect(replica.standing.position).toMatchObject({ mode: 'changing', target: 4 });
    hearViewChange(replica, 1, 6);
    expect(replica.standing.position.target).toBe(6);
  });

  it('counts suspicions of the view and view changes beyond it together, each replica once', () => {
    const replica = new LoneReplica(network, 3);
    replica.hear(0, { type: 'suspect', epoch: 0, view: 0 });
    hearViewChange(replica, 0, 1);
    expect(replica.standing.position.mode).toBe('normal');
    replica.hear(2, { type: 'suspect', epoch: 0, view: 0 });
    expect(replica.standing.position).toMatchObject({ mode: 'changing', target: 1 });
  });

  it('counts no suspicion of an earlier view or another epoch', () => {
    const replica = new LoneReplica(network, 3, {}, [
      {
        type: 'position',
        position: { epoch: 0, view: 2, mode: 'normal', target: 2, lastNormalView: 2, baseHeight: 0 },
      },
    ]);
    for (const from of [0, 1]) replica.hear(from, { type: 'suspect', epoch: 0, view: 1 });
    for (const from of [0, 1]) replica.hear(from, { type: 'suspect', epoch: 1, view: 2 });
    expect(replica.standing.position.mode).toBe('normal');
    for (const from of [0, 1]) replica.hear(from, { type: 'suspect', epoch: 0, view: 2 });
    expect(replica.standing.position).toMatchObject({ mode: 'changing', target: 3 });
  });

  it('goes beyond the views of its own certificates (V2)', () => {
    const replica = new LoneReplica(network, 3, {}, [
      ...blocks.map((accepted) => ({ type: 'append', accepted }) as const),
      {
        type: 'commitCertificate',
        certificate: makeCommitCertificate(network, blocks[1]!.block.header, 4),
      },
    ]);
    for (const from of [0, 2]) hearViewChange(replica, from, 1);
    expect(replica.standing.position.target).toBe(5);
  });
});

describe('the own view change', () => {
  it('says what is durable: the last normal view, the chain and the highest certificate', () => {
    const commit = makeCommitCertificate(network, blocks[1]!.block.header, 0);
    const replica = new LoneReplica(network, 3, {}, [
      ...blocks.map((accepted) => ({ type: 'append', accepted }) as const),
      { type: 'commitCertificate', certificate: commit },
    ]);
    for (const from of [0, 2]) hearViewChange(replica, from, 1);
    const said = makeViewChange(1, { commit, chain: headersOf(blocks) });
    expect(replica.store.viewChange).toEqual(said);
    // After another target: lv is still the view that was normal, never a target (M17).
    replica.ring('newView');
    expect(replica.store.viewChange).toEqual({ ...said, view: 2 });
  });

  it('is the same after a restart, and is said again until the view begins', () => {
    const replica = new LoneReplica(network, 3);
    for (const from of [0, 2]) hearViewChange(replica, from, 1);
    const [before] = replica.signed;
    const effects = replica.restart();
    expect(replica.signed).toEqual([before, before]);
    const [again] = sent(effects, 'viewChange');
    expect(sent(replica.ring('viewChange'), 'viewChange')).toEqual([again]);
    expect(replica.timers.has('viewChange')).toBe(true);
  });

  it('accepts no order any more once it has been signed (M9)', () => {
    const replica = new LoneReplica(network, 3);
    for (const from of [0, 2]) hearViewChange(replica, from, 1);
    replica.hearOrder(0, blocks[0]!);
    expect(replica.standing.tipHeight).toBe(0);
  });

  it('is refused where another is not well-formed', () => {
    const replica = new LoneReplica(network, 3);
    const bad = makeViewChange(1, { lastNormalView: 1 });
    const effects = replica.hear(0, viewChangeMessage(network, 0, bad));
    expect(announced(effects, 'suspicion')).toEqual([
      { type: 'suspicion', replica: 0, reason: 'badViewChange', height: 0 },
    ]);
    expect(replica.consensus.holdings.viewChanges).toBe(0);
  });
});
