import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { makeDirectory } from '../../../support/stores.ts';
import { rejected } from '../../../support/errors.ts';
import { ConsoleServer } from '../../../../src/main/console/transports/http.ts';
import { isLoopback } from '../../../../src/main/console/transports/access.ts';
import { exchange, rawRequest } from './rawHttp.ts';

const INDEX = '<!doctype html><title>console</title>';
const SECRET = 'outside the folder';
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
  "require-trusted-types-for 'script'";

const target = {
  answer: async () => ({ ok: true, output: {} }) as const,
  onDelta: () => () => undefined,
};

let directory: Awaited<ReturnType<typeof makeDirectory>>;
let server: ConsoleServer;

beforeAll(async () => {
  directory = await makeDirectory();
  const pageFolder = join(directory.path, 'page');
  await mkdir(join(pageFolder, 'assets'), { recursive: true });
  await mkdir(join(directory.path, 'page-two'));
  await writeFile(join(directory.path, 'secret.txt'), SECRET);
  await writeFile(join(directory.path, 'page-two', 'secret.txt'), SECRET);
  await writeFile(join(pageFolder, 'index.html'), INDEX);
  await writeFile(join(pageFolder, '.hidden.txt'), SECRET);
  await writeFile(join(pageFolder, 'assets', 'app-1a2b.js'), 'export {};');
  await writeFile(join(pageFolder, 'empty.css'), '');
  await symlink(join(directory.path, 'secret.txt'), join(pageFolder, 'link.txt'));
  await symlink(directory.path, join(pageFolder, 'up'));
  server = await ConsoleServer.start({ target, pageFolder, port: 0 });
});

afterAll(async () => {
  await server.close();
  await directory.remove();
});

describe('page files', () => {
  it.each([
    ['/', INDEX, 'text/html; charset=utf-8', 'no-cache'],
    ['/?a=/../secret.txt', INDEX, 'text/html; charset=utf-8', 'no-cache'],
    ['/blocks/12', INDEX, 'text/html; charset=utf-8', 'no-cache'],
    ['/assets', INDEX, 'text/html; charset=utf-8', 'no-cache'],
    ['/assets/', INDEX, 'text/html; charset=utf-8', 'no-cache'],
    [
      '/assets/app-1a2b.js',
      'export {};',
      'text/javascript; charset=utf-8',
      'public, max-age=31536000, immutable',
    ],
    [
      '/%61ssets/app-1a2b.js',
      'export {};',
      'text/javascript; charset=utf-8',
      'public, max-age=31536000, immutable',
    ],
    ['/empty.css', '', 'text/css; charset=utf-8', 'no-cache'],
  ])('%s is served', async (path, body, type, caching) => {
    const answer = await rawRequest(server.port, path);
    expect([answer.status, answer.body]).toEqual([200, body]);
    expect(answer.headers.get('content-type')).toBe(type);
    expect(answer.headers.get('cache-control')).toBe(caching);
    expect(answer.headers.get('content-security-policy')).toBe(CSP);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    expect(answer.headers.get('cross-origin-opener-policy')).toBe('same-origin');
    const head = await rawRequest(server.port, path, { method: 'HEAD' });
    expect([head.status, head.body]).toEqual([200, '']);
    expect(head.headers.get('content-length')).toBe(String(body.length));
  });

  it.each([
    ['/../secret.txt', 400],
    ['/..', 400],
    ['/./index.html', 400],
    ['/assets/../../secret.txt', 400],
    ['/..%2fsecret.txt', 400],
    ['/%2e%2e/secret.txt', 400],
    ['/%2e%2e%2fsecret.txt', 400],
    ['/..%5csecret.txt', 400],
    ['/..\\secret.txt', 400],
    ['/assets/..%2f..%2fsecret.txt', 400],
    ['/%252e%252e/secret.txt', 404],
    ['//secret.txt', 400],
    ['/assets//app-1a2b.js', 400],
    ['/%2fetc/passwd', 400],
    ['/C:/secret.txt', 400],
    ['/index.html%00.js', 400],
    ['/%c0%ae%c0%ae/secret.txt', 400],
    ['/%', 400],
    ['http://127.0.0.1/secret.txt', 400],
    ['secret.txt', 400],
    ['*', 400],
    ['/.hidden.txt', 400],
    ['/link.txt', 404],
    ['/up/secret.txt', 404],
    ['/up/page-two/secret.txt', 404],
    ['/page-two/secret.txt', 404],
    ['/missing.js', 404],
    [`/${'a'.repeat(3_000)}`, 400],
    ['/console', 426],
  ])('%s is refused with %i', async (path, status) => {
    const answer = await rawRequest(server.port, path);
    expect(answer.status).toBe(status);
    expect(answer.body).not.toContain(SECRET);
    if (answer.headers.has('cache-control')) {
      expect(answer.headers.get('content-security-policy')).toBe(CSP);
      expect(answer.headers.get('cache-control')).toBe('no-store');
    }
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE'])('%s is not allowed', async (method) => {
    const answer = await rawRequest(server.port, '/', { method });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it.each(['evil.example', '127.0.0.1', '127.0.0.1:1', 'localhost', '0.0.0.0', '', '127.0.0.1.evil.example'])(
    'the host %s is refused',
    async (host) => {
      expect((await rawRequest(server.port, '/', { headers: { Host: host } })).status).toBe(403);
    },
  );

  it('answers to the names of loopback', async () => {
    for (const name of ['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]']) {
      const headers = { Host: `${name}:${String(server.port)}` };
      expect((await rawRequest(server.port, '/', { headers })).status).toBe(200);
    }
  });

  it('survives what is not HTTP', async () => {
    expect(await exchange(server.port, '\u0000\u0001garbage\r\n\r\n')).toContain('400');
    expect(await exchange(server.port, `GET / HTTP/1.1\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`)).toContain(
      '400',
    );
    expect((await rawRequest(server.port, '/')).status).toBe(200);
  });
});

describe('the door of the WebSocket', () => {
  const upgrade = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' };
  const key = { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' };
  const origin = (): Record<string, string> => ({ Origin: `http://127.0.0.1:${String(server.port)}` });
  const protocols = (token: string): Record<string, string> => ({
    'Sec-WebSocket-Protocol': `countersign.console.1, token.${token}`,
  });

  it('opens with the right token and origin, and keeps the token to itself', async () => {
    const socket = new WebSocket(
      `ws://127.0.0.1:${String(server.port)}/console`,
      ['countersign.console.1', `token.${server.token}`],
      { origin: `http://localhost:${String(server.port)}` },
    );
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    expect(socket.protocol).toBe('countersign.console.1');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.close();
    await closed;
  });

  it.each([
    ['a wrong token', () => protocols('0'.repeat(64))],
    ['a token that is too short', () => protocols(server.token.slice(1))],
    ['an empty token', () => protocols('')],
    ['no token', () => ({ 'Sec-WebSocket-Protocol': 'countersign.console.1' })],
    ['no subprotocol', () => ({ 'Sec-WebSocket-Protocol': `token.${server.token}` })],
    ['nothing', () => ({})],
  ])('refuses %s with 401', async (_name, offered) => {
    const headers = { ...upgrade, ...key, ...origin(), ...offered() };
    const answer = await rawRequest(server.port, '/console', { headers });
    expect(answer.status).toBe(401);
    expect(JSON.parse(answer.body)).toEqual({ code: 'console.badToken', data: {} });
    expect(answer.body).not.toContain(server.token);
  });

  it.each([
    ['http://evil.example'],
    ['null'],
    ['https://127.0.0.1'],
    ['http://127.0.0.1:1'],
    ['file://'],
    [''],
  ])('refuses the origin %s', async (other) => {
    const headers = { ...upgrade, ...key, ...protocols(server.token), Origin: other };
    expect((await rawRequest(server.port, '/console', { headers })).status).toBe(403);
  });

  it('refuses a missing origin, a wrong host and another path', async () => {
    const token = protocols(server.token);
    const withoutOrigin = { ...upgrade, ...key, ...token };
    expect((await rawRequest(server.port, '/console', { headers: withoutOrigin })).status).toBe(403);
    const wrongHost = { ...withoutOrigin, ...origin(), Host: 'evil.example' };
    expect((await rawRequest(server.port, '/console', { headers: wrongHost })).status).toBe(403);
    const wrongPath = { ...withoutOrigin, ...origin() };
    expect((await rawRequest(server.port, '/other', { headers: wrongPath })).status).toBe(404);
  });

  it('refuses an upgrade that is none', async () => {
    const headers = { Connection: 'Upgrade', Upgrade: 'websocket', ...origin(), ...protocols(server.token) };
    expect((await rawRequest(server.port, '/console', { headers })).status).toBe(400);
  });
});

describe('listening', () => {
  it('names its address with the token in the fragment', () => {
    expect(server.url).toBe(`http://127.0.0.1:${String(server.port)}/#token=${server.token}`);
    expect(server.token).toMatch(/^[0-9a-f]{64}$/);
  });

  it('says when the port is taken', async () => {
    const error = await rejected(
      ConsoleServer.start({ target, pageFolder: directory.path, port: server.port }),
    );
    expect([error.code, error.data]).toEqual(['network.portInUse', { host: '127.0.0.1', port: server.port }]);
  });

  it.each(['0.0.0.0', '::', '192.168.1.1', 'localhost', '127.evil.example', ''])(
    'never listens on %s',
    async (host) => {
      expect(isLoopback(host)).toBe(false);
      const error = await rejected(
        ConsoleServer.start({ target, pageFolder: directory.path, port: 0, host }),
      );
      expect(error.code).toBe('network.listenFailed');
    },
  );
});
