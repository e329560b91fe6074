/**
 * The console for a browser on this machine: the built page over HTTP, and the contract over WebSocket, on one
 * loopback address (SECURITY.md 14).
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { CONSOLE_SOCKET_PATH } from '../../../shared/contract/bridge.ts';
import { CountersignError } from '../../../shared/errors.ts';
import { addressText } from '../../network/index.ts';
import { createToken, hasToken, isLoopback, isOwnHost, isOwnOrigin } from './access.ts';
import type { CallTarget } from './callTarget.ts';
import { SECURITY_HEADERS, findFile, sendFile, type FileTarget } from './staticFiles.ts';
import { ConsoleSockets, type SocketLimits } from './webSocket.ts';

export interface ConsoleServerOptions {
  readonly target: CallTarget;
  /** Folder of the built page. */
  readonly pageFolder: string;
  /** A loopback address; `127.0.0.1` unless given. */
  readonly host?: string;
  /** Port to listen on; 0: any. */
  readonly port: number;
  /** Access token; a new one unless given. */
  readonly token?: string;
  readonly limits?: Partial<SocketLimits>;
}

/** Most connections at a time, waiting and half-closed ones included: a browser opens six. */
const CONNECTIONS_MAX = 256;
/** How long a client may take to send the head of a request, in milliseconds. */
const HEADERS_TIMEOUT_MS = 10_000;
/** Headers of a browser's request, in bytes. */
const HEADERS_BYTES_MAX = 16 * 1024;

const STATUS_TEXT: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  426: 'Upgrade Required',
  503: 'Service Unavailable',
};

/** A listening console. */
export class ConsoleServer {
  readonly token: string;
  readonly #options: ConsoleServerOptions;
  readonly #host: string;
  readonly #server: Server;
  readonly #sockets: ConsoleSockets;
  #closing: Promise<void> | null = null;

  private constructor(options: ConsoleServerOptions) {
    this.#options = options;
    this.#host = options.host ?? '127.0.0.1';
    this.token = options.token ?? createToken();
    this.#server = createServer({
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: HEADERS_TIMEOUT_MS,
      maxHeaderSize: HEADERS_BYTES_MAX,
    });
    this.#server.maxConnections = CONNECTIONS_MAX;
    this.#sockets = new ConsoleSockets(options.target, options.limits);
  }

  /** Listens. Throws `network.portInUse`, or `network.listenFailed`, also for an address that others can reach. */
  static async start(options: ConsoleServerOptions): Promise<ConsoleServer> {
    const server = new ConsoleServer(options);
    try {
      await server.#listen();
    } catch (error) {
      await server.#sockets.close();
      throw error;
    }
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? this.#options.port;
  }

  /** What to open in a browser. The token stands in the fragment, which browsers keep to themselves. */
  get url(): string {
    return `http://${addressText({ host: this.#host, port: this.port })}/#token=${this.token}`;
  }

  /** Pages connected. */
  get pages(): number {
    return this.#sockets.size;
  }

  /** Ends all connections and stops listening. Calling it again waits as well. */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await this.#sockets.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #listen(): Promise<void> {
    const host = this.#host;
    const { port } = this.#options;
    if (!isLoopback(host)) {
      throw new CountersignError('network.listenFailed', {
        host,
        port,
        problem: 'is not a loopback address',
      });
    }
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    this.#server.once('error', reject);
    this.#server.listen({ host, port }, () => resolve(undefined));
    try {
      await promise;
    } catch (error) {
      throw listenError(error, host, port);
    }
    this.#server.removeListener('error', reject);
    this.#server.on('request', (request, response) => void this.#request(request, response));
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
    this.#server.on('clientError', (_error, socket) => refuseSocket(socket, 400));
  }

  async #request(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A body is nobody's business here.
    request.resume();
    const target = await this.#targetOf(request);
    if (typeof target === 'number') {
      refuse(response, target);
      return;
    }
    try {
      await sendFile(response, target, request.method === 'HEAD');
    } catch {
      // The reader has gone, or the file has: either way this answer cannot be finished.
      response.destroy();
    }
  }

  /** The file that is asked for, or the status with which the request is refused. */
  async #targetOf({ method = '', url = '', headers }: IncomingMessage): Promise<FileTarget | number> {
    if (!isOwnHost(headers.host, this.port)) return 403;
    if (method !== 'GET' && method !== 'HEAD') return 405;
    if (pathOf(url) === CONSOLE_SOCKET_PATH) return 426;
    const target = await findFile(this.#options.pageFolder, url);
    if (target.kind === 'file') return target;
    return target.kind === 'bad' ? 400 : 404;
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const { url = '', headers } = request;
    if (!isOwnHost(headers.host, this.port) || !isOwnOrigin(headers.origin, this.port)) {
      refuseSocket(socket, 403);
    } else if (pathOf(url) !== CONSOLE_SOCKET_PATH) {
      refuseSocket(socket, 404);
    } else if (!hasToken(headers['sec-websocket-protocol'], this.token)) {
      refuseSocket(socket, 401, JSON.stringify({ code: 'console.badToken', data: {} }));
    } else if (this.#sockets.isFull || this.#closing !== null) {
      refuseSocket(socket, 503);
    } else {
      this.#sockets.accept(request, socket, head);
    }
  }
}

function listenError(error: unknown, host: string, port: number): CountersignError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE')
    return new CountersignError('network.portInUse', { host, port }, { cause: error });
  const problem = error instanceof Error ? error.message : String(error);
  return new CountersignError('network.listenFailed', { host, port, problem }, { cause: error });
}

function pathOf(url: string): string {
  return url.split(/[?#]/, 1)[0] ?? '';
}

/** What RFC 9110 asks for beside a status. */
const STATUS_HEADERS: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  405: { Allow: 'GET, HEAD' },
  426: { Upgrade: 'websocket' },
};

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, {
    ...SECURITY_HEADERS,
    'Content-Type': 'text/plain; charset=utf-8',
    'Cache-Control': 'no-store',
    ...STATUS_HEADERS[status],
  });
  response.end(`${STATUS_TEXT[status] ?? ''}\n`);
}

/** Answers on a connection that has no response object, and ends it. */
function refuseSocket(socket: Duplex | Socket, status: number, body = ''): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const type = body === '' ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8';
  const head = [
    `HTTP/1.1 ${String(status)} ${STATUS_TEXT[status] ?? ''}`,
    'Connection: close',
    `Content-Type: ${type}`,
    `Content-Length: ${String(Buffer.byteLength(body))}`,
    ...Object.entries(SECURITY_HEADERS).map(([name, value]) => `${name}: ${value}`),
  ];
  socket.once('finish', () => socket.destroy());
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
