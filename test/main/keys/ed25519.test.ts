import fc from 'fast-check';
import sodium from 'sodium-native';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../src/shared/encoding/hex.ts';
import type { CountersignError } from '../../../src/shared/errors.ts';
import {
  assertStrongPublicKey,
  generateSeed,
  publicKeyOf,
  SEED_BYTES,
  signDigest,
} from '../../../src/main/keys/ed25519.ts';
import { codeOf } from './helpers.ts';
import { vectorFile } from './vectors.ts';

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('keys and signatures', () => {
  it.each([
    [
      '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    ],
    [
      '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    ],
    [
      'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
      'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    ],
    [
      '833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42',
      'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf',
    ],
  ])('derives the public key of RFC 8032 from %s', (seed, publicKey) => {
    expect(publicKeyOf(fromHex(seed))).toBe(publicKey);
  });

  it('makes the key and the signature that libsodium makes', () => {
    fc.assert(
      fc.property(bytes32, bytes32, (seed, digest) => {
        const publicKey = Buffer.alloc(sodium.crypto_sign_PUBLICKEYBYTES);
        const secretKey = Buffer.alloc(sodium.crypto_sign_SECRETKEYBYTES);
        const signature = Buffer.alloc(sodium.crypto_sign_BYTES);
        sodium.crypto_sign_seed_keypair(publicKey, secretKey, Buffer.from(seed));
        sodium.crypto_sign_detached(signature, Buffer.from(digest), secretKey);
        expect(publicKeyOf(seed)).toBe(toHex(publicKey));
        expect(signDigest(digest, seed)).toBe(toHex(signature));
      }),
    );
  });

  it('generates seeds that differ', () => {
    const seeds = Array.from({ length: 20 }, () => generateSeed());
    expect(new Set(seeds.map(toHex)).size).toBe(seeds.length);
    expect(seeds.every((seed) => seed.length === SEED_BYTES)).toBe(true);
  });

  it.each([0, 31, 33, 64])('refuses to sign %i bytes', (length) => {
    expect(() => signDigest(new Uint8Array(length), generateSeed())).toThrow(/a digest has 32 bytes/);
  });

  it.each([0, 31, 33, 64])('refuses a seed of %i bytes', (length) => {
    expect(() => publicKeyOf(new Uint8Array(length))).toThrow(/a seed has 32 bytes/);
    expect(() => signDigest(new Uint8Array(32), new Uint8Array(length))).toThrow(/a seed has 32 bytes/);
  });
});

describe('assertStrongPublicKey', () => {
  it('accepts every honestly made key', () => {
    fc.assert(
      fc.property(bytes32, (seed) => {
        expect(() => assertStrongPublicKey(publicKeyOf(seed))).not.toThrow();
      }),
      { numRuns: 50 },
    );
  });

  const weakKeys = vectorFile.vectors.filter(({ name }) =>
    /^(A = |non-canonical A|A with torsion|A and R with torsion|A is not on the curve)/.test(name),
  );

  it('has weak keys of every kind to refuse', () => {
    expect(weakKeys.length).toBe(8 + 6 + 1 + 4 + 2 + 1);
  });

  it.each(weakKeys)('refuses the key of "$name"', ({ publicKey }) => {
    expect(codeOf(() => assertStrongPublicKey(publicKey))).toBe('key.weak');
  });

  it('says what is wrong with a key', () => {
    const problemOf = (name: string): string => {
      const found = vectorFile.vectors.find((vector) => vector.name.startsWith(name));
      try {
        assertStrongPublicKey(found!.publicKey);
      } catch (error) {
        return (error as CountersignError<'key.weak'>).data.problem;
      }
      return 'nothing';
    };
    expect(problemOf('A = 3 T')).toMatch(/small order/);
    expect(problemOf('A with torsion of order 2')).toMatch(/torsion/);
    expect(problemOf('non-canonical A: y = p + 1,')).toMatch(/canonical/);
    expect(problemOf('A is not on the curve')).toMatch(/on the curve/);
    expect(problemOf('honest signature')).toBe('nothing');
  });

  it.each(['', 'ab', 'ab'.repeat(31), 'ab'.repeat(33), 'AB'.repeat(32), 'zz'.repeat(32)])(
    'refuses %j, which is no key at all',
    (text) => {
      expect(codeOf(() => assertStrongPublicKey(text))).toBe('key.invalid');
    },
  );
});
