/** Replicas that missed something get into step by themselves, whoever they ask. */
import { describe, expect, it } from 'vitest';
import type { PeerMessage } from '../../src/main/consensus/messages.ts';
import { TestChain, makeGenesis } from '../support/ledger.ts';
import { Simulation } from '../support/simulation.ts';
import type { ScriptedReplica } from '../support/simulation/scripted.ts';
import { linesWith, observe, ofType, stableHeights, tipHeights } from './observe.ts';

/** Submits `count` requests, one for each block. */
function submitBlocks(simulation: Simulation, count: number, everyMs = 5): void {
  for (let block = 0; block < count; block++) {
    simulation.submit();
    simulation.run(everyMs);
  }
}

function isInStep(simulation: Simulation): boolean {
  const [first, ...others] = simulation.correct.map(({ store }) => store);
  return (
    others.every(({ tip }) => tip.hash === first!.tip.hash) && first!.tip.height === first!.stable.height
  );
}

describe('a replica that missed one message (defect 9 of the prototype)', () => {
  it('asks for the order and goes on', () => {
    const consensus = { checkpointIdleMs: 100_000, bodyGraceMs: 100 };
    const simulation = new Simulation({ consensus, persistentClients: false });
    const seen = observe(simulation, (_from, to, message) =>
      to === 3 && message.type === 'orderedRequest' && message.header.height === 2 ? 'drop' : undefined,
    );
    submitBlocks(simulation, 5, 10);
    expect(tipHeights(simulation)).toEqual([5, 5, 5, 1]);
    expect(simulation.replicas[3]!.consensus.holdings.orders).toBe(3);
    simulation.run(100);
    expect(tipHeights(simulation)).toEqual([5, 5, 5, 5]);
    expect(ofType(seen, 'getOrders').map(({ from, to }) => [from, to])).toEqual([[3, 0]]);
    expect(linesWith(simulation, 'suspects')).toEqual([]);
  });

  it('whichever message it was', () => {
    const types = ['orderedRequest', 'localCommit', 'checkpointVote', 'beacon'] as const;
    for (const type of types) {
      const simulation = new Simulation();
      let lost = false;
      simulation.interfere = (_from, to, message) => {
        if (lost || to !== 3 || message.type !== type) return undefined;
        lost = true;
        return 'drop';
      };
      submitBlocks(simulation, 3, 400);
      simulation.run(4_000);
      expect(lost).toBe(true);
      expect(stableHeights(simulation)).toEqual([3, 3, 3, 3]);
    }
  });
});

describe('a replica that was away', () => {
  const network = makeGenesis({ limits: { checkpointDistance: 16 } });

  it('for 1,000 blocks takes headers up to each checkpoint and then their blocks', () => {
    const simulation = new Simulation({ network, noticeMs: 10 });
    simulation.run(20);
    simulation.stop(3);
    submitBlocks(simulation, 1_000);
    expect(simulation.stores[0]!.tip.height).toBe(1_000);
    simulation.restart(3);
    expect(simulation.runUntil(() => isInStep(simulation), 30_000)).toBe(true);
    expect(simulation.stores[3]!.tip.height).toBe(1_000);
    // In step means that it takes part: without it, n equal answers cannot come.
    const sent = simulation.submit();
    simulation.run(300);
    expect(sent.responses.size).toBe(4);
    expect(linesWith(simulation, 'suspects')).toEqual([]);
  });

  it('gets into step while the others go on', () => {
    const simulation = new Simulation({ network, noticeMs: 10 });
    simulation.run(20);
    simulation.stop(3);
    submitBlocks(simulation, 200);
    simulation.restart(3);
    submitBlocks(simulation, 600, 10);
    expect(simulation.stores[0]!.tip.height - simulation.stores[3]!.tip.height).toBeLessThan(16);
  });

  it('for a while, behind a cut line, does not accuse the primary that went on without it', () => {
    const simulation = new Simulation({ network });
    simulation.isolate(3);
    submitBlocks(simulation, 100, 10);
    simulation.isolate(3, false);
    submitBlocks(simulation, 10, 10);
    expect(simulation.runUntil(() => isInStep(simulation), 30_000)).toBe(true);
    expect(linesWith(simulation, 'suspects')).toEqual([]);
  });
});

describe('a source that', () => {
  const network = makeGenesis({ replicas: 7, limits: { checkpointDistance: 8 } });
  const BLOCKS = 40;

  type Lie = (self: ScriptedReplica, message: PeerMessage, truth: Simulation) => PeerMessage | undefined;

  /** r6 comes back and asks r1 first, which claims to be far ahead. */
  function comeBack(lie: Lie): Simulation {
    const simulation: Simulation = new Simulation({
      network,
      faulty: {
        1: {
          onMessage: (self, from, message) => {
            if (from !== 6) return;
            if (message.type === 'beacon' && message.stableHeight < BLOCKS) {
              const [stableHeight, tipHeight] = [1_000_000, 1_000_000];
              self.send(6, {
                type: 'beacon',
                epoch: 0,
                view: 0,
                target: 0,
                stableHeight,
                tipHeight,
                participating: true,
              });
            }
            const answer = lie(self, message, simulation);
            if (answer !== undefined) self.send(6, answer);
          },
        },
      },
    });
    simulation.run(5);
    simulation.stop(6);
    submitBlocks(simulation, BLOCKS, 10);
    simulation.run(1_000);
    simulation.restart(6);
    expect(simulation.runUntil(() => isInStep(simulation), 30_000)).toBe(true);
    expect(simulation.stores[6]!.tip.height).toBe(BLOCKS);
    expect(linesWith(simulation, 'r6 -> r1 getHeaders').length).toBeGreaterThan(0);
    return simulation;
  }

  const headersOf = (truth: Simulation, from: number) => truth.stores[0]!.headersFrom(from);

  it('is silent is replaced', () => {
    comeBack(() => undefined);
  });

  it('sends headers that do not lead to the certified block is replaced', () => {
    comeBack((_self, message, truth) => {
      if (message.type !== 'getHeaders') return undefined;
      const answer = headersOf(truth, message.fromHeight);
      return answer && { ...answer, headers: answer.headers.slice(1) };
    });
  });

  it('sends a chain of its own under a true certificate is replaced', () => {
    const forged = new TestChain(network);
    const blocks = Array.from({ length: BLOCKS }, () => forged.append());
    const asked: string[] = [];
    const simulation = comeBack((_self, message, truth) => {
      if (message.type === 'getBlock') asked.push(message.hash);
      if (message.type === 'getHeaders' && message.fromHeight === 1) {
        const answer = headersOf(truth, 1);
        const headers = blocks.slice(0, answer?.certificate.height).map(({ block }) => block.header);
        return answer && { ...answer, headers };
      }
      if (message.type !== 'getBlock') return undefined;
      const found = blocks.find(({ block }) => block.header.hash === message.hash);
      const requests = found?.block.requests.map(({ bytes }) => bytes);
      return requests && { ...message, type: 'block', requests, evidence: [] };
    });
    // It is found out by its headers: of its own blocks nobody asks for a single one.
    expect(linesWith(simulation, 'r6 suspects r1: badAnswer').length).toBeGreaterThan(0);
    const own = new Set(blocks.map(({ block }) => block.header.hash));
    expect(asked.filter((hash) => own.has(hash))).toEqual([]);
  });

  it('forges a certificate is replaced', () => {
    const simulation = comeBack((_self, message, truth) => {
      if (message.type !== 'getHeaders') return undefined;
      const answer = headersOf(truth, message.fromHeight);
      if (answer === undefined) return undefined;
      const hash = 'ab'.repeat(32);
      return { ...answer, certificate: { ...answer.certificate, hash } };
    });
    expect(simulation.replicas[6]!.refusedMessages).toBeGreaterThan(0);
  });

  it('sends the bodies of another block is replaced', () => {
    const simulation = comeBack((_self, message, truth) => {
      if (message.type === 'getHeaders') return headersOf(truth, message.fromHeight);
      if (message.type !== 'getBlock') return undefined;
      const { requests } = truth.stores[0]!.block((message.height % BLOCKS) + 1)!.block;
      return { ...message, type: 'block', requests: requests.map(({ bytes }) => bytes), evidence: [] };
    });
    expect(linesWith(simulation, 'r6 -> r1 getBlock').length).toBeGreaterThan(0);
  });

  it('sends true headers and then nothing is replaced', () => {
    comeBack((_self, message, truth) =>
      message.type === 'getHeaders' ? headersOf(truth, message.fromHeight) : undefined,
    );
  });
});
