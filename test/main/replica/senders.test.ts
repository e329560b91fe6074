import { expect, it } from 'vitest';
import { Senders } from '../../../src/main/replica/senders.ts';

it('a sender of whom too much waits is held, also when it connects again; the others are not', async () => {
  const held: [number, boolean][] = [];
  const senders = new Senders({
    verifier: { verify: async () => await Promise.resolve(true) },
    jobsMax: 1,
    hold: (id, isHeld) => held.push([id, isHeld]),
  });
  const ends: (() => void)[] = [];
  for (let sent = 0; sent < 1_024; sent++) {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    ends.push(() => resolve(undefined));
    senders.of(1).delivery.push(
      promise,
      1,
      (_, done) => done(),
      () => undefined,
    );
  }
  expect(held).toEqual([[1, true]]);
  senders.connectedAgain(1);
  senders.connectedAgain(2);
  expect(held.slice(1)).toEqual([[1, true]]);
  for (const end of ends) end();
  await new Promise((resolve) => setImmediate(resolve));
  expect(held.slice(2)).toEqual([[1, false]]);
  senders.connectedAgain(1);
  expect(held).toHaveLength(3);
});
