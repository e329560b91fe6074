/** Everything that can be wrong with a vault, each with an error of its own, before and after the passphrase. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VAULT_COST, VAULT_POLICY, type CostPolicy } from '../../../../src/main/keys/vault/cost.ts';
import {
  associatedBytes,
  joinVault,
  splitVault,
  VAULT_BYTES_MAX,
} from '../../../../src/main/keys/vault/format.ts';
import { openVault, readVault, sealVault } from '../../../../src/main/keys/vault/seal.ts';
import { toHex } from '../../../../src/shared/encoding/hex.ts';
import { codeOf, rejectionCodeOf } from '../helpers.ts';
import { CHEAP, PASSPHRASE, flipped, key, keychain, withChecksum } from './support.ts';

const keys = [key(1, 'Ada'), key(2, '密钥')];
const seal = async (policy: CostPolicy = CHEAP, passphrase = PASSPHRASE) =>
  await sealVault(keys, passphrase, { nowMs: 5, outer: null, policy });
const open = async (file: Uint8Array, passphrase = PASSPHRASE, policy = CHEAP) =>
  await openVault(file, passphrase, { outer: null, policy });
const file = await seal();

/** The vault with another header around the same secret part. */
function withHeader(change: object): Uint8Array {
  const { header, secret } = splitVault(file, CHEAP);
  return joinVault(associatedBytes({ ...header, ...change }), secret);
}

describe('a sealed vault', () => {
  it('gives back its keys, and shows their public part to anybody', async () => {
    expect(await open(file)).toEqual(keys);
    const header = readVault(file, CHEAP);
    expect(header.keys).toEqual(keys.map(({ seed: _seed, ...shown }) => shown));
    expect(header).toMatchObject({ sealedAtMs: 5, N: 4, keychain: null });
    for (const { seed } of keys) expect(toHex(file)).not.toContain(toHex(seed));
  });

  it('costs what the program says: N = 2^17, r = 8, off the main thread', { timeout: 60_000 }, async () => {
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 5);
    const real = await seal(VAULT_POLICY);
    const opened = await openVault(real, PASSPHRASE, { outer: null });
    clearInterval(timer);
    expect(opened).toEqual(keys);
    expect(readVault(real)).toMatchObject({ ...VAULT_COST });
    expect(VAULT_COST.N).toBeGreaterThanOrEqual(2 ** 17);
    expect(ticks).toBeGreaterThan(10);
  });

  it('is different each time, with the same keys and the same passphrase', async () => {
    const [first, second] = await Promise.all([seal(), seal()]);
    const left = splitVault(first, CHEAP);
    const right = splitVault(second, CHEAP);
    for (const part of ['salt', 'nonce', 'check'] as const) {
      expect(left.header[part]).not.toEqual(right.header[part]);
    }
    expect(left.secret).not.toEqual(right.secret);
  });

  it('takes a passphrase in whichever form of Unicode it is typed, and none that is too short', async () => {
    const composed = await seal(CHEAP, 'caf\u00e9 au lait');
    expect(await open(composed, 'cafe\u0301 au lait')).toEqual(keys);
    expect(await rejectionCodeOf(seal(CHEAP, 'short'))).toBe('key.passphraseTooShort');
    expect(await rejectionCodeOf(open(file, 'x'.repeat(2_000)))).toBe('key.wrongPassphrase');
  });
});

describe('SECURITY 9: each fault has an error of its own', () => {
  it('a wrong passphrase', async () => {
    expect(await rejectionCodeOf(open(file, 'another passphrase'))).toBe('key.wrongPassphrase');
    expect(await rejectionCodeOf(open(file, ''))).toBe('key.wrongPassphrase');
  });

  it('a flipped bit', async () => {
    expect(await rejectionCodeOf(open(flipped(file, 8 * (file.length - 60))))).toBe('vault.damaged');
  });

  it('an altered secret part whose checksum was made to match: the passphrase is known to be right', async () => {
    const altered = withChecksum(flipped(file, 8 * (file.length - 60)));
    expect(await rejectionCodeOf(open(altered))).toBe('vault.tampered');
    expect(await rejectionCodeOf(open(altered, 'another passphrase'))).toBe('key.wrongPassphrase');
  });

  it('an altered label or public key', async () => {
    const { header } = splitVault(file, CHEAP);
    const [first, second] = header.keys;
    for (const changed of [
      [{ ...first!, label: 'Eve' }, second!],
      [second!, first!],
      [first!, { ...second!, publicKey: key(9).publicKey }],
      [first!, { ...second!, purpose: 'replica' }],
    ]) {
      expect(await rejectionCodeOf(open(withHeader({ keys: changed })))).toBe('vault.tampered');
    }
    expect(await rejectionCodeOf(open(withHeader({ keys: [first!] })))).toBe('vault.damaged');
    expect(await rejectionCodeOf(open(withHeader({ keys: [first!, first!] })))).toBe('vault.damaged');
  });

  it('parameters below the floor, and above the ceiling, before any work is done', async () => {
    for (const weak of [{ N: 2 ** 16 }, { r: 4 }, { p: 0 }, { N: 0 }]) {
      const cheap = withHeader({ ...VAULT_COST, ...weak });
      expect(
        codeOf(() => readVault(cheap)),
        JSON.stringify(weak),
      ).toBe('vault.weakParameters');
      expect(await rejectionCodeOf(openVault(cheap, PASSPHRASE, { outer: null }))).toBe(
        'vault.weakParameters',
      );
    }
    for (const costly of [
      { N: 2 ** 20 },
      { r: 2 ** 30 },
      { p: 2 ** 20 },
      { N: 2 ** 17 + 1 },
      { N: 2 ** 52 },
    ]) {
      const dear = withHeader({ ...VAULT_COST, ...costly });
      const startedMs = performance.now();
      expect(
        await rejectionCodeOf(openVault(dear, PASSPHRASE, { outer: null })),
        JSON.stringify(costly),
      ).toBe('vault.costlyParameters');
      expect(performance.now() - startedMs).toBeLessThan(100);
    }
    // Lowered within what is allowed: another key is derived, which is not the vault's.
    const lower: CostPolicy = { write: { N: 16, r: 1, p: 1 }, floor: CHEAP.floor };
    const higher = await sealVault(keys, PASSPHRASE, { nowMs: 5, outer: null, policy: lower });
    const { header, secret } = splitVault(higher, CHEAP);
    const lowered = joinVault(associatedBytes({ ...header, N: 8 }), secret);
    expect(await rejectionCodeOf(open(lowered))).toBe('key.wrongPassphrase');
  });

  it('a file that is cut short, anywhere', () => {
    for (let length = 0; length < file.length; length++) {
      expect(
        codeOf(() => readVault(file.subarray(0, length), CHEAP)),
        String(length),
      ).toBe('vault.truncated');
    }
  });

  it('a file with something after its end, and one that is too large', () => {
    expect(codeOf(() => readVault(Buffer.concat([file, Buffer.of(0)]), CHEAP))).toBe('vault.damaged');
    expect(codeOf(() => readVault(Buffer.concat([file, Buffer.alloc(VAULT_BYTES_MAX)]), CHEAP))).toBe(
      'vault.damaged',
    );
  });

  it('a foreign file', () => {
    for (const text of [
      '-----BEGIN ENCRYPTED PRIVATE KEY-----',
      '{}',
      'CSVAULTS',
      'x',
      '\u0000'.repeat(500),
    ]) {
      expect(
        codeOf(() => readVault(Buffer.from(text), CHEAP)),
        text,
      ).toBe('vault.foreign');
    }
  });

  it('a newer version, of which nothing else is read', () => {
    const newer = Uint8Array.from(file.subarray(0, 20));
    newer.set([0, 2], 8);
    newer.fill(0xff, 10);
    expect(codeOf(() => readVault(newer, CHEAP))).toBe('vault.newerVersion');
    newer.set([0, 0], 8);
    expect(codeOf(() => readVault(newer, CHEAP))).toBe('vault.damaged');
  });

  it('a keychain that is missing, another one, or one that has forgotten', async () => {
    const gnome = keychain('gnome_libsecret');
    const bound = await sealVault(keys, PASSPHRASE, { nowMs: 5, outer: gnome, policy: CHEAP });
    expect(await openVault(bound, PASSPHRASE, { outer: gnome, policy: CHEAP })).toEqual(keys);
    expect(readVault(bound, CHEAP).keychain).toBe('gnome_libsecret');
    expect(await rejectionCodeOf(open(bound))).toBe('vault.keychainMissing');
    expect(
      await rejectionCodeOf(openVault(bound, PASSPHRASE, { outer: keychain('kwallet'), policy: CHEAP })),
    ).toBe('vault.keychainChanged');
    gnome.lost = true;
    expect(await rejectionCodeOf(openVault(bound, PASSPHRASE, { outer: gnome, policy: CHEAP }))).toBe(
      'vault.keychainFailed',
    );
  });
});

describe('every flipped bit', () => {
  const allowed = [
    'key.wrongPassphrase',
    'vault.costlyParameters',
    'vault.damaged',
    'vault.foreign',
    'vault.keychainChanged',
    'vault.keychainMissing',
    'vault.newerVersion',
    'vault.tampered',
    'vault.truncated',
    'vault.weakParameters',
  ];

  it('anywhere in a vault is refused, whether or not its checksum was made to match', async () => {
    for (let bit = 0; bit < 8 * file.length; bit++) {
      const changed = flipped(file, bit);
      expect(allowed).toContain(await rejectionCodeOf(open(changed)));
      // In the checksum itself, the second one mends what the first one broke.
      if (bit < 8 * (file.length - 32)) {
        expect(allowed).toContain(await rejectionCodeOf(open(withChecksum(changed))));
      }
    }
  });

  it('and every other change of some bytes, of any vault', async () => {
    const anyKeys = fc.uniqueArray(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(
        anyKeys,
        fc
          .string({ minLength: 8, maxLength: 30, unit: 'grapheme' })
          .filter((text) => Array.from(text.normalize()).length >= 8),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        async (numbers, passphrase, changes, mend) => {
          const made = numbers.map((number) => key(number));
          const whole = await sealVault(made, passphrase, { nowMs: 5, outer: null, policy: CHEAP });
          expect(await open(whole, passphrase)).toEqual(made);
          const changed = Uint8Array.from(whole);
          for (const [at, bits] of changes) changed[at % changed.length]! ^= bits;
          const given = mend ? withChecksum(changed) : changed;
          if (Buffer.from(given).equals(Buffer.from(whole))) return;
          expect(allowed).toContain(await rejectionCodeOf(open(given, passphrase)));
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('the decoder under anything', () => {
  it('answers with an error of the vault, in little time and memory', () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.uint8Array({ maxLength: 400 }).map((tail) => Buffer.concat([file.subarray(0, 14), tail])),
      fc
        .uint8Array({ maxLength: 400 })
        .map((tail) => withChecksum(Buffer.concat([file.subarray(0, 40), tail]))),
      fc.tuple(fc.nat(0xffffffff), fc.nat(0xffff)).map(([length, at]) => {
        const copy = Buffer.from(file);
        copy.writeUInt32BE(length, at % (copy.length - 4));
        return copy;
      }),
    );
    const before = process.memoryUsage().arrayBuffers;
    const startedMs = performance.now();
    fc.assert(
      fc.property(anything, (bytes) => {
        const code = codeOf(() => readVault(bytes));
        if (code !== undefined) expect(code).toMatch(/^vault\./);
      }),
      { numRuns: 5_000 },
    );
    expect(performance.now() - startedMs).toBeLessThan(60_000);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
  });
});
