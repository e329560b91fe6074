/** The other end of a connection, played by hand: what an attacker or a program in another language could send. */
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { createCertificate } from '../../../src/main/network/certificate.ts';
import { tlsSocketOf } from '../../../src/main/network/tls.ts';
import { HOST, eventually } from './harness.ts';

export type RawPeer = {
  webSocket: WebSocket;
  socket: TLSSocket;
  exporter: Uint8Array;
  /** All messages so far. */
  received: Buffer[];
  /** The next message not asked for yet. */
  next: () => Promise<Buffer>;
  /** Code and reason of the close frame. */
  closed: Promise<{ code: number; reason: string }>;
};

function rawPeer(webSocket: WebSocket, socket: TLSSocket): RawPeer {
  const received: Buffer[] = [];
  let asked = 0;
  let isClosed = false;
  webSocket.on('message', (data: Buffer) => received.push(Buffer.from(data)));
  webSocket.on('error', () => undefined);
  webSocket.on('close', () => (isClosed = true));
  return {
    webSocket,
    socket,
    exporter: socket.exportKeyingMaterial(32, 'EXPORTER-countersign-1', Buffer.alloc(0)),
    received,
    next: async () => {
      asked += 1;
      await eventually(() => received.length >= asked || isClosed);
      if (received.length < asked) throw new Error('closed before the message came');
      return received[asked - 1]!;
    },
    closed: new Promise((resolve) => {
      webSocket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    }),
  };
}

/** Connects up to the WebSocket upgrade; ends with the test. */
export async function rawDial(port: number): Promise<RawPeer> {
  const ends = endsWithTest();
  return await dial(port, ends);
}

/** A list of connections that end with the test. Call it while the test runs. */
function endsWithTest(): Set<WebSocket> {
  const webSockets = new Set<WebSocket>();
  onTestFinished(() => {
    for (const webSocket of webSockets) webSocket.terminate();
  });
  return webSockets;
}

async function dial(port: number, ends: Set<WebSocket>): Promise<RawPeer> {
  const webSocket = new WebSocket(`wss://${HOST}:${port}/`, {
    rejectUnauthorized: false,
    perMessageDeflate: false,
  });
  ends.add(webSocket);
  return await new Promise((resolve, reject) => {
    webSocket.once('error', reject);
    webSocket.once('upgrade', ({ socket }) => {
      const peer = rawPeer(webSocket, tlsSocketOf(socket));
      webSocket.once('open', () => resolve(peer));
    });
  });
}

/** Listens with a certificate of its own and hands over every connection after the WebSocket upgrade. */
export async function rawListen(onPeer: (peer: RawPeer) => void): Promise<number> {
  const ends = endsWithTest();
  const { certificate, privateKey } = await createCertificate();
  const server = createServer({ cert: certificate, key: privateKey });
  const webSockets = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      ends.add(webSocket);
      onPeer(rawPeer(webSocket, tlsSocketOf(socket)));
    });
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** Someone in the middle, who ends TLS on both sides and passes on the messages, as `change` leaves them. */
export async function rawRelay(
  targetPort: number,
  change: (message: Buffer, direction: 'to target' | 'from target') => Uint8Array = (message) => message,
): Promise<{ port: number; passed: () => number }> {
  const ends = endsWithTest();
  let passed = 0;
  const port = await rawListen((inner) => {
    const connect = async (): Promise<void> => {
      const outer = await dial(targetPort, ends);
      const pass = (from: RawPeer, to: RawPeer, direction: 'to target' | 'from target'): void => {
        const send = (message: Buffer): void => {
          passed += 1;
          to.webSocket.send(change(message, direction));
        };
        from.received.forEach(send);
        from.webSocket.on('message', (data: Buffer) => send(Buffer.from(data)));
        void from.closed.then(({ code, reason }) => {
          if (code >= 4000) to.webSocket.close(code, reason);
          else to.webSocket.terminate();
        });
      };
      pass(inner, outer, 'to target');
      pass(outer, inner, 'from target');
    };
    connect().catch(() => inner.webSocket.terminate());
  });
  return { port, passed: () => passed };
}
