/**
 * What every ledger store keeps about views that change: what rolled-back blocks were, what was promised, and what
 * was proved; the durable store and the simulated one alike.
 * @module
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  FIRST_POSITION,
  type AcceptedBlock,
  type PersistOperation,
  type ViewPosition,
} from '../../../src/main/consensus/effects.ts';
import { hashed, type Block } from '../../../src/main/ledger/block.ts';
import { signedRequest } from '../../../src/main/ledger/request.ts';
import type { ViewChange } from '../../../src/main/ledger/viewChange.ts';
import type { LedgerStore } from '../../../src/main/storage/ledgerStore.ts';
import { makeEvidence } from '../../support/evidence.ts';
import { TestChain, makeCommitCertificate, makeGenesis } from '../../support/ledger.ts';
import type { StorePlace } from './ledgerStoreCompliance.ts';
import {
  evidenceOp,
  makeNewView,
  makeViewChange,
  openingOp,
  openingSignature,
  viewChangeOp,
} from './promises.ts';

const append = (accepted: AcceptedBlock): PersistOperation => ({ type: 'append', accepted });
const rollback = (height: number): PersistOperation => ({ type: 'rollback', height });
const publicKey = 'ab'.repeat(32);
const learner: PersistOperation = { type: 'learner', reason: 'stateOld', publicKey };
const position = (fields: Partial<ViewPosition>): PersistOperation => ({
  type: 'position',
  position: { ...FIRST_POSITION, ...fields },
});
const changing = (target: number, view = 0, baseHeight = 0): PersistOperation =>
  position({ view, lastNormalView: view, target, mode: 'changing', baseHeight });
const normal = (view: number, baseHeight: number): PersistOperation =>
  position({ view, lastNormalView: view, target: view, baseHeight });
const byPlace = (blocks: readonly AcceptedBlock[]): Block[] =>
  blocks
    .map(({ block }) => block)
    .toSorted(
      ({ header: left }, { header: right }) =>
        left.height - right.height || (left.hash < right.hash ? -1 : 1),
    );

/** Runs the suite against the stores that `makePlace` makes room for. */
export function testViewChanges(name: string, makePlace: () => Promise<StorePlace>): void {
  describe(`${name} keeps what views that change leave behind`, () => {
    const network = makeGenesis();
    let place: StorePlace;
    let store: LedgerStore;
    let chain: TestChain;

    beforeEach(async () => {
      place = await makePlace();
      store = await place.open(network.genesis);
      chain = new TestChain(network);
    });
    afterEach(async () => {
      await store.close();
      await place.dispose();
    });

    const checkpoint = (height?: number, view?: number): PersistOperation => ({
      type: 'checkpoint',
      checkpoint: chain.checkpoint(height, view),
    });
    const appendMany = async (count: number, requests = 1): Promise<AcceptedBlock[]> => {
      const blocks = Array.from({ length: count }, () => chain.append(requests));
      await store.commit(blocks.map(append));
      return blocks;
    };
    /** Takes blocks off the chain here and in the store. */
    const rollBack = async (height: number): Promise<void> => {
      chain.rollback(height);
      await store.commit([rollback(height)]);
    };
    /** Does what follows with the store as it is, and again after a crash. */
    const alsoAfterCrash = async (check: () => Promise<void>): Promise<void> => {
      await check();
      await place.crash(store);
      store = await place.open(network.genesis);
      await check();
    };
    const refuses = async (...operations: PersistOperation[]): Promise<void> => {
      const before = await store.load();
      await expect(store.commit(operations)).rejects.toMatchObject({ code: 'invariant.broken' });
      expect(await store.load()).toEqual(before);
    };

    it('the evidence that a block records', async () => {
      const pieces = [makeEvidence(network, 0), makeEvidence(network, 3)];
      const accepted = chain.append(2, 0, 1_000, pieces);
      await store.commit([append(accepted), append(chain.append())]);
      await alsoAfterCrash(async () => {
        expect(await store.block(1)).toEqual(accepted);
        expect((await store.load()).chain[0]).toEqual(accepted);
        expect((await store.blocks(1, 2, 2)).map(({ evidenceCount }) => evidenceCount)).toEqual([0, 2]);
      });

      chain.append(1, 0, 1_000, pieces);
      chain.rollback(2);
      const { block, order } = chain.append(1, 0, 1_000, pieces);
      await refuses(append({ block: { ...block, evidence: pieces.slice(1) }, order }));
      await refuses(append({ block: { ...block, evidence: [] }, order }));
      await rollBack(0);
      expect((await store.blockByHash(1, accepted.block.header.hash))?.evidence).toEqual(pieces);
    });

    describe('rolled-back blocks (rule G1)', () => {
      it('are found by their hash, as a whole and in their order', async () => {
        const blocks = await appendMany(4, 3);
        await rollBack(1);
        await alsoAfterCrash(async () => {
          expect((await store.load()).rolledBack).toEqual(byPlace(blocks.slice(1)));
          for (const { block } of blocks) {
            expect(await store.blockByHash(block.header.height, block.header.hash)).toEqual(block);
          }
          expect((await store.counts()).rolledBackBlocks).toBe(3);
        });
        const { height, hash } = blocks[2]!.block.header;
        expect(await store.blockByHash(height + 1, hash)).toBeNull();
        expect(await store.blockByHash(height, '00'.repeat(32))).toBeNull();
        const genesis = chain.header(0);
        expect((await store.blockByHash(0, genesis.hash))?.header).toEqual(genesis);
        // Only what is on the chain is told as the chain.
        expect(await store.block(height)).toBeNull();
      });

      it('are rolled back no more while they are on the chain again', async () => {
        const blocks = await appendMany(3, 2);
        await rollBack(1);
        await store.commit(blocks.slice(1, 2).map(append));
        await alsoAfterCrash(async () => {
          const { rolledBack, chain: above } = await store.load();
          expect(rolledBack).toEqual(byPlace(blocks.slice(2)));
          expect(above).toEqual(blocks.slice(0, 2));
          const { hash } = chain.header(1);
          expect((await store.blockByHash(1, hash))?.header.hash).toBe(hash);
        });
        await store.commit([rollback(0)]);
        await alsoAfterCrash(async () => {
          expect((await store.load()).rolledBack).toEqual(byPlace(blocks));
        });
        // All in one commit: off, on again, and off once more.
        await store.commit([...blocks.map(append), rollback(0), ...blocks.slice(0, 2).map(append)]);
        await alsoAfterCrash(async () => {
          expect((await store.load()).rolledBack).toEqual(byPlace(blocks.slice(2)));
          expect((await store.counts()).rolledBackRequests).toBe(2);
        });
      });

      it('of several views stand beside one another, with requests that they share', async () => {
        const ofView0 = await appendMany(3, 2);
        await rollBack(1);
        const again = ofView0.slice(1).flatMap(({ block }) => block.requests);
        // The same requests, otherwise cut and ordered.
        const ofView1 = [chain.append(again.toReversed(), 1), chain.append(1, 1)];
        await store.commit(ofView1.map(append));
        await rollBack(1);
        const ofView2 = [chain.append([again[2]!, again[0]!], 2)];
        await store.commit(ofView2.map(append));
        const off = [...ofView0.slice(1), ...ofView1];
        await alsoAfterCrash(async () => {
          expect((await store.load()).rolledBack).toEqual(byPlace(off));
          for (const { block } of off) {
            expect(await store.blockByHash(block.header.height, block.header.hash)).toEqual(block);
          }
        });
        // What stands in a kept block stays, and what is on the chain; height 3 is not covered yet.
        await store.commit([checkpoint(2, 2)]);
        await alsoAfterCrash(async () => {
          expect((await store.load()).rolledBack).toEqual(
            byPlace(off.filter(({ block }) => block.header.height > 2)),
          );
          expect(await store.requests(again.map(({ id }) => id))).toEqual(
            [0, 2, 3].map((index) => again[index]!),
          );
        });
        await appendMany(1);
        await store.commit([checkpoint(3, 2)]);
        await alsoAfterCrash(async () => {
          const { rolledBack } = await store.load();
          expect(rolledBack).toEqual([]);
          expect(await store.counts()).toMatchObject({ rolledBackBlocks: 0, rolledBackRequests: 0 });
          const { height, hash } = ofView1[1]!.block.header;
          expect(await store.blockByHash(height, hash)).toBeNull();
        });
      });

      it('are given with the bodies that were accepted last', async () => {
        const [first] = await appendMany(1, 2);
        await rollBack(0);
        // The id does not cover the signature.
        const { requests } = first!.block;
        const resigned = requests.map((request, index) => signedRequest(request, `0${index}`.repeat(64)));
        expect(resigned.map(({ id }) => id)).toEqual(requests.map(({ id }) => id));
        await store.commit([append(chain.append(resigned.toReversed(), 1))]);
        await alsoAfterCrash(async () => {
          expect((await store.load()).rolledBack).toEqual([{ ...first!.block, requests: resigned }]);
        });
      });
    });

    describe('the own view change', () => {
      const leave = (target: number, viewChange: ViewChange): PersistOperation[] => [
        changing(target),
        viewChangeOp(viewChange),
      ];

      it('until another takes its place', async () => {
        await appendMany(4);
        await store.commit([checkpoint(2)]);
        const stable = chain.checkpoint(2).certificate;
        const commit = makeCommitCertificate(network, chain.header(3), 0);
        const first = makeViewChange(chain, 1, { stable, commit });
        await store.commit([{ type: 'commitCertificate', certificate: commit }, ...leave(1, first)]);
        await alsoAfterCrash(async () => expect((await store.load()).viewChange).toEqual(first));
        // Persisted again as it is: nothing new is promised.
        await store.commit([viewChangeOp(first)]);
        const second = makeViewChange(chain, 3, { stable, commit });
        await store.commit([viewChangeOp(second), changing(3)]);
        await alsoAfterCrash(async () => expect((await store.load()).viewChange).toEqual(second));
      });

      it('of a view without blocks', async () => {
        const viewChange = makeViewChange(chain, 1);
        await store.commit(leave(1, viewChange));
        await alsoAfterCrash(async () => expect((await store.load()).viewChange).toEqual(viewChange));
      });

      it('is not told when a later view has begun without one, and is not forgotten', async () => {
        const viewChange = makeViewChange(chain, 2);
        await store.commit(leave(2, viewChange));
        await store.commit([normal(5, 0)]);
        await alsoAfterCrash(async () => expect((await store.load()).viewChange).toBeNull());
        await refuses(viewChangeOp({ ...makeViewChange(chain, 1), lastNormalView: 5 }));
      });

      it('may come with the view that follows, in one commit', async () => {
        const viewChange = makeViewChange(chain, 1);
        await store.commit([...leave(1, viewChange), normal(1, 0)]);
        await alsoAfterCrash(async () => {
          expect(await store.load()).toMatchObject({ viewChange, position: { mode: 'normal', view: 1 } });
        });
      });

      it('is refused where it says something else than what is durable', async () => {
        await appendMany(4);
        await store.commit([checkpoint(2)]);
        const stable = chain.checkpoint(2).certificate;
        const certificate = makeCommitCertificate(network, chain.header(3), 0);
        await store.commit([{ type: 'commitCertificate', certificate }]);
        const good = makeViewChange(chain, 2, { stable, commit: certificate });

        // Before the change of mode is durable.
        await refuses(viewChangeOp(good));
        await refuses(changing(1), viewChangeOp(good));
        await store.commit(leave(2, good));
        const wrong: Partial<ViewChange>[] = [
          { lastNormalView: 1 },
          { epoch: 1 },
          { commit: null },
          { commit: makeCommitCertificate(network, chain.header(2), 0) },
          { chain: good.chain.slice(0, 1) },
          { chain: good.chain.slice(1) },
          { chain: [good.chain[0]!, hashed({ ...good.chain[1]!, timeMs: 1 })] },
          { chain: [] },
          { stable: null },
          { stable: null, chain: [chain.header(1), chain.header(2), ...good.chain] },
        ];
        for (const fields of wrong) await refuses(changing(3), viewChangeOp({ ...good, view: 3, ...fields }));
        // A second one for the same view, and one for an earlier view.
        const higher = makeCommitCertificate(network, chain.header(4), 0);
        await refuses(viewChangeOp({ ...good, commit: higher }));
        await refuses(viewChangeOp({ ...good, view: 1 }));
        await store.commit([changing(3), viewChangeOp({ ...good, view: 3 })]);
      });
    });

    describe('what opened the view', () => {
      it('first without the own signature, then with it', async () => {
        const viewChange = makeViewChange(chain, 1);
        const newView = makeNewView(network, viewChange);
        const signature = openingSignature(network, newView);
        await store.commit([changing(1), viewChangeOp(viewChange), openingOp(newView, null)]);
        await alsoAfterCrash(async () => {
          expect((await store.load()).opening).toEqual({ newView, signature: null });
        });
        await refuses(openingOp({ ...newView, viewChanges: newView.viewChanges.slice(1) }, null));
        await store.commit([openingOp(newView, signature), normal(1, 0)]);
        await alsoAfterCrash(async () => {
          expect((await store.load()).opening).toEqual({ newView, signature });
        });
        await store.commit([openingOp(newView, signature)]);
        const next = makeNewView(network, makeViewChange(chain, 4, { lastNormalView: 1 }));
        await store.commit([openingOp(next, openingSignature(network, next)), normal(4, 0)]);
        await alsoAfterCrash(async () => expect((await store.load()).opening?.newView).toEqual(next));
      });

      it('is refused where it is another of the same view, or of an earlier one', async () => {
        await appendMany(1);
        const newView = makeNewView(network, makeViewChange(chain, 2));
        const signature = openingSignature(network, newView);
        // Before the replica wants that view or is in it.
        await refuses(openingOp(newView, signature));
        await store.commit([openingOp(newView, signature), normal(2, 1)]);
        await appendMany(1);
        const other = makeNewView(network, makeViewChange(chain, 2));
        await refuses(openingOp(other, openingSignature(network, other)));
        await refuses(openingOp(newView, null));
        await refuses(openingOp(newView, openingSignature(network, other)));
        const earlier = makeNewView(network, makeViewChange(chain, 1));
        await refuses(openingOp(earlier, openingSignature(network, earlier)));
      });
    });

    it('evidence: the first against each replica, and where it stands', async () => {
      const [of0, of2] = [makeEvidence(network, 0), makeEvidence(network, 2)];
      await store.commit([evidenceOp(of2, null), evidenceOp(of0, 7)]);
      await alsoAfterCrash(async () => {
        expect((await store.load()).evidence).toEqual([
          { evidence: of0, recordedHeight: 7 },
          { evidence: of2, recordedHeight: null },
        ]);
      });
      await store.commit([evidenceOp(makeEvidence(network, 2, 'newView'), 8), evidenceOp(of0, null)]);
      await store.commit([evidenceOp(makeEvidence(network, 1), 3)]);
      await alsoAfterCrash(async () => {
        expect((await store.load()).evidence).toEqual([
          { evidence: of0, recordedHeight: null },
          { evidence: makeEvidence(network, 1), recordedHeight: 3 },
          { evidence: of2, recordedHeight: 8 },
        ]);
      });
    });

    it('that it only learns, once and for all', async () => {
      await store.commit([learner]);
      await store.commit([{ type: 'learner', reason: 'stateLost', publicKey }, normal(2, 0)]);
      await alsoAfterCrash(async () =>
        expect((await store.load()).learner).toEqual({ reason: 'stateOld', publicKey }),
      );
    });

    describe('entering a view, in one commit', () => {
      it('by a new view: back to the fork, and what it chose', async () => {
        const blocks = await appendMany(5, 2);
        await store.commit([checkpoint(1)]);
        const stable = chain.checkpoint(1).certificate;
        const own = makeViewChange(chain, 1, { stable });
        await store.commit([changing(1), viewChangeOp(own)]);
        chain.rollback(3);
        const chosen = [
          chain.append(blocks[4]!.block.requests, 0),
          chain.append(blocks[3]!.block.requests, 0),
        ].map(({ block }) => ({ block, order: null }));
        const newView = makeNewView(network, own);
        const signature = openingSignature(network, newView);
        const operations = [rollback(3), ...chosen.map(append), openingOp(newView, signature), normal(1, 5)];
        await store.commit(operations);
        await alsoAfterCrash(async () => {
          const state = await store.load();
          expect(state.chain).toEqual([...blocks.slice(1, 3), ...chosen]);
          expect(state.rolledBack).toEqual(byPlace(blocks.slice(3)));
          expect(state).toMatchObject({
            opening: { newView, signature },
            viewChange: own,
            position: { view: 1, mode: 'normal', baseHeight: 5 },
          });
        });

        // And back to blocks that were rolled back before, brought by the next one.
        const next = makeViewChange(chain, 2, { lastNormalView: 1, stable });
        const opening = makeNewView(network, next);
        await store.commit([
          changing(2, 1, 5),
          viewChangeOp(next),
          rollback(3),
          ...blocks.slice(3, 4).map(({ block }) => append({ block, order: null })),
          openingOp(opening, openingSignature(network, opening)),
          normal(2, 4),
        ]);
        await alsoAfterCrash(async () => {
          const { rolledBack, chain: above } = await store.load();
          expect(above.at(-1)).toEqual({ block: blocks[3]!.block, order: null });
          expect(rolledBack).toEqual(byPlace([...chosen, blocks[4]!]));
        });
      });

      it('by a certificate: its chain, and what it covers is dropped', async () => {
        const blocks = await appendMany(4);
        await store.commit([changing(1), viewChangeOp(makeViewChange(chain, 1))]);
        chain.rollback(1);
        const certified = [chain.append(2, 1), chain.append(1, 1)];
        await store.commit([
          rollback(1),
          ...certified.map(({ block }) => append({ block, order: null })),
          checkpoint(3, 1),
          normal(1, 3),
        ]);
        await alsoAfterCrash(async () => {
          const { stable, rolledBack, chain: above } = await store.load();
          expect(stable.height).toBe(3);
          expect(above).toEqual([]);
          // The block of height 4 is not covered: somebody may still be asked for it.
          expect(rolledBack).toEqual([blocks[3]!.block]);
          expect(await store.requests(blocks.slice(1).map(({ block }) => block.requests[0]!.id))).toEqual(
            blocks[3]!.block.requests,
          );
        });
      });

      it('not yet: a checkpoint comes while the view changes', async () => {
        const blocks = await appendMany(4);
        await store.commit([changing(3), viewChangeOp(makeViewChange(chain, 3))]);
        await store.commit([checkpoint(2)]);
        // Of another branch: the replica takes it, and stays between the views.
        chain.rollback(2);
        const certified = chain.append(1, 1);
        await store.commit([rollback(2), append({ block: certified.block, order: null }), checkpoint(3, 1)]);
        await alsoAfterCrash(async () => {
          const state = await store.load();
          expect(state).toMatchObject({
            stable: { height: 3 },
            position: { mode: 'changing', view: 0, target: 3 },
          });
          expect(state.rolledBack).toEqual([blocks[3]!.block]);
        });
      });

      it('is refused whole where its last part is wrong', async () => {
        const blocks = await appendMany(3);
        chain.rollback(1);
        const chosen = chain.append(1, 1);
        const newView = makeNewView(network, makeViewChange(chain, 1));
        await refuses(
          evidenceOp(makeEvidence(network, 0), null),
          learner,
          rollback(1),
          append(chosen),
          openingOp(newView, null),
          position({ view: 1, target: 2 }),
        );
        await alsoAfterCrash(async () => {
          expect((await store.load()).chain).toEqual(blocks);
          expect((await store.counts()).rolledBackBlocks).toBe(0);
          expect(await store.blockByHash(2, chosen.block.header.hash)).toBeNull();
        });
      });
    });

    it('refuses positions that no replica is in', async () => {
      await appendMany(2);
      await store.commit([normal(2, 2)]);
      const wrong: Partial<ViewPosition>[] = [
        { view: 2, lastNormalView: 2, target: 2, mode: 'changing', baseHeight: 2 },
        { view: 3, lastNormalView: 2, target: 3, baseHeight: 2 },
        { view: 2, lastNormalView: 3, target: 3, mode: 'changing', baseHeight: 2 },
        { view: 2, lastNormalView: 2, target: 2, baseHeight: 1 },
        { view: 2, lastNormalView: 2, target: 3, mode: 'changing', baseHeight: 1 },
      ];
      for (const fields of wrong) await refuses(position(fields));
      // The base of a later view may lie lower, and that of the same view rises with what is certified.
      await store.commit([normal(2, 4), normal(3, 1)]);
    });
  });
}
