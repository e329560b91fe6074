import { describe, expect, it } from 'vitest';
import { hostOf, NetworkWatch } from '../../../../src/main/console/operator/networkWatch.ts';
import { KNOCKS_MAX } from '../../../../src/shared/contract/peers.ts';
import type { PlainError } from '../../../../src/shared/errors.ts';

const WRONG_NETWORK: PlainError = {
  code: 'handshake.wrongNetwork',
  data: { expected: 'aa', actual: 'bb' },
};
const TOO_FAST: PlainError = { code: 'admission.rate', data: { maxPerSecond: 2_000 } };

function clock(): { watch: NetworkWatch; at: (ms: number) => void } {
  let nowMs = 0;
  const at = (ms: number): void => {
    nowMs = ms;
  };
  return { watch: new NetworkWatch(() => nowMs), at };
}

describe('who was not let in', () => {
  it('counts by address and reason, whatever the port, and keeps the first and last time', () => {
    const { watch, at } = clock();
    at(5);
    watch.take({ type: 'refusedGuest', address: '192.0.2.1:40001', error: WRONG_NETWORK });
    at(9);
    watch.take({ type: 'refusedGuest', address: '192.0.2.1:40002', error: WRONG_NETWORK });
    at(7);
    watch.take({ type: 'refusedGuest', address: '[2001:db8::1]:40002', error: TOO_FAST });
    expect(watch.knocks).toEqual([
      { host: '2001:db8::1', error: TOO_FAST, count: 1, firstAtMs: 7, lastAtMs: 7 },
      { host: '192.0.2.1', error: WRONG_NETWORK, count: 2, firstAtMs: 5, lastAtMs: 9 },
    ]);
  });

  it('keeps the latest of a flood, and no more', () => {
    const { watch, at } = clock();
    for (let index = 0; index < 3 * KNOCKS_MAX; index++) {
      at(index);
      watch.take({ type: 'refusedGuest', address: `host-${String(index)}:1`, error: TOO_FAST });
    }
    expect(watch.knocks).toHaveLength(KNOCKS_MAX);
    expect(watch.knocks[0]?.host).toBe(`host-${String(3 * KNOCKS_MAX - 1)}`);
  });
});

describe('bad messages', () => {
  const malformed: PlainError = {
    code: 'message.malformed',
    data: { from: 'replica 3', type: 'order', problem: 'is short' },
  };

  it('are counted for the replica that sent them, until the indexes mean other replicas', () => {
    const { watch, at } = clock();
    at(4);
    watch.take({ type: 'badMessage', from: 'replica 3', error: malformed });
    watch.take({ type: 'badMessage', from: 'replica 3', error: malformed });
    watch.take({ type: 'badMessage', from: 'client 3', error: malformed });
    watch.take({ type: 'badMessage', from: 'the store', error: malformed });
    expect(watch.badMessagesOf(3)).toEqual([{ error: malformed, count: 2, lastAtMs: 4 }]);
    expect(watch.badMessagesOf(2)).toEqual([]);
    watch.take({ type: 'membership', epoch: 1, admission: 'member' });
    expect(watch.badMessagesOf(3)).toEqual([]);
  });
});

describe('the host of an address', () => {
  it.each([
    ['127.0.0.1:4711', '127.0.0.1'],
    ['[::1]:4711', '::1'],
    ['lab.example.org:80', 'lab.example.org'],
    ['lab.example.org', 'lab.example.org'],
  ])('of %s is %s', (address, host) => {
    expect(hostOf(address)).toBe(host);
  });
});
