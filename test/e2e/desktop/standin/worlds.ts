/**
 * What runs in a real Chromium for a window of the stand-in: the built preload in an isolated world, and between it and
 * the page's own world what Electron's context bridge does: functions cross as functions, everything else as a clone.
 * Serialised into the page; nothing here is used where it stands.
 * @module
 */

/** In the page's own world, before its scripts: makes what the preload exposes. */
export function mainWorld(): void {
  interface Exposed {
    readonly name: string;
    readonly keys: readonly string[];
  }
  interface Returned {
    readonly value?: unknown;
    readonly promise?: number;
    readonly release?: number;
    readonly error?: string;
  }
  const listeners: ((...args: unknown[]) => unknown)[] = [];
  const promises = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let returned: Returned = {};
  const tell = (type: string, detail: unknown): void => {
    window.dispatchEvent(new CustomEvent(type, { detail }));
  };
  const hear = (type: string, listener: (detail: never) => void): void => {
    window.addEventListener(type, (event) => listener((event as CustomEvent<never>).detail));
  };
  hear('standin:expose', ({ name, keys }: Exposed) => {
    const api = Object.fromEntries(
      keys.map((key) => [
        key,
        (...args: unknown[]): unknown => {
          const sent = args.map((arg) =>
            typeof arg === 'function'
              ? { listener: listeners.push(arg as (typeof listeners)[number]) - 1 }
              : // As the context bridge does: what cannot be cloned is an error of the caller.
                { value: structuredClone(arg) },
          );
          tell('standin:call', { key, args: sent });
          const { value, promise, release, error } = returned;
          if (error !== undefined) throw new Error(error);
          if (release !== undefined) return () => tell('standin:release', release);
          if (promise === undefined) return value;
          return new Promise((resolve, reject) => promises.set(promise, { resolve, reject }));
        },
      ]),
    );
    Object.defineProperty(window, name, { value: Object.freeze(api), enumerable: true });
  });
  hear('standin:returned', (detail: Returned) => {
    returned = detail;
  });
  hear('standin:settled', ({ id, value, error }: { id: number; value?: unknown; error?: string }) => {
    const waiting = promises.get(id);
    promises.delete(id);
    if (error === undefined) waiting?.resolve(value);
    else waiting?.reject(new Error(error));
  });
  hear('standin:listener', ({ listener, args }: { listener: number; args: unknown[] }) => {
    listeners[listener]?.(...args);
  });
}

/** In the isolated world: what the preload requires, and the two ends of its wires. `run` is the built preload. */
export function isolatedWorld(
  run: (require: (name: string) => unknown, module: object, exports: object) => void,
): void {
  type Listener = (event: object, ...args: unknown[]) => void;
  const world = globalThis as unknown as {
    standInAsk: (message: string) => void;
    standInSettle: (id: number, answer: { value?: unknown; error?: string }) => void;
    standInTell: (channel: string, args: unknown[]) => void;
  };
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  const listening = new Map<string, Set<Listener>>();
  const releases: (() => void)[] = [];
  let lastId = 0;
  const tell = (type: string, detail: unknown): void => {
    window.dispatchEvent(new CustomEvent(type, { detail }));
  };
  const hear = (type: string, listener: (detail: never) => void): void => {
    window.addEventListener(type, (event) => listener((event as CustomEvent<never>).detail));
  };
  world.standInSettle = (id, { value, error }) => {
    const call = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) call?.resolve(value);
    else call?.reject(new Error(error));
  };
  world.standInTell = (channel, args) => {
    for (const listener of listening.get(channel) ?? []) listener({}, ...args);
  };
  const expose = (name: string, api: Record<string, (...args: unknown[]) => unknown>): void => {
    hear('standin:call', ({ key, args }: { key: string; args: { listener?: number; value?: unknown }[] }) => {
      const given = args.map(({ listener, value }) =>
        listener === undefined
          ? value
          : (...told: unknown[]) => tell('standin:listener', { listener, args: told }),
      );
      try {
        const value = api[key]?.(...given);
        if (value instanceof Promise) {
          const id = ++lastId;
          tell('standin:returned', { promise: id });
          value.then(
            (result: unknown) => tell('standin:settled', { id, value: result }),
            (error: unknown) => tell('standin:settled', { id, error: String(error) }),
          );
        } else if (typeof value === 'function') {
          tell('standin:returned', { release: releases.push(value as () => void) - 1 });
        } else {
          tell('standin:returned', { value });
        }
      } catch (error) {
        tell('standin:returned', { error: String(error) });
      }
    });
    hear('standin:release', (release: number) => releases[release]?.());
    tell('standin:expose', { name, keys: Object.keys(api) });
  };
  const electron = {
    contextBridge: { exposeInMainWorld: expose },
    ipcRenderer: {
      invoke: (channel: string, input: unknown) => {
        const id = ++lastId;
        return new Promise((resolve, reject) => {
          waiting.set(id, { resolve, reject });
          world.standInAsk(JSON.stringify({ id, channel, input }));
        });
      },
      send: (channel: string, input: unknown) => world.standInAsk(JSON.stringify({ channel, input })),
      on: (channel: string, listener: Listener) => {
        listening.set(channel, (listening.get(channel) ?? new Set()).add(listener));
      },
      off: (channel: string, listener: Listener) => listening.get(channel)?.delete(listener),
    },
  };
  run(
    (name) => {
      if (name !== 'electron') throw new Error(`a sandboxed preload requires no ${name}`);
      return electron;
    },
    { exports: {} },
    {},
  );
}
