/** The WebSocket bridge against a real server on loopback. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocketServer, type WebSocket as ServerSocket } from 'ws';
import type { Answer, CallFrame } from '../../../src/shared/contract/bridge.ts';
import type { ConsoleError, Delta } from '../../../src/shared/contract/model.ts';
import { REFUSALS_UNTIL_BAD_TOKEN, SocketBridge } from '../../../src/renderer/bridge/socketBridge.ts';

class TestServer {
  readonly calls: CallFrame[] = [];
  readonly sockets: ServerSocket[] = [];
  readonly protocols: string[] = [];
  refusing = false;
  private http!: Server;
  private answerTo: (frame: CallFrame) => Answer | null = () => null;
  private changed: (() => void)[] = [];

  async listen(port = 0): Promise<number> {
    const sockets = new WebSocketServer({ noServer: true });
    this.http = createServer((_request, response) => response.end('page'));
    this.http.on('upgrade', (request, socket, head) => {
      this.protocols.push(request.headers['sec-websocket-protocol'] ?? '');
      if (this.refusing) {
        socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
        this.tell();
        return;
      }
      sockets.handleUpgrade(request, socket, head, (opened) => {
        this.sockets.push(opened);
        opened.on('message', (data: Buffer) => {
          const frame = JSON.parse(data.toString()) as CallFrame;
          this.calls.push(frame);
          const answer = this.answerTo(frame);
          if (answer !== null) opened.send(JSON.stringify({ type: 'answer', id: frame.id, answer }));
          this.tell();
        });
        this.tell();
      });
    });
    await new Promise<void>((resolve) => this.http.listen(port, '127.0.0.1', resolve));
    return (this.http.address() as AddressInfo).port;
  }

  answer(answerTo: (frame: CallFrame) => Answer | null): void {
    this.answerTo = answerTo;
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.changed.push(resolve));
  }

  tell(): void {
    for (const resolve of this.changed.splice(0)) resolve();
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.terminate();
    await new Promise((resolve) => this.http.close(resolve));
  }
}

/** What the bridge said of its connection, with a way to wait for more. */
class Connections {
  readonly said: [boolean, ConsoleError | null][] = [];
  private waiting: (() => void)[] = [];

  readonly hear = (connected: boolean, error: ConsoleError | null): void => {
    this.said.push([connected, error]);
    for (const resolve of this.waiting.splice(0)) resolve();
  };

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }
}

let server: TestServer;
let port: number;
let bridge: SocketBridge;
let connections: Connections;
let serverAnswers: boolean;
let asked: number;

beforeEach(async () => {
  server = new TestServer();
  port = await server.listen();
  serverAnswers = true;
  asked = 0;
});
afterEach(async () => {
  bridge.close();
  await server.close();
});

function connect(): void {
  connections = new Connections();
  bridge = new SocketBridge({
    url: `ws://127.0.0.1:${String(port)}/console`,
    protocols: ['countersign.console.1', 'token.abc'],
    serverAnswers: () => {
      asked += 1;
      return Promise.resolve(serverAnswers);
    },
    random: () => 0.999,
  });
  bridge.onConnection(connections.hear);
}
async function connected(): Promise<void> {
  connect();
  await connections.until(() => connections.said.at(-1)?.[0] === true);
}

describe('SocketBridge', () => {
  it('carries the token as a subprotocol, calls as frames, and checks outputs', async () => {
    server.answer((frame) => ({
      ok: true,
      output: frame.channel === 'key.lock' ? {} : { receivedBytes: 'three' },
    }));
    await connected();
    expect(server.protocols[0]?.split(/, ?/)).toEqual(['countersign.console.1', 'token.abc']);
    await expect(bridge.call('key.lock', {})).resolves.toEqual({});
    const chunk = { uploadId: 'u', offsetBytes: 0, data: '' };
    await expect(bridge.call('upload.chunk', chunk)).rejects.toMatchObject({ code: 'internal' });
    expect(server.calls.map(({ id, channel, input }) => [id, channel, input])).toEqual([
      [1, 'key.lock', {}],
      [2, 'upload.chunk', chunk],
    ]);
  });

  it('rejects with the error that the answer carries', async () => {
    server.answer(() => ({ ok: false, error: { code: 'key.locked', data: { publicKey: 'ab' } } }));
    await connected();
    await expect(bridge.call('key.lock', {})).rejects.toMatchObject({
      code: 'key.locked',
      data: { publicKey: 'ab' },
    });
  });

  it('hands on deltas until the subscription ends', async () => {
    await connected();
    const deltas: Delta[] = [];
    const off = bridge.onDelta((delta) => deltas.push(delta));
    const change = { topic: 'itemRemoved', id: 'x' } as const;
    server.answer(() => ({ ok: true, output: {} }));
    server.sockets[0]!.send(JSON.stringify({ type: 'delta', delta: { sequence: 1, changes: [change] } }));
    await bridge.call('key.lock', {});
    off();
    server.sockets[0]!.send(JSON.stringify({ type: 'delta', delta: { sequence: 2, changes: [change] } }));
    await bridge.call('key.lock', {});
    expect(deltas).toEqual([{ sequence: 1, changes: [change] }]);
  });

  it('rejects calls in flight when the connection breaks, and comes back', async () => {
    await connected();
    const lost = bridge.call('key.lock', {});
    const outcome = expect(lost).rejects.toMatchObject({ code: 'console.disconnected' });
    await server.until(() => server.calls.length === 1);
    server.sockets[0]!.terminate();
    await outcome;
    await expect(bridge.call('key.lock', {})).rejects.toMatchObject({ code: 'console.disconnected' });
    await connections.until(() => connections.said.length === 3);
    expect(connections.said).toEqual([
      [true, null],
      [false, null],
      [true, null],
    ]);
    server.answer(() => ({ ok: true, output: {} }));
    await expect(bridge.call('key.lock', {})).resolves.toEqual({});
  });

  it('says when nobody sees the page, and says it again on a new connection before anything else', async () => {
    await connected();
    bridge.watch(true);
    bridge.watch(false);
    await server.until(() => server.calls.length === 1);
    server.sockets[0]!.terminate();
    await connections.until(() => connections.said.length === 3);
    await server.until(() => server.calls.length === 2);
    bridge.watch(true);
    await server.until(() => server.calls.length === 3);
    expect(server.calls).toEqual([
      { type: 'watch', watching: false },
      { type: 'watch', watching: false },
      { type: 'watch', watching: true },
    ]);
  });

  it('comes back after the server was away', async () => {
    await connected();
    serverAnswers = false;
    await server.close();
    await connections.until(() => connections.said.length === 2);
    server = new TestServer();
    await server.listen(port);
    await connections.until(() => connections.said.length === 3);
    expect(connections.said.at(-1)).toEqual([true, null]);
  });

  it('gives up, and says why, when a server that answers refuses the token twice', async () => {
    server.refusing = true;
    connect();
    await connections.until(() => connections.said.length === 1);
    expect(connections.said).toEqual([[false, { code: 'console.badToken', data: {} }]]);
    expect(asked).toBe(REFUSALS_UNTIL_BAD_TOKEN);
  });

  it('breaks off with a server that does not keep to the contract', async () => {
    await connected();
    server.sockets[0]!.send(JSON.stringify({ type: 'delta', delta: { sequence: -1, changes: [] } }));
    await connections.until(() => connections.said.length === 3);
    expect(connections.said.map(([up]) => up)).toEqual([true, false, true]);
  });

  it('stays closed once it is closed', async () => {
    await connected();
    bridge.close();
    expect(connections.said.at(-1)).toEqual([false, null]);
    bridge.reconnect();
    await expect(bridge.call('key.lock', {})).rejects.toMatchObject({ code: 'console.disconnected' });
    expect(server.sockets.length).toBe(1);
  });
});
