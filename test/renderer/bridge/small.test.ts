import { describe, expect, it } from 'vitest';
import { reactive } from 'vue';
import {
  RECONNECT_FIRST_MS,
  RECONNECT_LONGEST_MS,
  reconnectDelayMs,
} from '../../../src/renderer/bridge/backoff.ts';
import { NOTICES_BY_DEFAULT } from '../../../src/shared/contract/settings.ts';
import { ElectronBridge } from '../../../src/renderer/bridge/electronBridge.ts';
import { takeToken, type TokenPlaces } from '../../../src/renderer/bridge/token.ts';

describe('waits between attempts', () => {
  it('doubles up to the longest, and chance only shortens', () => {
    expect(reconnectDelayMs(1, 0)).toBe(RECONNECT_FIRST_MS);
    expect(reconnectDelayMs(2, 0)).toBe(2 * RECONNECT_FIRST_MS);
    expect(reconnectDelayMs(50, 0)).toBe(RECONNECT_LONGEST_MS);
    expect(reconnectDelayMs(1, 0.5)).toBeLessThan(RECONNECT_FIRST_MS);
    expect(reconnectDelayMs(1, 0.999)).toBeGreaterThan(RECONNECT_FIRST_MS / 2);
  });
});

describe('the token', () => {
  function places(hash: string): TokenPlaces & { shown: string[]; kept: Map<string, string> } {
    const kept = new Map<string, string>();
    const shown: string[] = [];
    return {
      kept,
      shown,
      location: { hash, pathname: '/inbox', search: '?a=1' },
      history: { state: null, replaceState: (_state, _title, url) => shown.push(String(url)) },
      sessionStorage: {
        getItem: (key) => kept.get(key) ?? null,
        setItem: (key, value) => kept.set(key, value),
      },
    };
  }

  it('is taken out of the address and kept for the tab', () => {
    const first = places('#token=Ab-9_x.~');
    expect(takeToken(first)).toBe('Ab-9_x.~');
    expect(first.shown).toEqual(['/inbox?a=1']);
    const reloaded = { ...places(''), sessionStorage: first.sessionStorage };
    expect(takeToken(reloaded)).toBe('Ab-9_x.~');
  });

  it.each(['', '#', '#token=', '#token=a b', '#other=1', '#token=a,b', `#token=${'a'.repeat(513)}`])(
    'is not found in %j',
    (hash) => {
      expect(takeToken(places(hash))).toBeNull();
    },
  );
});

describe('ElectronBridge', () => {
  it('hands over plain data, also of what a store holds', async () => {
    const given: unknown[] = [];
    const bridge = new ElectronBridge({
      call: (_channel, input) => {
        given.push(structuredClone(input));
        return Promise.resolve({ ok: true, output: {} });
      },
      onDelta: () => () => undefined,
      watch: () => undefined,
      onGo: () => () => undefined,
      onOpening: () => () => undefined,
    });
    const notices = reactive({ ...NOTICES_BY_DEFAULT });
    expect(() => structuredClone(notices)).toThrow();
    await bridge.call('settings.setNotices', { notices });
    expect(given).toEqual([{ notices: NOTICES_BY_DEFAULT }]);
  });

  it('reads answers and deltas, and drops a delta that breaks the contract', async () => {
    let push: (delta: unknown) => void = () => undefined;
    const watched: boolean[] = [];
    const bridge = new ElectronBridge({
      call: (channel) =>
        Promise.resolve(
          channel === 'key.lock'
            ? { ok: true, output: {} }
            : { ok: false, error: { code: 'setup.required', data: {} } },
        ),
      onDelta: (listener) => {
        push = listener;
        return () => undefined;
      },
      watch: (watching) => watched.push(watching),
      onGo: () => () => undefined,
      onOpening: () => () => undefined,
    });
    await expect(bridge.call('key.lock', {})).resolves.toEqual({});
    await expect(bridge.call('session.snapshot', {})).rejects.toMatchObject({ code: 'setup.required' });
    const sequences: number[] = [];
    bridge.onDelta((delta) => sequences.push(delta.sequence));
    push({ sequence: 1, changes: [] });
    push({ sequence: 'two' });
    push({ sequence: 3, changes: [] });
    expect(sequences).toEqual([1, 3]);
    bridge.watch(false);
    expect(watched).toEqual([false]);
    const said: boolean[] = [];
    bridge.onConnection((connected) => said.push(connected));
    expect(said).toEqual([true]);
  });
});
