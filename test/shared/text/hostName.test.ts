import { describe, expect, it } from 'vitest';
import { assertAddress, isHost, parseAddress } from '../../../src/shared/text/hostName.ts';
import { caught } from '../../support/errors.ts';

describe('addresses', () => {
  it.each([
    'localhost',
    'replica-1.example.org',
    '127.0.0.1',
    '10.77.0.4',
    '::1',
    'fd00::12',
    'xn--fiq228c.cn',
  ])('%s', (host) => {
    expect(() => assertAddress(host, 7_400)).not.toThrow();
  });

  it.each([
    '',
    'Example.org',
    '0.0.0.0',
    '::',
    '127.1',
    '0x7f.0.0.1',
    '127.000.0.1',
    '256.1.1.1',
    '[::1]',
    'fd00:0::12',
    'a b',
    'a/b',
    'a?b',
    'a#b',
    'user@host',
    'host:80',
    '-a.org',
    'a-.org',
    'a..org',
    'a.org.',
    'exa\u0435mple.org',
    'fe80::1%eth0',
    `${'a'.repeat(64)}.org`,
    'a.'.repeat(127) + 'org',
  ])('%j is none', (host) => {
    expect(isHost(host)).toBe(false);
    expect(caught(() => assertAddress(host, 7_400))).toMatchObject({ code: 'address.invalid' });
  });

  it.each([0, -1, 65_536, 1.5, Number.NaN])('port %d is none', (port) => {
    expect(caught(() => assertAddress('localhost', port)).code).toBe('address.invalid');
  });

  it.each([
    ['localhost:7400', { host: 'localhost', port: 7_400 }],
    ['127.0.0.1:1', { host: '127.0.0.1', port: 1 }],
    ['[fd00::12]:65535', { host: 'fd00::12', port: 65_535 }],
  ])('%s is read', (text, address) => {
    expect(parseAddress(text)).toEqual(address);
  });

  it.each([
    '',
    'localhost',
    ':7400',
    'localhost:',
    'localhost:0',
    'localhost:65536',
    'localhost:7400x',
    '::1:7400',
    '[::1]',
    '[localhost',
    'a b:1',
    '0.0.0.0:1',
    'localhost:-1',
  ])('%j is not read', (text) => {
    expect(caught(() => parseAddress(text)).code).toBe('address.invalid');
  });
});
