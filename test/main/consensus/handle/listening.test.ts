/** A replica that starts: it asks the others what they have of it, and signs nothing before enough have told. */
import { describe, expect, it } from 'vitest';
import type { Input } from '../../../../src/main/consensus/effects.ts';
import type { Statement } from '../../../../src/main/ledger/statement.ts';
import {
  LoneReplica,
  announced,
  headersOf,
  localCommit,
  makeBlocks,
  sent,
  viewChangeMessage,
} from '../../../support/consensus.ts';
import { makeViewChange, signedBy } from '../../../support/evidence.ts';
import { makeGenesis } from '../../../support/ledger.ts';

const network = makeGenesis({ limits: { checkpointDistance: 4, maxBlockRequests: 4 } });
const OWN = 1;
const blocks = makeBlocks(network, 'listening', 2);
const headers = headersOf(blocks);

/** A replica that has just started from what is on its disk; `token`: of its questions. */
function starting(index = OWN, before: LoneReplica | null = null): { replica: LoneReplica; token: string } {
  const replica = before ?? new LoneReplica(network, index);
  replica.isAnswered = false;
  const [asked] = sent(replica.restart(), 'getRecall');
  expect(asked!.to).toBeNull();
  replica.signed.length = 0;
  return { replica, token: asked!.message.token };
}

const tell = (replica: LoneReplica, from: number, token: string, ...said: readonly Statement[]) =>
  replica.hear(from, {
    type: 'recall',
    epoch: 0,
    token,
    statements: said.map((statement) => signedBy(network, replica.index, statement)),
  });

const commitOf = (index: number): Statement => {
  const { epoch, height, hash } = headers[index]!;
  return { type: 'localCommit', epoch, view: 0, height, hash };
};

describe('a replica that starts', () => {
  it('signs and answers nothing until a quorum less itself has told, and then makes up for it', () => {
    const { replica, token } = starting();
    const quiet = [
      ...blocks.flatMap((block) => replica.hearOrder(0, block)),
      ...replica.hear(2, localCommit(network, 2, headers[1]!)),
      ...replica.ring('checkpoint'),
    ];
    expect(replica.standing).toMatchObject({ listening: true, tipHeight: 2, learner: null });
    expect(replica.signed).toEqual([]);
    expect(quiet.filter(({ type }) => type === 'respond')).toEqual([]);
    tell(replica, 0, token);
    expect(replica.standing.listening).toBe(true);
    const loud = tell(replica, 3, token);
    expect(replica.standing.listening).toBe(false);
    expect(announced(loud, 'listened')).toHaveLength(1);
    expect(replica.signed).toEqual([commitOf(1)]);
    expect(loud.filter(({ type }) => type === 'respond')).toHaveLength(2);
  });

  it('counts each replica once, and no answer to an earlier run', () => {
    const { replica, token } = starting();
    tell(replica, 0, token);
    tell(replica, 0, token);
    tell(replica, 2, 'ab'.repeat(8));
    expect(replica.standing.listening).toBe(true);
    const later = starting(OWN, replica);
    expect(later.token).not.toBe(token);
    for (const from of [0, 2, 3]) tell(replica, from, token);
    expect(replica.standing.listening).toBe(true);
  });

  it('asks again with every beacon, and whoever connects', () => {
    const { replica, token } = starting();
    expect(sent(replica.ring('beacon'), 'getRecall')).toEqual([
      { to: null, message: { type: 'getRecall', epoch: 0, token } },
    ]);
    const connected = replica.give({ type: 'reachable', replica: 3, reachable: true });
    expect(sent(connected, 'getRecall')).toEqual([
      { to: 3, message: { type: 'getRecall', epoch: 0, token } },
    ]);
    for (const from of [0, 2]) tell(replica, from, token);
    expect(sent(replica.ring('beacon'), 'getRecall')).toEqual([]);
  });

  it('answers the others at once, also with nothing: they may be starting too', () => {
    const { replica } = starting();
    const question = 'cd'.repeat(8);
    expect(sent(replica.hear(3, { type: 'getRecall', epoch: 0, token: question }), 'recall')).toEqual([
      { to: 3, message: { type: 'recall', epoch: 0, token: question, statements: [] } },
    ]);
  });

  it('orders as the primary, and opens and leaves views, only when it has been told', () => {
    const replica = new LoneReplica(network, 0);
    const [request] = blocks[0]!.block.requests;
    replica.give({ type: 'request', request: request! });
    expect(replica.signed).toMatchObject([{ type: 'order', height: 1 }]);
    const { token } = starting(0, replica);
    for (const from of [1, 2, 3]) replica.hear(from, { type: 'suspect', epoch: 0, view: 0 });
    for (const from of [1, 2]) replica.hear(from, viewChangeMessage(network, from, makeViewChange(1)));
    expect(replica.signed).toEqual([]);
    expect(replica.standing.position.mode).toBe('normal');
    for (const from of [1, 2]) tell(replica, from, token);
    expect(replica.standing.position).toMatchObject({ mode: 'changing', target: 1 });
    expect(replica.signed.map(({ type }) => type)).toContain('viewChange');
  });

  it('tells after a restart what its disk holds of the others', () => {
    const replica = new LoneReplica(network, OWN);
    for (const block of blocks) replica.hearOrder(0, block);
    starting(OWN, replica);
    const [answer] = sent(replica.hear(0, { type: 'getRecall', epoch: 0, token: 'ab'.repeat(8) }), 'recall');
    const { epoch, height, hash } = headers[1]!;
    expect(answer!.message.statements.map(({ statement }) => statement)).toEqual([
      { type: 'order', epoch, view: 0, height, hash },
    ]);
  });
});

describe('a replica whose state is older than what it signed', () => {
  it('finds out while it listens, and only learns', () => {
    const { replica, token } = starting();
    tell(replica, 0, token);
    tell(replica, 2, token, commitOf(1));
    tell(replica, 3, token);
    expect(replica.standing).toMatchObject({ learner: 'stateOld', listening: false });
    expect(replica.signed).toEqual([]);
  });

  it('finds out from its own guard, whatever the others know', () => {
    const replica = new LoneReplica(network, OWN);
    const start: Input = { type: 'start', token: 'ab'.repeat(8), signed: [commitOf(0)] };
    replica.give(start);
    expect(replica.store.learner?.reason).toBe('stateOld');
  });

  it('hears of it from one who had not told before', () => {
    const { replica, token } = starting();
    for (const from of [0, 2]) tell(replica, from, token);
    tell(replica, 3, token, commitOf(1));
    expect(replica.standing.learner).toBe('stateOld');
  });
});

describe('a replica whose key somebody else signs with', () => {
  it('stops signing when one who has told before has more', () => {
    const { replica, token } = starting();
    for (const from of [0, 2]) tell(replica, from, token);
    const effects = tell(replica, 2, token, commitOf(1));
    expect(announced(effects, 'learner')).toEqual([{ type: 'learner', reason: 'keyInUse' }]);
    for (const block of blocks) replica.hearOrder(0, block);
    replica.hear(2, localCommit(network, 2, headers[1]!));
    expect(replica.signed).toEqual([]);
  });

  it('stops when its guard has never made what one of them has', () => {
    const { replica, token } = starting();
    for (const from of [0, 2]) tell(replica, from, token);
    replica.give({ type: 'foreign', from: 2, statement: commitOf(0) });
    expect(replica.store.learner?.reason).toBe('keyInUse');
  });

  it('stops at an order of its own that is passed on and that it never made', () => {
    const replica = new LoneReplica(network, 0);
    replica.hearOrder(2, blocks[1]!);
    expect(replica.store.learner?.reason).toBe('keyInUse');
  });
});

describe('a refusal of the guard', () => {
  it('is passed over where this replica knows of what was signed before, and where nobody does', () => {
    const replica = new LoneReplica(network, OWN);
    for (const block of blocks) replica.hearOrder(0, block);
    const other: Statement = { type: 'localCommit', epoch: 0, view: 0, height: 1, hash: 'ab'.repeat(32) };
    replica.give({ type: 'refused', statement: other, before: commitOf(0) });
    replica.give({ type: 'refused', statement: other, before: null });
    expect(replica.standing.learner).toBeNull();
    replica.give({ type: 'refused', statement: commitOf(0), before: other });
    expect(replica.standing.learner).toBe('keyInUse');
  });
});
