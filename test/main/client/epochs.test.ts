/** The supervisor's client while the set of replicas changes, against replicas that speak the real protocol. */
import { onTestFinished, describe, expect, it } from 'vitest';
import { SupervisorClient } from '../../../src/main/client/supervisorClient.ts';
import type { Progress } from '../../../src/main/client/tracking.ts';
import { networkIdOf } from '../../../src/main/ledger/genesis.ts';
import { verifyEpochChanges, type ReplicaSet } from '../../../src/main/ledger/epochChange.ts';
import type { PlainError } from '../../../src/shared/errors.ts';
import { EpochChain, addReplica } from '../../support/epochs.ts';
import { makeGenesis, makeRequest } from '../../support/ledger.ts';
import * as receipts from '../../support/receipts.ts';
import { newKey } from '../../support/registry.ts';
import { verify } from '../network/harness.ts';
import { FakeReplica, idOf, until, type Behaviour } from './fakeReplicas.ts';
import { freePorts } from '../../support/freePorts.ts';

const HASH = 'aa'.repeat(32);
const TAG = '01'.repeat(8);

/** A replica in `epoch` that has the proofs of all epochs before, and accepts every request. */
const isIn =
  (epochs: EpochChain, epoch: number): Behaviour =>
  (message, say) => {
    switch (message.type) {
      case 'getStatus':
        return say({
          type: 'status',
          epoch,
          tipHeight: 9,
          stableHeight: 9,
          connectedReplicas: 4,
          participating: true,
        });
      case 'getEpochChange':
        return say({
          type: 'epochChange',
          epoch: message.epoch,
          change: message.epoch < epoch ? (epochs.changes[message.epoch] ?? null) : null,
        });
      case 'request':
        return say({ type: 'response', requestId: idOf(message), epoch, height: 7, hash: HASH, tag: TAG });
      default:
        return;
    }
  };

interface Scene {
  readonly epochs: EpochChain;
  readonly client: SupervisorClient;
  readonly told: Progress[];
  readonly proven: ReplicaSet[];
  readonly badMessages: PlainError[];
  /** A replica of some epoch, by its key, which is started. */
  run(publicKey: string, behave: Behaviour): Promise<FakeReplica>;
  /** The key of the replica at `index` in `epoch`. */
  keyOf(epoch: number, index: number): string;
  request(): ReturnType<typeof makeRequest>;
}

/**
 * Three of the four replicas of the genesis are replaced one after the other: six changes, of which the last leaves the
 * genesis' replica 3 and three new ones.
 */
async function scene(from?: (epochs: EpochChain) => Promise<ReplicaSet>): Promise<Scene> {
  const base = makeGenesis({ limits: { checkpointDistance: 4 } });
  const ports = await freePorts(7);
  const replicas = base.genesis.replicas.map((replica, index) => ({ ...replica, port: ports[index]! }));
  const genesis = { ...base.genesis, replicas };
  const epochs = new EpochChain({ ...base, genesis, networkId: networkIdOf(genesis) });
  for (let index = 0; index < 3; index++) {
    const key = newKey(index);
    epochs.end(addReplica(epochs.network, key, ports[4 + index]), key);
    epochs.end({ kind: 'removeReplica', publicKey: replicas[index]!.publicKey });
  }
  const told: Progress[] = [];
  const proven: ReplicaSet[] = [];
  const badMessages: PlainError[] = [];
  const running = new Map<string, FakeReplica>();
  const start = from === undefined ? {} : { from: await from(epochs) };
  const client = new SupervisorClient({
    genesis,
    ...start,
    verify,
    onProgress: (progress) => told.push(progress),
    onBadMessage: (_replica, error) => badMessages.push(error),
    onEpochChange: (_change, set) => proven.push(set),
  });
  onTestFinished(async () => {
    await client.close();
    await Promise.all([...running.values()].map(async (replica) => await replica.stop()));
  });
  return {
    epochs,
    client,
    told,
    proven,
    badMessages,
    keyOf: (epoch, index) => epochs.networkOf(epoch).genesis.replicas[index]!.publicKey,
    run: async (publicKey, behave) => {
      // Whoever takes part in any epoch listens under its own key: the book of one such epoch will do.
      const network = Array.from({ length: 7 }, (_, epoch) => epochs.networkOf(epoch)).find((of) =>
        of.genesis.replicas.some((replica) => replica.publicKey === publicKey),
      )!;
      const index = network.genesis.replicas.findIndex((replica) => replica.publicKey === publicKey);
      const replica = new FakeReplica(network, index);
      replica.behave = behave;
      await replica.start();
      running.set(publicKey, replica);
      return replica;
    },
    request: () => makeRequest(epochs.network, { timestampMs: genesis.createdAtMs }),
  };
}

const LAST = 6;

describe('a client that comes after many epochs', () => {
  it('finds those who take part now by one replica that it knows, and is answered by all of them', async () => {
    const { epochs, client, told, proven, run, keyOf, request } = await scene();
    const last = await Promise.all(
      [0, 1, 2, 3].map(async (index) => await run(keyOf(LAST, index), isIn(epochs, LAST))),
    );
    const signed = request();
    client.track(signed);
    client.start();
    await until(() => told.at(-1)?.finality === 'fast');
    expect(client.replicas).toMatchObject({ epoch: LAST, replicas: epochs.networkOf(LAST).genesis.replicas });
    expect(proven.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(told.at(-1)).toMatchObject({ state: 'final', accepted: 4, replicas: 4 });
    // One of them alone led there, and answered in vain while it was asked as one of the first epoch.
    expect(last.flatMap((replica) => replica.of('getEpochChange'))).toHaveLength(LAST);
    await client.waitForReplicas('quorum', 5_000);
    expect(client.connectedCount).toBeGreaterThanOrEqual(3);
  });

  it('begins with the newest replicas that it knows', async () => {
    const { epochs, client, proven, run, keyOf } = await scene(async (made) => {
      const sets = await verifyEpochChanges(made.network.genesis, made.changes.slice(0, 5), receipts.verify);
      return sets.at(-1)!;
    });
    expect(client.replicas.epoch).toBe(5);
    // Of the replicas of the genesis there is none.
    const keys = [0, 1, 2, 3].map((index) => keyOf(LAST, index));
    const newer = keys.filter(
      (key) => !epochs.network.genesis.replicas.some(({ publicKey }) => publicKey === key),
    );
    const replicas = await Promise.all(newer.map(async (key) => await run(key, isIn(epochs, LAST))));
    client.start();
    await until(() => client.replicas.epoch === LAST && client.connectedCount === 3);
    expect(proven.map(({ epoch }) => epoch)).toEqual([6]);
    expect(replicas.flatMap((replica) => replica.of('getEpochChange'))).toEqual([
      { type: 'getEpochChange', epoch: 5 },
    ]);
  });

  it('is not led astray by one that says what it cannot prove', async () => {
    const { epochs, client, badMessages, run, keyOf } = await scene();
    const liar = await run(keyOf(0, 0), isIn(epochs, 0));
    liar.behave = (message, say) => {
      if (message.type === 'getStatus') {
        isIn(epochs, 1_000)(message, say);
      } else if (message.type === 'getEpochChange') {
        const [change] = epochs.changes;
        say({
          type: 'epochChange',
          epoch: message.epoch,
          change: { ...change!, replicas: epochs.changes[3]!.replicas },
        });
      }
    };
    client.start();
    await until(() => badMessages.length > 0);
    expect(badMessages).toMatchObject([{ code: 'epochChange.invalid', data: { epoch: 0 } }]);
    expect(client.replicas.epoch).toBe(0);
    expect(liar.of('getEpochChange')).toHaveLength(1);
  });
});

describe('a request on its way while an epoch ends', () => {
  it('is counted anew among the replicas of the next, by what they say in it', async () => {
    const { epochs, client, told, run, keyOf, request } = await scene();
    // Epoch 0: three of four have accepted it.
    const first = await Promise.all(
      [0, 1, 2].map(async (index) => await run(keyOf(0, index), isIn(epochs, 0))),
    );
    client.start();
    const signed = request();
    client.track(signed);
    await until(() => told.at(-1)?.accepted === 3);
    expect(told.at(-1)).toMatchObject({ state: 'accepted', replicas: 4, finality: null });

    // Epoch 1 begins for the first of them, with a fifth replica; two still are in epoch 0.
    for (const replica of first.slice(1)) replica.behave = isIn(epochs, 0);
    await first[0]!.stop();
    const next = await run(keyOf(0, 0), isIn(epochs, 1));
    await until(() => client.replicas.epoch === 1 && client.connectedCount === 3);
    await until(() => next.of('request').length > 0);
    await until(() => told.at(-1)?.accepted === 1);
    expect(told.at(-1)).toMatchObject({ state: 'accepted', replicas: 5, accepted: 1, finality: null });
    for (const replica of first.slice(1)) await until(() => replica.of('request').length > 1);
    expect(client.progress(signed.id)).toMatchObject({ accepted: 1, finality: null });

    // They follow, and the others come.
    for (const replica of first.slice(1)) {
      replica.behave = isIn(epochs, 1);
      replica.say({ type: 'response', requestId: signed.id, epoch: 1, height: 7, hash: HASH, tag: TAG });
    }
    await run(keyOf(0, 3), isIn(epochs, 1));
    const fifth = epochs
      .networkOf(1)
      .genesis.replicas.find(
        ({ publicKey }) => !epochs.network.genesis.replicas.some((known) => known.publicKey === publicKey),
      )!;
    await run(fifth.publicKey, isIn(epochs, 1));
    await until(() => told.at(-1)?.finality === 'fast');
    expect(told.at(-1)).toMatchObject({ accepted: 5, replicas: 5 });
  });

  it('stays final where it was final before', async () => {
    const { epochs, client, told, run, keyOf, request } = await scene();
    const replicas = await Promise.all(
      [0, 1, 2, 3].map(async (index) => await run(keyOf(0, index), isIn(epochs, 0))),
    );
    client.start();
    const signed = request();
    client.track(signed);
    await until(() => told.at(-1)?.finality === 'fast');
    await replicas[0]!.stop();
    await run(keyOf(0, 0), isIn(epochs, 1));
    await until(() => client.replicas.epoch === 1);
    expect(client.progress(signed.id)).toMatchObject({ state: 'final', finality: 'fast', height: 7 });
    // Two of the new set have it stable: more than f.
    await until(() => client.connectedCount >= 2);
    for (const replica of replicas.slice(1, 3)) {
      replica.say({ type: 'final', requestId: signed.id, height: 7, hash: HASH });
    }
    await until(() => told.at(-1)?.covered === true);
    expect(told.at(-1)).toMatchObject({ state: 'final', finality: 'fast' });
  });
});
