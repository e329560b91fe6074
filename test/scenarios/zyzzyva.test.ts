/**
 * The known attack on the safety of Zyzzyva: Abraham, Gueta, Malkhi, Alvisi, Kotla and Martin, "Revisiting Fast
 * Practical Byzantine Fault Tolerance", arXiv 1712.01367. Over two view changes the published protocol loses a
 * request that its client has seen complete. The same steps are taken here, by a replica that holds a real key, with
 * a network that loses just what the attack needs lost; what was final survives.
 */
import { describe, expect, it } from 'vitest';
import {
  encodeMessage,
  toClientCodec,
  type PeerMessage,
  type ViewChangeMessage,
} from '../../src/main/consensus/messages.ts';
import type { Block } from '../../src/main/ledger/block.ts';
import { viewTag, type CommitCertificate } from '../../src/main/ledger/statement.ts';
import type { ViewChange } from '../../src/main/ledger/viewChange.ts';
import { expectGolden } from '../support/golden.ts';
import { makeViewChange, signViewChange } from '../support/evidence.ts';
import { TestChain, makeBlock, makeGenesis, signStatement } from '../support/ledger.ts';
import { START_MS, Simulation } from '../support/simulation.ts';
import { expectFinalEverywhere, expectInStep, linesWith, views } from './observe.ts';

const network = makeGenesis();

/** The Byzantine replica: the primary of view 0. */
const LIAR = 0;

function viewChangeMessage(viewChange: ViewChange): ViewChangeMessage {
  const { signature } = signViewChange(network, LIAR, viewChange);
  return { type: 'viewChange', viewChange, signature };
}

/** Which of the messages between correct replicas are lost, besides those that every variant needs lost. */
type Lost = (from: number, to: number, message: PeerMessage) => boolean;

/**
 * View 0. The primary r0 orders `heightOfA` blocks A for r1 and r2, and one block B for r3. The client of A has only
 * a quorum of answers, so it commits: r1 and r2 sign localCommits for A. With its own, r0 has a commit certificate of
 * A, that nobody else ever sees. A is not final: nobody has voted.
 *
 * View 1, of the honest r1. r0 pretends to have seen B alone; r1 counts its view change and those of r3 and itself
 * (that of r2 comes too late). Two of three say B, so the view begins with B, for the replicas of `entering`. There B
 * becomes final.
 *
 * View 2, of the honest r2. r0 shows the certificate of A at last. r2 counts its own view change, that of r3 and that
 * of r0 (that of r1 comes too late).
 */
function attack(heightOfA: number, entering: readonly number[], lost: Lost) {
  let localCommitsOfA: CommitCertificate['signatures'] = [];
  const simulation = new Simulation({
    network,
    persistentClients: false,
    faulty: {
      [LIAR]: {
        onMessage: (self, from, message) => {
          if (message.type === 'getBlock' && message.hash === blockB.header.hash) {
            // It wants B to be believed, so it serves it.
            self.send(from, { ...message, type: 'block', requests: [requestOfB.bytes], evidence: [] });
          }
          if (message.type !== 'localCommit' || message.view !== 0 || message.height !== heightOfA) return;
          if (message.hash !== tipOfA().header.hash) return;
          if (localCommitsOfA.some(({ replica }) => replica === from)) return;
          localCommitsOfA = [...localCommitsOfA, { replica: from, signature: message.signature }];
        },
      },
    },
  });
  const liar = simulation.faulty.get(LIAR)!;
  const requestsOfA = Array.from({ length: heightOfA }, (_, index) =>
    simulation.request({ title: `a${String(index + 1)}` }),
  );
  const requestOfB = simulation.request({ title: 'b' });
  const chainOfA = new TestChain(network);
  const blocksOfA = requestsOfA.map((request, index) => {
    const timeMs = START_MS + 1 + index;
    return chainOfA.append([request], 0, timeMs - chainOfA.header().timeMs).block;
  });
  const tipOfA = (): Block => blocksOfA.at(-1)!;
  const chainOfB = new TestChain(network);
  const blockB = makeBlock(chainOfB.header(), chainOfB.state, [requestOfB], START_MS + 2);

  simulation.interfere = (from, to, message) => {
    // In view 0, r3 never hears from r1 and r2, nor they from it, what would show that there are two orders.
    const { type } = message;
    const acrossTheSplit = (from === 3) !== (to === 3) && from !== LIAR && to !== LIAR;
    if (acrossTheSplit && type === 'localCommit' && message.view === 0) return 'drop';
    if (type === 'orders' && message.orders.some(({ view }) => view === 0)) return 'drop';
    // The view change of r2 comes too late for r1, and that of r1 too late for r2.
    if (type === 'viewChange' && from === 2 && to === 1 && message.viewChange.view === 1) return 'drop';
    if (type === 'viewChange' && from === 1 && to === 2 && message.viewChange.view === 2) return 'drop';
    return lost(from, to, message) ? 'drop' : undefined;
  };

  // View 0.
  simulation.run(5);
  const sentA = requestsOfA.map((request) => simulation.client.submit(request));
  const sentB = simulation.client.submit(requestOfB);
  for (const to of [1, 2]) for (const block of blocksOfA) liar.send(to, liar.order(block));
  liar.send(3, liar.order(blockB));
  simulation.run(20);
  const tag = viewTag(network.networkId, 0, 0);
  simulation.client.commit(heightOfA, tipOfA().header.hash, tag);
  simulation.run(400);
  const { epoch, height, hash } = tipOfA().header;
  const place = { epoch, view: 0, height, hash };
  const own = signStatement(network, LIAR, { type: 'localCommit', ...place });
  const signatures = [{ replica: LIAR, signature: own }, ...localCommitsOfA].toSorted(
    (left, right) => left.replica - right.replica,
  );
  const certificateOfA: CommitCertificate = { ...place, signatures };

  // View 1.
  expect(
    simulation.runUntil(() => linesWith(simulation, 'r1 -> all viewChange: to 1').length > 0, 4_000),
  ).toBe(true);
  liar.send(1, viewChangeMessage(makeViewChange(1, { chain: [blockB.header] })));
  const hasEntered = (index: number) => simulation.stores[index]!.position.lastNormalView === 1;
  expect(simulation.runUntil(() => entering.every(hasEntered), 1_000)).toBe(true);

  /** View 2: r0 shows what it kept. */
  const showCertificateOfA = () => {
    const chain = blocksOfA.map(({ header }) => header);
    liar.send(2, viewChangeMessage(makeViewChange(2, { commit: certificateOfA, chain })));
  };
  const answerFromLiar = () => {
    const { height: heightOfB, hash: hashOfB } = blockB.header;
    const answer = {
      type: 'response',
      requestId: requestOfB.id,
      epoch: 0,
      height: heightOfB,
      hash: hashOfB,
    } as const;
    const bytes = encodeMessage(toClientCodec, { ...answer, tag: viewTag(network.networkId, 0, 1) });
    simulation.carryToClient(LIAR, 0, bytes);
  };
  return { simulation, sentA, sentB, blockB, certificateOfA, showCertificateOfA, answerFromLiar };
}

describe('arXiv 1712.01367', () => {
  it('an old commit certificate does not undo what became final by the fast path in a later view', async () => {
    // All localCommits of view 1 are lost, so B is final by the answers of all four, and by nothing else.
    const run = attack(
      1,
      [1, 2, 3],
      (_from, _to, message) => message.type === 'localCommit' && message.view === 1,
    );
    const { simulation, sentA, sentB, blockB, certificateOfA } = run;
    expect(certificateOfA.signatures.map(({ replica }) => replica)).toEqual([0, 1, 2]);
    expect(linesWith(simulation, 'checkpointVote')).toEqual([]);
    simulation.run(10);
    run.answerFromLiar();
    simulation.run(10);
    expect(sentB.finality).toMatchObject({ how: 'fast', height: 1, hash: blockB.header.hash });
    expect(sentA[0]!.finality).toBe(null);

    expect(
      simulation.runUntil(() => linesWith(simulation, 'r2 -> all viewChange: to 2').length > 0, 9_000),
    ).toBe(true);
    run.showCertificateOfA();
    simulation.run(10);
    // The published rule, "the highest commit certificate wins", would begin view 2 with A.
    expect(
      linesWith(simulation, 'r2 -> all newView: 2 from r0 to 2, last 0, cc block 1 of view 0').length,
    ).toBe(1);
    simulation.run(6_000);
    expect(views(simulation)).toEqual([2, 2, 2]);
    for (const { store } of simulation.correct) {
      expect(store.contains(1, blockB.header.hash)).toBe(true);
      expect(store.stable.height).toBeGreaterThanOrEqual(1);
    }
    // A was never final, and nothing of it is lost either: its request is ordered after B.
    expectFinalEverywhere(simulation, [sentB.request, ...sentA.map(({ request }) => request)]);
    expectInStep(simulation);
    await expectGolden('zyzzyva-fast', simulation.transcript.lines);
  });

  it('a longer certified history of an older view does not undo a shorter one that is final in a later view', async () => {
    // r3 never hears of view 1, and the votes of view 1 are lost on the way: B is final by them, but nobody knows.
    const run = attack(
      2,
      [1, 2],
      (_from, to, message) =>
        (message.type === 'checkpointVote' && message.view === 1) ||
        (message.type === 'newView' && message.newView.view === 1 && to === 3),
    );
    const { simulation, sentA, sentB, blockB, certificateOfA } = run;
    expect(certificateOfA.height).toBe(2);
    expect(certificateOfA.signatures.map(({ replica }) => replica)).toEqual([0, 1, 2]);
    const liar = simulation.faulty.get(LIAR)!;
    const { height, hash } = blockB.header;
    const commit = { type: 'localCommit', epoch: 0, view: 1, height, hash } as const;
    for (const to of [1, 2]) liar.send(to, { ...commit, signature: liar.sign(commit) });
    simulation.run(100);
    // With that of r0, three of four have voted for B.
    for (const voter of [1, 2]) {
      const vote = `r${String(voter)} -> all checkpointVote: block 1' in view 1`;
      expect(linesWith(simulation, vote).length).toBe(1);
      expect(simulation.stores[voter]!.commitCertificate).toMatchObject({ view: 1, height: 1, hash });
    }
    expect(simulation.monitor.finalHeight).toBe(1);
    expect(simulation.correct.map(({ store }) => store.stable.height)).toEqual([0, 0, 0]);

    // r2 finds r1 too slow, and r0 is glad to agree.
    liar.broadcast({ type: 'suspect', epoch: 0, view: 1 });
    expect(
      simulation.runUntil(() => linesWith(simulation, 'r2 -> all viewChange: to 2').length > 0, 9_000),
    ).toBe(true);
    run.showCertificateOfA();
    simulation.run(6_000);
    // Ordered by height, the certificate of A at height 2 would have come before that of B at height 1; and r2 is the
    // only one of the three who could speak for B.
    expect(
      linesWith(simulation, 'r2 -> all newView: 2 from r0 to 2, last 0, cc block 2 of view 0').length,
    ).toBe(1);
    expect(views(simulation)).toEqual([2, 2, 2]);
    for (const { store } of simulation.correct) expect(store.contains(1, hash)).toBe(true);
    expectFinalEverywhere(simulation, [sentB.request, ...sentA.map(({ request }) => request)]);
    expectInStep(simulation);
    await expectGolden('zyzzyva-longer', simulation.transcript.lines);
  });
});
