import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { CountersignError } from '../../../src/shared/errors.ts';
import { derInteger, derOctets, derOid, derSequence } from '../../../src/main/keys/der.ts';
import {
  decryptPbes2,
  encryptPbes2,
  MAX_PBKDF2_ITERATIONS,
  parsePbes2,
} from '../../../src/main/keys/pbes2.ts';
import { codeOf, rejectionCodeOf } from './helpers.ts';

const PBES2 = '2a864886f70d01050d';
const PBKDF2 = '2a864886f70d01050c';
const SCRYPT = '2b06010401da47040b';
const AES_256_CBC = '60864801650304012a';
const secret = Buffer.from('a passphrase');
const salt = derOctets(new Uint8Array(8));

interface Parts {
  readonly scheme?: string;
  readonly kdf?: Uint8Array;
  readonly cipher?: Uint8Array;
  readonly ciphertext?: Uint8Array;
}

/** A file of the given parts, the others as they should be. */
function fileOf(parts: Parts): Uint8Array {
  const kdf = parts.kdf ?? pbkdf2(2048);
  const cipher = parts.cipher ?? derSequence(derOid(AES_256_CBC), derOctets(new Uint8Array(16)));
  const algorithm = derSequence(derOid(parts.scheme ?? PBES2), derSequence(kdf, cipher));
  return derSequence(algorithm, derOctets(parts.ciphertext ?? new Uint8Array(64)));
}

function pbkdf2(iterations: number, ...more: Uint8Array[]): Uint8Array {
  return derSequence(derOid(PBKDF2), derSequence(salt, derInteger(iterations), ...more));
}

function scrypt(N: number, r: number, p: number, ...more: Uint8Array[]): Uint8Array {
  return derSequence(derOid(SCRYPT), derSequence(salt, derInteger(N), derInteger(r), derInteger(p), ...more));
}

describe('PBES2', () => {
  let encrypted = new Uint8Array();
  beforeAll(async () => {
    encrypted = Uint8Array.from(await encryptPbes2(Buffer.from('what is kept'), secret));
  });

  it('decrypts what it encrypts, with a cost that OpenSSL still reads', async () => {
    const parsed = parsePbes2(encrypted);
    expect(parsed.kdf).toMatchObject({ kind: 'scrypt', N: 16_384, r: 8, p: 8 });
    expect(String(await decryptPbes2(parsed, secret))).toBe('what is kept');
  });

  it('reads parameters at their limits', () => {
    const limits = [pbkdf2(1), pbkdf2(MAX_PBKDF2_ITERATIONS), scrypt(2 ** 17, 8, 1), scrypt(2 ** 17, 8, 16)];
    for (const kdf of limits) expect(codeOf(() => parsePbes2(fileOf({ kdf })))).toBeUndefined();
    const withKeyLength = [pbkdf2(1, derInteger(32)), scrypt(2, 1, 1, derInteger(32))];
    for (const kdf of withKeyLength) expect(parsePbes2(fileOf({ kdf })).kdf.keyBytes).toBe(32);
  });

  it.each<[string, Parts]>([
    ['no PBKDF2 iterations', { kdf: pbkdf2(0) }],
    ['too many PBKDF2 iterations', { kdf: pbkdf2(MAX_PBKDF2_ITERATIONS + 1) }],
    ['absurdly many PBKDF2 iterations', { kdf: pbkdf2(2 ** 47) }],
    ['a key length that does not fit', { kdf: pbkdf2(2048, derInteger(16)) }],
    ['an unknown PBKDF2 hash', { kdf: pbkdf2(2048, derSequence(derOid('2a864886f70d0205'))) }],
    ['something more in PBKDF2', { kdf: pbkdf2(2048, derInteger(32), derOctets(new Uint8Array(1))) }],
    [
      'a long salt',
      { kdf: derSequence(derOid(PBKDF2), derSequence(derOctets(new Uint8Array(65)), derInteger(1))) },
    ],
    ['scrypt with N = 0', { kdf: scrypt(0, 8, 1) }],
    ['scrypt with N = 1', { kdf: scrypt(1, 8, 1) }],
    ['scrypt with N not a power of two', { kdf: scrypt(3_000, 8, 1) }],
    ['scrypt with r = 0', { kdf: scrypt(1024, 0, 1) }],
    ['scrypt with p = 0', { kdf: scrypt(1024, 8, 0) }],
    ['scrypt with too large an N', { kdf: scrypt(2 ** 19, 8, 1) }],
    ['scrypt with too large an r', { kdf: scrypt(2, 2 ** 22, 1) }],
    ['scrypt with too large a p', { kdf: scrypt(2, 1, 2 ** 22) }],
    ['scrypt with too much work', { kdf: scrypt(2 ** 17, 8, 17) }],
    ['scrypt with absurd parameters', { kdf: scrypt(2 ** 46, 2 ** 46, 2 ** 46) }],
    ['an unknown key derivation', { kdf: derSequence(derOid('2b6570'), derSequence()) }],
    ['an unknown scheme', { scheme: '2a864886f70d010503' }],
    ['an unknown cipher', { cipher: derSequence(derOid('2a864886f70d0307'), derOctets(new Uint8Array(8))) }],
    ['a short IV', { cipher: derSequence(derOid(AES_256_CBC), derOctets(new Uint8Array(15))) }],
    ['no ciphertext', { ciphertext: new Uint8Array(0) }],
    ['half a block', { ciphertext: new Uint8Array(72) }],
  ])('refuses %s before it derives a key', (_name, parts) => {
    expect(codeOf(() => parsePbes2(fileOf({})))).toBeUndefined();
    expect(codeOf(() => parsePbes2(fileOf(parts)))).toBe('key.invalid');
  });

  it('refuses scrypt parameters that do not go together', async () => {
    // RFC 7914: N < 2^(16 r).
    const parsed = parsePbes2(fileOf({ kdf: scrypt(2 ** 17, 1, 1) }));
    expect(await rejectionCodeOf(decryptPbes2(parsed, secret))).toBe('key.invalid');
  });

  it('answers noise with key.invalid and nothing else', () => {
    const base = fc.constantFrom(encrypted, fileOf({}));
    const change = fc.tuple(fc.nat(), fc.nat(255), fc.constantFrom('set', 'drop', 'insert', 'cut'));
    fc.assert(
      fc.property(base, fc.array(change, { minLength: 1, maxLength: 4 }), (file, changes) => {
        const bytes = [...file];
        for (const [place, byte, how] of changes) {
          const at = place % Math.max(1, bytes.length);
          if (how === 'set') bytes[at] = byte;
          else if (how === 'drop') bytes.splice(at, 1);
          else if (how === 'insert') bytes.splice(at, 0, byte);
          else bytes.length = at;
        }
        expect([undefined, 'key.invalid']).toContain(codeOf(() => parsePbes2(Uint8Array.from(bytes))));
      }),
      { numRuns: 2_000 },
    );
    expect(() => parsePbes2(new Uint8Array())).toThrow(CountersignError);
  });
});
