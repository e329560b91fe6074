/**
 * Addresses of replicas: the name or number of a host in its one spelling, so that equal ones compare as equal.
 * @module
 */
import { CountersignError } from '../errors.ts';

/** Longest name of a host, in characters (RFC 1035, section 2.3.4). */
export const HOST_LENGTH_MAX = 253;
const PORT_LARGEST = 65_535;
/** These mean "every address of this machine": others cannot reach anybody there. */
const NOWHERE: ReadonlySet<string> = new Set(['0.0.0.0', '::']);
const BETWEEN_DOTS = /^(?!-)[a-z0-9-]{1,63}(?<!-)$/;

/**
 * Throws `address.invalid` unless `host` is a host name in small letters, an IPv4 address or an IPv6 address without
 * brackets, each in its usual spelling (that of the URL standard), and `port` is from 1 to 65535.
 */
export function assertAddress(host: string, port: number): void {
  if (!isHost(host)) throw invalid(host, port);
  if (!Number.isInteger(port) || port < 1 || port > PORT_LARGEST) throw invalid(host, port);
}

/** See `assertAddress`. */
export function isHost(host: string): boolean {
  if (host === '' || host.length > HOST_LENGTH_MAX || NOWHERE.has(host)) return false;
  const isIpv6 = host.includes(':');
  if (!isIpv6 && !host.split('.').every((label) => BETWEEN_DOTS.test(label))) return false;
  const written = isIpv6 ? `[${host}]` : host;
  const url = URL.parse(`http://${written}/`);
  return url?.hostname === written && url.href === `http://${written}/`;
}

/** The address in `host:port`, with brackets around an IPv6 address. Throws `address.invalid`: see `assertAddress`. */
export function parseAddress(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain = text, digits = ''] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  assertAddress(host, port);
  return { host, port };
}

function invalid(host: string, port: number): CountersignError<'address.invalid'> {
  return new CountersignError('address.invalid', { host, port });
}
