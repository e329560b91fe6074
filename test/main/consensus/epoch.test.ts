/** One epoch ends, and the next begins (PROTOCOL.md, rules, 10). */
import { describe, expect, it } from 'vitest';
import { membershipAt, membershipOf } from '../../../src/main/consensus/config.ts';
import type { PersistOperation } from '../../../src/main/consensus/effects.ts';
import { isOfEpoch } from '../../../src/main/consensus/verification.ts';
import type { AcceptedBlock } from '../../../src/main/consensus/effects.ts';
import type { TestNetwork } from '../../support/ledger.ts';
import {
  LoneReplica,
  announced,
  beacon,
  headersMessage,
  localCommit,
  orderMessage,
  sent,
  stableAt,
} from '../../support/consensus.ts';
import { TestChain, makeGenesis, signStatement } from '../../support/ledger.ts';
import { changeOfReplicas, newKey } from '../../support/registry.ts';

const network = makeGenesis({ limits: { checkpointDistance: 64 } });
const { genesis } = network;
const joiner = newKey(1);
const OWN = 1;

/** Two blocks: a fifth replica is proposed, and approved. And what would follow. */
function history(): { readonly blocks: readonly AcceptedBlock[]; readonly above: AcceptedBlock } {
  const chain = new TestChain(network);
  const [first, second] = changeOfReplicas(network, joiner).map((request) => chain.append([request]));
  return { blocks: [first!, second!], above: chain.append() };
}

const { blocks, above } = history();
const [, last] = blocks as [AcceptedBlock, AcceptedBlock];
const end = last.block.header;

function member(before: readonly PersistOperation[] = []): LoneReplica {
  return new LoneReplica(network, OWN, {}, before);
}

/** A replica that has accepted both blocks. */
function atTheEnd(): LoneReplica {
  const replica = member();
  for (const block of blocks) replica.hearOrder(0, block);
  return replica;
}

/** The same after the epoch has ended. */
function inNextEpoch(): LoneReplica {
  const replica = atTheEnd();
  replica.hear(2, { type: 'stable', certificate: stableAt(network, blocks) });
  replica.restart();
  return replica;
}

describe('the last block of an epoch', () => {
  it('names the next set, and is certified at once', () => {
    expect(end.nextReplicas).not.toBeNull();
    const replica = member();
    replica.hearOrder(0, blocks[0]!);
    expect(replica.signed).toEqual([]);
    replica.hearOrder(0, last);
    expect(replica.signed).toMatchObject([{ type: 'localCommit', epoch: 0, height: 2, hash: end.hash }]);
  });

  it('is said again until it is stable', () => {
    const replica = atTheEnd();
    replica.ring('checkpoint');
    expect(replica.signed).toHaveLength(2);
  });

  it('has nothing above it: not what is ordered, nor what is certified', () => {
    const replica = atTheEnd();
    replica.hear(0, orderMessage(above), above.block.requests);
    expect(replica.standing.tipHeight).toBe(2);
    replica.hear(2, beacon({ stableHeight: 3, tipHeight: 3 }));
    replica.hear(2, headersMessage(network, [...blocks, above]));
    expect(replica.standing.tipHeight).toBe(2);
    expect(replica.store.tip.hash).toBe(end.hash);
  });

  it('leaves no room for a primary to go on', () => {
    const primary = new LoneReplica(network, 0);
    for (const block of blocks) primary.hearOrder(0, block);
    primary.give({ type: 'request', request: above.block.requests[0]! });
    expect(primary.standing).toMatchObject({ tipHeight: 2, pendingRequests: 1 });
  });
});

describe('an epoch', () => {
  it('ends with the stable checkpoint, in one transaction, and the agreement with it', () => {
    const replica = atTheEnd();
    const before = replica.store.commits;
    const effects = replica.hear(2, { type: 'stable', certificate: stableAt(network, blocks) });
    expect(replica.store.commits).toBe(before + 1);
    expect(replica.store.stable.height).toBe(2);
    const position = { epoch: 1, view: 0, mode: 'normal', target: 0, lastNormalView: 0, baseHeight: 2 };
    expect(replica.store.position).toEqual(position);
    expect(announced(effects, 'epochEnded')).toEqual([{ type: 'epochEnded', epoch: 0, height: 2 }]);
    expect(replica.ring('beacon')).toEqual([]);
    expect(replica.hear(0, localCommit(network, 0, end))).toEqual([]);
  });

  it('ends by the votes that are counted, too', () => {
    const replica = atTheEnd();
    for (const other of [0, 2]) replica.hear(other, localCommit(network, other, end));
    const { signatures } = stableAt(network, blocks);
    const { epoch, height, hash, stateDigest } = end;
    for (const { replica: other, signature } of signatures) {
      if (other === OWN) continue;
      replica.hear(other, { type: 'checkpointVote', epoch, view: 0, height, hash, stateDigest, signature });
    }
    expect(replica.store.position.epoch).toBe(1);
  });

  it('does not end by a commit certificate (E2)', () => {
    const replica = atTheEnd();
    for (const other of [0, 2, 3]) replica.hear(other, localCommit(network, other, end));
    expect(replica.store.commitCertificate?.height).toBe(2);
    expect(replica.store.position.epoch).toBe(0);
  });

  it('ends for one that lags, by what another in the next epoch says and shows', () => {
    const replica = member();
    const effects = replica.hear(2, beacon({ epoch: 1, stableHeight: 2, tipHeight: 7 }));
    expect(sent(effects, 'getHeaders')).toMatchObject([{ to: 2, message: { fromHeight: 1 } }]);
    replica.hear(2, headersMessage(network, blocks));
    for (const { block } of blocks) replica.hearBlock(2, block);
    expect(replica.store.position).toMatchObject({ epoch: 1, baseHeight: 2 });
  });

  it('begins with its own members, from the block that ended the one before', () => {
    const { standing, store, consensus } = inNextEpoch();
    expect(standing).toMatchObject({ tipHeight: 2, position: { epoch: 1, view: 0, baseHeight: 2 } });
    expect(consensus.ledger.registry.replicas).toHaveLength(5);
    const membership = membershipAt(genesis, store.load(), joiner.publicKey);
    expect(membership).toMatchObject({ epoch: 1, sizes: { n: 5, f: 1, q: 4 } });
    expect(membership.replicas).toContainEqual(expect.objectContaining({ publicKey: joiner.publicKey }));
    expect(membership.replicaKeys[membership.ownIndex]).toBe(joiner.publicKey);
  });

  it('goes on with the next block', () => {
    const replica = inNextEpoch();
    const { block } = above;
    const [firstKey] = membershipAt(genesis, replica.store.load(), '').replicaKeys;
    const seeds = [
      ...genesis.replicas.map(({ publicKey }, index) => ({ publicKey, seed: network.replicaSeeds[index]! })),
      joiner,
    ];
    const { seed } = seeds.find(({ publicKey }) => publicKey === firstKey)!;
    const { epoch, height, hash } = block.header;
    const signer = { ...network, replicaSeeds: [seed] };
    const signature = signStatement(signer, 0, { type: 'order', epoch, view: 0, height, hash });
    replica.hearOrder(0, { block, order: { view: 0, signature } });
    expect(replica.standing.tipHeight).toBe(3);
  });

  it('begins with no certificate and no view change of the one before', () => {
    const replica = inNextEpoch();
    const { replicaKeys } = membershipAt(genesis, replica.store.load(), '');
    const own = replicaKeys.indexOf(genesis.replicas[OWN]!.publicKey);
    // Two others leave the view: f+1, which it follows.
    const others = replicaKeys.map((_, index) => index).filter((index) => index !== own);
    for (const other of others.slice(0, 2)) replica.hear(other, { type: 'suspect', epoch: 1, view: 0 });
    expect(replica.store.viewChange).toMatchObject({
      epoch: 1,
      view: 1,
      stable: null,
      commit: null,
      chain: [],
    });
  });

  it('is over for one that was not heard, and counts nothing of the next', () => {
    const membership = membershipOf(genesis, genesis.replicas[OWN]!.publicKey);
    expect(isOfEpoch(membership, localCommit(network, 0, end))).toBe(true);
    expect(isOfEpoch({ ...membership, epoch: 1 }, localCommit(network, 0, end))).toBe(false);
    expect(isOfEpoch({ ...membership, epoch: 1 }, orderMessage(last))).toBe(false);
    expect(isOfEpoch(membership, orderMessage(above))).toBe(false);
    expect(isOfEpoch(membership, { type: 'suspect', epoch: 1, view: 0 })).toBe(false);
    expect(isOfEpoch({ ...membership, epoch: 1 }, headersMessage(network, blocks))).toBe(false);
    // Where somebody stands is heard by all.
    expect(isOfEpoch(membership, beacon({ epoch: 3 }))).toBe(true);
  });
});

describe('one that is no member', () => {
  const strange = newKey(2);
  const outside: TestNetwork = {
    ...network,
    genesis,
    replicaSeeds: [...network.replicaSeeds, strange.seed],
  };

  it('follows what is stable through the epochs, and signs nothing', () => {
    const replica = new LoneReplica(outside, 4, {}, [], joiner.publicKey);
    expect(replica.standing).toMatchObject({ learner: 'notMember', listening: false });
    const effects = replica.hear(2, beacon({ epoch: 1, stableHeight: 2 }));
    expect(sent(effects, 'getHeaders')).toHaveLength(1);
    replica.hear(2, headersMessage(network, blocks));
    for (const { block } of blocks) replica.hearBlock(2, block);
    expect(replica.store.position.epoch).toBe(1);
    expect(replica.signed).toEqual([]);
    expect(replica.store.learner).toBeNull();
    replica.restart();
    expect(replica.standing).toMatchObject({ learner: null, position: { epoch: 1 } });
  });
});

describe('the mark of a learner', () => {
  const mark = (publicKey: string): PersistOperation => ({ type: 'learner', reason: 'stateLost', publicKey });

  it('counts for the key that it was made under', () => {
    expect(member([mark(genesis.replicas[OWN]!.publicKey)]).standing.learner).toBe('stateLost');
    expect(member([mark(genesis.replicas[2]!.publicKey)]).standing.learner).toBeNull();
  });
});
