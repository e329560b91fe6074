/**
 * The listening end: TCP, TLS and WebSocket upgrade, up to an authenticated connection or a refusal.
 * @module
 */
import { createServer, type Server } from 'node:https';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Hex } from '../../shared/encoding/hex.ts';
import { CountersignError, type PlainError } from '../../shared/errors.ts';
import { Acceptance } from './acceptance.ts';
import { Admission } from './admission.ts';
import { createCertificate } from './certificate.ts';
import type { EstablishedSocket } from './connection.ts';
import type { Initiator, Responder } from './handshake.ts';
import type { NetworkLimits } from './limits.ts';
import { addressText } from './peerBook.ts';
import { TLS_VERSION, tlsSocketOf, webSocketOptions } from './tls.ts';

/** What a listener tells its owner. */
export interface ListenerHandlers {
  /** Throws the error to refuse a replica with, after it has proven who it is. */
  readonly admitReplica: (index: number, publicKey: Hex) => void;
  readonly onReplica: (socket: EstablishedSocket, index: number) => void;
  /** Call `left` when the client's connection has ended. */
  readonly onClient: (socket: EstablishedSocket, left: () => void) => void;
  /** Somebody was not let in; `address` is `host:port`. */
  readonly onRefused: (address: string, error: PlainError) => void;
}

/** Someone at the door: connected, but not known yet. */
interface Guest {
  readonly raw: Socket;
  /** Its IP address: what admission counts by. */
  readonly host: string;
  /** As `host:port`. */
  readonly address: string;
  readonly timer: NodeJS.Timeout;
  acceptance: Acceptance | null;
  isAtDoor: boolean;
  isRefused: boolean;
}

const NEVER_UPGRADED: PlainError = {
  code: 'handshake.malformed',
  data: { problem: 'has left without a WebSocket over TLS 1.3' },
};

/** HTTP headers of an upgrade have some 300 bytes. */
const HTTP_HEADERS_MAX_BYTES = 4_096;
const HTTP_UPGRADE_REQUIRED = 426;

/** Listens on one address. */
export class Listener {
  readonly #at: { readonly host: string; readonly port: number };
  readonly #responder: Responder;
  readonly #limits: NetworkLimits;
  readonly #handlers: ListenerHandlers;
  readonly #admission: Admission;
  readonly #webSockets: WebSocketServer;
  /** By remote `host:port`, which the raw and the TLS socket of a connection have in common. */
  readonly #guests = new Map<string, Guest>();
  #server: Server | null = null;

  constructor(
    at: { readonly host: string; readonly port: number },
    responder: Responder,
    limits: NetworkLimits,
    handlers: ListenerHandlers,
  ) {
    this.#at = at;
    this.#responder = responder;
    this.#limits = limits;
    this.#handlers = handlers;
    this.#admission = new Admission(limits);
    this.#webSockets = new WebSocketServer({
      ...webSocketOptions(limits),
      noServer: true,
      clientTracking: false,
    });
  }

  /** Throws `network.portInUse` or `network.listenFailed`. */
  async start(): Promise<void> {
    const { certificate, privateKey } = await createCertificate();
    const server = createServer({
      cert: certificate,
      key: privateKey,
      minVersion: TLS_VERSION,
      maxHeaderSize: HTTP_HEADERS_MAX_BYTES,
    });
    this.#server = server;
    server.on('connection', (raw: Socket) => this.#arrive(raw));
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#upgrade(request, socket, head);
    });
    server.on('request', (_request, response) => {
      response.writeHead(HTTP_UPGRADE_REQUIRED, { Connection: 'close', Upgrade: 'websocket' }).end();
    });
    // Neither speaks our language; their sockets end with this and the guest's 'close' clears up.
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    server.on('clientError', (_error, socket) => socket.destroy());
    await this.#listen(server);
  }

  /** The port it listens on: the one asked for, or the one the system chose for port 0. */
  get port(): number {
    const address = this.#server?.address() as AddressInfo | null | undefined;
    return address?.port ?? this.#at.port;
  }

  /** Clients connected. */
  get clients(): number {
    return this.#admission.clients;
  }

  /** Closes the door, also on those who stand in it. Connections that were handed over are their owner's. */
  async close(): Promise<void> {
    this.#webSockets.close();
    for (const guest of this.#guests.values()) {
      clearTimeout(guest.timer);
      if (guest.isAtDoor) guest.raw.destroy();
    }
    const server = this.#server;
    if (server?.listening !== true) return;
    await new Promise((resolve) => server.close(resolve));
  }

  async #listen(server: Server): Promise<void> {
    const { host, port } = this.#at;
    await new Promise<void>((resolve, reject) => {
      const fail = (error: NodeJS.ErrnoException): void => {
        const problem = error.code ?? error.message;
        const isInUse = problem === 'EADDRINUSE';
        reject(
          isInUse
            ? new CountersignError('network.portInUse', { host, port }, { cause: error })
            : new CountersignError('network.listenFailed', { host, port, problem }, { cause: error }),
        );
      };
      server.once('error', fail);
      server.listen({ host, port, exclusive: true }, () => {
        server.off('error', fail);
        resolve();
      });
    });
  }

  #arrive(raw: Socket): void {
    const { remoteAddress: host, remotePort: port } = raw;
    if (host === undefined || port === undefined) {
      raw.destroy(); // gone already
      return;
    }
    const address = addressText({ host, port });
    if (!this.#admission.arrive(host)) {
      // Not told why: that would cost a TLS handshake for each of a flood of connections.
      raw.destroy();
      const maxConnections = this.#limits.maxUnauthenticatedPerAddress;
      this.#handlers.onRefused(address, { code: 'admission.tooManyConnections', data: { maxConnections } });
      return;
    }
    const timer = setTimeout(() => this.#timeOut(guest), this.#limits.authenticateTimeoutMs);
    const guest: Guest = { raw, host, address, timer, acceptance: null, isAtDoor: true, isRefused: false };
    this.#guests.set(address, guest);
    raw.once('close', () => {
      this.#guests.delete(address);
      if (guest.acceptance === null) this.#refused(guest, NEVER_UPGRADED);
      this.#leaveDoor(guest);
    });
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const tlsSocket = tlsSocketOf(socket);
    const { remoteAddress: host, remotePort: port } = tlsSocket;
    const guest =
      host === undefined || port === undefined ? undefined : this.#guests.get(addressText({ host, port }));
    if (guest === undefined) {
      socket.destroy(); // gone already
      return;
    }
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      guest.acceptance = new Acceptance(webSocket, tlsSocket, guest.address, this.#responder, {
        admit: (initiator) => this.#admit(guest, initiator),
        onAuthenticated: (established, initiator) => this.#enter(guest, established, initiator),
        onRefused: (error) => this.#refused(guest, error),
      });
    });
  }

  #admit(guest: Guest, initiator: Initiator): void {
    if (initiator.role === 'client') this.#admission.admitClient(guest.host);
    else this.#handlers.admitReplica(initiator.index, initiator.publicKey);
  }

  #enter(guest: Guest, established: EstablishedSocket, initiator: Initiator): void {
    this.#leaveDoor(guest);
    if (initiator.role === 'replica') {
      this.#handlers.onReplica(established, initiator.index);
      return;
    }
    this.#handlers.onClient(established, () => this.#admission.clientLeft(guest.host));
  }

  #timeOut(guest: Guest): void {
    const error: PlainError = {
      code: 'handshake.timeout',
      data: { timeoutMs: this.#limits.authenticateTimeoutMs },
    };
    if (guest.acceptance !== null) {
      guest.acceptance.refuse(error);
      return;
    }
    this.#refused(guest, error);
    guest.raw.destroy();
  }

  #refused(guest: Guest, error: PlainError): void {
    if (guest.isRefused) return;
    guest.isRefused = true;
    clearTimeout(guest.timer);
    this.#handlers.onRefused(guest.address, error);
  }

  #leaveDoor(guest: Guest): void {
    clearTimeout(guest.timer);
    if (!guest.isAtDoor) return;
    guest.isAtDoor = false;
    this.#admission.leaveDoor(guest.host);
  }
}
