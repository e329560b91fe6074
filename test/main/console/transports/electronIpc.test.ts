import { describe, expect, it } from 'vitest';
import type { Answer } from '../../../../src/shared/contract/bridge.ts';
import { CHANNEL_NAMES } from '../../../../src/shared/contract/channels.ts';
import { PRELOAD_CHANNELS } from '../../../../src/shared/contract/names.ts';
import type { Delta } from '../../../../src/shared/contract/model.ts';
import { serveElectronIpc } from '../../../../src/main/console/transports/electronIpc.ts';

type Listener = (event: { trusted: boolean }, input: unknown) => Promise<Answer>;

function serve() {
  const handlers = new Map<string, Listener>();
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
  return { handlers, sent, calls, listeners, stop };
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
});
