import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { toHex } from '../../../src/shared/encoding/hex.ts';
import { CountersignError } from '../../../src/shared/errors.ts';
import { generateSeed, publicKeyOf } from '../../../src/main/keys/ed25519.ts';
import { exportKeyPem, importKeyPem, MAX_PEM_CHARS } from '../../../src/main/keys/pkcs8.ts';
import { rejectionCodeOf } from './helpers.ts';

const passphrase = 'correct horse battery';
const seed = generateSeed();
let pem = '';

beforeAll(async () => {
  pem = await exportKeyPem(seed, passphrase);
});

async function problemOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof CountersignError && error.code === 'key.invalid') {
    return (error as CountersignError<'key.invalid'>).data.problem;
  }
  throw new Error('expected key.invalid', { cause: error });
}

/** The PEM block without the text in front: as another program would write it. */
function bare(text: string): string {
  return text.slice(text.indexOf('-----BEGIN'));
}

describe('encrypted PKCS#8', () => {
  it('reads what it writes', async () => {
    const text = fc.string({ unit: 'grapheme', minLength: 8, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 32, maxLength: 32 }), text, async (key, words) => {
        const written = await exportKeyPem(key, `${words}12345678`);
        expect(await importKeyPem(written, `${words}12345678`)).toEqual(key);
        expect(written).toContain(`Public key: ${publicKeyOf(key)}\n`);
      }),
      { numRuns: 5 },
    );
  });

  it('writes no secret in the clear, and never the same file twice', async () => {
    const body = pem.replace(/\s/g, '');
    for (const secret of [toHex(seed), Buffer.from(seed).toString('base64').slice(0, 40)]) {
      expect(body).not.toContain(secret);
    }
    expect(await exportKeyPem(seed, passphrase)).not.toBe(pem);
  });

  it('reads its block without the text in front, and with the line ends of Windows', async () => {
    expect(await importKeyPem(bare(pem), passphrase)).toEqual(seed);
    expect(await importKeyPem(pem.replaceAll('\n', '\r\n'), passphrase)).toEqual(seed);
    expect(await importKeyPem(`some text\n${pem}some more`, passphrase)).toEqual(seed);
  });

  it('tells a wrong passphrase', async () => {
    for (const wrong of ['', 'Correct horse battery', `${passphrase} `, 'x'.repeat(5_000)]) {
      expect(await rejectionCodeOf(importKeyPem(pem, wrong))).toBe('key.wrongPassphrase');
    }
  });

  it('takes a passphrase in any Unicode form', async () => {
    const written = await exportKeyPem(seed, 'caf\u00e9-m\u00fcnchen');
    expect(await importKeyPem(written, 'cafe\u0301-mu\u0308nchen')).toEqual(seed);
  });

  it.each(['', '1234567', 'e\u0301'.repeat(7), '\u{1f511}'.repeat(7)])(
    'refuses %j as too short for a new key',
    async (short) => {
      expect(await rejectionCodeOf(exportKeyPem(seed, short))).toBe('key.passphraseTooShort');
    },
  );

  it('refuses a passphrase that OpenSSL could not take', async () => {
    expect(await problemOf(exportKeyPem(seed, '\u00e9'.repeat(513)))).toContain('1024 bytes');
  });

  it('finds every damage of one character in its block, and asks for no passphrase', async () => {
    const from = pem.indexOf('-----BEGIN') + '-----BEGIN ENCRYPTED PRIVATE KEY-----\n'.length;
    const to = pem.indexOf('-----END') - 1;
    const wrong = [];
    for (let at = from; at < to; at++) {
      for (const other of ['A', '7', '=', '\n', '!']) {
        if (pem[at] === other || (/\s/.test(pem[at]!) && /\s/.test(other))) continue;
        const damaged = pem.slice(0, at) + other + pem.slice(at + 1);
        const code = await rejectionCodeOf(importKeyPem(damaged, passphrase));
        if (code !== 'key.invalid') wrong.push({ at, other, code });
      }
    }
    expect(wrong).toEqual([]);
  });

  it('never gives another key than the one that was written, whichever bit is flipped', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(pem.length - 1), fc.nat(6), async (at, bit) => {
        const flipped = String.fromCharCode(pem.charCodeAt(at) ^ (1 << bit));
        const damaged = pem.slice(0, at) + flipped + pem.slice(at + 1);
        const outcome = await importKeyPem(damaged, passphrase).catch((error: unknown) => error);
        if (outcome instanceof Uint8Array) expect(outcome).toEqual(seed);
        else expect(outcome).toMatchObject({ code: 'key.invalid' });
      }),
      { numRuns: 60 },
    );
  });

  it('finds a public key that belongs to another private key', async () => {
    const other = pem.replace(/Public key: .*/, `Public key: ${publicKeyOf(generateSeed())}`);
    expect(await problemOf(importKeyPem(other, passphrase))).toContain('belongs to another key');
  });

  it.each([
    ['nothing', '', 'holds no complete'],
    ['half a file', '-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIGb', 'holds no complete'],
    [
      'an empty block',
      '-----BEGIN ENCRYPTED PRIVATE KEY-----\n-----END ENCRYPTED PRIVATE KEY-----',
      'damaged',
    ],
    ['a key of OpenSSH', '-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl', 'OpenSSH'],
    ['a huge file', 'x'.repeat(MAX_PEM_CHARS + 1), 'characters'],
  ])('refuses %s', async (_what, text, problem) => {
    expect(await problemOf(importKeyPem(text, passphrase))).toContain(problem);
  });

  it('refuses a key that is not encrypted, and says how to encrypt it', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const plain = privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
    expect(await problemOf(importKeyPem(plain, passphrase))).toMatch(/not encrypted.*openssl pkcs8 -topk8/);
  });

  it('refuses a key of another kind', async () => {
    for (const { privateKey } of [
      generateKeyPairSync('x25519'),
      generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    ]) {
      const encrypted = privateKey.export({
        format: 'pem',
        type: 'pkcs8',
        cipher: 'aes-256-cbc',
        passphrase,
      });
      expect(await problemOf(importKeyPem(encrypted as string, passphrase))).toContain('not an ed25519 key');
    }
  });

  it('reads what node:crypto writes, and node:crypto reads what it writes', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    for (const cipher of ['aes-128-cbc', 'aes-192-cbc', 'aes-256-cbc']) {
      const written = privateKey.export({ format: 'pem', type: 'pkcs8', cipher, passphrase }) as string;
      const read = await importKeyPem(written, passphrase);
      expect(Buffer.from(read).toString('base64url')).toBe(privateKey.export({ format: 'jwk' }).d);
      expect(await rejectionCodeOf(importKeyPem(written, 'another one'))).toBe('key.wrongPassphrase');
    }
    const ours = createPrivateKey({ key: pem, passphrase }).export({ format: 'jwk' });
    expect(ours.d).toBe(Buffer.from(seed).toString('base64url'));
  });
});
