import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ClientDesk, WAITING_PER_CLIENT_MAX } from '../../../src/main/replica/clientDesk.ts';

describe('who waits for what', () => {
  it("each client is told of its own requests, and of nobody else's", () => {
    const desk = new ClientDesk();
    desk.wait(1, 'a');
    desk.wait(2, 'b');
    desk.wait(3, 'a');
    desk.wait(1, 'a');
    expect(desk.waiting('a')).toEqual([1, 3]);
    expect(desk.waiting('b')).toEqual([2]);
    expect(desk.waiting('c')).toEqual([]);
  });

  it('nobody waits for what is done, or after leaving', () => {
    const desk = new ClientDesk();
    desk.wait(1, 'a');
    desk.wait(1, 'b');
    desk.wait(2, 'a');
    desk.done('a');
    desk.done('never asked for');
    expect([desk.waiting('a'), desk.waiting('b')]).toEqual([[], [1]]);
    desk.leave(1);
    desk.leave(9);
    expect(desk.waiting('b')).toEqual([]);
  });

  it('the oldest of too many gives way', () => {
    const desk = new ClientDesk();
    for (let index = 0; index <= WAITING_PER_CLIENT_MAX; index++) desk.wait(1, String(index));
    expect(desk.waiting('0')).toEqual([]);
    expect(desk.waiting('1')).toEqual([1]);
    expect(desk.waiting(String(WAITING_PER_CLIENT_MAX))).toEqual([1]);
  });

  it('does as a plain list of pairs does', () => {
    const step = fc.tuple(
      fc.constantFrom('wait' as const, 'done' as const, 'leave' as const),
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom('a', 'b', 'c'),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const desk = new ClientDesk();
        let pairs: [number, string][] = [];
        for (const [kind, client, request] of steps) {
          if (kind === 'wait') {
            desk.wait(client, request);
            if (!pairs.some(([c, r]) => c === client && r === request)) pairs.push([client, request]);
          } else if (kind === 'done') {
            desk.done(request);
            pairs = pairs.filter(([, r]) => r !== request);
          } else {
            desk.leave(client);
            pairs = pairs.filter(([c]) => c !== client);
          }
          for (const id of ['a', 'b', 'c']) {
            const expected = pairs.filter(([, r]) => r === id).map(([c]) => c);
            expect(new Set(desk.waiting(id))).toEqual(new Set(expected));
          }
        }
      }),
    );
  });
});
