import { inspect } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { toHex } from '../../../src/shared/encoding/hex.ts';
import { generateSeed, publicKeyOf } from '../../../src/main/keys/ed25519.ts';
import { createSigner } from '../../../src/main/keys/signer.ts';
import { verifySync } from '../../../src/main/keys/verifier.ts';
import { codeOf } from './helpers.ts';

const digest = new Uint8Array(32).fill(7);

describe('signer', () => {
  it('signs what its public key verifies', () => {
    const seed = generateSeed();
    const signer = createSigner(seed);
    expect(signer.publicKey).toBe(publicKeyOf(seed));
    expect(verifySync({ signature: signer.sign(digest), digest, publicKey: signer.publicKey })).toBe(true);
  });

  it('keeps a copy: the caller may erase its seed', () => {
    const seed = generateSeed();
    const signer = createSigner(seed);
    const before = signer.sign(digest);
    seed.fill(0);
    expect(signer.sign(digest)).toBe(before);
  });

  it('is locked once it is disposed of, and still knows its public key', () => {
    const seed = generateSeed();
    const signer = createSigner(seed);
    signer.dispose();
    signer.dispose();
    expect(codeOf(() => signer.sign(digest))).toBe('key.locked');
    expect(signer.publicKey).toBe(publicKeyOf(seed));
    expect(seed.some((byte) => byte !== 0)).toBe(true);
  });

  it('erases its copy of the private key when it is disposed of', () => {
    const copying = vi.spyOn(Uint8Array, 'from');
    const seed = generateSeed();
    const signer = createSigner(seed);
    const copies = copying.mock.results.map((result) => result.value as Uint8Array);
    copying.mockRestore();
    const hasSeed = (): boolean => copies.some((copy) => toHex(copy) === toHex(seed));
    expect(hasSeed()).toBe(true);
    signer.dispose();
    expect(hasSeed()).toBe(false);
  });

  it('shows its private key to nobody', () => {
    const seed = generateSeed();
    const signer = createSigner(seed);
    const shown = [
      inspect(signer, { showHidden: true, depth: Infinity, getters: true }),
      JSON.stringify(signer),
      JSON.stringify(Object.getOwnPropertyDescriptors(signer)),
      Object.prototype.toString.call(signer),
      inspect(structuredClone({ ...signer, sign: undefined }), { showHidden: true, depth: Infinity }),
    ].join('\n');
    expect(shown).toContain(signer.publicKey);
    const secrets = [toHex(seed), Buffer.from(seed).toString('base64'), seed.join(','), seed.join(', ')];
    for (const secret of secrets) expect(shown).not.toContain(secret);
    expect(Reflect.ownKeys(signer)).toEqual(['publicKey']);
  });
});
