import { describe, expect, it } from 'vitest';
import {
  DEFAULT_LIMITS,
  checkGenesis,
  networkIdOf,
  quorumSizes,
  sortedGenesis,
  type Genesis,
  type GenesisLimits,
} from '../../../src/main/ledger/genesis.ts';
import { REPLICAS_MAX } from '../../../src/main/ledger/limits.ts';
import { REQUEST_BYTES_CEILING } from '../../../src/main/ledger/request.ts';
import { caught } from '../../support/errors.ts';
import { makeGenesis } from '../../support/ledger.ts';

const { genesis } = makeGenesis();
const withReplica = (index: number, change: Partial<Genesis['replicas'][number]>): Genesis => ({
  ...genesis,
  replicas: genesis.replicas.with(index, { ...genesis.replicas[index]!, ...change }),
});
const withLimits = (limits: Partial<GenesisLimits>): Genesis => ({
  ...genesis,
  limits: { ...genesis.limits, ...limits },
});

describe('the network id', () => {
  it('binds every field of the genesis', () => {
    const changed: Genesis[] = [
      { ...genesis, name: 'other' },
      { ...genesis, createdAtMs: genesis.createdAtMs + 1 },
      { ...genesis, supervisors: genesis.supervisors.slice(1) },
      { ...genesis, replicas: [...genesis.replicas, genesis.replicas[0]!] },
      withReplica(1, { name: 'other' }),
      withReplica(1, { organisation: 'other' }),
      withReplica(1, { host: 'other' }),
      withReplica(1, { port: 1 }),
      withReplica(1, { publicKey: 'ab'.repeat(32) }),
      ...(['name', 'organisation'] as const).map((field) => ({
        ...genesis,
        supervisors: genesis.supervisors.with(0, { ...genesis.supervisors[0]!, [field]: 'other' }),
      })),
      ...(Object.keys(DEFAULT_LIMITS) as (keyof GenesisLimits)[]).map((name) =>
        withLimits({ [name]: DEFAULT_LIMITS[name] + 1 }),
      ),
    ];
    const ids = [genesis, ...changed].map(networkIdOf);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('does not depend on the order in which members were listed, once they are sorted', () => {
    const reversed = {
      ...genesis,
      replicas: genesis.replicas.toReversed(),
      supervisors: genesis.supervisors.toReversed(),
    };
    expect(networkIdOf(sortedGenesis(reversed))).toBe(networkIdOf(genesis));
    expect(sortedGenesis(reversed)).toEqual(genesis);
  });
});

describe('a genesis is refused', () => {
  const [first, second] = genesis.replicas;
  it.each<[what: string, genesis: Genesis, at: string]>([
    ['with replicas out of order', { ...genesis, replicas: genesis.replicas.toReversed() }, 'replicas'],
    [
      'with supervisors out of order',
      { ...genesis, supervisors: genesis.supervisors.toReversed() },
      'supervisors',
    ],
    ['with fewer than four replicas', { ...genesis, replicas: genesis.replicas.slice(1) }, 'replicas'],
    ['without supervisors', { ...genesis, supervisors: [] }, 'supervisors'],
    [
      'with two replicas at one address',
      withReplica(1, { host: first!.host, port: first!.port }),
      'replicas[1]',
    ],
    ['with a port that is none', withReplica(0, { port: 65_536 }), 'replicas[0].port'],
    ['with a name that is too long', withReplica(0, { name: 'x'.repeat(256) }), 'replicas[0].name'],
    ['with requests of no size', withLimits({ maxRequestBytes: 1_023 }), 'limits.maxRequestBytes'],
    [
      'with requests of any size',
      withLimits({ maxRequestBytes: REQUEST_BYTES_CEILING + 1, maxBlockBytes: REQUEST_BYTES_CEILING + 1 }),
      'limits.maxRequestBytes',
    ],
    ['with empty blocks', withLimits({ maxBlockRequests: 0 }), 'limits.maxBlockRequests'],
    ['with blocks beyond 16 bits', withLimits({ maxBlockRequests: 65_536 }), 'limits.maxBlockRequests'],
    [
      'with blocks smaller than a request',
      withLimits({ maxBlockBytes: DEFAULT_LIMITS.maxRequestBytes - 1 }),
      'limits.maxBlockBytes',
    ],
    ['without checkpoints', withLimits({ checkpointDistance: 0 }), 'limits.checkpointDistance'],
    [
      'with checkpoints too far apart',
      withLimits({ checkpointDistance: 4_097 }),
      'limits.checkpointDistance',
    ],
    ['with requests of no age', withLimits({ maxRequestAgeMs: 0 }), 'limits.maxRequestAgeMs'],
    ['with a limit that is no number', withLimits({ maxClockSkewMs: Number.NaN }), 'limits.maxClockSkewMs'],
  ])('%s', (_what, bad, at) => {
    expect(caught(() => checkGenesis(bad))).toMatchObject({ code: 'genesis.invalid', data: { at } });
  });

  it('with one key twice, among replicas, supervisors or both', () => {
    const key = second!.publicKey;
    const twice = sortedGenesis(withReplica(0, { publicKey: key }));
    expect(caught(() => checkGenesis(twice))).toMatchObject({ code: 'genesis.duplicateKey', data: { key } });
    const shared = sortedGenesis({
      ...genesis,
      supervisors: [...genesis.supervisors, { name: '', organisation: '', publicKey: key }],
    });
    expect(caught(() => checkGenesis(shared))).toMatchObject({ code: 'genesis.duplicateKey', data: { key } });
  });

  it('and accepted otherwise, up to the most replicas', () => {
    checkGenesis(genesis);
    checkGenesis(makeGenesis({ replicas: REPLICAS_MAX, supervisors: 1 }).genesis);
  });
});

describe('quorums', () => {
  it.each([
    [4, 1, 3],
    [5, 1, 4],
    [6, 1, 5],
    [7, 2, 5],
    [10, 3, 7],
    [31, 10, 21],
  ])('%i replicas tolerate %i and need %i', (n, f, q) => {
    expect(quorumSizes(n)).toEqual({ n, f, q });
  });

  it('of any size share a correct replica (F4)', () => {
    for (let n = 1; n <= REPLICAS_MAX; n++) {
      const { f, q } = quorumSizes(n);
      expect(n).toBeGreaterThanOrEqual(3 * f + 1);
      expect(2 * q - n).toBeGreaterThan(f);
    }
  });
});
