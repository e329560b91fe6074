/** The durable store and its simulated twin: one suite for both, and the same answer to any history. */
import type { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FIRST_POSITION, type PersistOperation } from '../../../src/main/consensus/effects.ts';
import type { LedgerStore } from '../../../src/main/storage/ledgerStore.ts';
import { openLedgerStore } from '../../../src/main/storage/openLedgerStore.ts';
import type { SignedRequest } from '../../../src/main/ledger/request.ts';
import { toPlainError } from '../../../src/shared/errors.ts';
import { MemoryDisk, openMemoryStore, type MemoryLedgerStore } from '../../sim/memoryStore.ts';
import { TestChain, makeCommitCertificate, makeGenesis } from '../../support/ledger.ts';
import { createStoreWorker, makeDirectory } from '../../support/stores.ts';
import { testLedgerStore } from './ledgerStoreCompliance.ts';

testLedgerStore('the durable store', async () => {
  const directory = await makeDirectory();
  const workers = new Map<LedgerStore, Worker>();
  return {
    open: async (genesis) => {
      let worker: Worker | undefined;
      const createWorker = () => (worker = createStoreWorker());
      const store = await openLedgerStore({ directory: directory.path, genesis, createWorker });
      workers.set(store, worker!);
      return store;
    },
    crash: async (store) => {
      await workers.get(store)!.terminate();
    },
    dispose: async () => {
      for (const worker of workers.values()) await worker.terminate();
      await directory.remove();
    },
  };
});

testLedgerStore('the simulated store', async () => {
  const disk = new MemoryDisk();
  let opened: MemoryLedgerStore | undefined;
  return {
    open: async (genesis) => (opened = openMemoryStore(disk, genesis)),
    crash: async () => opened?.crash(),
    dispose: async () => undefined,
  };
});

it('the simulated store loses in a crash what was not yet written', async () => {
  const { genesis } = makeGenesis();
  const chain = new TestChain(makeGenesis());
  const disk = new MemoryDisk();
  const writes: (() => void)[] = [];
  const store = openMemoryStore(disk, genesis, (write) => writes.push(write));
  const first = store.commit([{ type: 'append', accepted: chain.append() }]);
  const second = store.commit([{ type: 'append', accepted: chain.append() }]);
  writes[0]!();
  await first;
  store.crash();
  writes[1]!();
  await expect(second).rejects.toMatchObject({ code: 'storage.failed' });
  await expect(store.load()).rejects.toMatchObject({ code: 'storage.failed' });
  expect((await openMemoryStore(disk, genesis).load()).chain).toHaveLength(1);
});

describe('the durable store and the simulated one', () => {
  type Step =
    | { readonly type: 'append'; readonly requests: number; readonly reuse: boolean }
    | {
        readonly type: 'rollback' | 'checkpoint' | 'certificate';
        readonly height: number;
        readonly view: number;
      }
    | { readonly type: 'position'; readonly view: number; readonly target: number };

  const small = fc.nat({ max: 6 });
  const step = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        type: fc.constant('append'),
        requests: fc.nat({ max: 3 }),
        reuse: fc.boolean(),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        type: fc.constantFrom('rollback', 'checkpoint', 'certificate'),
        height: small,
        view: fc.nat({ max: 2 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('position'), view: small, target: small }) },
  ) as fc.Arbitrary<Step>;

  const network = makeGenesis({ limits: { maxRequestAgeMs: 3_000, maxClockSkewMs: 500 } });

  /** The operations of some steps. The chain goes ahead on its own: some of what it proposes will be refused. */
  function operationsOf(chain: TestChain, made: SignedRequest[], steps: readonly Step[]): PersistOperation[] {
    return steps.map((each): PersistOperation => {
      const within = (height: number) => Math.min(height, chain.header().height);
      switch (each.type) {
        case 'append':
          return { type: 'append', accepted: chain.append(requestsFor(chain, made, each)) };
        case 'rollback':
          chain.rollback(within(each.height));
          return { type: 'rollback', height: within(each.height) };
        case 'checkpoint':
          return { type: 'checkpoint', checkpoint: chain.checkpoint(within(each.height), each.view) };
        case 'certificate': {
          const header = chain.header(within(each.height));
          return {
            type: 'commitCertificate',
            certificate: makeCommitCertificate(network, header, each.view),
          };
        }
        case 'position': {
          const { view, target } = each;
          const mode = view >= target ? 'normal' : 'changing';
          return { type: 'position', position: { ...FIRST_POSITION, view, target, mode } };
        }
      }
    });
  }

  /** New requests, or some that were taken off the chain. */
  function requestsFor(
    chain: TestChain,
    made: SignedRequest[],
    { requests, reuse }: Extract<Step, { readonly type: 'append' }>,
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

  it('agree on every history: what is refused, and what is there', async () => {
    let refused = 0;
    let stable = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { maxLength: 8 }),
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
            const chain = new TestChain(network);
            const made: SignedRequest[] = [];
            for (const steps of commits) {
              const operations = operationsOf(chain, made, steps);
              const expected = await outcome(twin.commit(operations));
              expect(await outcome(real.commit(operations))).toEqual(expected);
              if ('result' in expected) continue;
              refused += 1;
              // The chain goes back to what the stores hold, where it still can.
              const tip = (await twin.blocks(0, 1_000, 1))[0]!.header;
              chain.rollback(tip.height);
              if (chain.header().hash !== tip.hash) break;
            }
            await real.close();
            real = await openLedgerStore(options);
            const state = await twin.load();
            stable += state.stable.height > 0 ? 1 : 0;
            expect(await real.load()).toEqual(state);
            const ids = made.map(({ id }) => id);
            expect(await real.requests(ids)).toEqual(await twin.requests(ids));
            expect(await real.checkpoints(500)).toEqual(await twin.checkpoints(500));
            const { sizeBytes: _real, ...counts } = await real.counts();
            const { sizeBytes: _twin, ...twinCounts } = await twin.counts();
            expect(counts).toEqual(twinCounts);
          } finally {
            await real.close();
            await directory.remove();
          }
        },
      ),
      { numRuns: 15, seed: 20_260_101 },
    );
    // The histories were worth comparing.
    expect(refused).toBeGreaterThan(2);
    expect(stable).toBeGreaterThan(2);
  }, 60_000);
});
