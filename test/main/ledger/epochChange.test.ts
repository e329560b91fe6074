import { describe, expect, it } from 'vitest';
import { hashed } from '../../../src/main/ledger/block.ts';
import {
  EPOCH_CHANGE_BYTES_MAX,
  decodeEpochChange,
  encodeEpochChange,
  verifyEpochChange,
  verifyEpochChanges,
  type EpochChange,
} from '../../../src/main/ledger/epochChange.ts';
import { REPLICAS_MAX } from '../../../src/main/ledger/limits.ts';
import { replicaSetDigest } from '../../../src/main/ledger/registry/codec.ts';
import { EpochChain, addReplica, twoChanges } from '../../support/epochs.ts';
import { caught, rejected } from '../../support/errors.ts';
import { makeCheckpointCertificate, makeGenesis, signStatement } from '../../support/ledger.ts';
import { verify } from '../../support/receipts.ts';
import { newKey } from '../../support/registry.ts';

const epochs = twoChanges();
const { network, changes } = epochs;
const { genesis } = network;
const [first, second] = changes as [EpochChange, EpochChange];

/** Why the changes prove nothing: the epoch, and the problem in words. */
const refusal = async (forged: readonly EpochChange[], against = genesis) => {
  const error = await rejected(verifyEpochChanges(against, forged, verify));
  expect(error.code).toBe('epochChange.invalid');
  return error.data as { epoch: number; problem: string };
};

describe('a chain of changes', () => {
  it('proves the replicas of every epoch from the genesis on', async () => {
    expect(await verifyEpochChanges(genesis, changes, verify)).toEqual([
      { epoch: 0, baseHeight: 0, replicas: genesis.replicas },
      { epoch: 1, baseHeight: first.header.height, replicas: epochs.networkOf(1).genesis.replicas },
      { epoch: 2, baseHeight: second.header.height, replicas: epochs.networkOf(2).genesis.replicas },
    ]);
    expect(epochs.networkOf(1).genesis.replicas).toHaveLength(5);
    expect(epochs.networkOf(2).genesis.replicas).toHaveLength(4);
  });

  it('of none is that of the genesis; with a verifier that answers later as well', async () => {
    expect(await verifyEpochChanges(genesis, [], verify)).toHaveLength(1);
    const later = async (check: Parameters<typeof verify>[0]): Promise<boolean> =>
      Promise.resolve(verify(check));
    expect(await verifyEpochChanges(genesis, changes, later)).toHaveLength(3);
  });

  it('comes back from its bytes', () => {
    for (const change of changes) expect(decodeEpochChange(encodeEpochChange(change))).toEqual(change);
  });

  it('of the most replicas with the longest names keeps the limit', () => {
    const wide = '\uffee'.repeat(255);
    const replicas = Array.from({ length: REPLICAS_MAX }, (_, index) => ({
      name: wide,
      organisation: wide,
      publicKey: index.toString(16).padStart(64, '0'),
      host: wide,
      port: 65_535,
    }));
    const signatures = replicas.map((_, replica) => ({ replica, signature: 'ab'.repeat(64) }));
    const most = Number.MAX_SAFE_INTEGER;
    const bytes = encodeEpochChange({
      header: hashed({ ...first.header, epoch: most, height: most, timeMs: most, requestCount: most }),
      certificate: { ...first.certificate, epoch: most, view: most, height: most, signatures },
      replicas,
    });
    expect(bytes.length).toBeLessThanOrEqual(EPOCH_CHANGE_BYTES_MAX);
    expect(caught(() => decodeEpochChange(new Uint8Array(EPOCH_CHANGE_BYTES_MAX + 1))).code).toBe(
      'encoding.tooLarge',
    );
  });
});

describe('a chain that proves nothing', () => {
  it('with a link missing, in the wrong order, or with one twice', async () => {
    expect(await refusal([second])).toEqual({ epoch: 0, problem: 'is that of epoch 1' });
    expect(await refusal([second, first])).toMatchObject({ epoch: 0 });
    expect(await refusal([first, first])).toEqual({ epoch: 1, problem: 'is that of epoch 0' });
    expect(await refusal([first, second, second])).toEqual({ epoch: 2, problem: 'is that of epoch 1' });
  });

  it('of another network', async () => {
    const other = makeGenesis({ name: 'another network', limits: genesis.limits });
    expect(await refusal(changes, other.genesis)).toEqual({
      epoch: 0,
      problem: 'the signature of replica 0 is wrong',
    });
    const foreign = twoChanges(other);
    expect(await refusal(foreign.changes)).toMatchObject({ epoch: 0 });
    expect(await refusal([first, foreign.changes[1]!])).toMatchObject({ epoch: 1 });
  });

  const certified = makeCheckpointCertificate(network, first.header, 2);
  const forged: [what: string, change: EpochChange, problem: string][] = [
    [
      'a certificate of another epoch',
      { ...first, certificate: { ...certified, epoch: 1 } },
      'its certificate is of another epoch',
    ],
    [
      'a certificate of another block',
      { ...first, certificate: makeCheckpointCertificate(network, epochs.chain.header(1), 2) },
      'its certificate is not for its header',
    ],
    [
      'a certificate for another state',
      { ...first, certificate: { ...certified, stateDigest: '00'.repeat(32) } },
      'its certificate is for another state than its header',
    ],
    [
      'too few signers',
      { ...first, certificate: { ...certified, signatures: certified.signatures.slice(1) } },
      'must have signatures of 3 replicas of the epoch',
    ],
    [
      'a signer whom the epoch does not know',
      {
        ...first,
        certificate: {
          ...certified,
          signatures: [...certified.signatures.slice(0, 2), { ...certified.signatures[2]!, replica: 9 }],
        },
      },
      'must have signatures of 3 replicas of the epoch',
    ],
    [
      'one signature under another name',
      {
        ...first,
        certificate: {
          ...certified,
          signatures: [...certified.signatures.slice(0, 2), { ...certified.signatures[1]!, replica: 2 }],
        },
      },
      'the signature of replica 2 is wrong',
    ],
    [
      'signatures of another view',
      { ...first, certificate: { ...certified, view: 3 } },
      'the signature of replica 0 is wrong',
    ],
    [
      'local commits in place of votes',
      {
        ...first,
        certificate: {
          ...certified,
          signatures: certified.signatures.map(({ replica }) => {
            const { epoch, view, height, hash } = certified;
            return {
              replica,
              signature: signStatement(network, replica, { type: 'localCommit', epoch, view, height, hash }),
            };
          }),
        },
      },
      'the signature of replica 0 is wrong',
    ],
    ['other replicas', { ...first, replicas: second.replicas }, 'lists other replicas than its header names'],
    [
      'another address of a replica',
      {
        ...first,
        replicas: first.replicas.map((replica, index) => (index === 0 ? { ...replica, port: 1 } : replica)),
      },
      'lists other replicas than its header names',
    ],
    [
      'replicas out of order',
      { ...first, replicas: first.replicas.toReversed() },
      'replicas must list distinct keys in increasing order',
    ],
    [
      'a block that changes nothing',
      (() => {
        const header = epochs.chain.header(1);
        return { ...first, header, certificate: makeCheckpointCertificate(network, header, 2) };
      })(),
      'lists other replicas than its header names',
    ],
    [
      'a hash that is only said to be its',
      { ...first, header: { ...first.header, timeMs: first.header.timeMs + 1 } },
      'its certificate is not for its header',
    ],
    [
      'the genesis',
      (() => {
        const nextReplicas = replicaSetDigest(first.replicas);
        const header = hashed({ ...epochs.chain.header(0), nextReplicas });
        return { ...first, header, certificate: makeCheckpointCertificate(network, header, 2) };
      })(),
      'does not lie above the beginning of its epoch',
    ],
  ];
  it.each(forged)('%s', async (_, change, problem) => {
    expect(await refusal([change])).toEqual({ epoch: 0, problem });
  });

  it('by the quorum of the new set instead of the old', async () => {
    const certificate = makeCheckpointCertificate(epochs.networkOf(2), second.header, 2);
    expect(await refusal([first, { ...second, certificate }])).toMatchObject({ epoch: 1 });
    const ofTheFirst = makeCheckpointCertificate(network, second.header, 2);
    expect(await refusal([first, { ...second, certificate: ofTheFirst }])).toMatchObject({ epoch: 1 });
  });

  it('with any one bit flipped', async () => {
    const bytes = encodeEpochChange(second);
    const before = (await verifyEpochChanges(genesis, [first], verify)).at(-1)!;
    const accepted: number[] = [];
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const flipped = Uint8Array.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      let change: EpochChange;
      try {
        change = decodeEpochChange(flipped);
      } catch {
        continue;
      }
      const proven = await verifyEpochChange(genesis, before, change, verify).catch(() => undefined);
      if (proven !== undefined) accepted.push(bit);
    }
    expect(accepted).toEqual([]);
  });
});

describe('random chains', () => {
  /** A small generator, so that every run is the same. */
  const randomOf = (seed: number) => () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };

  it.each([1, 2, 3, 4])('hold as they are, and in no other way: seed %i', async (seed) => {
    const random = randomOf(seed);
    const made = new EpochChain(makeGenesis({ name: `seed ${String(seed)}`, limits: genesis.limits }));
    for (let epoch = 0; epoch < 5; epoch++) {
      for (let blocks = Math.floor(3 * random()); blocks > 0; blocks--) made.append(1);
      const { replicas } = made.networkOf().genesis;
      const key = newKey(100 * seed + epoch);
      const { publicKey } = replicas[Math.floor(random() * replicas.length)]!;
      if (replicas.length > 4 && random() < 0.5) made.end({ kind: 'removeReplica', publicKey });
      else made.end(addReplica(made.network, key, 42_000 + epoch), key);
    }
    const sets = await verifyEpochChanges(made.network.genesis, made.changes, verify);
    expect(sets.map(({ replicas }) => replicas)).toEqual(
      sets.map(({ epoch }) => made.networkOf(epoch).genesis.replicas),
    );
    for (let tries = 0; tries < 30; tries++) {
      const forged = [...made.changes];
      const at = Math.floor(random() * forged.length);
      const other = Math.floor(random() * forged.length);
      if (random() < 0.3 && at < forged.length - 1) forged.splice(at, 1);
      else if (other !== at) [forged[at], forged[other]] = [forged[other]!, forged[at]!];
      else forged.splice(at, 0, forged[at]!);
      await expect(verifyEpochChanges(made.network.genesis, forged, verify)).rejects.toMatchObject({
        code: 'epochChange.invalid',
      });
    }
  });
});
