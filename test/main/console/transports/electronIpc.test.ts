import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../../src/shared/contract/bridge.ts';
import { CHANNEL_NAMES } from '../../../../src/shared/contract/channels.ts';
import { PRELOAD_CHANNELS } from '../../../../src/shared/contract/names.ts';
import type { Delta } from '../../../../src/shared/contract/model.ts';
import { serveElectronIpc } from '../../../../src/main/console/transports/electronIpc.ts';
import { DELTAS_UNSEEN_MAX } from '../../../../src/main/console/transports/windowFlow.ts';

type Listener = (event: { trusted: boolean }, input: unknown) => Promise<Answer>;

function serve() {
  const handlers = new Map<string, Listener>();
  const told = new Map<string, (event: { trusted: boolean }, value: unknown) => void>();
  const sent: unknown[] = [];
  const calls: unknown[] = [];
  const listeners = new Set<(delta: Delta) => void>();
  const stop = serveElectronIpc<{ trusted: boolean }>({
    ipcMain: {
      handle: (channel, listener) => {
        handlers.set(channel, listener);
      },
      removeHandler: (channel) => {
        handlers.delete(channel);
      },
      on: (channel, listener) => told.set(channel, listener),
      removeAllListeners: (channel) => told.delete(channel),
    },
    target: {
      answer: async (channel, input) => {
        calls.push([channel, input]);
        return { ok: true, output: 1 };
      },
      onDelta: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    isTrusted: ({ trusted }) => trusted,
    send: (channel, value) => sent.push([channel, value]),
  });
  const tell = (sequence: number): void => {
    for (const listener of [...listeners]) listener({ sequence, changes: [] });
  };
  const say = (channel: string, value: unknown, trusted = true): void =>
    told.get(channel)?.({ trusted }, value);
  const numbers = (): number[] => sent.map((one) => (one as [string, Delta])[1].sequence);
  return { handlers, told, sent, calls, listeners, stop, tell, say, numbers };
}

describe("console over Electron's IPC", () => {
  it('registers exactly the channels of the contract, which are those of the preload', () => {
    const { handlers, stop } = serve();
    expect([...handlers.keys()]).toEqual(CHANNEL_NAMES.map((channel) => `console:${channel}`));
    expect([...PRELOAD_CHANNELS]).toEqual(CHANNEL_NAMES);
    stop();
    expect(handlers.size).toBe(0);
  });

  it('answers the own window alone', async () => {
    const { handlers, calls } = serve();
    const handler = handlers.get('console:key.lock');
    expect(await handler?.({ trusted: false }, {})).toEqual({
      ok: false,
      error: { code: 'console.badToken', data: {} },
    });
    expect(calls).toEqual([]);
    expect(await handler?.({ trusted: true }, { a: 1 })).toEqual({ ok: true, output: 1 });
    expect(calls).toEqual([['key.lock', { a: 1 }]]);
  });

  it('passes deltas on until it ends', () => {
    const { sent, listeners, stop } = serve();
    const delta: Delta = { sequence: 1, changes: [] };
    for (const listener of listeners) listener(delta);
    expect(sent).toEqual([['console:delta', delta]]);
    stop();
    expect(listeners.size).toBe(0);
  });

  it('sends nothing to a window that nobody sees, and listens to nothing for it', () => {
    const { listeners, say, tell, numbers, told, stop } = serve();
    tell(1);
    say('console:watch', false, false);
    tell(2);
    say('console:watch', false);
    expect(listeners.size).toBe(0);
    tell(3);
    say('console:watch', true);
    say('console:watch', true);
    expect(listeners.size).toBe(1);
    tell(4);
    expect(numbers()).toEqual([1, 2, 4]);
    say('console:watch', 'anything');
    expect(listeners.size).toBe(0);
    stop();
    expect(told.size).toBe(0);
  });

  it('has no more on its way than a slow page takes, and tells it by a gap what it missed', () => {
    const { say, tell, numbers } = serve();
    for (let sequence = 1; sequence <= 1_000; sequence++) tell(sequence);
    expect(numbers()).toEqual(Array.from({ length: DELTAS_UNSEEN_MAX }, (_, index) => index + 1));
    say('console:seen', 1_000, false);
    say('console:seen', '1000');
    expect(numbers()).toHaveLength(DELTAS_UNSEEN_MAX);
    // It has taken one: the last one follows although nothing more happens.
    say('console:seen', 1);
    expect(numbers().at(-1)).toBe(1_000);
    tell(1_001);
    expect(numbers().at(-1)).toBe(1_000);
    say('console:seen', 1_000);
    expect(numbers().at(-1)).toBe(1_001);
    tell(1_002);
    expect(numbers()).toHaveLength(DELTAS_UNSEEN_MAX + 3);
  });

  it('begins anew with a page that asks for a snapshot', async () => {
    const { handlers, tell, numbers } = serve();
    for (let sequence = 1; sequence <= 100; sequence++) tell(sequence);
    await handlers.get('console:session.snapshot')?.({ trusted: false }, {});
    tell(101);
    expect(numbers()).toHaveLength(DELTAS_UNSEEN_MAX);
    await handlers.get('console:session.snapshot')?.({ trusted: true }, {});
    tell(102);
    expect(numbers().slice(DELTAS_UNSEEN_MAX)).toEqual([102]);
  });
});
