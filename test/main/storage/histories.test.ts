/** The durable store and its simulated twin give the same answer to any history. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type {
  LastingLearnerReason,
  PersistOperation,
  ViewPosition,
} from '../../../src/main/consensus/effects.ts';
import type { SignedRequest } from '../../../src/main/ledger/request.ts';
import type { CheckpointCertificate, CommitCertificate } from '../../../src/main/ledger/statement.ts';
import type { LedgerStore } from '../../../src/main/storage/ledgerStore.ts';
import { openLedgerStore } from '../../../src/main/storage/openLedgerStore.ts';
import type { Hex } from '../../../src/shared/encoding/hex.ts';
import { toPlainError } from '../../../src/shared/errors.ts';
import { MemoryDisk, openMemoryStore } from '../../sim/memoryStore.ts';
import { makeEvidence } from '../../support/evidence.ts';
import { TestChain, makeCommitCertificate, makeGenesis } from '../../support/ledger.ts';
import { createStoreWorker, makeDirectory } from '../../support/stores.ts';
import { evidenceOp, makeNewView, makeViewChange, openingOp, viewChangeOp } from './promises.ts';

type Step =
  | {
      readonly type: 'append';
      readonly requests: number;
      readonly reuse: boolean;
      readonly accused: readonly number[];
    }
  | {
      readonly type: 'rollback' | 'checkpoint' | 'certificate';
      readonly height: number;
      readonly view: number;
    }
  | { readonly type: 'position'; readonly view: number; readonly target: number }
  | { readonly type: 'leave'; readonly by: number }
  | { readonly type: 'enter'; readonly height: number; readonly signed: boolean }
  | { readonly type: 'evidence'; readonly accused: number; readonly recordedHeight: number | null }
  | { readonly type: 'learner'; readonly reason: LastingLearnerReason; readonly publicKey: Hex };

const small = fc.nat({ max: 6 });
const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('append'),
      requests: fc.nat({ max: 3 }),
      reuse: fc.boolean(),
      accused: fc.constantFrom([], [], [1], [0, 2]),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constantFrom('rollback', 'checkpoint', 'certificate'),
      height: small,
      view: fc.nat({ max: 2 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('position'), view: small, target: small }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('leave'), by: fc.nat({ max: 3 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('enter'), height: small, signed: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('evidence'),
      accused: fc.nat({ max: 3 }),
      recordedHeight: fc.option(small),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('learner'),
      reason: fc.constantFrom('stateLost', 'stateOld'),
      publicKey: fc.constantFrom('ab'.repeat(32), 'cd'.repeat(32)),
    }),
  },
) as fc.Arbitrary<Step>;

const network = makeGenesis({ limits: { maxRequestAgeMs: 3_000, maxClockSkewMs: 500 } });

/** What the steps go by: the chain goes ahead on its own, and some of what it proposes will be refused. */
interface Proposer {
  readonly chain: TestChain;
  readonly made: SignedRequest[];
  position: ViewPosition;
  stable: CheckpointCertificate | null;
  commit: CommitCertificate | null;
}

function operationsOf(proposer: Proposer, each: Step): PersistOperation[] {
  const { chain } = proposer;
  const within = (height: number) => Math.min(height, chain.header().height);
  switch (each.type) {
    case 'append': {
      const evidence = each.accused.map((replica) => makeEvidence(network, replica));
      const accepted = chain.append(requestsFor(proposer, each), 0, 1_000, evidence);
      return [{ type: 'append', accepted }];
    }
    case 'rollback':
      chain.rollback(within(each.height));
      return [{ type: 'rollback', height: within(each.height) }];
    case 'checkpoint': {
      const checkpoint = chain.checkpoint(within(each.height), each.view);
      proposer.stable = checkpoint.certificate;
      return [{ type: 'checkpoint', checkpoint }];
    }
    case 'certificate': {
      const certificate = makeCommitCertificate(network, chain.header(within(each.height)), each.view);
      proposer.commit = certificate;
      return [{ type: 'commitCertificate', certificate }];
    }
    case 'position': {
      const { view, target } = each;
      const mode = view >= target ? 'normal' : 'changing';
      return move(proposer, { view, target, mode, lastNormalView: view });
    }
    case 'leave': {
      const target = proposer.position.target + each.by;
      const left = move(proposer, { target, mode: 'changing' });
      return [...left, viewChangeOp(viewChangeOf(proposer))];
    }
    case 'enter':
      return enter(proposer, each);
    case 'evidence': {
      // For some replicas there is more than one piece: the first stays.
      const kind = each.recordedHeight === 3 ? 'order' : 'localCommit';
      return [evidenceOp(makeEvidence(network, each.accused, kind), each.recordedHeight)];
    }
    case 'learner':
      return [each];
  }
}

/** The view that was wanted, or the next one, with a shorter chain and a block that is ordered again. */
function enter(
  proposer: Proposer,
  { height, signed }: Extract<Step, { readonly type: 'enter' }>,
): PersistOperation[] {
  const { chain, position } = proposer;
  const view = Math.max(position.target, position.view + 1);
  const newView = makeNewView(network, { ...viewChangeOf(proposer), view });
  const forkHeight = Math.min(height, chain.header().height);
  chain.rollback(forkHeight);
  const accepted = chain.append(requestsFor(proposer, { requests: 2, reuse: true }), view);
  const baseHeight = chain.header().height;
  return [
    { type: 'rollback', height: forkHeight },
    { type: 'append', accepted: { ...accepted, order: null } },
    openingOp(newView, signed ? 'ab'.repeat(64) : null),
    ...move(proposer, { view, target: view, mode: 'normal', lastNormalView: view, baseHeight }),
  ];
}

function move(proposer: Proposer, fields: Partial<ViewPosition>): PersistOperation[] {
  proposer.position = { ...proposer.position, ...fields };
  return [{ type: 'position', position: proposer.position }];
}

function viewChangeOf({ chain, position, stable, commit }: Proposer) {
  const { target, lastNormalView } = position;
  return makeViewChange(chain, target, { lastNormalView, stable, commit });
}

/** New requests, or some that were taken off the chain. */
function requestsFor(
  { chain, made }: Proposer,
  { requests, reuse }: { readonly requests: number; readonly reuse: boolean },
): readonly SignedRequest[] {
  const free = made.filter(({ id }) => chain.state.executed(id) === undefined);
  if (reuse && free.length > 0) return free.slice(0, requests);
  const fresh = chain.requests(requests);
  made.push(...fresh);
  return fresh;
}

const outcome = async (work: Promise<unknown>) => {
  try {
    return { result: await work };
  } catch (error) {
    return { code: toPlainError(error).code };
  }
};

/** Lets the proposer go on from what the stores hold. False where its chain has gone another way. */
async function comeBack(proposer: Proposer, store: LedgerStore): Promise<boolean> {
  const { position, stable, commitCertificate } = await store.load();
  proposer.position = position;
  proposer.stable = stable.certificate;
  proposer.commit = commitCertificate;
  const tip = (await store.blocks(0, 1_000, 1))[0]!.header;
  proposer.chain.rollback(tip.height);
  return proposer.chain.header().hash === tip.hash;
}

it('the two stores agree on every history: what is refused, and what is there', async () => {
  const seen = { refused: 0, stable: 0, rolledBack: 0, viewChange: 0, opening: 0, evidence: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { maxLength: 14 }),
      async (commits) => {
        const directory = await makeDirectory();
        const options = {
          directory: directory.path,
          genesis: network.genesis,
          createWorker: createStoreWorker,
        };
        let real: LedgerStore = await openLedgerStore(options);
        try {
          const twin = openMemoryStore(new MemoryDisk(), network.genesis);
          const { position } = await twin.load();
          const chain = new TestChain(network);
          const proposer: Proposer = { chain, made: [], position, stable: null, commit: null };
          const hashes = new Map<string, number>();
          for (const steps of commits) {
            const operations = steps.flatMap((each) => operationsOf(proposer, each));
            for (const operation of operations) {
              if (operation.type !== 'append') continue;
              const { hash, height } = operation.accepted.block.header;
              hashes.set(hash, height);
            }
            const expected = await outcome(twin.commit(operations));
            expect(await outcome(real.commit(operations))).toEqual(expected);
            if ('result' in expected) continue;
            seen.refused += 1;
            if (!(await comeBack(proposer, twin))) break;
          }
          await real.close();
          real = await openLedgerStore(options);
          const state = await twin.load();
          seen.stable += state.stable.height > 0 ? 1 : 0;
          seen.rolledBack += state.rolledBack.length;
          seen.viewChange += state.viewChange === null ? 0 : 1;
          seen.opening += state.opening === null ? 0 : 1;
          seen.evidence += state.evidence.length;
          expect(await real.load()).toEqual(state);
          const ids = proposer.made.map(({ id }) => id);
          expect(await real.requests(ids)).toEqual(await twin.requests(ids));
          expect(await real.checkpoints(500)).toEqual(await twin.checkpoints(500));
          for (const [hash, height] of hashes) {
            expect(await real.blockByHash(height, hash)).toEqual(await twin.blockByHash(height, hash));
          }
          const { sizeBytes: _real, ...counts } = await real.counts();
          const { sizeBytes: _twin, ...twinCounts } = await twin.counts();
          expect(counts).toEqual(twinCounts);
        } finally {
          await real.close();
          await directory.remove();
        }
      },
    ),
    { numRuns: 25, seed: 20_260_101 },
  );
  // The histories were worth comparing.
  for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(2);
}, 600_000);
