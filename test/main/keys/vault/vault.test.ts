/** The vault on a disk: what each change leaves, also where power fails in the middle of it. */
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect, promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CountersignError } from '../../../../src/shared/errors.ts';
import { toHex } from '../../../../src/shared/encoding/hex.ts';
import { VAULT_KEYS_MAX } from '../../../../src/main/keys/vault/format.ts';
import { verifyBackup } from '../../../../src/main/keys/vault/drill.ts';
import { Vault, type VaultOptions } from '../../../../src/main/keys/vault/vault.ts';
import { makeDirectory } from '../../../support/stores.ts';
import { rejectionCodeOf } from '../helpers.ts';
import { CHEAP, PASSPHRASE, PowerLoss, SimDisk, key, keychain, type CrashMode } from './support.ts';

const OTHER = 'another good passphrase';
let directory: Awaited<ReturnType<typeof makeDirectory>>;
let options: VaultOptions;

beforeEach(async () => {
  directory = await makeDirectory();
  options = { path: join(directory.path, 'keys.vault'), now: () => 7_000, policy: CHEAP };
});
afterEach(async () => await directory.remove());

const reopened = async (changed: Partial<VaultOptions> = {}) => {
  const vault = await Vault.open({ ...options, ...changed });
  if (vault === null) throw new Error('there is no vault');
  return vault;
};
const seedsOf = async (vault: Vault, passphrase: string) =>
  await vault.withKeys(passphrase, (keys) => keys.map(({ seed }) => toHex(seed)));
const seed = (number: number) => toHex(key(number).seed);

describe('SECURITY 9: a vault', () => {
  it('is made once, for its owner alone, and opens with its passphrase', async () => {
    expect(await Vault.open(options)).toBeNull();
    await Vault.create(options, [key(1)], PASSPHRASE);
    expect(await rejectionCodeOf(Vault.create(options, [key(2)], PASSPHRASE))).toBe('vault.exists');
    expect(await readdir(directory.path)).toEqual(['keys.vault']);
    if (process.platform !== 'win32') expect((await stat(options.path)).mode & 0o777).toBe(0o600);
    const vault = await reopened();
    expect(vault.keys).toEqual([
      { publicKey: key(1).publicKey, label: 'Key 1', purpose: 'supervisor', createdAtMs: 7_000 },
    ]);
    expect(await seedsOf(vault, PASSPHRASE)).toEqual([seed(1)]);
  });

  it('erases what it lent, and shows no secret', async () => {
    const vault = await Vault.create(options, [key(1)], PASSPHRASE);
    const lent = await vault.withKeys(PASSPHRASE, (keys) => keys);
    expect(lent[0]?.seed).toEqual(new Uint8Array(32));
    const shown = inspect(vault, { showHidden: true, depth: 10 }) + JSON.stringify(vault);
    for (const secret of [PASSPHRASE, seed(1)]) expect(shown).not.toContain(secret);
  });

  it('takes in more keys, none twice, and not without end', async () => {
    const vault = await Vault.create(options, [key(1)], PASSPHRASE);
    expect(await vault.add(PASSPHRASE, { ...key(2), purpose: 'replica' })).toMatchObject({
      purpose: 'replica',
    });
    expect(await rejectionCodeOf(vault.add(PASSPHRASE, key(2)))).toBe('vault.duplicateKey');
    expect(await rejectionCodeOf(vault.add('a wrong passphrase', key(3)))).toBe('key.wrongPassphrase');
    for (let number = 3; number <= VAULT_KEYS_MAX; number++) await vault.add(PASSPHRASE, key(number));
    expect(await rejectionCodeOf(vault.add(PASSPHRASE, key(99)))).toBe('vault.full');
    expect(await seedsOf(await reopened(), PASSPHRASE)).toHaveLength(VAULT_KEYS_MAX);
  });

  it('changes its passphrase: the old one opens nothing any more', async () => {
    const vault = await Vault.create(options, [key(1)], PASSPHRASE);
    expect(await rejectionCodeOf(vault.changePassphrase('a wrong passphrase', OTHER))).toBe(
      'key.wrongPassphrase',
    );
    expect(await rejectionCodeOf(vault.changePassphrase(PASSPHRASE, 'short'))).toBe('key.passphraseTooShort');
    expect(await seedsOf(await reopened(), PASSPHRASE)).toEqual([seed(1)]);
    await vault.changePassphrase(PASSPHRASE, OTHER);
    for (const one of [vault, await reopened()]) {
      expect(await seedsOf(one, OTHER)).toEqual([seed(1)]);
      expect(await rejectionCodeOf(seedsOf(one, PASSPHRASE))).toBe('key.wrongPassphrase');
    }
  });

  it('slows down guessing, whatever the passphrase is asked for', async () => {
    const vault = await Vault.create(options, [key(1)], PASSPHRASE);
    await rejectionCodeOf(seedsOf(vault, 'a wrong passphrase'));
    await rejectionCodeOf(vault.changePassphrase('a wrong passphrase', OTHER));
    for (const attempt of [
      seedsOf(vault, PASSPHRASE),
      vault.backup(PASSPHRASE, PASSPHRASE),
      vault.add(PASSPHRASE, key(2)),
    ]) {
      expect(await rejectionCodeOf(attempt)).toBe('key.tooManyAttempts');
    }
  });

  it('that cannot be written stays as it was', async () => {
    if (process.platform === 'win32' || process.getuid?.() === 0) {
      // Root may write anywhere: a directory in the way of the file aside stops it as well.
      const vault = await Vault.create(options, [key(1)], PASSPHRASE);
      await mkdir(`${options.path}.new`);
      await writeFile(join(`${options.path}.new`, 'a'), '');
      expect(await rejectionCodeOf(vault.changePassphrase(PASSPHRASE, OTHER))).toBe('file.unwritable');
      expect(await seedsOf(vault, PASSPHRASE)).toEqual([seed(1)]);
      expect(await seedsOf(await reopened(), PASSPHRASE)).toEqual([seed(1)]);
      return;
    }
    const vault = await Vault.create(options, [key(1)], PASSPHRASE);
    await chmod(directory.path, 0o500);
    expect(await rejectionCodeOf(vault.changePassphrase(PASSPHRASE, OTHER))).toBe('file.unwritable');
    await chmod(directory.path, 0o700);
    expect(await seedsOf(await reopened(), PASSPHRASE)).toEqual([seed(1)]);
  });

  it('is a file of a vault’s size', async () => {
    await mkdir(options.path);
    expect(await rejectionCodeOf(Vault.open(options))).toBe('file.unreadable');
    const pipe = join(directory.path, 'pipe');
    await promisify(execFile)('mkfifo', [pipe]);
    expect(await rejectionCodeOf(Vault.open({ ...options, path: pipe }))).toBe('file.unreadable');
  });
});

describe('a backup', () => {
  it('opens with its own passphrase, and is compared with the vault without changing anything', async () => {
    const vault = await Vault.create(options, [key(1), key(2)], PASSPHRASE);
    const backup = await vault.backup(PASSPHRASE, OTHER);
    const before = await readFile(options.path);
    expect(await verifyBackup(backup, OTHER, vault.keys, CHEAP)).toEqual({
      sealedAtMs: 7_000,
      complete: true,
      keys: [1, 2].map((number) => ({
        publicKey: key(number).publicKey,
        label: `Key ${String(number)}`,
        place: 'both',
      })),
    });
    expect(await rejectionCodeOf(verifyBackup(backup, PASSPHRASE, vault.keys, CHEAP))).toBe(
      'key.wrongPassphrase',
    );
    await vault.add(PASSPHRASE, key(3));
    const { complete, keys } = await verifyBackup(backup, OTHER, vault.keys, CHEAP);
    expect(complete).toBe(false);
    expect(keys.map(({ place }) => place)).toEqual(['both', 'both', 'vaultOnly']);
    const later = await verifyBackup(
      await vault.backup(PASSPHRASE, PASSPHRASE),
      PASSPHRASE,
      [vault.keys[0]!],
      CHEAP,
    );
    expect(later).toMatchObject({ complete: true });
    expect(later.keys.map(({ place }) => place)).toEqual(['both', 'backupOnly', 'backupOnly']);
    expect(before.equals(await readFile(options.path))).toBe(false);
  });

  it('makes a vault in an empty place', async () => {
    const vault = await Vault.create(options, [key(1), key(2)], PASSPHRASE);
    const backup = await vault.backup(PASSPHRASE, OTHER);
    const elsewhere = { ...options, path: join(directory.path, 'elsewhere.vault') };
    expect(await rejectionCodeOf(Vault.restore(elsewhere, backup, PASSPHRASE))).toBe('key.wrongPassphrase');
    expect(await Vault.open(elsewhere)).toBeNull();
    expect(await seedsOf(await Vault.restore(elsewhere, backup, OTHER), OTHER)).toEqual([seed(1), seed(2)]);
    expect(Buffer.from(backup).equals(await readFile(elsewhere.path))).toBe(false);
  });

  it('takes the place of a vault that does not open, which is kept, and only with every key of it', async () => {
    const gnome = keychain('gnome_libsecret');
    const vault = await Vault.create({ ...options, outer: gnome }, [key(1)], PASSPHRASE);
    const backup = await vault.backup(PASSPHRASE, PASSPHRASE);
    await vault.useKeychain(PASSPHRASE, true);
    const bound = await readFile(options.path);
    const lost = await reopened({ outer: keychain('kwallet') });
    expect(lost.keychain).toBe('gnome_libsecret');
    expect(await rejectionCodeOf(seedsOf(lost, PASSPHRASE))).toBe('vault.keychainChanged');
    expect(await rejectionCodeOf(lost.changePassphrase(PASSPHRASE, OTHER))).toBe('vault.keychainChanged');
    expect(await rejectionCodeOf(lost.useKeychain(PASSPHRASE, false))).toBe('vault.keychainChanged');
    expect(await readFile(options.path)).toEqual(bound);
    const required = lost.keys.map(({ publicKey }) => publicKey);
    const foreign = await Vault.create({ ...options, path: `${options.path}2` }, [key(2)], PASSPHRASE);
    const others = await foreign.backup(PASSPHRASE, PASSPHRASE);
    expect(await rejectionCodeOf(Vault.restore(options, others, PASSPHRASE, required))).toBe(
      'vault.otherKeys',
    );
    expect(await readFile(options.path)).toEqual(bound);
    const restored = await Vault.restore(options, backup, PASSPHRASE, required);
    expect(restored.keychain).toBeNull();
    expect(await seedsOf(await reopened(), PASSPHRASE)).toEqual([seed(1)]);
    expect(await readFile(`${options.path}.before-7000`)).toEqual(bound);
  });
});

describe('a keychain', () => {
  it('wraps the vault and every later state of it, and no backup', async () => {
    const gnome = keychain('gnome_libsecret');
    const vault = await Vault.create({ ...options, outer: gnome }, [key(1)], PASSPHRASE);
    expect(vault.keychain).toBeNull();
    await vault.useKeychain(PASSPHRASE, true);
    await vault.changePassphrase(PASSPHRASE, OTHER);
    expect(vault.keychain).toBe('gnome_libsecret');
    expect((await verifyBackup(await vault.backup(OTHER, OTHER), OTHER, vault.keys, CHEAP)).complete).toBe(
      true,
    );
    await vault.useKeychain(OTHER, false);
    expect(await seedsOf(await reopened(), OTHER)).toEqual([seed(1)]);
    expect(await rejectionCodeOf((await reopened()).useKeychain(OTHER, true))).toBe('vault.noKeychain');
  });
});

describe('power fails', () => {
  const path = '/data/keys.vault';
  const simulated = (disk: SimDisk): VaultOptions => ({ path, now: () => 7_000, policy: CHEAP, disk });

  /** Which passphrase opens what is on the disk. */
  async function opensWith(disk: SimDisk): Promise<string> {
    const vault = await Vault.open(simulated(disk));
    if (vault === null) return 'nothing';
    for (const [name, passphrase] of [
      ['old', PASSPHRASE],
      ['new', OTHER],
    ] as const) {
      try {
        expect(await seedsOf(vault, passphrase)).toEqual([seed(1)]);
        return name;
      } catch (error) {
        if (!(error instanceof CountersignError) || error.code !== 'key.wrongPassphrase') throw error;
      }
    }
    throw new Error('neither passphrase opens it');
  }

  const modes: readonly CrashMode[] = ['before', 'after', 'torn'];
  const names = ['durable', 'seen'] as const;

  it.each(modes)(
    '%s any step of a change of passphrase: the old vault or the new one is whole',
    async (mode) => {
      const found = new Set<string>();
      let finished = false;
      for (let crashAt = 0; !finished; crashAt++) {
        for (const kept of names) {
          const disk = new SimDisk();
          const vault = await Vault.create(simulated(disk), [key(1)], PASSPHRASE);
          disk.crashAt = disk.steps + crashAt;
          disk.mode = mode;
          finished = await vault.changePassphrase(PASSPHRASE, OTHER).then(
            () => true,
            (error: unknown) => {
              if (error instanceof PowerLoss || error instanceof CountersignError) return false;
              throw error;
            },
          );
          const after = disk.restart(kept);
          const state = await opensWith(after);
          expect(['old', 'new']).toContain(state);
          if (finished) expect(state).toBe('new');
          found.add(state);
          // Whatever was left lying about is no obstacle to the next change.
          const next = await Vault.open(simulated(after));
          await next?.changePassphrase(state === 'old' ? PASSPHRASE : OTHER, OTHER);
          expect(await opensWith(after.restart('durable'))).toBe('new');
          expect([...after.files.keys()]).toEqual([path]);
        }
        expect(crashAt).toBeLessThan(20);
      }
      expect([...found].sort()).toEqual(['new', 'old']);
    },
  );

  it.each(modes)('%s any step of making a vault: there is a whole one or none', async (mode) => {
    let finished = false;
    for (let crashAt = 0; !finished; crashAt++) {
      for (const kept of names) {
        const disk = new SimDisk();
        disk.crashAt = crashAt;
        disk.mode = mode;
        finished = await Vault.create(simulated(disk), [key(1)], PASSPHRASE).then(
          () => true,
          () => false,
        );
        const state = await opensWith(disk.restart(kept));
        expect(finished ? ['old'] : ['nothing', 'old']).toContain(state);
      }
    }
  });
});
