import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeDirectory } from '../../support/stores.ts';
import { rejected, caught } from '../../support/errors.ts';
import { Keyring, requireKeyring } from '../../../src/main/console/keyring.ts';
import { KeyStore } from '../../../src/main/console/keys/keyStore.ts';
import { publicKeyOf } from '../../../src/main/keys/ed25519.ts';
import { exportKeyPem } from '../../../src/main/keys/pkcs8.ts';
import { verifySync } from '../../../src/main/keys/verifier.ts';
import type { KeyView } from '../../../src/shared/contract/model.ts';
import { CHEAP } from '../keys/vault/support.ts';
import { PASSPHRASE } from './support.ts';

const seed = new Uint8Array(32).fill(7);
const publicKey = publicKeyOf(seed);
const digest = new Uint8Array(32).fill(1);

let directory: Awaited<ReturnType<typeof makeDirectory>>;
let path: string;
let keyring: Keyring;
let views: (KeyView | null)[];
let keys: KeyStore;
let forMs: number;
let nowMs: number;
let revokedHeight: number | null;

async function open(unlockedForMs: number): Promise<void> {
  views = [];
  revokedHeight = null;
  nowMs = 1_000;
  forMs = unlockedForMs;
  keys = await KeyStore.open({
    path,
    outer: null,
    now: () => nowMs,
    log: () => undefined,
    policy: CHEAP,
  });
  if (keys.state === 'none') await keys.create({ seed, label: 'Mine', purpose: 'supervisor' }, PASSPHRASE);
  keyring = new Keyring({
    keys,
    standing: (key) => (key === publicKey ? { name: 'Ada', revokedHeight } : undefined),
    unlockedForMs: () => forMs,
    now: () => nowMs,
    onChange: (view) => views.push(view),
  });
}

beforeEach(async () => {
  directory = await makeDirectory();
  path = join(directory.path, 'keys.vault');
});

afterEach(async () => {
  await keyring.close();
  await directory.remove();
});

describe('keyring', () => {
  it('is locked until it is unlocked, and locks at once when told to', async () => {
    await open(60_000);
    const locked = {
      publicKey,
      name: 'Ada',
      registered: true,
      revokedHeight: null,
      unlocked: false,
      unlockedUntilMs: null,
    };
    expect(keyring.view()).toEqual(locked);
    expect(caught(() => keyring.sign(digest)).code).toBe('key.locked');
    await keyring.unlock(PASSPHRASE);
    expect(keyring.view()).toEqual({ ...locked, unlocked: true, unlockedUntilMs: 61_000 });
    expect(verifySync({ signature: keyring.sign(digest), digest, publicKey })).toBe(true);
    expect(inspect(keyring, { depth: 10, showHidden: true })).not.toContain(PASSPHRASE);
    keyring.lock();
    keyring.lock();
    expect(caught(() => keyring.requireUnlocked()).code).toBe('key.locked');
    expect(views.map((view) => view?.unlocked)).toEqual([true, false]);
  });

  it('locks by itself', async () => {
    await open(1);
    await keyring.unlock(PASSPHRASE);
    while (keyring.view()?.unlocked) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(views.at(-1)?.unlocked).toBe(false);
    expect(caught(() => keyring.sign(digest)).code).toBe('key.locked');
  });

  it('is locked after its time on a machine that slept, whose timers have not run', async () => {
    await open(60_000);
    await keyring.unlock(PASSPHRASE);
    nowMs = 60_999;
    keyring.requireUnlocked();
    nowMs = 61_000;
    expect(caught(() => keyring.sign(digest)).code).toBe('key.locked');
    expect(views.at(-1)?.unlocked).toBe(false);
  });

  it('stays as it was after a wrong passphrase', async () => {
    await open(60_000);
    expect((await rejected(keyring.unlock('wrong'))).code).toBe('key.wrongPassphrase');
    expect(keyring.view()?.unlocked).toBe(false);
    await keyring.unlock(PASSPHRASE);
    expect((await rejected(keyring.unlock('wrong'))).code).toBe('key.wrongPassphrase');
    expect(keyring.view()?.unlocked).toBe(true);
  });

  it('locks sooner where the time is made shorter, and no later where it is made longer', async () => {
    await open(60_000);
    await keyring.unlock(PASSPHRASE);
    forMs = 600_000;
    keyring.shorten();
    expect(keyring.view()?.unlockedUntilMs).toBe(61_000);
    forMs = 10_000;
    keyring.shorten();
    expect(keyring.view()?.unlockedUntilMs).toBe(11_000);
    nowMs = 11_000;
    expect(keyring.isUnlocked).toBe(false);
  });

  it('signs with a registered key rather than with the first, and tells of keys that come', async () => {
    const other = new Uint8Array(32).fill(9);
    await open(60_000);
    await keys.discard();
    expect(keyring.view()).toBeNull();
    expect(caught(() => requireKeyring(keyring)).code).toBe('key.absent');
    await keys.create({ seed: other, label: 'Other', purpose: 'supervisor' }, PASSPHRASE);
    expect(keyring.view()).toMatchObject({ publicKey: publicKeyOf(other), name: 'Other', registered: false });
    await keyring.unlock(PASSPHRASE);
    const pem = await exportKeyPem(seed, PASSPHRASE);
    await keys.importPem(pem, PASSPHRASE, 'Mine', PASSPHRASE);
    // It is not unlocked: only the other one was.
    expect(keyring.view()).toMatchObject({ publicKey, name: 'Ada', registered: true, unlocked: false });
    await keyring.unlock(PASSPHRASE);
    expect(verifySync({ signature: keyring.sign(digest), digest, publicKey })).toBe(true);
  });

  it('tells of a key that the registry has revoked, and locks where another one signs from then on', async () => {
    await open(60_000);
    await keyring.unlock(PASSPHRASE);
    revokedHeight = 7;
    keyring.registryChanged();
    expect(views.at(-1)).toMatchObject({ publicKey, registered: false, revokedHeight: 7, unlocked: true });
    await keys.makeKey('Next', PASSPHRASE);
    // Neither is registered: the first one stays, and stays unlocked.
    expect(views.at(-1)).toMatchObject({ publicKey, unlocked: true });
  });

  it('never opens once it is closed', async () => {
    await open(60_000);
    const unlocking = keyring.unlock(PASSPHRASE);
    const closing = keyring.close();
    expect((await rejected(unlocking)).code).toBe('stopped');
    await closing;
    expect(keyring.view()?.unlocked).toBe(false);
  });
});

it('says that there is no key where none is kept', () => {
  expect(caught(() => requireKeyring(null)).code).toBe('key.absent');
});
