/**
 * Who may use the console over HTTP: pages of its own origin, with its token. A site that a browser shows elsewhere
 * can reach a server on loopback, under a name of its own too (DNS rebinding), so host and origin are checked first.
 * @module
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { CONSOLE_SUBPROTOCOL, TOKEN_PREFIX } from '../../../shared/contract/bridge.ts';

/** Length of the access token, in bytes: not to be guessed. */
export const TOKEN_BYTES = 32;

/** A new access token, in hex. */
export function createToken(): string {
  return randomBytes(TOKEN_BYTES).toString('hex');
}

/** Whether an address is of this machine alone. Names are not: they are looked up, and can lead anywhere. */
export function isLoopback(host: string): boolean {
  return isIP(host) === 4 ? host.startsWith('127.') : host === '::1';
}

/** Whether a `Host` header names this server: one of the names of loopback, and its own port. */
export function isOwnHost(host: string | undefined, port: number): boolean {
  return ownHosts(port).includes(host?.toLowerCase() ?? '');
}

/** Whether an `Origin` header is that of this server's pages. Browsers send one with every WebSocket. */
export function isOwnOrigin(origin: string | undefined, port: number): boolean {
  return ownHosts(port).some((host) => origin === `http://${host}`);
}

/** Whether the header `Sec-WebSocket-Protocol` names the console's subprotocol and the right token. */
export function hasToken(protocols: string | undefined, token: string): boolean {
  const offered = (protocols ?? '').split(',').map((protocol) => protocol.trim());
  const given = offered.find((protocol) => protocol.startsWith(TOKEN_PREFIX));
  if (given === undefined || !offered.includes(CONSOLE_SUBPROTOCOL)) return false;
  // Digests have one length, and the time to compare them says nothing about the token.
  return timingSafeEqual(sha256(given.slice(TOKEN_PREFIX.length)), sha256(token));
}

function ownHosts(port: number): string[] {
  const names = ['127.0.0.1', 'localhost', '[::1]'];
  const HTTP_PORT = 80;
  const withPort = names.map((name) => `${name}:${String(port)}`);
  // Browsers leave the port of the scheme out.
  return port === HTTP_PORT ? [...withPort, ...names] : withPort;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
