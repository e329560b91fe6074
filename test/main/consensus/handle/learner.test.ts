import { describe, expect, it } from 'vitest';
import {
  FIRST_POSITION,
  type PersistOperation,
  type ViewPosition,
} from '../../../../src/main/consensus/effects.ts';
import type { HashedHeader } from '../../../../src/main/ledger/block.ts';
import type { Statement } from '../../../../src/main/ledger/statement.ts';
import { newViewStatement, type NewView } from '../../../../src/main/ledger/viewChange.ts';
import { LoneReplica, localCommit, makeBlocks, sent } from '../../../support/consensus.ts';
import {
  contradictingPair,
  makeEvidence,
  makeViewChange,
  signViewChange,
  signedBy,
} from '../../../support/evidence.ts';
import { TestChain, makeGenesis } from '../../../support/ledger.ts';

const network = makeGenesis({ limits: { checkpointDistance: 4, maxBlockRequests: 4 } });
const OWN = 1;
/** Of no run of the replica that is told. */
const ELSEWHEN = 'ee'.repeat(8);
const other = 'ef'.repeat(32);
const { publicKey } = network.genesis.replicas[OWN]!;
const learnerMark: PersistOperation = { type: 'learner', reason: 'stateLost', publicKey };
const chain = new TestChain(network);
const settled = [chain.append(), chain.append()];
const checkpoint = chain.checkpoint();
const removed = [chain.append(chain.requests(1, 'removed'))];
chain.rollback(2);
const accepted = [chain.append(), chain.append()];

const newViewOf = (view: number): NewView => ({
  epoch: 0,
  view,
  viewChanges: [0, 1, 2].map((replica) => signViewChange(network, replica, makeViewChange(view))),
});
const append = (blocks: typeof accepted): PersistOperation[] =>
  blocks.map((block) => ({ type: 'append', accepted: block }));
const position = (parts: Partial<ViewPosition>): PersistOperation => ({
  type: 'position',
  position: { ...FIRST_POSITION, ...parts },
});

/** In view 3 and on its way to 6: stable at 2, with a block at 3 rolled back and two on the chain. */
function knowing(more: readonly PersistOperation[] = []) {
  return new LoneReplica(network, OWN, {}, [
    ...append(settled),
    { type: 'checkpoint', checkpoint },
    ...append(removed),
    { type: 'rollback', height: 2 },
    ...append(accepted),
    position({ view: 3, lastNormalView: 3, mode: 'changing', target: 6 }),
    { type: 'viewChange', viewChange: makeViewChange(6, { lastNormalView: 3 }) },
    ...more,
  ]);
}

function reasonAfter(replica: LoneReplica, ...statements: readonly Statement[]) {
  replica.hear(2, {
    type: 'recall',
    epoch: 0,
    token: ELSEWHEN,
    statements: statements.map((statement) => signedBy(network, OWN, statement)),
  });
  return replica.standing.learner;
}

const headerOf = (block: (typeof accepted)[number]) => block.block.header;
const order = (
  view: number,
  { epoch, height, hash }: Pick<HashedHeader, 'epoch' | 'height' | 'hash'>,
): Statement => ({
  type: 'order',
  epoch,
  view,
  height,
  hash,
});
const commit = (view: number, height: number, hash: string): Statement => ({
  type: 'localCommit',
  epoch: 0,
  view,
  height,
  hash,
});
const vote = (view: number, { epoch, height, hash, stateDigest }: HashedHeader): Statement => ({
  type: 'checkpointVote',
  epoch,
  view,
  height,
  hash,
  stateDigest,
});
const change = (type: 'viewChange' | 'newView', view: number): Statement => ({
  type,
  epoch: 0,
  view,
  contentDigest: other,
});

describe('what a replica still knows of', () => {
  const known: readonly (readonly [string, Statement])[] = [
    ['a localCommit for a block on its chain', commit(3, 4, headerOf(accepted[1]!).hash)],
    ['one of an earlier view', commit(0, 3, headerOf(accepted[0]!).hash)],
    ['one for a block that was rolled back', commit(2, 3, headerOf(removed[0]!).hash)],
    ['one at the stable checkpoint', commit(3, 2, other)],
    ['one below the stable checkpoint', commit(3, 1, other)],
    ['an order for a block on its chain', order(3, headerOf(accepted[1]!))],
    ['a vote for a block on its chain', vote(3, headerOf(accepted[0]!))],
    ['a view change for its target', change('viewChange', 6)],
    ['a view change for an earlier view', change('viewChange', 5)],
    ['an opening of a view that it has been in', change('newView', 3)],
  ];
  it.each(known)('makes no learner of it: %s', (_what, statement) => {
    expect(reasonAfter(knowing(), statement)).toBeNull();
  });

  it('includes an opening that it decided on, and all before it, entered or not', () => {
    const opened: PersistOperation = { type: 'newView', opening: { newView: newViewOf(5), signature: null } };
    const replica = new LoneReplica(network, OWN, {}, [position({ mode: 'changing', target: 9 }), opened]);
    expect(reasonAfter(replica, newViewStatement(newViewOf(5)), newViewStatement(newViewOf(1)))).toBeNull();
    expect(reasonAfter(replica, change('newView', 9))).toBe('keyInUse');
  });

  it('includes what it opened and never entered', () => {
    const replica = new LoneReplica(network, OWN, {}, [
      position({ mode: 'changing', target: 1 }),
      { type: 'viewChange', viewChange: makeViewChange(1) },
    ]);
    const [block] = makeBlocks(network, 'nobody gives it', 1);
    const naming = (from: number, view: number) => {
      const viewChange = makeViewChange(view, { chain: [headerOf(block!)] });
      const { signature } = signViewChange(network, from, viewChange);
      replica.hear(from, { type: 'viewChange', viewChange, signature });
    };
    for (let view = 1; view <= 5; view++) for (const from of [2, 3]) naming(from, view);
    const openings = replica.signed.filter(({ type }) => type === 'newView');
    expect(openings.map(({ view }) => view)).toEqual([1, 5]);
    expect(replica.standing.position.view).toBe(0);
    for (const opening of openings) expect(reasonAfter(replica, opening)).toBeNull();
  });
});

describe('what a replica has forgotten', () => {
  const forgotten: readonly (readonly [string, Statement])[] = [
    ['a localCommit for another block than it holds', commit(3, 3, other)],
    ['one above its tip', commit(3, 5, other)],
    ['one of a later view', commit(4, 3, headerOf(accepted[0]!).hash)],
    ['one of a later view, even below its checkpoint', commit(4, 1, other)],
    ['an order for another block', order(3, { epoch: 0, height: 4, hash: other })],
    ['a vote for another block', vote(3, { ...headerOf(accepted[0]!), hash: other })],
    ['a view change for a later view', change('viewChange', 7)],
    ['an opening of a later view', change('newView', 5)],
  ];
  it('and so does a statement of a later epoch', () => {
    expect(reasonAfter(knowing(), { ...commit(1, 0, other), epoch: 1 })).toBe('keyInUse');
  });

  it.each(forgotten)('makes a learner of it: %s', (_what, statement) => {
    const replica = knowing();
    expect(reasonAfter(replica, commit(3, 4, headerOf(accepted[1]!).hash), statement)).toBe('keyInUse');
    expect(replica.store.learner?.reason).toBe('keyInUse');
  });

  it('shows where an old backup was restored', () => {
    const replica = new LoneReplica(network, OWN);
    for (const block of makeBlocks(network, 'before', 2)) replica.hearOrder(0, block);
    replica.hear(2, localCommit(network, 2, headerOf(makeBlocks(network, 'before', 2)[1]!)));
    const said = replica.signed.at(-1)!;
    expect(said).toMatchObject({ type: 'localCommit', height: 2 });
    expect(reasonAfter(replica, said)).toBeNull();
    const restored = new LoneReplica(network, OWN);
    restored.isAnswered = false;
    restored.restart();
    expect(reasonAfter(restored, said)).toBe('stateOld');
  });

  it('is told to it by the others, who keep the last of each kind', () => {
    const teller = new LoneReplica(network, 2);
    const [low, high] = makeBlocks(network, 'told', 2);
    for (const block of [high!, low!]) teller.hear(OWN, localCommit(network, OWN, headerOf(block)));
    const recalls = sent(teller.hear(OWN, { type: 'getRecall', epoch: 0, token: ELSEWHEN }), 'recall');
    expect(
      recalls.map(({ to, message }) => [to, message.statements.map(({ statement }) => statement)]),
    ).toEqual([[OWN, [commit(0, 2, headerOf(high!).hash)]]]);
    const restored = new LoneReplica(network, OWN);
    restored.hear(2, recalls[0]!.message);
    expect(restored.standing.learner).toBe('keyInUse');
  });
});

describe('evidence against oneself', () => {
  it('makes a learner, who keeps it and passes it on', () => {
    const replica = new LoneReplica(network, OWN);
    const evidence = makeEvidence(network, OWN);
    const effects = replica.hear(2, { type: 'evidence', evidence });
    expect(replica.store.learner?.reason).toBe('keyInUse');
    expect(replica.store.evidence).toEqual([{ evidence, recordedHeight: null }]);
    expect(sent(effects, 'evidence')).toEqual([{ to: null, message: { type: 'evidence', evidence } }]);
  });

  it('against others makes none', () => {
    const replica = new LoneReplica(network, OWN);
    replica.hear(2, { type: 'evidence', evidence: makeEvidence(network, 3) });
    expect(replica.standing.learner).toBeNull();
  });
});

describe('a learner', () => {
  const learner = () => new LoneReplica(network, OWN, {}, [learnerMark]);

  it('follows, but signs and answers nothing', () => {
    const replica = learner();
    const [first] = makeBlocks(network, 'followed', 1);
    const effects = [
      ...replica.hearOrder(0, first!),
      ...replica.hear(2, localCommit(network, 2, headerOf(first!))),
      ...replica.ring('checkpoint'),
      ...[2, 3].flatMap((from) => replica.hear(from, { type: 'suspect', epoch: 0, view: 0 })),
    ];
    expect(replica.standing.tipHeight).toBe(1);
    expect(replica.standing.position.mode).toBe('normal');
    expect(replica.signed).toEqual([]);
    expect(effects.filter(({ type }) => type === 'respond')).toEqual([]);
  });

  it('keeps its reason, whatever it hears later', () => {
    const replica = learner();
    expect(reasonAfter(replica, contradictingPair('localCommit')[0])).toBe('stateLost');
    replica.hear(2, { type: 'evidence', evidence: makeEvidence(network, OWN) });
    expect(replica.standing.learner).toBe('stateLost');
    replica.restart();
    expect(replica.standing.learner).toBe('stateLost');
  });
});

it('what was to be signed when a replica became a learner does not leave', () => {
  const replica = new LoneReplica(network, OWN, {}, append([...settled]));
  const forgotten = signedBy(network, OWN, {
    type: 'localCommit',
    epoch: 0,
    view: 4,
    height: 1,
    hash: other,
  });
  const effects = replica.give(
    { type: 'timer', timer: 'checkpoint' },
    {
      type: 'peerMessage',
      from: 2,
      message: { type: 'recall', epoch: 0, token: ELSEWHEN, statements: [forgotten] },
      bodies: [],
    },
  );
  expect(effects.some(({ type }) => type === 'sign')).toBe(true);
  expect(replica.standing.learner).toBe('keyInUse');
  expect(sent(effects, 'localCommit')).toEqual([]);
});
