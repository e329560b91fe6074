import { X509Certificate, createPrivateKey } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Admission } from '../../../src/main/network/admission.ts';
import { backoffMs } from '../../../src/main/network/backoff.ts';
import { createCertificate } from '../../../src/main/network/certificate.ts';
import { DEFAULT_LIMITS } from '../../../src/main/network/limits.ts';
import { GUESTS_MAX, PeerBook, addressText, dials } from '../../../src/main/network/peerBook.ts';
import { TokenBucket } from '../../../src/main/network/tokenBucket.ts';

describe('backoffMs', () => {
  it('doubles from the shortest to the longest pause, with chance in the upper half', () => {
    const pauses = [0, 1, 2, 5, 6, 1_000, Infinity];
    expect(pauses.map((failures) => backoffMs(failures, 100, 5_000, () => 0))).toEqual([
      50, 100, 200, 1_600, 2_500, 2_500, 2_500,
    ]);
    fc.assert(
      fc.property(
        fc.nat(2_000),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (failures, chance) => {
          const pauseMs = backoffMs(failures, 100, 5_000, () => chance);
          expect(pauseMs).toBeGreaterThanOrEqual(50);
          expect(pauseMs).toBeLessThanOrEqual(5_000);
        },
      ),
    );
  });
});

describe('TokenBucket', () => {
  it('allows a burst, then the rate', () => {
    let nowMs = 0;
    const bucket = new TokenBucket(10, 20, () => nowMs);
    expect(Array.from({ length: 21 }, () => bucket.take(1)).filter(Boolean)).toHaveLength(20);
    nowMs += 100;
    expect([bucket.take(1), bucket.take(1)]).toEqual([true, false]);
    nowMs += 1_000_000;
    expect([bucket.take(21), bucket.take(20), bucket.take(1)]).toEqual([false, true, false]);
  });

  it('never lets through more than the burst and the rate over the whole time', () => {
    const steps = fc.array(fc.tuple(fc.nat(500), fc.nat(30)), { maxLength: 100 });
    fc.assert(
      fc.property(steps, (waits) => {
        let nowMs = 0;
        let taken = 0;
        const bucket = new TokenBucket(10, 20, () => nowMs);
        for (const [waitMs, amount] of waits) {
          nowMs += waitMs;
          if (bucket.take(amount)) taken += amount;
        }
        expect(taken).toBeLessThanOrEqual(20 + nowMs / 100 + 1e-6);
      }),
    );
  });
});

describe('Admission', () => {
  const limits = {
    ...DEFAULT_LIMITS,
    maxConnections: 3,
    maxConnectionsPerAddress: 2,
    maxUnauthenticatedPerAddress: 1,
  };

  it('counts clients in all and by address, and forgets those who leave', () => {
    const admission = new Admission(limits);
    admission.admitClient('a');
    admission.admitClient('a');
    expect(() => admission.admitClient('a')).toThrow('{"maxConnections":2}');
    admission.admitClient('b');
    expect(() => admission.admitClient('c')).toThrow('{"maxConnections":3}');
    admission.clientLeft('a');
    expect(admission.clients).toBe(2);
    admission.admitClient('c');
    expect(admission.clients).toBe(3);
  });

  it('counts those at the door apart from those inside', () => {
    const admission = new Admission(limits);
    for (const address of ['a', 'a', 'b']) admission.admitClient(address);
    expect([admission.arrive('a'), admission.arrive('a')]).toEqual([true, false]);
    expect([admission.arrive('b'), admission.arrive('c'), admission.arrive('d')]).toEqual([
      true,
      true,
      false,
    ]);
    admission.leaveDoor('a');
    expect(admission.arrive('d')).toBe(true);
  });
});

describe('PeerBook', () => {
  const peer = (index: number, byte: string) => ({
    index,
    publicKey: byte.repeat(32),
    name: byte,
    host: 'localhost',
    port: 1,
  });

  const entry = (byte: string, port = 1) => ({
    publicKey: byte.repeat(32),
    name: byte,
    host: 'localhost',
    port,
  });
  const indexes = (entries: readonly { name: string; index: number }[]) =>
    entries.map(({ name, index }) => `${name}:${index}`);

  it('finds members and guests by key', () => {
    const book = new PeerBook([peer(0, '0a'), peer(1, '0b')], '0a'.repeat(32));
    expect(book.withKey('0a'.repeat(32))?.index).toBe(0);
    expect(book.withKey('0c'.repeat(32))).toBeUndefined();
    book.setGuests([entry('0c')]);
    expect(book.withKey('0c'.repeat(32))).toMatchObject({ index: 2, name: '0c' });
    expect(book.members).toHaveLength(2);
  });

  it('takes guests in and lets them go, and never gives a number twice', () => {
    const book = new PeerBook([peer(0, '0a'), peer(1, '0b')], '0f'.repeat(32));
    expect(indexes(book.setGuests([entry('09'), entry('0c')]).come)).toEqual(['09:2', '0c:3']);
    const second = book.setGuests([entry('0c'), entry('0d')]);
    expect(indexes(second.come)).toEqual(['0d:4']);
    expect(indexes(second.gone)).toEqual(['09:2']);
    // At another address it is not who it was.
    const third = book.setGuests([entry('0c', 2), entry('0d')]);
    expect(indexes(third.come)).toEqual(['0c:5']);
    expect(indexes(third.gone)).toEqual(['0c:3']);
    expect(indexes(book.guests)).toEqual(['0d:4', '0c:5']);
    expect(book.setGuests([entry('0d'), entry('0c', 2)])).toEqual({ come: [], gone: [] });
    expect(indexes(book.setGuests([]).gone)).toEqual(['0d:4', '0c:5']);
    expect(book.guests).toEqual([]);
  });

  it('takes no members, nor its own replica, nor anybody twice, nor too many', () => {
    const book = new PeerBook([peer(0, '0a')], '0f'.repeat(32));
    const none = book.setGuests([entry('0a'), entry('0f'), entry('0c'), entry('0c', 2)]);
    expect(indexes(none.come)).toEqual(['0c:1']);
    const many = Array.from({ length: GUESTS_MAX + 5 }, (_, count) => entry((0x20 + count).toString(16)));
    book.setGuests(many);
    expect(book.guests.map(({ name }) => name)).toEqual(many.slice(0, GUESTS_MAX).map(({ name }) => name));
  });

  it('says who dials by comparing keys', () => {
    expect(dials('0a'.repeat(32), '0b'.repeat(32))).toBe(true);
    expect(dials('0b'.repeat(32), '0a'.repeat(32))).toBe(false);
  });

  it.each([
    ['keys out of order', [peer(0, '0b'), peer(1, '0a')]],
    ['a key twice', [peer(0, '0a'), peer(1, '0a')]],
    ['wrong numbers', [peer(1, '0a'), peer(0, '0b')]],
  ])('refuses %s', (_what, peers) => {
    expect(() => new PeerBook(peers, '0a'.repeat(32))).toThrow('invariant.broken');
  });

  it('writes addresses as people do', () => {
    expect(addressText({ host: '127.0.0.1', port: 7 })).toBe('127.0.0.1:7');
    expect(addressText({ host: '::1', port: 7 })).toBe('[::1]:7');
  });
});

describe('createCertificate', () => {
  it('makes a self-signed P-256 certificate that does not expire', async () => {
    const { certificate, privateKey } = await createCertificate();
    const parsed = new X509Certificate(certificate);
    expect(parsed.verify(parsed.publicKey)).toBe(true);
    expect(parsed.checkPrivateKey(createPrivateKey(privateKey))).toBe(true);
    expect(parsed.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
    expect(parsed.ca).toBe(false);
    expect(parsed.subject).toBe('CN=countersign');
    expect(parsed.validTo).toBe('Dec 31 23:59:59 9999 GMT');
  });

  it('makes another one each time', async () => {
    const made = await Promise.all([createCertificate(), createCertificate()]);
    const [first, second] = made.map(({ certificate }) => new X509Certificate(certificate));
    expect(first!.serialNumber).not.toBe(second!.serialNumber);
    expect(first!.fingerprint256).not.toBe(second!.fingerprint256);
  });
});
