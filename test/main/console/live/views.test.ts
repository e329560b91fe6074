import { describe, expect, it } from 'vitest';
import { TestChain, makeGenesis } from '../../../support/ledger.ts';
import { networkView, peersView, replicaView } from '../../../../src/main/console/live/networkView.ts';
import { RECENT_BLOCKS_MAX, RecentChain } from '../../../../src/main/console/live/recentChain.ts';
import { replicaSchema } from '../../../../src/shared/contract/model.ts';
import { FIRST_POSITION } from '../../../../src/main/consensus/effects.ts';
import { membershipOf } from '../../../../src/main/consensus/config.ts';
import type { ReplicaStatus } from '../../../../src/main/replica/replica.ts';

const network = makeGenesis();
const { genesis } = network;

const STRANGER = { publicKey: 'ff'.repeat(32), name: 'Stranger', host: 'localhost', port: 9 };

/** Of replica `own`; -1 is none of the network. */
function status(tipHeight: number, others: ReadonlyMap<number, number>, own = 0): ReplicaStatus {
  const chain = new TestChain(network);
  return {
    standing: {
      position: FIRST_POSITION,
      primary: 0,
      tipHeight,
      tipTimeMs: 5,
      stable: {
        height: 0,
        hash: chain.header().hash,
        certificate: null,
        executedDigest: '',
        executedCount: 0,
        registryDigest: '',
      },
      pendingRequests: 0,
      eager: false,
      catchingUp: false,
      evidence: [],
      learner: null,
      listening: false,
      peers: new Map(
        [...others].map(([index, height]) => [
          index,
          { view: 0, target: 0, tipHeight: height, stableHeight: 1, participating: true },
        ]),
      ),
    },
    membership: membershipOf(genesis, genesis.replicas[own]?.publicKey ?? STRANGER.publicKey),
    admission: own < 0 ? 'unknown' : 'member',
    ownEntry: genesis.replicas[own] ?? null,
    network: { peers: [], guests: [], clients: 0, refusals: {}, closings: {} },
    connectedReplicas: 1,
    halted: null,
    badMessages: { replicas: new Map(), clients: {} },
  };
}

/** A network in which these take part now. */
const source = (replicas: typeof genesis.replicas) => ({
  genesis,
  replica: { status: () => ({ membership: membershipOf({ ...genesis, replicas }, STRANGER.publicKey) }) },
});

const figures = { catchUp: null, requests: 0, requestsPerSecond: 0, storeBytes: 0, clock: null };

describe('where the local replica stands', () => {
  it.each([
    // Own height, the others' heights, and what at least three of the four have reached.
    [9, [], 0],
    [9, [7], 0],
    [9, [7, 8], 7],
    [9, [7, 8, 9], 8],
    [0, [100, 100, 100], 100],
    [5, [5, 5, 1_000], 5],
  ])('own %i, others %j: attested %i', (own, others, attested) => {
    const heights = new Map(others.map((height, index) => [index + 1, height]));
    expect(replicaView(status(own, heights), figures).attestedHeight).toBe(attested);
  });

  it('has no last block before the first one', () => {
    expect(replicaView(status(0, new Map()), figures).lastBlockAtMs).toBeNull();
    expect(replicaView(status(1, new Map()), figures).lastBlockAtMs).toBe(5);
  });

  it('awaits something while a request is not ordered, or a block is not stable', () => {
    const own = status(1, new Map());
    const at = (tipHeight: number, pendingRequests: number): boolean =>
      replicaView({ ...own, standing: { ...own.standing, tipHeight, pendingRequests } }, figures).awaiting;
    const stableHeight = own.standing.stable.height;
    expect([at(stableHeight, 0), at(stableHeight, 1), at(stableHeight + 1, 0)]).toEqual([false, true, true]);
  });

  it('takes no part as a learner, and knows which others are', () => {
    const own = status(1, new Map([[1, 1]]));
    expect(replicaView(own, figures)).toMatchObject({ participating: true, learner: null });
    const learner = { ...own, standing: { ...own.standing, learner: 'stateOld' } as const };
    expect(replicaView(learner, figures)).toMatchObject({
      participating: false,
      learner: 'stateOld',
    });
    const listening = { ...own, standing: { ...own.standing, listening: true } };
    expect(replicaView(listening, figures)).toMatchObject({
      participating: false,
      listening: true,
    });
    const following = new Map([[1, { ...own.standing.peers.get(1)!, participating: false }]]);
    const link = {
      index: 1,
      state: 'connected',
      since: 0,
      roundTripMs: 1,
      clockOffsetMs: null,
      lastMessageAtMs: 1,
    } as const;
    const counts = { bytesIn: 0, bytesOut: 0, messagesIn: 0, messagesOut: 0, lastError: null };
    const dial = { isDialled: true, failedDials: 0, nextDialAtMs: null, troubles: [] };
    const known = { ...link, ...counts, ...dial, name: '', publicKey: '', address: '' };
    const seen = {
      ...own,
      standing: { ...own.standing, peers: following },
      network: { ...own.network, peers: [known] },
    };
    const peers = peersView(seen, null, 0);
    expect(peers.slice(0, 2).map(({ participating }) => participating)).toEqual([true, false]);
  });

  it('shows itself among its peers', () => {
    expect(peersView(status(3, new Map(), 2), null, 77)[2]).toMatchObject({
      index: 2,
      self: true,
      state: 'connected',
      sinceMs: 77,
      tipHeight: 3,
      address: '127.0.0.1:40002',
    });
  });

  it('names supervisors, and leaves strangers nameless', () => {
    const [supervisor] = genesis.supervisors;
    const { supervisors } = genesis;
    expect(networkView(source(genesis.replicas), supervisors, false).supervisors).toContainEqual(supervisor);
    expect(networkView(source(genesis.replicas), [], true)).toMatchObject({
      supervisors: [],
      embedded: true,
    });
  });

  it('shows the replicas that take part now', () => {
    const seventh = { ...genesis.replicas[0]!, name: 'seventh', port: 9 };
    const replicas = [...genesis.replicas, seventh, seventh, seventh];
    const view = networkView(source(replicas), [], false);
    expect(view).toMatchObject({ n: 7, f: 2, q: 5 });
    expect(view.replicas[6]).toMatchObject({ index: 6, name: 'seventh' });
  });
});

describe('a replica that is no member', () => {
  const seen = status(3, new Map([[0, 5]]), -1);

  it('comes after all members, and says what the network knows of it', () => {
    const proposed = { ...seen, admission: 'proposed' } as const;
    expect(replicaSchema.parse(replicaView(proposed, figures))).toMatchObject({
      index: 4,
      epoch: 0,
      admission: 'proposed',
    });
    const peers = peersView(seen, STRANGER, 7);
    expect(peers).toHaveLength(5);
    expect(peers[4]).toMatchObject({
      index: 4,
      self: true,
      name: 'Stranger',
      address: 'localhost:9',
      sinceMs: 7,
    });
    expect(peersView(seen, null, 7)).toHaveLength(4);
  });

  it('counts for no quorum', () => {
    expect(replicaView(seen, figures).attestedHeight).toBe(0);
  });
});

describe('recent chain', () => {
  it('keeps the newest blocks, marks what is stable, and follows the chain back', () => {
    const chain = new TestChain(network);
    const recent = new RecentChain();
    const headers = Array.from({ length: RECENT_BLOCKS_MAX + 5 }, () => chain.append(1).block.header);
    for (const header of headers) expect(recent.accept(header)?.hash).toBe(header.hash);
    expect(recent.blocks).toHaveLength(RECENT_BLOCKS_MAX);
    expect(recent.accept(headers.at(-1)!)).toBeNull();
    const top = headers.at(-1)!;
    const covered = headers.at(-3)!;
    expect(recent.certify(covered, 0)).toEqual({
      height: covered.height,
      hash: covered.hash,
      atMs: covered.timeMs,
    });
    expect(recent.certify(covered, 0)).toBeNull();
    expect(recent.blocks.slice(0, 4).map(({ stable }) => stable)).toEqual([false, false, true, true]);
    recent.rollBack(covered.height);
    expect(recent.blocks[0]?.height).toBe(covered.height);
    expect(recent.stableHeight).toBe(covered.height);
    chain.rollback(covered.height);
    const other = chain.append(2).block.header;
    expect(other.height).toBe(top.height - 1);
    expect(recent.accept(other)).toMatchObject({ stable: false, height: other.height });
  });
});
