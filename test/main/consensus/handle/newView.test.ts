import { describe, expect, it } from 'vitest';
import type { Effect } from '../../../../src/main/consensus/effects.ts';
import { newViewStatement, viewChangeStatement } from '../../../../src/main/ledger/viewChange.ts';
import {
  LoneReplica,
  announced,
  beacon,
  headersOf,
  makeBlocks,
  newViewMessage,
  sent,
  viewChangeMessage,
} from '../../../support/consensus.ts';
import { makeViewChange, signViewChange } from '../../../support/evidence.ts';
import { makeGenesis } from '../../../support/ledger.ts';

const network = makeGenesis({ limits: { checkpointDistance: 4, maxBlockRequests: 4 } });
const blocks = makeBlocks(network, 'blocks', 2);

const opening = (view: number, replicas: readonly number[] = [0, 1, 2]) =>
  newViewMessage(
    network,
    replicas.map((replica) => [replica, makeViewChange(view)]),
  );

/** A replica that has signed its view change for `target`. */
function wanting(index: number, target: number) {
  return new LoneReplica(network, index, {}, [
    {
      type: 'position',
      position: { epoch: 0, view: 0, mode: 'changing', target, lastNormalView: 0, baseHeight: 0 },
    },
    { type: 'viewChange', viewChange: makeViewChange(target) },
  ]);
}
const hearViewChange = (replica: LoneReplica, from: number, view: number) =>
  replica.hear(from, viewChangeMessage(network, from, makeViewChange(view)));

describe('the wait for a view', () => {
  it('begins when a quorum has left the views below it, for it or for a later one', () => {
    const replica = wanting(1, 2);
    hearViewChange(replica, 0, 3);
    expect(replica.timers.has('newView')).toBe(false);
    hearViewChange(replica, 3, 2);
    expect(replica.timers.get('newView')).toBe(2_000);
  });

  it('does not count who wants an earlier view', () => {
    const replica = wanting(1, 2);
    hearViewChange(replica, 0, 1);
    hearViewChange(replica, 3, 2);
    expect(replica.timers.has('newView')).toBe(false);
  });

  it('goes on from where it is when the same quorum is heard again', () => {
    const replica = wanting(1, 2);
    hearViewChange(replica, 0, 2);
    hearViewChange(replica, 3, 2);
    replica.timers.delete('newView');
    hearViewChange(replica, 0, 2);
    hearViewChange(replica, 0, 3);
    expect(replica.timers.has('newView')).toBe(false);
  });

  it('lets three replicas at two targets go on together, past a primary that is silent', () => {
    const replicas = [wanting(0, 3), wanting(1, 2), wanting(3, 2)];
    const carry = (from: LoneReplica, effects: readonly Effect[]): void => {
      for (const effect of effects) {
        if (effect.type !== 'broadcast') continue;
        for (const to of replicas) if (to !== from) carry(to, to.hear(from.index, effect.message));
      }
    };
    for (let round = 0; round < 4; round++) {
      for (const replica of replicas) carry(replica, replica.ring('viewChange'));
      for (const replica of replicas)
        if (replica.timers.has('newView')) carry(replica, replica.ring('newView'));
    }
    expect(replicas.map(({ standing }) => standing.position.mode)).toEqual(['normal', 'normal', 'normal']);
    expect(new Set(replicas.map(({ standing }) => standing.position.view)).size).toBe(1);
    expect(replicas[0]!.standing.position.view).toBeGreaterThan(2);
  });
});

describe('opening a view', () => {
  it('signs one new view, with the first quorum of view changes for that very view', () => {
    const replica = wanting(1, 1);
    hearViewChange(replica, 2, 2);
    hearViewChange(replica, 3, 1);
    expect(replica.signed.some(({ type }) => type === 'newView')).toBe(false);
    const effects = hearViewChange(replica, 0, 1);
    const [opened, ...more] = sent(effects, 'newView');
    expect(more).toEqual([]);
    expect(opened!.message.newView.viewChanges.map(({ replica: member }) => member)).toEqual([0, 1, 3]);
    hearViewChange(replica, 2, 1);
    expect(replica.signed.filter(({ type }) => type === 'newView')).toEqual([
      newViewStatement(opened!.message.newView),
    ]);
  });

  it('signs no other new view for it, even where it cannot enter yet and other view changes come', () => {
    const replica = wanting(1, 1);
    const naming = makeViewChange(1, { chain: headersOf(blocks) });
    for (const from of [0, 3]) replica.hear(from, viewChangeMessage(network, from, naming));
    expect(replica.standing.position.mode).toBe('changing');
    hearViewChange(replica, 0, 2);
    replica.hear(2, viewChangeMessage(network, 2, naming));
    expect(replica.signed.filter(({ type }) => type === 'newView')).toHaveLength(1);
  });

  it('signs the same new view after a stop between deciding and signing', () => {
    const { newView } = opening(1);
    const replica = new LoneReplica(network, 1, {}, [
      {
        type: 'position',
        position: { epoch: 0, view: 0, mode: 'changing', target: 1, lastNormalView: 0, baseHeight: 0 },
      },
      { type: 'viewChange', viewChange: makeViewChange(1) },
      { type: 'newView', opening: { newView, signature: null } },
    ]);
    expect(replica.signed.filter(({ type }) => type === 'newView')).toEqual([newViewStatement(newView)]);
    expect(replica.standing.position).toMatchObject({ view: 1, mode: 'normal' });
  });
});

describe('showing what opened the view', () => {
  const late = viewChangeMessage(network, 0, makeViewChange(1));

  it('answers a hundred copies of an old view change once until the next beacon', () => {
    const replica = new LoneReplica(network, 3);
    replica.hear(2, opening(2));
    const answers = Array.from({ length: 100 }, () => sent(replica.hear(0, late), 'newView')).flat();
    expect(answers.map(({ to, message }) => [to, message.newView.view])).toEqual([[0, 2]]);
    expect(sent(replica.hear(0, { type: 'getNewView', view: 1 }), 'newView')).toEqual([]);
    expect(sent(replica.hear(1, { type: 'getNewView', view: 1 }), 'newView')).toHaveLength(1);
    replica.ring('beacon');
    expect(sent(replica.hear(0, late), 'newView')).toHaveLength(1);
  });

  it('leaves a view change for this very view to its primary, who has the answer', () => {
    const other = new LoneReplica(network, 3);
    other.hear(1, opening(1));
    expect(sent(other.hear(0, late), 'newView')).toEqual([]);
    const primary = new LoneReplica(network, 1);
    primary.hear(1, opening(1));
    expect(sent(primary.hear(0, late), 'newView').map(({ to }) => to)).toEqual([0]);
  });

  it('asks the one that is in a later view for what opened it, until that is here', () => {
    const replica = new LoneReplica(network, 3);
    const asked = sent(replica.hear(1, beacon({ view: 2, target: 2 })), 'getNewView');
    expect(asked).toEqual([{ to: 1, message: { type: 'getNewView', view: 1 } }]);
    replica.hear(2, opening(2));
    expect(sent(replica.hear(1, beacon({ view: 2, target: 2 })), 'getNewView')).toEqual([]);
  });
});

describe('contradictions in a new view', () => {
  const other = makeViewChange(1, { chain: headersOf(blocks) });

  it('finds a view change that is not the one its sender sent here', () => {
    const replica = new LoneReplica(network, 3);
    replica.hear(0, viewChangeMessage(network, 0, makeViewChange(1)));
    replica.hear(
      1,
      newViewMessage(network, [
        [0, other],
        [1, makeViewChange(1)],
        [2, makeViewChange(1)],
      ]),
    );
    expect(replica.standing.evidence.map(({ evidence }) => evidence.replica)).toEqual([0]);
    expect(replica.standing.position.view).toBe(1);
  });

  it('finds a second view change for one view', () => {
    const replica = new LoneReplica(network, 3);
    replica.hear(0, viewChangeMessage(network, 0, makeViewChange(1)));
    const effects = replica.hear(0, viewChangeMessage(network, 0, other));
    expect(announced(effects, 'evidence').map(({ known }) => known.evidence.replica)).toEqual([0]);
  });

  it('finds nothing in a view change that is the same', () => {
    const replica = new LoneReplica(network, 3);
    for (let time = 0; time < 2; time++) replica.hear(0, viewChangeMessage(network, 0, makeViewChange(1)));
    replica.hear(1, opening(1));
    expect(replica.standing.evidence).toEqual([]);
  });

  it('leaves a view at once whose primary has opened it twice', () => {
    const replica = new LoneReplica(network, 3);
    replica.hear(1, opening(1, [0, 1, 2]));
    expect(replica.standing.position).toMatchObject({ view: 1, mode: 'normal' });
    const effects = replica.hear(2, opening(1, [1, 2, 3]));
    expect(replica.standing.evidence.map(({ evidence }) => evidence.replica)).toEqual([1]);
    expect(announced(effects, 'changingView')).toEqual([
      { type: 'changingView', view: 1, target: 2, cause: 'equivocation' },
    ]);
  });
});

describe('a new view that breaks a rule', () => {
  const bad: readonly (readonly [string, ReturnType<typeof opening>])[] = [
    ['is not of a quorum', opening(1, [0, 1])],
    ['is of more than a quorum', opening(1, [0, 1, 2, 3])],
    ['holds a view change for another view', mixed()],
    ['holds a chain that is not linked', unlinked()],
  ];

  it.each(bad)('is not entered: it %s', (_why, message) => {
    const replica = new LoneReplica(network, 3);
    const effects = replica.hear(1, message);
    expect(announced(effects, 'suspicion')).toEqual([
      { type: 'suspicion', replica: 1, reason: 'badNewView', height: 0 },
    ]);
    expect(replica.standing.position.view).toBe(0);
  });

  function mixed() {
    const { newView, signature } = opening(1);
    const strange = signViewChange(network, 2, makeViewChange(2));
    const viewChanges = [...newView.viewChanges.slice(0, 2), strange];
    expect(viewChangeStatement(strange.viewChange).view).toBe(2);
    return { type: 'newView' as const, newView: { ...newView, viewChanges }, signature };
  }

  function unlinked() {
    const chain = headersOf(blocks).toReversed();
    return newViewMessage(network, [
      [0, makeViewChange(1, { chain })],
      [1, makeViewChange(1)],
      [2, makeViewChange(1)],
    ]);
  }
});
