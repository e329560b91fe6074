import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashed, type Block } from '../../../src/main/ledger/block.ts';
import { publicKeyOf } from '../../../src/main/keys/ed25519.ts';
import { merkleRoot } from '../../../src/main/ledger/merkle.ts';
import { requestKey } from '../../../src/main/ledger/request.ts';
import { Registry } from '../../../src/main/ledger/registry/registry.ts';
import { LedgerState } from '../../../src/main/ledger/state.ts';
import { encode, hexBytes, record, uint } from '../../../src/shared/encoding/codec.ts';
import { caught } from '../../support/errors.ts';
import { TestChain, makeBlock, makeGenesis, makeRequest } from '../../support/ledger.ts';

const network = makeGenesis();
const { genesis } = network;
const timeMs = genesis.createdAtMs + 1_000;
const request = makeRequest(network, { timestampMs: timeMs });

/** The naive twin: the whole history as a list, replayed from the start for every question. */
class Twin {
  readonly blocks: Block[] = [];

  get digest(): string {
    const hash = (domain: string, ...parts: Uint8Array[]): Buffer =>
      createHash('sha256')
        .update(Buffer.concat([Buffer.from([domain.length]), Buffer.from(domain), ...parts]))
        .digest();
    let running: Buffer = Buffer.alloc(32);
    let count = 0;
    for (const { requests } of this.blocks) {
      for (const { id } of requests) {
        running = hash('countersign/executed/1', running, Buffer.from(id, 'hex'));
        count += 1;
      }
    }
    const digest = hexBytes(32);
    const layout = record({
      network: digest,
      height: uint(),
      registry: digest,
      running: digest,
      count: uint(),
    });
    const fields = {
      network: network.networkId,
      height: this.blocks.length,
      registry: Registry.ofGenesis(genesis).digest,
      running: running.toString('hex'),
      count,
    };
    return hash('countersign/state/2', encode(layout, fields)).toString('hex');
  }

  /** Ids of all executed requests, oldest first. */
  get ids(): string[] {
    return this.blocks.flatMap(({ requests }) => requests.map(({ id }) => id));
  }
}

describe('executing and undoing', () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ type: fc.constant('execute' as const), requests: fc.nat(4) }) },
    { weight: 3, arbitrary: fc.record({ type: fc.constant('undo' as const), blocks: fc.nat(4) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('settle' as const), back: fc.nat(4) }) },
  );

  it('in any order gives the digest of the naive twin, and forgets nothing young enough', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const chain = new TestChain(network);
        const twin = new Twin();
        let settled = 0;
        for (const next of steps) {
          if (next.type === 'execute') {
            twin.blocks.push(chain.append(next.requests).block);
          } else if (next.type === 'undo') {
            const height = Math.max(settled, twin.blocks.length - next.blocks);
            chain.rollback(height);
            twin.blocks.length = height;
          } else {
            settled = Math.max(settled, twin.blocks.length - next.back);
            chain.state.settle(chain.header(settled));
          }
          expect(chain.state.height).toBe(twin.blocks.length);
          expect(chain.state.digest).toBe(twin.digest);
          expect(chain.state.recentCount).toBe(twin.ids.length);
          expect(twin.ids.every((id) => chain.state.executed(id) !== undefined)).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('restores every earlier digest exactly, and the same blocks lead to the same digests again', () => {
    const chain = new TestChain(network);
    const digests = [chain.state.digest];
    const blocks = Array.from({ length: 6 }, (_, index) => {
      const { block } = chain.append(index);
      digests.push(chain.state.digest);
      return block;
    });
    expect(new Set(digests).size).toBe(digests.length);
    for (let height = 5; height >= 0; height--) {
      chain.state.undo();
      expect(chain.state.digest).toBe(digests[height]);
    }
    for (const [index, block] of blocks.entries()) {
      chain.state.execute(block);
      expect(chain.state.digest).toBe(digests[index + 1]);
    }
  });

  it('foretells the digest of the next block without changing anything', () => {
    const chain = new TestChain(network);
    const before = chain.state.digest;
    const next = chain.requests(3);
    const foretold = chain.state.outcomeOf(next);
    expect(chain.state.digest).toBe(before);
    chain.append(next);
    expect(foretold).toEqual({ stateDigest: chain.state.digest, nextReplicas: null });
  });

  it('depends on the order of the requests', () => {
    const chain = new TestChain(network);
    const [a, b] = chain.requests(2);
    expect(chain.state.outcomeOf([a!, b!])).not.toEqual(chain.state.outcomeOf([b!, a!]));
  });

  it('never undoes what is stable', () => {
    const chain = new TestChain(network);
    for (let blocks = 0; blocks < 3; blocks++) chain.append();
    chain.state.settle(chain.header(2));
    chain.state.undo();
    expect(chain.state.height).toBe(2);
    expect(caught(() => chain.state.undo())).toMatchObject({
      code: 'invariant.broken',
      data: { rule: 'nothing stable is undone' },
    });
    expect(chain.state.height).toBe(2);
  });

  it('knows the running digest at every height that can still be undone', () => {
    const chain = new TestChain(network);
    const known = [chain.state.valuesAt(0)];
    for (let blocks = 0; blocks < 4; blocks++) {
      chain.append(2);
      known.push(chain.state.valuesAt(chain.state.height));
    }
    chain.state.settle(chain.header(2));
    for (const height of [2, 3, 4]) expect(chain.state.valuesAt(height)).toEqual(known[height]);
    expect(known.map(({ executedCount }) => executedCount)).toEqual([0, 2, 4, 6, 8]);
    expect(caught(() => chain.state.valuesAt(1)).code).toBe('internal');
  });

  it('goes on from a snapshot as if it had never stopped', () => {
    const chain = new TestChain(network);
    const executed = [...chain.append(2).block.requests, ...chain.append(1).block.requests];
    const { executedDigest, executedCount } = chain.state.valuesAt(2);
    const recent = executed.map(({ id }) => chain.state.executed(id)!);
    const resumed = new LedgerState(genesis, {
      height: 2,
      executedDigest,
      executedCount,
      recent,
      registry: null,
    });
    expect(resumed.digest).toBe(chain.state.digest);
    expect(resumed.executed(executed[0]!.id)).toEqual({
      id: executed[0]!.id,
      timestampMs: executed[0]!.timestampMs,
      height: 1,
    });
    const { block } = chain.append(2);
    resumed.execute(block);
    expect(resumed.digest).toBe(chain.state.digest);
    expect(caught(() => new LedgerState(genesis).execute(block)).code).toBe('invariant.broken');
  });
});

describe('what may go into a block', () => {
  const state = new LedgerState(genesis);

  it('a request of a registered supervisor', () => {
    expect(state.objection(request, timeMs)).toBeUndefined();
    expect(state.supervisor(request.supervisor)?.name).toBe('supervisor 0');
  });

  it('no request of an unknown supervisor (defect 2 of the prototype)', () => {
    const seed = new Uint8Array(32).fill(9);
    const publicKey = publicKeyOf(seed);
    const stranger = makeRequest(
      {
        ...network,
        supervisorSeeds: [seed],
        genesis: { ...genesis, supervisors: [{ name: '', organisation: '', publicKey }] },
      },
      { timestampMs: timeMs },
    );
    const expected = { code: 'request.unknownSupervisor', data: { supervisor: publicKey } };
    expect(state.objection(stranger, timeMs)).toEqual(expected);
    expect(state.objectionToSupervisor(stranger)).toEqual(expected);
    expect(state.supervisor(publicKey)).toBeUndefined();
    // A replica's key is no supervisor's.
    expect(state.supervisor(genesis.replicas[0]!.publicKey)).toBeUndefined();
  });

  it('no request of another network', () => {
    const other = makeGenesis({ name: 'other' });
    const foreign = makeRequest(other, { timestampMs: timeMs });
    expect(state.objection(foreign, timeMs)).toEqual({
      code: 'request.wrongNetwork',
      data: { expected: network.networkId, actual: other.networkId },
    });
  });

  it('no request that is too old, too far ahead or too large, to the millisecond and the byte', () => {
    const { maxRequestAgeMs, maxClockSkewMs } = genesis.limits;
    expect(state.objection(request, timeMs + maxRequestAgeMs)).toBeUndefined();
    expect(state.objection(request, timeMs + maxRequestAgeMs + 1)).toEqual({
      code: 'request.tooOld',
      data: { timestampMs: timeMs, oldestMs: timeMs + 1 },
    });
    expect(state.objection(request, timeMs - maxClockSkewMs)).toBeUndefined();
    expect(state.objection(request, timeMs - maxClockSkewMs - 1)).toEqual({
      code: 'request.fromFuture',
      data: { timestampMs: timeMs, latestMs: timeMs - 1 },
    });
    const sizeBytes = 5_000;
    const small = makeGenesis({ limits: { maxRequestBytes: sizeBytes } });
    const inSmall = (chars: number) => makeRequest(small, { timestampMs: timeMs, remark: 'x'.repeat(chars) });
    const rest = inSmall(4_000).bytes.length - 4_000;
    const fits = inSmall(sizeBytes - rest);
    expect(fits.bytes.length).toBe(sizeBytes);
    expect(new LedgerState(small.genesis).objection(fits, timeMs)).toBeUndefined();
    expect(new LedgerState(small.genesis).objection(inSmall(sizeBytes - rest + 1), timeMs)).toEqual({
      code: 'request.tooLarge',
      data: { sizeBytes: sizeBytes + 1, maxBytes: sizeBytes },
    });
  });
});

describe('exactly once', () => {
  it('two requests of one millisecond both go in (defect 5 of the prototype)', () => {
    const chain = new TestChain(network);
    const [one, two] = ['One', 'Two'].map((title) => makeRequest(network, { timestampMs: timeMs, title }));
    expect(requestKey(one!)).not.toBe(requestKey(two!));
    chain.append([one!, two!]);
    expect(chain.state.executed(one!.id)).toBeDefined();
    expect(chain.state.executed(two!.id)).toBeDefined();
    expect(chain.state.valuesAt(1).executedCount).toBe(2);
  });

  it('an executed request is known, and executed no second time, in a later block or in the same', () => {
    const chain = new TestChain(network);
    chain.append([request]);
    expect(chain.state.executed(request.id)).toEqual({ id: request.id, timestampMs: timeMs, height: 1 });
    const error = caught(() => chain.append([request]));
    expect(error).toMatchObject({ code: 'invariant.broken', data: { detail: request.id } });
    const twice = makeRequest(network, { timestampMs: timeMs, title: 'Twice' });
    expect(caught(() => new TestChain(network).append([twice, twice])).code).toBe('invariant.broken');
  });

  it('an undone request can be executed again, elsewhere', () => {
    const chain = new TestChain(network);
    chain.append([request]);
    chain.rollback(0);
    expect(chain.state.executed(request.id)).toBeUndefined();
    chain.append(0);
    chain.append([request]);
    expect(chain.state.executed(request.id)?.height).toBe(2);
  });

  it('a request is remembered until it is too old for every later block, and no longer', () => {
    const maxRequestAgeMs = 5_000;
    const aging = makeGenesis({ limits: { maxRequestAgeMs } });
    const chain = new TestChain(aging);
    const { block } = chain.append(1);
    const [old] = block.requests;
    const until = old!.timestampMs + maxRequestAgeMs;
    chain.append(1, 0, until - chain.header().timeMs);
    chain.state.settle(chain.header());
    expect(chain.state.executed(old!.id)).toBeDefined();
    expect(chain.state.objection(old!, chain.header().timeMs)).toBeUndefined();
    chain.append(1, 0, 1);
    chain.state.settle(chain.header());
    expect(chain.state.executed(old!.id)).toBeUndefined();
    expect(chain.state.objection(old!, chain.header().timeMs)?.code).toBe('request.tooOld');
    expect(chain.state.recentCount).toBe(2);
  });
});

describe('a broken block stops the ledger', () => {
  it('out of order, or with another digest', () => {
    const chain = new TestChain(network);
    const block = makeBlock(chain.header(), chain.state, [request], timeMs);
    const later = { ...block, header: hashed({ ...block.header, height: 2 }) };
    expect(caught(() => new LedgerState(genesis).execute(later))).toMatchObject({
      code: 'invariant.broken',
      data: { rule: 'blocks are executed in order' },
    });
    const wrong = { ...block, header: hashed({ ...block.header, stateDigest: merkleRoot([]) }) };
    expect(caught(() => new LedgerState(genesis).execute(wrong))).toMatchObject({
      code: 'invariant.broken',
      data: { rule: 'equal digests at equal blocks' },
    });
  });
});

describe('the state digest', () => {
  it('binds the network and its supervisors', () => {
    const digests = [makeGenesis(), makeGenesis({ name: 'other' }), makeGenesis({ supervisors: 3 })].map(
      (each) => new LedgerState(each.genesis).digest,
    );
    expect(new Set(digests).size).toBe(3);
  });
});
