/** What one sender sends without end costs the others next to nothing: over real sockets. */
import { describe, expect, it } from 'vitest';
import { encodeMessage, peerMessageCodec, type PeerMessage } from '../../../src/main/consensus/messages.ts';
import { WAITING_MESSAGES_MAX } from '../../../src/main/replica/senders.ts';
import { READS_AT_ONCE_MAX } from '../../../src/main/replica/turns.ts';
import { REPLICA_JOBS_MAX } from '../../../src/main/replica/verifierShare.ts';
import type { LedgerStore } from '../../../src/main/storage/index.ts';
import { makeBlocks, orderMessage } from '../../support/consensus.ts';
import { eventually } from '../network/harness.ts';
import { startOneOfFour, verifier, type OneOfFour } from './oneOfFour.ts';

/** Counts how many calls are under way, and lets them wait. */
class Gauge {
  running = 0;
  most = 0;
  done = 0;

  async through<T>(call: () => Promise<T>): Promise<T> {
    this.running++;
    this.most = Math.max(this.most, this.running);
    await new Promise((resolve) => setImmediate(resolve));
    this.running--;
    this.done++;
    return await call();
  }
}

function send({ liar }: OneOfFour, message: PeerMessage): void {
  liar.network.sendToPeer(3, encodeMessage(peerMessageCodec, message));
}

/** Resolves when a count has not changed for half a second. */
async function standsStill(count: () => number): Promise<void> {
  for (let last = -1; last !== count();) {
    last = count();
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

describe('a replica that floods another', () => {
  it('with signatures: only its share of them is verified at a time', async () => {
    const gauge = new Gauge();
    const all = await startOneOfFour({
      verify: async () => await gauge.through(async () => await Promise.resolve(true)),
    });
    const [accepted] = makeBlocks(all.network, 'A', 1);
    const { view, header, references, evidence, signature } = orderMessage(accepted!);
    const order = { view, header, references, bodies: [], evidence, signature };
    const count = 900;
    // Two messages: it is the sender's share, not the message's.
    for (let sent = 0; sent < 2; sent++) {
      send(all, { type: 'orders', orders: Array.from({ length: count }, () => order) });
    }
    await eventually(() => gauge.done >= 2 * count);
    expect(gauge.most).toBe(REPLICA_JOBS_MAX);
    expect(all.replica.status().badMessages.replicas).toEqual(new Map());
  });

  it('with questions: few are read from the store at a time, and all of them are answered', async () => {
    const gauge = new Gauge();
    const all = await startOneOfFour(verifier, (store) =>
      withGauge(store, gauge, ['blockByHash', 'checkpointCovering']),
    );
    const count = 200;
    for (let sent = 0; sent < count; sent++) {
      send(all, { type: 'getBlock', height: 1, hash: 'ab'.repeat(32) });
      send(all, { type: 'getHeaders', fromHeight: 1 });
    }
    await eventually(() => gauge.done === 2 * count);
    expect(gauge.most).toBe(READS_AT_ONCE_MAX);
  });
});

describe('a replica that sends on while the disk hangs', () => {
  it('is not read from: no more of it waits for agreement than may, and nothing is lost', async () => {
    const gauge = new Gauge();
    const disk = Promise.withResolvers<undefined>();
    let isHanging = false;
    const all = await startOneOfFour(
      { verify: async () => await gauge.through(async () => await Promise.resolve(true)) },
      (store) =>
        new Proxy(store, {
          get: (target, name) => {
            const value: unknown = Reflect.get(target, name);
            if (typeof value !== 'function') return value;
            if (name !== 'commit') return (...args: unknown[]): unknown => Reflect.apply(value, target, args);
            return async (...args: unknown[]) => {
              isHanging = true;
              await disk.promise;
              return (await Reflect.apply(value, target, args)) as unknown;
            };
          },
        }),
    );
    const [accepted] = makeBlocks(all.network, 'A', 1);
    const orders: PeerMessage = { type: 'orders', orders: [orderMessage(accepted!)] };
    send(all, orders);
    await eventually(() => isHanging);
    const before = gauge.done;
    const count = 8 * WAITING_MESSAGES_MAX;
    for (let sent = 0; sent < count; sent++) send(all, orders);
    await eventually(() => gauge.done - before >= WAITING_MESSAGES_MAX);
    await standsStill(() => gauge.done);
    // What one packet held is read to its end.
    expect(gauge.done - before).toBeLessThan(4 * WAITING_MESSAGES_MAX);
    disk.resolve(undefined);
    await eventually(() => gauge.done - before >= count);
  });
});

function withGauge(
  store: LedgerStore,
  gauge: Gauge,
  names: readonly ('blockByHash' | 'checkpointCovering')[],
): LedgerStore {
  return new Proxy(store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      const method = async (...args: unknown[]): Promise<unknown> =>
        (await Reflect.apply(value, target, args)) as unknown;
      const isCounted = names.some((counted) => counted === name);
      return isCounted
        ? async (...args: unknown[]) => await gauge.through(() => method(...args))
        : (...args: unknown[]): unknown => Reflect.apply(value, target, args);
    },
  });
}
