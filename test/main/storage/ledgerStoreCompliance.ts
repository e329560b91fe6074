/**
 * What every ledger store does, the durable one and the simulated one alike.
 * @module
 */
import { registryRequest } from '../../support/registry.ts';
import { titleOf } from '../../../src/shared/domain/payload.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  FIRST_POSITION,
  type AcceptedBlock,
  type PersistOperation,
  type ViewPosition,
} from '../../../src/main/consensus/effects.ts';
import { hashed } from '../../../src/main/ledger/block.ts';
import type { Genesis } from '../../../src/main/ledger/genesis.ts';
import type { LedgerStore, RequestSearch, RequestSummary } from '../../../src/main/storage/ledgerStore.ts';
import { ZERO_HASH } from '../../../src/main/ledger/hash.ts';
import { TestChain, makeCommitCertificate, makeGenesis } from '../../support/ledger.ts';
import { changeOfReplicas } from '../../support/registry.ts';

/** One place where a store can be opened again and again. */
export interface StorePlace {
  /** Opens the store that is here, or a new one. */
  open(genesis: Genesis): Promise<LedgerStore>;
  /** Ends a store as a crash does: without closing it. */
  crash(store: LedgerStore): Promise<void>;
  /** Removes everything, open stores included. */
  dispose(): Promise<void>;
}

const append = (accepted: AcceptedBlock): PersistOperation => ({ type: 'append', accepted });
const position = (fields: Partial<ViewPosition>): PersistOperation => ({
  type: 'position',
  position: { ...FIRST_POSITION, ...fields },
});

/** Runs the suite against the stores that `makePlace` makes room for. */
export function testLedgerStore(name: string, makePlace: () => Promise<StorePlace>): void {
  describe(`${name} keeps the contract of a ledger store`, () => {
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
    const crashAndOpen = async (): Promise<void> => {
      await place.crash(store);
      store = await place.open(network.genesis);
    };

    it('starts with genesis', async () => {
      const header = chain.header(0);
      expect(await store.load()).toEqual({
        position: FIRST_POSITION,
        stable: {
          height: 0,
          hash: header.hash,
          certificate: null,
          executedDigest: ZERO_HASH,
          executedCount: 0,
          registryDigest: chain.state.registry.digest,
        },
        stableBlock: null,
        epochBase: null,
        chain: [],
        commitCertificate: null,
        rolledBack: [],
        viewChange: null,
        opening: null,
        evidence: [],
        learner: null,
        recent: [],
        registryRequests: [],
      });
      expect(await store.block(0)).toEqual({ block: { header, requests: [], evidence: [] }, order: null });
      expect(await store.blocks(0, 9, 9)).toEqual([{ header, view: null, sizeBytes: 0, evidenceCount: 0 }]);
    });

    it('knows the running values at every height, and every change of the registry', async () => {
      const values = [chain.state.valuesAt(0)];
      for (let block = 0; block < 3; block++) {
        await appendMany(1, 2);
        values.push(chain.state.valuesAt(block + 1));
      }
      const [seed] = network.supervisorSeeds;
      const change = { kind: 'setPolicy', policy: { threshold: null, proposalBlocks: 7 } } as const;
      const request = registryRequest(network, seed!, { type: 'propose', change }, chain.header().timeMs);
      await store.commit([append(chain.append([request])), checkpoint(2)]);
      values.push(chain.state.valuesAt(4));
      await crashAndOpen();
      for (const [height, { executedDigest, executedCount }] of values.entries()) {
        expect(await store.executedAt(height)).toEqual({ executedDigest, executedCount });
      }
      const { id, supervisor } = request;
      const placed = [{ height: 4, id, supervisor, action: { type: 'propose', change } }];
      expect(await store.registryRequests(3)).toEqual([]);
      expect(await store.registryRequests(4)).toEqual(placed);
      expect((await store.load()).registryRequests).toEqual([]);
      await store.commit([checkpoint(4)]);
      await crashAndOpen();
      expect((await store.load()).registryRequests).toEqual(placed);
    });

    it('gives back after a crash everything that was committed', async () => {
      const blocks = await appendMany(5, 3);
      const certificate = makeCommitCertificate(network, chain.header(3), 0);
      const standing = { view: 0, mode: 'changing', target: 2 } as const;
      await store.commit([{ type: 'commitCertificate', certificate }, position(standing), checkpoint(2)]);
      const before = await store.load();
      expect(before).toMatchObject({ position: standing, commitCertificate: certificate });
      expect(before.stable).toEqual(chain.checkpoint(2));
      expect(before.stableBlock).toEqual(blocks[1]!.block);
      expect(before.chain).toEqual(blocks.slice(2));
      expect(before.recent.map(({ id }) => id)).toEqual(
        blocks.slice(0, 2).flatMap(({ block }) => block.requests.map(({ id }) => id)),
      );

      await crashAndOpen();
      expect(await store.load()).toEqual(before);
      await store.close();
      store = await place.open(network.genesis);
      expect(await store.load()).toEqual(before);
      // And goes on from there.
      await appendMany(1);
      expect((await store.load()).chain).toHaveLength(4);
    });

    it('refuses the ledger of another network', async () => {
      await appendMany(1);
      await store.close();
      const other = makeGenesis({ name: 'another' }).genesis;
      await expect(place.open(other)).rejects.toMatchObject({ code: 'storage.wrongNetwork' });
      store = await place.open(network.genesis);
      expect((await store.load()).chain).toHaveLength(1);
    });

    it('is closed once and for all', async () => {
      await store.close();
      await store.close();
      await expect(store.load()).rejects.toMatchObject({ code: 'stopped' });
      await expect(store.commit([])).rejects.toMatchObject({ code: 'stopped' });
    });

    it('finishes what was asked for before it was closed', async () => {
      const committed = store.commit([append(chain.append())]);
      await store.close();
      await committed;
      store = await place.open(network.genesis);
      expect((await store.load()).chain).toHaveLength(1);
    });

    describe('bodies of rolled-back blocks (rule G1)', () => {
      it('stay until a stable checkpoint covers the greatest height at which they were accepted', async () => {
        const [, , third] = await appendMany(3);
        const request = third!.block.requests[0]!;
        chain.rollback(1);
        await store.commit([{ type: 'rollback', height: 1 }]);
        expect(await store.request(request.id)).toBeNull();
        expect(await store.requests([request.id])).toEqual([request]);

        // Accepted again lower down, and rolled back again: height 3 still counts.
        await store.commit([append(chain.append([request]))]);
        expect(await store.request(request.id)).toEqual({ request, height: 2, index: 0 });
        chain.rollback(1);
        await store.commit([{ type: 'rollback', height: 1 }]);
        await appendMany(1);
        await store.commit([checkpoint(2)]);
        await crashAndOpen();
        expect(await store.requests([request.id])).toEqual([request]);

        await appendMany(1);
        await store.commit([checkpoint(3)]);
        expect(await store.requests([request.id])).toEqual([]);
        expect((await store.counts()).rolledBackRequests).toBe(0);
      });

      it('stay on the chain for good when they come back onto it', async () => {
        const [first] = await appendMany(1);
        const { requests } = first!.block;
        chain.rollback(0);
        await store.commit([{ type: 'rollback', height: 0 }]);
        chain.append(1);
        const again = chain.append(requests);
        chain.rollback(0);
        const blocks = [chain.append(1), chain.append(requests)];
        expect(blocks[1]!.block.requests).toEqual(again.block.requests);
        await store.commit([...blocks.map(append), checkpoint(2)]);
        expect(await store.requests([requests[0]!.id])).toEqual(requests);
        expect((await store.counts()).requests).toBe(2);
      });
    });

    it('adds the signature of an order', async () => {
      const accepted = chain.append();
      const { view, signature } = accepted.order!;
      const unsigned = { ...accepted, order: { view, signature: '' } };
      await store.commit([append(unsigned), append({ ...chain.append(), order: null })]);
      expect(await store.block(1)).toEqual(unsigned);
      await store.commit([
        { type: 'orderSigned', height: 1, view, signature },
        { type: 'orderSigned', height: 2, view: 3, signature },
      ]);
      expect(await store.block(1)).toEqual(accepted);
      expect((await store.block(2))?.order).toEqual({ view: 3, signature });
      expect((await store.blocks(1, 2, 2)).map((block) => block.view)).toEqual([3, view]);
    });

    describe('refuses, and changes nothing:', () => {
      const cases: [string, () => PersistOperation[]][] = [
        ['a block with a gap below', () => (chain.append(), [append(chain.append())])],
        [
          'a block of another chain',
          () => {
            const other = new TestChain(network);
            for (let height = 0; height < 4; height++) other.append(2);
            return [append(other.append())];
          },
        ],
        [
          'a block without its requests',
          () => {
            const { block, order } = chain.append(2);
            return [append({ block: { ...block, requests: block.requests.slice(1) }, order })];
          },
        ],
        [
          'a request that is on the chain',
          () => {
            const again = chain.append(1);
            chain.rollback(4);
            // A state that has forgotten the first execution makes the block that no correct one makes.
            const { header, requests } = again.block;
            const next = hashed({
              ...header,
              height: 6,
              previousHash: header.hash,
              timeMs: header.timeMs + 1,
            });
            return [append(again), append({ block: { header: next, requests, evidence: [] }, order: null })];
          },
        ],
        ['a rollback below the stable checkpoint', () => [{ type: 'rollback', height: 1 }]],
        ['a rollback to above the tip', () => [{ type: 'rollback', height: 5 }]],
        ['a checkpoint below the stable one', () => [checkpoint(1)]],
        [
          'a checkpoint of a block that is not on the chain',
          () => {
            chain.append();
            return [checkpoint(5)];
          },
        ],
        [
          'a checkpoint with another hash',
          () => [{ type: 'checkpoint', checkpoint: { ...chain.checkpoint(3), hash: chain.header(4).hash } }],
        ],
        [
          'a checkpoint without a certificate',
          () => [{ type: 'checkpoint', checkpoint: { ...chain.checkpoint(3), certificate: null } }],
        ],
        [
          'a checkpoint with the certificate of another block',
          () => [
            {
              type: 'checkpoint',
              checkpoint: { ...chain.checkpoint(3), certificate: chain.checkpoint(4).certificate },
            },
          ],
        ],
        [
          'a checkpoint with other running values',
          () => [{ type: 'checkpoint', checkpoint: { ...chain.checkpoint(3), executedCount: 7 } }],
        ],
        ['a lower view', () => [position({ view: 2, target: 2, lastNormalView: 2 })]],
        ['a lower target', () => [position({ view: 3, target: 3, lastNormalView: 3, mode: 'changing' })]],
        ['a lower last normal view', () => [position({ view: 4, target: 4, lastNormalView: 2 })]],
        ['a normal view below the target', () => [position({ view: 3, target: 4, lastNormalView: 3 })]],
        [
          'a lower commit certificate',
          () => [
            { type: 'commitCertificate', certificate: makeCommitCertificate(network, chain.header(4), 1) },
          ],
        ],
        [
          'the signature of an order for no block',
          () => [{ type: 'orderSigned', height: 5, view: 0, signature: 'ab'.repeat(64) }],
        ],
        [
          'a second signature of an order',
          () => [{ type: 'orderSigned', height: 4, view: 0, signature: 'ab'.repeat(64) }],
        ],
        [
          'an order of another view',
          () => [{ type: 'orderSigned', height: 4, view: 1, signature: 'ab'.repeat(64) }],
        ],
        [
          'anything, when its last part is wrong',
          () => [
            append(chain.append()),
            position({ epoch: 1 }),
            checkpoint(4),
            { type: 'rollback', height: 3 },
          ],
        ],
      ];

      it.each(cases)('%s', async (_what, operations) => {
        await appendMany(4);
        await store.commit([
          checkpoint(2),
          position({ view: 3, target: 4, lastNormalView: 3, mode: 'changing' }),
          { type: 'commitCertificate', certificate: makeCommitCertificate(network, chain.header(3), 2) },
        ]);
        const before = await store.load();
        await expect(store.commit(operations())).rejects.toMatchObject({ code: 'invariant.broken' });
        expect(await store.load()).toEqual(before);
        await crashAndOpen();
        expect(await store.load()).toEqual(before);
        // It is still good for what is right.
        chain.rollback(4);
        await appendMany(1);
        expect((await store.load()).chain).toHaveLength(3);
      });
    });

    it('takes the same checkpoint twice, and keeps the first', async () => {
      await appendMany(2);
      await store.commit([checkpoint(2, 0)]);
      const before = await store.load();
      await store.commit([checkpoint(2, 1)]);
      expect(await store.load()).toEqual(before);
    });

    it('starts the views of a new epoch anew, with the stable checkpoint that ends the one before', async () => {
      const blocks = [...changeOfReplicas(network)].map((request) => chain.append([request]));
      await store.commit([...blocks.map(append), position({ view: 7, target: 7, lastNormalView: 7 })]);
      const begin = position({ epoch: 1, baseHeight: 2 });
      await expect(store.commit([begin])).rejects.toThrow('an epoch begins at its stable checkpoint');
      await expect(store.commit([checkpoint()])).rejects.toThrow('an epoch begins at its stable checkpoint');
      await store.commit([checkpoint(), begin]);
      const { position: stands, epochBase } = await store.load();
      expect(stands).toEqual({ ...FIRST_POSITION, epoch: 1, baseHeight: 2 });
      expect(epochBase).toEqual(blocks[1]!.block.header);
      // The epoch goes on: what it began above stays.
      await store.commit([append(chain.append()), checkpoint()]);
      expect((await store.load()).epochBase).toEqual(blocks[1]!.block.header);
    });

    it('remembers executed requests for as long as they could be ordered again', async () => {
      const short = makeGenesis({ limits: { maxRequestAgeMs: 5_000, maxClockSkewMs: 1_000 } });
      await store.close();
      await place.dispose();
      place = await makePlace();
      store = await place.open(short.genesis);
      chain = new TestChain(short);
      // Blocks a second apart; requests as old as the block below, so one second.
      for (let height = 1; height <= 40; height++) {
        await store.commit([append(chain.append(2)), ...(height % 4 === 0 ? [checkpoint()] : [])]);
      }
      await store.commit([append(chain.append(2))]);
      const { recent, chain: above } = await store.load();
      const expected: unknown[] = [];
      for (let height = 36; height <= 40; height++) {
        for (const { id, timestampMs } of (await store.block(height))!.block.requests) {
          expected.push({ id, timestampMs, height });
        }
      }
      expect(recent).toEqual(expected);
      expect(above).toHaveLength(1);
    });

    it('finds blocks, headers and requests', async () => {
      const blocks = await appendMany(6, 2);
      const requests = blocks.flatMap(({ block }) => block.requests);
      expect(await store.block(4)).toEqual(blocks[3]);
      expect(await store.block(7)).toBeNull();
      expect((await store.blocks(2, 5, 3)).map(({ header }) => header)).toEqual(
        [5, 4, 3].map((height) => chain.header(height)),
      );
      expect((await store.blocks(6, 6, 1))[0]).toEqual({
        header: chain.header(6),
        view: 0,
        sizeBytes: blocks[5]!.block.requests.reduce((sum, { bytes }) => sum + bytes.length, 0),
        evidenceCount: 0,
      });
      expect(await store.blocks(5, 2, 9)).toEqual([]);
      expect(await store.headers(4, 99)).toEqual([4, 5, 6].map((height) => chain.header(height)));
      expect(await store.headers(0, 0)).toEqual([chain.header(0)]);

      expect(await store.request(requests[3]!.id)).toEqual({ request: requests[3], height: 2, index: 1 });
      expect(await store.request('00'.repeat(32))).toBeNull();
      const asked = [requests[7]!, requests[2]!, requests[5]!];
      const ids = ['00'.repeat(32), ...asked.map(({ id }) => id)];
      expect(await store.requests(ids)).toEqual(asked);
      const room = asked[0]!.bytes.length + asked[1]!.bytes.length;
      expect(await store.requests(ids, room)).toEqual(asked.slice(0, 2));
      expect(await store.requests(ids, room - 1)).toEqual(asked.slice(0, 1));
      expect(await store.requests(ids, 0)).toEqual(asked.slice(0, 1));
      expect(await store.requests([])).toEqual([]);
    });

    it('finds checkpoints', async () => {
      await appendMany(9);
      for (const height of [2, 5, 9]) await store.commit([checkpoint(height)]);
      expect((await store.checkpointCovering(0))?.height).toBe(0);
      expect(await store.checkpointCovering(3)).toEqual(chain.checkpoint(5));
      expect(await store.checkpointCovering(5)).toEqual(chain.checkpoint(5));
      expect(await store.checkpointCovering(10)).toBeNull();
      const summary = (height: number) => ({
        ...chain.checkpoint(height),
        blockTimeMs: chain.header(height).timeMs,
      });
      expect(await store.checkpoints(2)).toEqual([summary(9), summary(5)]);
      expect(await store.checkpoints(2, 5)).toEqual([summary(2)]);
      expect(await store.checkpoints(2, 2)).toEqual([]);
    });

    it('searches by the beginning of an id, the supervisor and the time, page by page', async () => {
      const blocks = await appendMany(12, 5);
      const all: RequestSummary[] = blocks
        .flatMap(({ block }) =>
          block.requests.map(({ id, supervisor, timestampMs, payload, bytes }, index) => {
            const { kind } = payload;
            const title = titleOf(payload);
            const sizeBytes = bytes.length;
            return {
              id,
              height: block.header.height,
              index,
              supervisor,
              timestampMs,
              kind,
              title,
              sizeBytes,
            };
          }),
        )
        .toReversed();
      const sought = all[17]!;
      const at = sought.timestampMs;
      const searches: Omit<RequestSearch, 'limit'>[] = [
        {},
        { idPrefix: '' },
        { idPrefix: sought.id.slice(0, 1) },
        { idPrefix: sought.id.slice(0, 5) },
        { idPrefix: sought.id },
        { idPrefix: 'abcdef012345' },
        { supervisor: sought.supervisor },
        { supervisor: 'ab'.repeat(32) },
        { fromMs: at },
        { toMs: at },
        { toMs: at - 1 },
        { fromMs: at + 1, toMs: at + 3_000 },
        { fromMs: at + 1, toMs: at },
        { supervisor: sought.supervisor, fromMs: at, toMs: at },
        { idPrefix: sought.id.slice(0, 2), supervisor: sought.supervisor, fromMs: at, toMs: at },
      ];
      for (const query of searches) {
        const { idPrefix = '', supervisor, fromMs = 0, toMs = Infinity } = query;
        const expected = all.filter(
          (request) =>
            request.id.startsWith(idPrefix) &&
            (supervisor === undefined || request.supervisor === supervisor) &&
            request.timestampMs >= fromMs &&
            request.timestampMs <= toMs,
        );
        expect(await store.search({ ...query, limit: 500 })).toEqual(expected);

        const paged: RequestSummary[] = [];
        for (;;) {
          const last = paged.at(-1);
          const page = await store.search({ ...query, limit: 7, ...(last && { before: last }) });
          paged.push(...page);
          if (page.length < 7) break;
        }
        expect(paged).toEqual(expected);
      }
    });

    it('counts', async () => {
      await appendMany(5, 2);
      chain.rollback(4);
      await store.commit([checkpoint(3), { type: 'rollback', height: 4 }]);
      const { sizeBytes, ...counts } = await store.counts();
      expect(counts).toEqual({
        blocks: 4,
        requests: 8,
        rolledBackRequests: 2,
        rolledBackBlocks: 1,
        checkpoints: 1,
      });
      expect(sizeBytes).toBeGreaterThan(8 * 200);
    });

    it('refuses what exceeds its limits', async () => {
      const tooMuch: [string, () => Promise<unknown>][] = [
        ['no page', () => store.blocks(0, 1, 0)],
        ['a long page', () => store.blocks(0, 1, 501)],
        ['a negative height', () => store.block(-1)],
        ['a fraction', () => store.headers(0.5, 1)],
        ['a long list', () => store.checkpoints(501)],
        ['a page of requests', () => store.search({ limit: 501 })],
        ['a prefix', () => store.search({ limit: 1, idPrefix: 'XY' })],
        ['a supervisor', () => store.search({ limit: 1, supervisor: 'ab' })],
        ['an id', () => store.request('ab')],
        ['a hash', () => store.blockByHash(1, 'ab')],
        ['a height below genesis', () => store.blockByHash(-1, '00'.repeat(32))],
        ['many ids', () => store.requests(Array<string>(65_536).fill('00'.repeat(32)))],
      ];
      for (const [what, ask] of tooMuch) await expect(ask(), what).rejects.toBeInstanceOf(RangeError);
    });
  });
}
