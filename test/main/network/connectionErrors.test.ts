import { describe, expect, it } from 'vitest';
import { connectionError } from '../../../src/main/network/connectionErrors.ts';

describe('what is wrong with a connection', () => {
  it.each([
    ['ECONNREFUSED', 'network.notListening'],
    ['ECONNRESET', 'network.brokeOff'],
    ['EPIPE', 'network.brokeOff'],
    ['ETIMEDOUT', 'network.silent'],
    ['EHOSTUNREACH', 'network.silent'],
  ])('has words of its own for %s', (problem, code) => {
    expect(connectionError('host:1', problem)).toEqual({ code, data: { address: 'host:1' } });
  });

  it('is told as the system says it where it is nothing usual', () => {
    const problem = 'self-signed certificate';
    const data = { address: 'host:1', problem };
    expect(connectionError('host:1', problem)).toEqual({ code: 'network.unreachable', data });
  });
});
