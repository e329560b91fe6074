/** The keys of a data directory: an old key file that becomes a vault, files in and out, backups and what they mend. */
import { access, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeyStore } from '../../../../src/main/console/keys/keyStore.ts';
import type { ConsoleEvent } from '../../../../src/main/console/events.ts';
import { publicKeyOf } from '../../../../src/main/keys/ed25519.ts';
import { writeKeyFile } from '../../../../src/main/keys/keyFile.ts';
import { exportKeyPem, importKeyPem } from '../../../../src/main/keys/pkcs8.ts';
import type { OuterWrap } from '../../../../src/main/keys/vault/outerWrap.ts';
import { toHex } from '../../../../src/shared/encoding/hex.ts';
import { makeDirectory } from '../../../support/stores.ts';
import { rejectionCodeOf } from '../../keys/helpers.ts';
import { openssl } from '../../keys/openssl.ts';
import { CHEAP, PASSPHRASE, flipped, key, keychain } from '../../keys/vault/support.ts';

const OTHER = 'another good passphrase';
const THIRD = 'a third passphrase';
const mine = key(1, 'Ada');
let directory: Awaited<ReturnType<typeof makeDirectory>>;
let path: string;
let pemPath: string;
let events: ConsoleEvent[];

beforeEach(async () => {
  directory = await makeDirectory();
  path = join(directory.path, 'keys.vault');
  pemPath = join(directory.path, 'supervisor.pem');
  events = [];
});
afterEach(async () => await directory.remove());

async function open(outer: OuterWrap | null = null): Promise<KeyStore> {
  const store = await KeyStore.open({
    path,
    outer,
    now: () => Date.UTC(2026, 10, 28),
    log: (event) => events.push(event),
    policy: CHEAP,
  });
  await store.adopt(pemPath);
  return store;
}
const exists = async (file: string) =>
  await access(file).then(
    () => true,
    () => false,
  );

/** The public keys that a passphrase unlocks. */
async function unlocks(store: KeyStore, passphrase: string): Promise<readonly string[]> {
  const signers = await store.unlock(passphrase);
  for (const signer of signers) signer.dispose();
  return signers.map(({ publicKey }) => publicKey);
}

describe('the key file of an older version', () => {
  beforeEach(async () => await writeKeyFile(pemPath, await exportKeyPem(mine.seed, PASSPHRASE)));

  it('becomes a vault when it is first unlocked, and goes only then', async () => {
    const store = await open();
    expect(store.state).toBe('legacy');
    expect(store.keys).toMatchObject([{ publicKey: mine.publicKey }]);
    expect(await rejectionCodeOf(unlocks(store, 'a wrong passphrase'))).toBe('key.wrongPassphrase');
    expect([await exists(path), await exists(pemPath)]).toEqual([false, true]);
    expect(await unlocks(store, PASSPHRASE)).toEqual([mine.publicKey]);
    expect(store.state).toBe('ready');
    expect(await readdir(directory.path)).toEqual(['keys.vault']);
    expect(await unlocks(await open(), PASSPHRASE)).toEqual([mine.publicKey]);
    expect(events).toEqual([]);
  });

  it('opens also where no vault can be made, and stays', async () => {
    await mkdir(join(`${path}.new`, 'in the way'), { recursive: true });
    const store = await open();
    expect(await unlocks(store, PASSPHRASE)).toEqual([mine.publicKey]);
    expect([store.state, await exists(pemPath)]).toEqual(['legacy', true]);
    expect(events).toMatchObject([{ kind: 'failed', error: { code: 'file.unwritable' } }]);
  });

  it('that a crash left beside its vault goes at the next unlock; one of another key stays', async () => {
    await unlocks(await open(), PASSPHRASE);
    await writeKeyFile(pemPath, await exportKeyPem(mine.seed, PASSPHRASE));
    const store = await open();
    expect([store.state, await exists(pemPath)]).toEqual(['ready', true]);
    await unlocks(store, PASSPHRASE);
    expect(await exists(pemPath)).toBe(false);
    await writeKeyFile(pemPath, await exportKeyPem(key(2).seed, PASSPHRASE));
    await unlocks(await open(), PASSPHRASE);
    expect(await exists(pemPath)).toBe(true);
  });

  it('becomes a vault by whatever else needs its passphrase', async () => {
    const store = await open();
    await store.changePassphrase(PASSPHRASE, OTHER);
    expect(await exists(pemPath)).toBe(false);
    expect(await unlocks(await open(), OTHER)).toEqual([mine.publicKey]);
  });
});

describe('files of keys', () => {
  it('of OpenSSL come in, and what goes out OpenSSL reads', async () => {
    const plain = await openssl(['genpkey', '-algorithm', 'ed25519']);
    const theirs = await openssl(['pkcs8', '-topk8', '-passout', `pass:${OTHER}`], plain);
    const store = await open();
    expect(await rejectionCodeOf(store.importPem(plain, OTHER, 'x', PASSPHRASE))).toBe('key.invalid');
    const publicKey = await store.importPem(theirs, OTHER, 'From OpenSSL', PASSPHRASE);
    expect(store.keys).toMatchObject([{ publicKey, label: 'From OpenSSL', purpose: 'supervisor' }]);
    const { fileName, content } = await store.exportPem(publicKey, PASSPHRASE, THIRD);
    expect(fileName).toBe(`key-${publicKey.slice(0, 16)}.pem`);
    const seed = await importKeyPem(content, THIRD);
    expect(publicKeyOf(seed)).toBe(publicKey);
    expect(content).not.toContain(toHex(seed));
    const text = await openssl(['pkey', '-passin', `pass:${THIRD}`, '-text', '-noout'], content);
    expect(text.replace(/[^0-9a-f]/g, '')).toContain(publicKey);
    expect(await rejectionCodeOf(store.exportPem(key(9).publicKey, PASSPHRASE, OTHER))).toBe('key.unknown');
    expect(await rejectionCodeOf(store.importPem(theirs, OTHER, 'again', PASSPHRASE))).toBe(
      'vault.duplicateKey',
    );
  });
});

describe('backups', () => {
  it('are verified without changing anything, and every flipped bit in one is refused', async () => {
    const store = await open();
    await store.create(mine, PASSPHRASE);
    const { fileName, content } = await store.backup(PASSPHRASE, OTHER);
    expect(fileName).toBe('vault-2026-11-28.backup');
    const before = await readFile(path);
    expect(await store.verifyBackup(content, OTHER)).toMatchObject({
      complete: true,
      keys: [{ publicKey: mine.publicKey, label: 'Ada', place: 'both' }],
    });
    for (let bit = 0; bit < 8 * content.length; bit++) {
      expect(await rejectionCodeOf(store.verifyBackup(flipped(content, bit), OTHER))).toMatch(/^vault\./);
    }
    expect(await readFile(path)).toEqual(before);
  });

  it('are restored into an empty directory, and not over a vault that is in order', async () => {
    const store = await open();
    await store.create(mine, PASSPHRASE);
    const { content } = await store.backup(PASSPHRASE, OTHER);
    expect(await rejectionCodeOf(store.restore(content, OTHER))).toBe('vault.exists');
    await store.discard();
    const empty = await open();
    expect(empty.state).toBe('none');
    expect(await rejectionCodeOf(empty.restore(content, PASSPHRASE))).toBe('key.wrongPassphrase');
    await empty.restore(content, OTHER);
    expect(await unlocks(await open(), OTHER)).toEqual([mine.publicKey]);
  });

  it('mend a vault that is damaged, which is kept', async () => {
    const store = await open();
    await store.create(mine, PASSPHRASE);
    const { content } = await store.backup(PASSPHRASE, OTHER);
    const damaged = flipped(await readFile(path), 1_000);
    await writeFile(path, damaged);
    const broken = await open();
    expect(broken.state).toBe('unusable');
    expect(broken.failure?.code).toBe('vault.damaged');
    for (const use of [
      unlocks(broken, PASSPHRASE),
      broken.changePassphrase(PASSPHRASE, OTHER),
      broken.create(mine, PASSPHRASE),
    ]) {
      expect(await rejectionCodeOf(use)).toBe('vault.damaged');
    }
    expect(Uint8Array.from(await readFile(path))).toEqual(damaged);
    await broken.restore(content, OTHER);
    expect([broken.state, broken.failure]).toEqual(['ready', null]);
    expect(await unlocks(broken, OTHER)).toEqual([mine.publicKey]);
    const kept = (await readdir(directory.path)).find((name) => name.startsWith('keys.vault.before-'));
    expect(Uint8Array.from(await readFile(join(directory.path, kept ?? '')))).toEqual(damaged);
  });

  it('are the way out where the keychain has forgotten', async () => {
    const forgetful = keychain('gnome_libsecret');
    const store = await open(forgetful);
    await store.create(mine, PASSPHRASE);
    const { content } = await store.backup(PASSPHRASE, OTHER);
    await store.useKeychain(PASSPHRASE, true);
    const bound = await readFile(path);
    forgetful.lost = true;
    expect(await rejectionCodeOf(unlocks(store, PASSPHRASE))).toBe('vault.keychainFailed');
    expect(await readFile(path)).toEqual(bound);
    await store.restore(content, OTHER);
    expect(await unlocks(store, OTHER)).toEqual([mine.publicKey]);
  });

  it('of a newer version are left alone, and the file is named', async () => {
    const store = await open();
    await store.create(mine, PASSPHRASE);
    const newer = Uint8Array.from(await readFile(path));
    newer.set([0, 2], 'CSVAULT0'.length);
    await writeFile(path, newer);
    const older = await open();
    expect(older.failure).toMatchObject({
      code: 'storage.newerSchema',
      data: { path, found: 2, known: 1 },
    });
    expect(await rejectionCodeOf(older.create(mine, PASSPHRASE))).toBe('storage.newerSchema');
    expect(Uint8Array.from(await readFile(path))).toEqual(newer);
  });

  it('are the way out where the keychain has changed', async () => {
    const store = await open(keychain('gnome_libsecret'));
    await store.create(mine, PASSPHRASE);
    const { content } = await store.backup(PASSPHRASE, OTHER);
    await store.useKeychain(PASSPHRASE, true);
    expect(store.keychains).toEqual({ available: 'gnome_libsecret', used: 'gnome_libsecret' });
    const bound = await readFile(path);
    const changed = await open(keychain('kwallet6'));
    expect(await rejectionCodeOf(unlocks(changed, PASSPHRASE))).toBe('vault.keychainChanged');
    expect(await readFile(path)).toEqual(bound);
    await changed.restore(content, OTHER);
    expect(changed.keychains).toEqual({ available: 'kwallet6', used: null });
    expect(await unlocks(changed, OTHER)).toEqual([mine.publicKey]);
  });
});
