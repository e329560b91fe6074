import { describe, expect, it } from 'vitest';
import { checkCost, deriveSecrets, VAULT_COST, VAULT_POLICY } from '../../../../src/main/keys/vault/cost.ts';
import { codeOf } from '../helpers.ts';

describe('the cost of a vault', () => {
  it.each([
    [{ N: 2 ** 17, r: 8, p: 1 }, undefined],
    [{ N: 2 ** 18, r: 8, p: 2 }, undefined],
    [{ N: 2 ** 17, r: 16, p: 4 }, undefined],
    [{ N: 2 ** 16, r: 8, p: 8 }, 'vault.weakParameters'],
    [{ N: 2 ** 17, r: 7, p: 1 }, 'vault.weakParameters'],
    [{ N: 2 ** 17, r: 8, p: 0 }, 'vault.weakParameters'],
    [{ N: 2 ** 19, r: 8, p: 1 }, 'vault.costlyParameters'],
    [{ N: 2 ** 17, r: 8, p: 16 }, 'vault.costlyParameters'],
    [{ N: 200_000, r: 8, p: 1 }, 'vault.costlyParameters'],
  ])('%j: %s', (cost, code) => {
    expect(codeOf(() => checkCost(cost, VAULT_POLICY))).toBe(code);
  });

  it('gives a key and a check that say nothing of one another, and differ with passphrase, salt and cost', async () => {
    const cost = { N: 4, r: 1, p: 1 };
    const salt = new Uint8Array(32);
    const first = await deriveSecrets(Buffer.from('a'), salt, cost);
    const others = await Promise.all([
      deriveSecrets(Buffer.from('b'), salt, cost),
      deriveSecrets(Buffer.from('a'), new Uint8Array(32).fill(1), cost),
      deriveSecrets(Buffer.from('a'), salt, { ...cost, N: 8 }),
    ]);
    const all = [first, ...others].flatMap(({ encryptionKey, check }) => [encryptionKey, check]);
    expect(new Set(all.map((bytes) => bytes.toString('hex'))).size).toBe(8);
    expect(await deriveSecrets(Buffer.from('a'), salt, cost)).toEqual(first);
    expect(VAULT_COST.N * VAULT_COST.r * 128).toBe(128 * 1024 * 1024);
  });
});
