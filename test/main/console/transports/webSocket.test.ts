import { afterEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { tmpdir } from 'node:os';
import type { Answer } from '../../../../src/shared/contract/bridge.ts';
import type { Delta } from '../../../../src/shared/contract/model.ts';
import type { CallTarget } from '../../../../src/main/console/transports/callTarget.ts';
import { ConsoleServer } from '../../../../src/main/console/transports/http.ts';
import type { SocketLimits } from '../../../../src/main/console/transports/webSocket.ts';

/** Answers with what it was asked, when it is told to. */
class Echo implements CallTarget {
  readonly calls: { readonly channel: string; readonly input: unknown; readonly release: () => void }[] = [];
  readonly listeners = new Set<(delta: Delta) => void>();
  isPatient = false;

  async answer(channel: string, input: unknown): Promise<Answer> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.calls.push({ channel, input, release: () => resolve(undefined) });
    if (this.isPatient) await promise;
    return { ok: true, output: { channel, input } };
  }

  onDelta(listener: (delta: Delta) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

const servers: ConsoleServer[] = [];
const sockets: WebSocket[] = [];

async function serve(target: CallTarget, limits: Partial<SocketLimits> = {}): Promise<ConsoleServer> {
  const server = await ConsoleServer.start({ target, pageFolder: tmpdir(), port: 0, limits });
  servers.push(server);
  return server;
}

function dial(server: ConsoleServer): WebSocket {
  const at = `127.0.0.1:${String(server.port)}`;
  const protocols = ['countersign.console.1', `token.${server.token}`];
  const socket = new WebSocket(`ws://${at}/console`, protocols, { origin: `http://${at}` });
  sockets.push(socket);
  return socket;
}

async function connect(server: ConsoleServer): Promise<WebSocket> {
  const socket = dial(server);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return socket;
}

async function nextFrame(socket: WebSocket): Promise<unknown> {
  return await new Promise((resolve) => {
    socket.once('message', (data) => resolve(JSON.parse((data as Buffer).toString())));
  });
}

async function closeCode(socket: WebSocket): Promise<number> {
  return await new Promise((resolve) => socket.once('close', resolve));
}

const call = (id: number, input: unknown = {}): string =>
  JSON.stringify({ type: 'call', id, channel: 'key.lock', input });

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate();
  await Promise.all(servers.splice(0).map(async (server) => await server.close()));
});

describe('console over WebSocket', () => {
  it('answers each call under its number, in whatever order they are done', async () => {
    const echo = new Echo();
    echo.isPatient = true;
    const socket = await connect(await serve(echo));
    socket.send(call(7, 'first'));
    socket.send(call(8, 'second'));
    await until(() => echo.calls.length === 2);
    for (const [index, id] of [
      [1, 8],
      [0, 7],
    ] as const) {
      const frame = nextFrame(socket);
      echo.calls[index]?.release();
      expect(await frame).toMatchObject({ type: 'answer', id, answer: { ok: true } });
    }
  });

  it('tells every page of every delta', async () => {
    const echo = new Echo();
    const server = await serve(echo);
    const pages = await Promise.all([connect(server), connect(server)]);
    const frames = pages.map(nextFrame);
    const delta: Delta = { sequence: 3, changes: [{ topic: 'itemRemoved', id: 'a' }] };
    for (const listener of echo.listeners) listener(delta);
    expect(await Promise.all(frames)).toEqual([
      { type: 'delta', delta },
      { type: 'delta', delta },
    ]);
  });

  it('tells a page that nobody sees of nothing, and puts nothing together for it', async () => {
    const echo = new Echo();
    const server = await serve(echo);
    expect(echo.listeners.size).toBe(0);
    const [hidden, seen] = await Promise.all([connect(server), connect(server)]);
    const tell = (sequence: number): void => {
      for (const listener of [...echo.listeners]) listener({ sequence, changes: [] });
    };
    const numbers = (socket: WebSocket): number[] => {
      const list: number[] = [];
      socket.on('message', (data) => {
        const frame = JSON.parse((data as Buffer).toString()) as { delta?: Delta };
        if (frame.delta !== undefined) list.push(frame.delta.sequence);
      });
      return list;
    };
    const [ofHidden, ofSeen] = [numbers(hidden), numbers(seen)];
    const watch = async (socket: WebSocket, watching: boolean): Promise<void> => {
      socket.send(JSON.stringify({ type: 'watch', watching }));
      // Frames are taken in order: once the call is answered, what was said counts.
      const answered = new Promise((resolve) => socket.once('message', resolve));
      socket.send(call(1));
      await answered;
    };
    await watch(hidden, false);
    tell(1);
    tell(2);
    await until(() => ofSeen.length === 2);
    await watch(seen, false);
    expect(echo.listeners.size).toBe(0);
    await watch(hidden, true);
    expect(echo.listeners.size).toBe(1);
    tell(7);
    await until(() => ofHidden.length === 1);
    expect(ofHidden).toEqual([7]);
    expect(ofSeen).toEqual([1, 2]);
    hidden.close();
    await until(() => server.pages === 1);
    expect(echo.listeners.size).toBe(0);
  });

  it('tells a page that was too slow, once it has read on, that it missed something', async () => {
    const echo = new Echo();
    const slow = await connect(await serve(echo, { maxDeltaBacklogBytes: 100_000 }));
    slow.pause();
    const changes = Array.from(
      { length: 32 },
      () => ({ topic: 'itemRemoved', id: 'a'.repeat(30_000) }) as const,
    );
    const COUNT = 40;
    for (let sequence = 1; sequence <= COUNT; sequence++) {
      for (const listener of echo.listeners) listener({ sequence, changes });
    }
    const numbers: number[] = [];
    slow.on('message', (data) => {
      numbers.push((JSON.parse((data as Buffer).toString()) as { delta: Delta }).delta.sequence);
    });
    slow.resume();
    // Nothing more happens, and yet its last number comes.
    await until(() => numbers.at(-1) === COUNT);
    expect(numbers.length).toBeLessThan(COUNT);
  });

  it.each([
    'not JSON',
    '{"type":"watch"}',
    '{"type":"watch","watching":1}',
    '[]',
    '{}',
    '{"type":"call"}',
    '{"type":"call","id":-1,"channel":"key.lock","input":{}}',
    '{"type":"call","id":1,"channel":"key.lock","input":{},"more":1}',
    `{"type":"call","id":1,"channel":"${'a'.repeat(65)}","input":{}}`,
    '['.repeat(200_000),
  ])('closes on a frame that is no call', async (text) => {
    const echo = new Echo();
    const socket = await connect(await serve(echo));
    const code = closeCode(socket);
    socket.send(text);
    expect(await code).toBe(1008);
    expect(echo.calls).toEqual([]);
  });

  it('closes on a binary frame and on one that is too large, and goes on for others', async () => {
    const echo = new Echo();
    const server = await serve(echo, { maxFrameBytes: 1_000 });
    const binary = await connect(server);
    const binaryCode = closeCode(binary);
    binary.send(Buffer.from(call(1)));
    expect(await binaryCode).toBe(1003);
    const large = await connect(server);
    const largeCode = closeCode(large);
    large.on('error', () => undefined);
    large.send(call(1, 'a'.repeat(1_000)));
    expect(await largeCode).toBe(1009);
    const good = await connect(server);
    const frame = nextFrame(good);
    good.send(call(2));
    expect(await frame).toMatchObject({ type: 'answer', id: 2 });
    expect(echo.calls).toHaveLength(1);
  });

  it('does not read on from a page with too many calls in flight, and loses none of them', async () => {
    const echo = new Echo();
    echo.isPatient = true;
    const socket = await connect(await serve(echo, { maxCallsInFlight: 4 }));
    const answered: unknown[] = [];
    socket.on('message', (data) =>
      answered.push((JSON.parse((data as Buffer).toString()) as { id: number }).id),
    );
    // Larger than what one read takes from the socket, so that the later ones are still outside.
    const COUNT = 40;
    for (let id = 0; id < COUNT; id++) socket.send(call(id, 'a'.repeat(100_000)));
    await until(() => echo.calls.length >= 4);
    const seen = echo.calls.length;
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(echo.calls.length).toBe(seen);
    expect(seen).toBeLessThan(COUNT);
    echo.isPatient = false;
    for (const { release } of echo.calls) release();
    await until(() => answered.length === COUNT);
    expect(answered.toSorted()).toEqual(Array.from({ length: COUNT }, (_, id) => id).toSorted());
  });

  it('leaves deltas out for a page that reads too slowly, and cuts off one that does not read', async () => {
    const echo = new Echo();
    const server = await serve(echo, { maxDeltaBacklogBytes: 1_000_000, maxBacklogBytes: 40_000_000 });
    const slow = await connect(server);
    slow.pause();
    const changes = Array.from(
      { length: 32 },
      () => ({ topic: 'itemRemoved', id: 'a'.repeat(30_000) }) as const,
    );
    const COUNT = 60;
    const tell = (sequence: number): void => {
      for (const listener of echo.listeners) listener({ sequence, changes });
    };
    for (let sequence = 1; sequence <= COUNT; sequence++) tell(sequence);
    const numbers: number[] = [];
    slow.on('message', (data) => {
      numbers.push((JSON.parse((data as Buffer).toString()) as { delta: Delta }).delta.sequence);
    });
    slow.resume();
    // It is told again as soon as it has caught up.
    for (let sequence = COUNT + 1; (numbers.at(-1) ?? 0) <= COUNT; sequence++) {
      tell(sequence);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(numbers.length).toBeGreaterThan(1);
    expect(numbers.filter((number) => number <= COUNT).length).toBeLessThan(COUNT);
    expect(numbers).toEqual(numbers.toSorted((left, right) => left - right));
    expect(server.pages).toBe(1);

    const dead = await connect(server);
    dead.pause();
    dead.on('error', () => undefined);
    // Never read: the answers pile up until the page is cut off.
    for (let id = 0; id < 16; id++) dead.send(call(id, 'a'.repeat(8_000_000)));
    await until(() => server.pages === 1);
    expect(echo.calls.length).toBeGreaterThan(4);
  });

  it('cuts off a page that answers no ping', async () => {
    const server = await serve(new Echo(), { pingIntervalMs: 20 });
    const socket = dial(server);
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('open', resolve));
    const lively = await connect(server);
    // A page that has frozen reads nothing more.
    socket.pause();
    await until(() => server.pages === 1);
    expect(lively.readyState).toBe(WebSocket.OPEN);
  });

  it('takes no more pages than it may, and says goodbye when it ends', async () => {
    const server = await serve(new Echo(), { maxConnections: 1 });
    const page = await connect(server);
    const second = dial(server);
    const refused = await new Promise((resolve) => {
      second.once('error', (error: Error) => resolve(error.message));
    });
    expect(refused).toContain('503');
    const code = closeCode(page);
    await server.close();
    expect(await code).toBe(1001);
  });
});
