import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generateSeed, publicKeyOf } from '../../../src/main/keys/ed25519.ts';
import { exportKeyPem } from '../../../src/main/keys/pkcs8.ts';
import { STATE_LOST_FILE, lostKeys } from '../../../src/main/replica/lostState.ts';
import {
  OWN_KEYS_MAX,
  countKeys,
  guardPath,
  nextKeyNumber,
  numberedPath,
  openOwnKeys,
} from '../../../src/main/replica/ownKeys.ts';
import { LEDGER_FILE } from '../../../src/main/storage/openLedgerStore.ts';
import { rejected } from '../../support/errors.ts';
import { makeDirectory } from '../../support/stores.ts';

const PASSPHRASE = 'correct horse battery staple';

let directory: string;
let remove: () => Promise<void>;
let first: string;
beforeEach(async () => {
  ({ path: directory, remove } = await makeDirectory());
  first = join(directory, 'replica.pem');
});
afterEach(async () => await remove());

async function addKey(number: number): Promise<string> {
  const seed = generateSeed();
  await writeFile(numberedPath(first, number), await exportKeyPem(seed, PASSPHRASE), { mode: 0o600 });
  return publicKeyOf(seed);
}

describe('the keys of a replica', () => {
  it('are numbered', () => {
    expect(numberedPath('/a.b/replica.pem', 1)).toBe('/a.b/replica.pem');
    expect(numberedPath('/a.b/replica.pem', 12)).toBe('/a.b/replica-12.pem');
    expect(numberedPath('/a.b/key', 2)).toBe('/a.b/key-2');
    expect(guardPath('/a', 1)).toBe(join('/a', 'signed.log'));
    expect(guardPath('/a', 3)).toBe(join('/a', 'signed-3.log'));
  });

  it('are opened: the last two, oldest first, and locked for this process', async () => {
    const keys = [await addKey(1), await addKey(2), await addKey(3)];
    expect(await countKeys(first)).toBe(3);
    expect(await nextKeyNumber(first)).toBe(4);
    const opened = await openOwnKeys(first, PASSPHRASE);
    expect(opened.map(({ number, key }) => [number, key.publicKey])).toEqual([
      [2, keys[1]],
      [3, keys[2]],
    ]);
    expect((await rejected(openOwnKeys(first, PASSPHRASE))).code).toBe('key.inUse');
    // Somebody who is on the way out lets them go.
    const waiting = openOwnKeys(first, PASSPHRASE);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    for (const { release } of opened) await release();
    for (const { release } of await waiting) await release();
    for (const { release } of await openOwnKeys(first, PASSPHRASE)) await release();
  });

  it('are none of them open where one cannot be opened', async () => {
    await addKey(1);
    const second = await addKey(2);
    const pem = await readFile(numberedPath(first, 2));
    await writeFile(numberedPath(first, 2), 'no key');
    expect((await rejected(openOwnKeys(first, PASSPHRASE))).code).toBe('key.invalid');
    await writeFile(numberedPath(first, 2), pem);
    const opened = await openOwnKeys(first, PASSPHRASE);
    expect(opened.at(-1)?.key.publicKey).toBe(second);
    for (const { release } of opened) await release();
  });

  it('must be there, and are not too many', async () => {
    expect(await countKeys(first)).toBe(0);
    expect((await rejected(openOwnKeys(first, PASSPHRASE))).code).toBe('file.notFound');
    for (let number = 1; number <= OWN_KEYS_MAX; number++) await writeFile(numberedPath(first, number), '');
    expect(await rejected(nextKeyNumber(first))).toMatchObject({ code: 'key.tooMany', data: { max: 100 } });
  });
});

describe('a ledger that was lost', () => {
  const [old, present] = ['0a'.repeat(32), '0b'.repeat(32)];

  it('keeps the keys of that time from signing, for good; a key made afterwards may sign', async () => {
    await writeFile(join(directory, LEDGER_FILE), '');
    expect(await lostKeys(directory, [old])).toEqual(new Set());
    await rm(join(directory, LEDGER_FILE));
    expect(await lostKeys(directory, [old])).toEqual(new Set([old]));
    expect(await readFile(join(directory, STATE_LOST_FILE), 'utf8')).toContain(old);
    // A new ledger has been made in its place.
    await writeFile(join(directory, LEDGER_FILE), '');
    const later = await lostKeys(directory, [old, present]);
    expect([later.has(old), later.has(present)]).toEqual([true, false]);
    // Lost again, with the new key.
    await rm(join(directory, LEDGER_FILE));
    expect(await lostKeys(directory, [present])).toEqual(new Set([old, present]));
  });
});
