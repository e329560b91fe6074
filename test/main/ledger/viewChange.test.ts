import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashed, type HashedHeader } from '../../../src/main/ledger/block.ts';
import { quorumSizes, windowOf } from '../../../src/main/ledger/genesis.ts';
import { REPLICAS_MAX } from '../../../src/main/ledger/limits.ts';
import type { CheckpointCertificate, CommitCertificate } from '../../../src/main/ledger/statement.ts';
import {
  WINDOW_MAX,
  headersOfCommit,
  newViewBytesMax,
  newViewCodec,
  newViewStatement,
  viewChangeBytesMax,
  viewChangeCodec,
  viewChangeProblem,
  viewChangeStatement,
  type NewView,
  type ViewChange,
} from '../../../src/main/ledger/viewChange.ts';
import { decode, encode } from '../../../src/shared/encoding/codec.ts';
import { toHex } from '../../../src/shared/encoding/hex.ts';
import { fuzz } from '../../support/encodings.ts';
import { caught } from '../../support/errors.ts';
import { makeViewChange, signViewChange } from '../../support/evidence.ts';
import {
  TestChain,
  makeCheckpointCertificate,
  makeCommitCertificate,
  makeGenesis,
} from '../../support/ledger.ts';

const MAX_BYTES = 1 << 22;
const network = makeGenesis({ limits: { checkpointDistance: 4 } });
const WINDOW = windowOf(network.genesis.limits);

/** A chain of blocks, and one that leaves it above height 2. */
const chain = new TestChain(network);
const fork = new TestChain(network);
for (let height = 1; height <= 12; height++) {
  chain.append();
  // Another number of requests makes other blocks.
  fork.append(height <= 2 ? 1 : 2);
}
const genesis = chain.header(0);
const headers = (from: number, to: number, of = chain): readonly HashedHeader[] =>
  Array.from({ length: to - from + 1 }, (_, index) => of.header(from + index));
const stable = (height: number, view = 0): CheckpointCertificate =>
  makeCheckpointCertificate(network, chain.header(height), view);
const commit = (height: number, view: number, of = chain): CommitCertificate =>
  makeCommitCertificate(network, of.header(height), view);
const problem = (view: number, parts: Parameters<typeof makeViewChange>[1]): string | undefined =>
  viewChangeProblem(makeViewChange(view, parts), genesis, WINDOW);

describe('a view change is well-formed', () => {
  const good: [string, number, Parameters<typeof makeViewChange>[1]][] = [
    ['from one who knows of nothing but genesis', 1, {}],
    ['with a chain on genesis', 1, { chain: headers(1, 5) }],
    ['with a chain as long as the window', 1, { chain: headers(1, WINDOW) }],
    ['with a stable checkpoint and nothing above it', 1, { stable: stable(4) }],
    [
      'with a stable checkpoint and a chain',
      3,
      { lastNormalView: 2, stable: stable(4), chain: headers(5, 9) },
    ],
    ['with cc on its chain', 1, { chain: headers(1, 5), commit: commit(3, 0) }],
    ['with cc at its tip', 1, { chain: headers(1, 5), commit: commit(5, 0) }],
    [
      'with cc beside its chain',
      3,
      { chain: headers(1, 3), commit: commit(5, 2, fork), commitHeaders: headers(1, 5, fork) },
    ],
    [
      'with cc above its chain',
      3,
      { chain: headers(1, 2), commit: commit(5, 2), commitHeaders: headers(1, 5) },
    ],
    ['with cc for its stable block, of a later view', 3, { stable: stable(4, 1), commit: commit(4, 2) }],
    [
      'without its chain, where that does not hold the stable block',
      3,
      { stable: stable(4, 1), commit: commit(6, 2), commitHeaders: headers(5, 6) },
    ],
    [
      'with cc higher by view though lower by what the chain has',
      3,
      { stable: stable(2, 1), chain: headers(3, 9), commit: commit(3, 2) },
    ],
    ['with the least gap between lv and its view', 7, { lastNormalView: 6 }],
  ];
  it.each(good)('%s', (_, view, parts) => {
    expect(problem(view, parts)).toBeUndefined();
  });
});

describe('a view change is not well-formed', () => {
  const loose = hashed({ ...chain.header(3), previousHash: 'ee'.repeat(32) });
  const early = hashed({ ...chain.header(3), timeMs: chain.header(2).timeMs });
  const bad: [string, number, Parameters<typeof makeViewChange>[1], string][] = [
    ['lv is its view', 2, { lastNormalView: 2 }, 'last normal view'],
    ['lv is above its view', 2, { lastNormalView: 3 }, 'last normal view'],
    ['it is for view 0, below which there is none', 0, { lastNormalView: 0 }, 'last normal view'],
    ['its stable checkpoint is of its view', 2, { stable: stable(4, 2) }, 'later view'],
    ['its cc is of its view', 2, { chain: headers(1, 3), commit: commit(3, 2) }, 'later view'],
    ['its stable checkpoint is of another epoch', 2, { stable: { ...stable(4), epoch: 1 } }, 'another epoch'],
    [
      'its cc is of another epoch',
      2,
      { chain: headers(1, 3), commit: { ...commit(3, 0), epoch: 1 } },
      'another epoch',
    ],
    ['its cc is its stable checkpoint', 2, { stable: stable(4, 1), commit: commit(4, 1) }, 'not above'],
    [
      'its cc is lower by view, though higher',
      3,
      { stable: stable(4, 2), chain: headers(5, 9), commit: commit(8, 1) },
      'not above',
    ],
    [
      'its cc lies below the stable checkpoint, though of a later view',
      3,
      { stable: stable(4, 1), commit: commit(3, 2) },
      'below the stable',
    ],
    ['its chain is longer than the window', 1, { chain: headers(1, WINDOW + 1) }, 'longer than the window'],
    [
      'the headers of its cc are more than the window',
      1,
      { commit: commit(9, 0), commitHeaders: headers(1, 9) },
      'longer than the window',
    ],
    ['its chain begins above the stable block', 1, { chain: headers(2, 4) }, 'chain is not linked'],
    [
      'its chain begins below the stable block',
      2,
      { stable: stable(4), chain: headers(4, 6) },
      'chain is not linked',
    ],
    [
      'its chain begins on another block',
      2,
      { stable: stable(4), chain: headers(5, 6, fork) },
      'chain is not linked',
    ],
    [
      'its chain leaves a header out',
      1,
      { chain: [chain.header(1), chain.header(3)] },
      'chain is not linked',
    ],
    ['its chain has a header twice', 1, { chain: [chain.header(1), chain.header(1)] }, 'chain is not linked'],
    [
      'its chain goes over to another branch',
      1,
      { chain: [...headers(1, 3), ...headers(4, 5, fork)] },
      'chain is not linked',
    ],
    [
      'its chain has a header with another hash below',
      1,
      { chain: [...headers(1, 2), loose] },
      'chain is not linked',
    ],
    ['time stands still in its chain', 1, { chain: [...headers(1, 2), early] }, 'chain is not linked'],
    [
      'the headers of its cc begin elsewhere',
      1,
      { commit: commit(5, 0), commitHeaders: headers(3, 5) },
      'headers of cc are not linked',
    ],
    [
      'the headers of its cc end below it',
      1,
      { commit: commit(5, 0), commitHeaders: headers(1, 4) },
      'do not lead',
    ],
    [
      'the headers of its cc go beyond it',
      1,
      { commit: commit(5, 0), commitHeaders: headers(1, 6) },
      'do not lead',
    ],
    [
      'the headers of its cc lead to another block',
      1,
      { commit: commit(5, 0), commitHeaders: headers(1, 5, fork) },
      'do not lead',
    ],
    ['there are no headers of its cc', 1, { chain: headers(1, 4), commit: commit(5, 0) }, 'do not lead'],
    [
      'its chain has another block where its cc is',
      1,
      { chain: headers(1, 6), commit: commit(5, 0, fork) },
      'do not lead',
    ],
    [
      'its cc is for another block at the height of the stable one',
      3,
      { stable: stable(4, 1), commit: commit(4, 2, fork) },
      'do not lead',
    ],
    [
      'the headers of its cc are on its chain, and given again',
      1,
      { chain: headers(1, 6), commit: commit(5, 0), commitHeaders: headers(1, 5) },
      'on the chain already',
    ],
    ['there are headers of a cc, and no cc', 1, { commitHeaders: headers(1, 2) }, 'without cc'],
    [
      'a header is of the next epoch',
      1,
      { chain: headers(1, 3).map((header) => ({ ...header, epoch: header.height === 3 ? 1 : 0 })) },
      'of another epoch',
    ],
  ];
  it.each(bad)('where %s', (_, view, parts, words) => {
    expect(problem(view, parts)).toContain(words);
  });
});

describe('what a view change brings', () => {
  it('the headers of cc, wherever they stand', () => {
    const beside = { commit: commit(5, 2, fork), commitHeaders: headers(1, 5, fork) };
    expect(headersOfCommit(makeViewChange(3, { chain: headers(1, 7), ...beside }))).toEqual(
      headers(1, 5, fork),
    );
    expect(headersOfCommit(makeViewChange(3, { chain: headers(1, 7), commit: commit(5, 2) }))).toEqual(
      headers(1, 5),
    );
    const above = makeViewChange(3, { stable: stable(4), chain: headers(5, 7), commit: commit(6, 2) });
    expect(headersOfCommit(above)).toEqual(headers(5, 6));
    expect(headersOfCommit(makeViewChange(3, { stable: stable(4, 1), commit: commit(4, 2) }))).toEqual([]);
    expect(headersOfCommit(makeViewChange(3, { chain: headers(1, 7) }))).toEqual([]);
  });
});

const full = makeViewChange(3, {
  lastNormalView: 2,
  stable: stable(4, 1),
  commit: commit(6, 2, chain),
  commitHeaders: headers(5, 6),
  chain: headers(5, 5),
});

describe('the statement of a view change', () => {
  it('binds everything in it', () => {
    const changes: Partial<ViewChange>[] = [
      {},
      { epoch: 1 },
      { view: 4 },
      { lastNormalView: 1 },
      { stable: null },
      { stable: stable(4, 0) },
      { commit: null },
      { commit: commit(6, 1) },
      { commitHeaders: [] },
      { chain: [] },
      { chain: headers(5, 6) },
      // Lists that change places stay two lists.
      { chain: full.commitHeaders, commitHeaders: full.chain },
    ];
    const digests = changes.map((change) => viewChangeStatement({ ...full, ...change }).contentDigest);
    expect(new Set(digests).size).toBe(changes.length);
    expect(viewChangeStatement(full)).toMatchObject({ type: 'viewChange', epoch: 0, view: 3 });
  });
});

const view3 = (replicas: readonly number[]): NewView => ({
  epoch: 0,
  view: 3,
  viewChanges: replicas.map((replica) => signViewChange(network, replica, full)),
});

describe('a new view', () => {
  const bytesOf = (newView: NewView): Uint8Array => encode(newViewCodec, newView);

  it('holds view changes of distinct replicas in increasing order', () => {
    for (const replicas of [[0, 1, 3], [2], [0, 1, 2, 3]]) {
      const newView = view3(replicas);
      expect(decode(newViewCodec, bytesOf(newView), MAX_BYTES)).toEqual(newView);
    }
    for (const replicas of [
      [0, 0, 1],
      [1, 0, 2],
      [0, 2, 1],
      [0, 1, 1],
    ]) {
      expect(caught(() => bytesOf(view3(replicas))).code, String(replicas)).toBe('encoding.invalid');
    }
  });

  it('holds at least one, and at most one of each replica that there can be', () => {
    expect(caught(() => bytesOf(view3([]))).code).toBe('encoding.invalid');
    const [signed] = view3([0]).viewChanges;
    const many = Array.from({ length: REPLICAS_MAX + 1 }, (_, replica) => ({ ...signed!, replica }));
    expect(caught(() => bytesOf({ ...view3([0]), viewChanges: many })).code).toBe('encoding.invalid');
  });

  it('has a statement that binds its place, and which view change it took of whom', () => {
    const base = view3([0, 1, 2]);
    const others: NewView[] = [
      { ...base, epoch: 1 },
      { ...base, view: 7 },
      view3([0, 1, 3]),
      view3([0, 1]),
      view3([0, 1, 2, 3]),
      { ...base, viewChanges: base.viewChanges.with(1, signViewChange(network, 1, { ...full, chain: [] })) },
    ];
    const statements = [base, ...others].map((newView) => JSON.stringify(newViewStatement(newView)));
    expect(new Set(statements).size).toBe(statements.length);
  });

  it('has the same statement whatever the signatures in it', () => {
    const base = view3([0, 1, 2]);
    const [first, ...rest] = base.viewChanges;
    const resigned = { ...base, viewChanges: [{ ...first!, signature: 'ab'.repeat(64) }, ...rest] };
    expect(newViewStatement(resigned)).toEqual(newViewStatement(base));
  });
});

describe('the bytes', () => {
  const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex);
  const header = fc
    .record({
      epoch: fc.maxSafeNat(),
      height: fc.maxSafeNat(),
      previousHash: hash,
      timeMs: fc.maxSafeNat(),
      requestCount: fc.maxSafeNat(),
      requestsRoot: hash,
      evidenceDigest: hash,
      stateDigest: hash,
      nextReplicas: fc.option(hash),
    })
    .map(hashed);
  const position = { epoch: fc.maxSafeNat(), view: fc.maxSafeNat(), height: fc.maxSafeNat(), hash };
  const signatures = fc.constantFrom(commit(1, 0).signatures, commit(2, 1).signatures, []);
  const anyViewChange: fc.Arbitrary<ViewChange> = fc.record({
    epoch: fc.maxSafeNat(),
    view: fc.maxSafeNat(),
    lastNormalView: fc.maxSafeNat(),
    stable: fc.option(fc.record({ ...position, stateDigest: hash, signatures })),
    commit: fc.option(fc.record({ ...position, signatures })),
    commitHeaders: fc.array(header, { maxLength: 6 }),
    chain: fc.array(header, { maxLength: 6 }),
  });

  it('of a view change give it back, and two have equal ones only where they are equal', () => {
    fc.assert(
      fc.property(anyViewChange, anyViewChange, (one, other) => {
        const bytes = encode(viewChangeCodec, one);
        expect(decode(viewChangeCodec, bytes, MAX_BYTES)).toEqual(one);
        const isEqual = toHex(encode(viewChangeCodec, other)) === toHex(bytes);
        expect(viewChangeStatement(one).contentDigest === viewChangeStatement(other).contentDigest).toBe(
          isEqual,
        );
      }),
    );
  });

  it('are within what their network allows, with full windows and the greatest numbers', () => {
    const most = Number.MAX_SAFE_INTEGER;
    const widest = makeGenesis({ replicas: 31, limits: { checkpointDistance: 4 } });
    const big = hashed({ ...chain.header(1), epoch: most, height: most, timeMs: most, requestCount: most });
    const all = Array.from({ length: REPLICAS_MAX }, (_, replica) => ({
      replica,
      signature: 'ab'.repeat(64),
    }));
    const place = { epoch: most, view: most, height: most, hash: big.hash, signatures: all };
    const largest: ViewChange = {
      epoch: most,
      view: most,
      lastNormalView: most,
      stable: { ...place, stateDigest: big.hash },
      commit: place,
      commitHeaders: Array.from({ length: WINDOW }, () => big),
      chain: Array.from({ length: WINDOW }, () => big),
    };
    expect(encode(viewChangeCodec, largest).length).toBeLessThanOrEqual(viewChangeBytesMax(WINDOW));
    const { q } = quorumSizes(widest.genesis.replicas.length);
    const viewChanges = Array.from({ length: q }, (_, replica) => signViewChange(widest, replica, largest));
    const newView = { epoch: most, view: most, viewChanges };
    expect(encode(newViewCodec, newView).length).toBeLessThanOrEqual(newViewBytesMax(q, WINDOW));
  });

  it('with more headers than any window are refused', () => {
    const many = Array.from({ length: WINDOW_MAX + 1 }, () => chain.header(1));
    for (const lists of [{ chain: many }, { commitHeaders: many }]) {
      expect(caught(() => encode(viewChangeCodec, makeViewChange(1, lists))).code).toBe('encoding.invalid');
    }
  });

  it('survive a fuzzer', { timeout: 60_000 }, () => {
    const newView = view3([0, 1]);
    const decoders = [
      [viewChangeCodec, full],
      [newViewCodec, newView],
    ] as const;
    for (const [codec, value] of decoders) {
      const known = codec as typeof viewChangeCodec;
      const bytes = encode(known, value as ViewChange);
      expect(
        fuzz(
          (input) => decode(known, input, MAX_BYTES),
          (decoded) => encode(known, decoded),
          [bytes],
          10_000,
        ),
      ).toBeUndefined();
    }
  });
});
