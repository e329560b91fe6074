/** For random sequences of changes the cache equals a naive replay from genesis, at every height, undone and redone too. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Block } from '../../../../src/main/ledger/block.ts';
import {
  epochBaseHeight,
  historyOf,
  registryRequestsIn,
  replayedRegistry,
} from '../../../../src/main/ledger/registry/replay.ts';
import type { SignedRequest } from '../../../../src/main/ledger/request.ts';
import type { RegistryAction } from '../../../../src/shared/domain/registry.ts';
import { TestChain, makeGenesis } from '../../../support/ledger.ts';
import {
  addSupervisor,
  changeOfReplicas,
  newKey,
  proofOf,
  registryRequest,
  type NewKey,
} from '../../../support/registry.ts';
import { naiveSupervisors } from './naive.ts';

const NEW_KEYS = Array.from({ length: 4 }, (_, index) => newKey(index));
const network = makeGenesis({ supervisors: 3, policy: { proposalBlocks: 6 } });
const ALL_KEYS: readonly NewKey[] = [
  ...network.genesis.supervisors.map(({ publicKey }, index) => ({
    publicKey,
    seed: network.supervisorSeeds[index]!,
  })),
  ...NEW_KEYS,
];

/** One step: a supervisor does something, or blocks are undone. Numbers are taken modulo what there is. */
const stepArbitrary = fc.record({
  who: fc.nat(6),
  what: fc.constantFrom(
    'add',
    'revoke',
    'rename',
    'rotate',
    'policy',
    'approve',
    'approve',
    'approve',
    'withdraw',
  ),
  which: fc.nat(6),
  undo: fc.constantFrom(0, 0, 0, 1, 2, 3),
});
type Step = typeof stepArbitrary extends fc.Arbitrary<infer T> ? T : never;

function actionOf(chain: TestChain, { what, which, who }: Step): RegistryAction | undefined {
  const key = ALL_KEYS[which % ALL_KEYS.length]!;
  const { publicKey } = key;
  const own = ALL_KEYS[who % ALL_KEYS.length]!;
  const proposals = chain.state.registry.proposals;
  const proposalId = proposals[which % Math.max(proposals.length, 1)]?.id;
  switch (what) {
    case 'add':
      return { type: 'propose', change: addSupervisor(network, key) };
    case 'revoke':
      return { type: 'propose', change: { kind: 'revokeSupervisor', publicKey } };
    case 'rename':
      return {
        type: 'propose',
        change: { kind: 'renameSupervisor', publicKey, name: `n${String(who)}`, organisation: '' },
      };
    case 'rotate': {
      const change = { kind: 'rotateSupervisor', publicKey: own.publicKey, newPublicKey: publicKey } as const;
      return { type: 'propose', change: { ...change, proof: proofOf(network, key) } };
    }
    case 'policy':
      return {
        type: 'propose',
        change: { kind: 'setPolicy', policy: { threshold: null, proposalBlocks: 2 + which } },
      };
    case 'approve':
      return proposalId === undefined ? undefined : { type: 'approve', proposalId };
    case 'withdraw':
      return proposalId === undefined ? undefined : { type: 'withdraw', proposalId };
  }
}

function requestOf(chain: TestChain, step: Step, number: number): SignedRequest | undefined {
  const action = actionOf(chain, step);
  if (action === undefined) return undefined;
  const { seed } = ALL_KEYS[step.who % ALL_KEYS.length]!;
  // Another time for each, so that no two requests are one.
  return registryRequest(network, seed, action, chain.header().timeMs + number);
}

describe('the registry of a chain', () => {
  it('is that of a naive replay at every height, undone and redone too', () => {
    fc.assert(
      fc.property(fc.array(stepArbitrary, { maxLength: 40 }), (steps) => {
        const chain = new TestChain(network);
        const blocks: Block[] = [];
        const digests = [chain.state.registry.digest];
        for (const [number, step] of steps.entries()) {
          const undone = Math.min(step.undo, blocks.length);
          chain.rollback(blocks.length - undone);
          blocks.length -= undone;
          digests.length -= undone;
          expect(chain.state.registry.digest).toBe(digests.at(-1));
          const request = requestOf(chain, step, number);
          const timeMs = chain.header().timeMs + 1_000;
          const isAllowed = request !== undefined && chain.state.objection(request, timeMs) === undefined;
          blocks.push(chain.append(isAllowed ? [request] : chain.requestsOfAnybody(1)).block);
          digests.push(chain.state.registry.digest);
        }
        const requests = registryRequestsIn(blocks);
        for (let height = 0; height <= blocks.length; height++) {
          const upTo = requests.filter((request) => request.height <= height);
          expect(replayedRegistry(network.genesis, upTo, height).digest).toBe(digests[height]);
          expect([...chain.registryAt(height).members.supervisors.values()].toSorted(byName)).toEqual(
            naiveSupervisors(network.genesis, upTo, height).toSorted(byName),
          );
        }
        const events = historyOf(network.genesis, requests, blocks.length);
        const ended = events.flatMap(({ outcomes }) => outcomes.map(({ proposal }) => proposal.id));
        expect(new Set(ended).size).toBe(ended.length);
      }),
      { numRuns: 150 },
    );
  });
});

function byName(left: { publicKey: string }, right: { publicKey: string }): number {
  return left.publicKey < right.publicKey ? -1 : 1;
}

it('an epoch begins above the last block that changed the set of replicas', () => {
  const ofTwo = makeGenesis();
  const chain = new TestChain(ofTwo);
  const [proposal, approval] = changeOfReplicas(ofTwo);
  const accepted = [[proposal], 1, [approval], 1, 1].map((requests) =>
    chain.append(requests as readonly SignedRequest[] | number),
  );
  const requests = registryRequestsIn(accepted.map(({ block }) => block));
  const upTo = (height: number) => requests.filter((request) => request.height <= height);
  const bases = [0, 1, 2, 3, 4, 5].map((height) => epochBaseHeight(ofTwo.genesis, upTo(height), height));
  expect(bases).toEqual([0, 0, 0, 3, 3, 3]);
  expect(accepted.map(({ block }) => block.header.epoch)).toEqual([0, 0, 0, 1, 1]);
});
