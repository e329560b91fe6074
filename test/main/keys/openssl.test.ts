import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../../../src/shared/encoding/hex.ts';
import { generateSeed, publicKeyOf } from '../../../src/main/keys/ed25519.ts';
import { readKeyFile, writeKeyFile } from '../../../src/main/keys/keyFile.ts';
import { exportKeyPem, importKeyPem } from '../../../src/main/keys/pkcs8.ts';
import { rejectionCodeOf } from './helpers.ts';
import { openssl, runOpenssl } from './openssl.ts';

const passphrase = 'pass phrase \u00fc';
let folder = '';
let plain = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-openssl-'));
  plain = await openssl(['genpkey', '-algorithm', 'ed25519']);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The 64 hex digits after `title` in the output of `openssl pkey -text`. */
function field(text: string, title: string): string {
  const block = new RegExp(`${title}:\\s*([0-9a-f:\\s]+)`).exec(text)?.[1] ?? '';
  return block.replace(/[^0-9a-f]/g, '').slice(0, 64);
}

describe('OpenSSL', () => {
  it('reads our key files', async () => {
    const seed = generateSeed();
    const path = join(folder, 'ours.pem');
    await writeKeyFile(path, await exportKeyPem(seed, passphrase));
    const text = await openssl(['pkey', '-in', path, '-passin', `pass:${passphrase}`, '-text', '-noout']);
    expect(field(text, 'priv')).toBe(toHex(seed));
    expect(field(text, 'pub')).toBe(publicKeyOf(seed));
    const wrong = await runOpenssl(['pkey', '-in', path, '-passin', 'pass:another one', '-noout']);
    expect(wrong.exitCode).not.toBe(0);
  });

  it.each([
    ['PBKDF2, as by default', ['-v2', 'aes-256-cbc']],
    ['PBKDF2 with many iterations', ['-v2', 'aes-256-cbc', '-iter', '200000']],
    ['PBKDF2 with SHA-512', ['-v2', 'aes-256-cbc', '-v2prf', 'hmacWithSHA512']],
    ['PBKDF2 with SHA-1', ['-v2', 'aes-192-cbc', '-v2prf', 'hmacWithSHA1']],
    ['PBKDF2 and AES-128', ['-v2', 'aes-128-cbc']],
    ['scrypt', ['-scrypt']],
    ['scrypt and AES-128', ['-scrypt', '-v2', 'aes-128-cbc']],
    ['scrypt with other parameters', ['-scrypt', '-scrypt_N', '1024', '-scrypt_r', '4', '-scrypt_p', '3']],
  ])('writes keys that we read: %s', async (_name, options) => {
    const pem = await openssl(['pkcs8', '-topk8', ...options, '-passout', `pass:${passphrase}`], plain);
    const path = join(folder, `${options.join('')}.pem`);
    await writeKeyFile(path, pem);
    const seed = await importKeyPem(await readKeyFile(path), passphrase);
    const text = await openssl(['pkey', '-text', '-noout'], plain);
    expect(toHex(seed)).toBe(field(text, 'priv'));
    expect(publicKeyOf(seed)).toBe(field(text, 'pub'));
    expect(await rejectionCodeOf(importKeyPem(pem, 'another one'))).toBe('key.wrongPassphrase');
  });

  it('writes keys that we read: encrypted as they are made', async () => {
    const pem = await openssl(['genpkey', '-algorithm', 'ed25519', '-aes256', '-pass', `pass:${passphrase}`]);
    expect((await importKeyPem(pem, passphrase)).length).toBe(32);
  });

  it('writes keys that we refuse to read: unencrypted, or with a cipher out of use', async () => {
    expect(await rejectionCodeOf(importKeyPem(plain, passphrase))).toBe('key.invalid');
    const pass = ['-passout', `pass:${passphrase}`];
    const tripleDes = await openssl(['pkcs8', '-topk8', '-v2', 'des3', ...pass], plain);
    await expect(importKeyPem(tripleDes, passphrase)).rejects.toThrow(/other than AES-CBC/);
  });

  it('encrypts a key as our hint says', async () => {
    const hint = await importKeyPem(plain, passphrase).catch((error: unknown) => String(error));
    const words = /openssl (pkcs8 [^"]*?) -in key\.pem -out encrypted\.pem/.exec(String(hint))?.[1];
    const pem = await openssl([...(words ?? '').split(' '), '-passout', `pass:${passphrase}`], plain);
    expect((await importKeyPem(pem, passphrase)).length).toBe(32);
  });
});
