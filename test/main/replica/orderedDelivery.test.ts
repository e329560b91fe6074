import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OrderedDelivery } from '../../../src/main/replica/inbox.ts';

async function turns(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('messages of one sender', () => {
  it('are delivered in the order of their arrival, whenever they are ready; failures keep their turn', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ fails: fc.boolean(), order: fc.nat() }), { maxLength: 30 }),
        async (messages) => {
          const out: string[] = [];
          const delivery = new OrderedDelivery({ messages: 1_000, bytes: 1_000 }, () => undefined);
          const pending = messages.map(({ fails }, index) => {
            const { promise, resolve, reject } = Promise.withResolvers<number>();
            delivery.push(
              promise,
              0,
              (value, done) => {
                out.push(`delivered ${String(value)}`);
                done();
              },
              (error) => out.push(`failed ${(error as Error).message}`),
            );
            return fails ? () => reject(new Error(String(index))) : () => resolve(index);
          });
          const byReadiness = pending
            .map((settle, index) => ({ settle, order: messages[index]!.order }))
            .sort((left, right) => left.order - right.order);
          for (const { settle } of byReadiness) {
            settle();
            await turns();
          }
          expect(out).toEqual(
            messages.map(({ fails }, index) => `${fails ? 'failed' : 'delivered'} ${String(index)}`),
          );
        },
      ),
      { numRuns: 50 },
    );
  });

  it('reports when it is full, and again when half has gone; each once', async () => {
    const reports: boolean[] = [];
    const delivery = new OrderedDelivery({ messages: 4, bytes: 1_000 }, (full) => reports.push(full));
    const pending = Array.from({ length: 6 }, () => {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      delivery.push(
        promise,
        0,
        (_, done) => done(),
        () => undefined,
      );
      return resolve;
    });
    expect(reports).toEqual([true]);
    for (const resolve of pending.slice(0, 3)) resolve(undefined);
    await turns();
    expect(reports).toEqual([true]);
    pending[3]!(undefined);
    await turns();
    expect(reports).toEqual([true, false]);
    for (const resolve of pending.slice(4)) resolve(undefined);
    await turns();
    expect(reports).toEqual([true, false]);
  });

  it('is full by bytes as well: a few of the largest messages fill it', async () => {
    const reports: boolean[] = [];
    const delivery = new OrderedDelivery({ messages: 1_000, bytes: 100 }, (full) => reports.push(full));
    const pending = [60, 40, 30].map((sizeBytes) => {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      delivery.push(
        promise,
        sizeBytes,
        (_, done) => done(),
        () => undefined,
      );
      return resolve;
    });
    expect([reports, delivery.isFull]).toEqual([[true], true]);
    pending[0]!(undefined);
    await turns();
    expect([reports, delivery.isFull]).toEqual([[true], true]);
    pending[1]!(undefined);
    await turns();
    expect([reports, delivery.isFull]).toEqual([[true, false], false]);
  });

  it('counts what was delivered until it is done with; what comes after is delivered meanwhile', async () => {
    const reports: boolean[] = [];
    const delivery = new OrderedDelivery({ messages: 2, bytes: 1_000 }, (full) => reports.push(full));
    const taken: (() => void)[] = [];
    for (let sent = 0; sent < 2; sent++) {
      delivery.push(
        Promise.resolve(sent),
        1,
        (_, done) => taken.push(done),
        () => undefined,
      );
    }
    await turns();
    expect([taken.length, reports]).toEqual([2, [true]]);
    taken[0]!();
    expect([reports, delivery.isFull]).toEqual([[true, false], false]);
    taken[1]!();
    expect(reports).toEqual([true, false]);
  });
});
