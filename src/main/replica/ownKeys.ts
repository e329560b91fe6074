/**
 * The keys of one replica and their sign guards. A replica starts with one key, and can be given another that supervisors
 * admit in place of the first: `replica.pem`, `replica-2.pem`, and so on, each with a log of its own, `signed.log`,
 * `signed-2.log`. The last two are opened: which of them counts is said by the epoch (`epochs.ts`), so that the replica
 * goes over to its new key by itself.
 * @module
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { CountersignError, hasCode } from '../../shared/errors.ts';
import type { Hex } from '../../shared/encoding/hex.ts';
import { GUARD_FILE, openReplicaKey, type ReplicaKey } from '../keys/guard/openSignGuard.ts';
import { lockKey, type DataDirectory } from '../storage/index.ts';

/** Name of a replica's first encrypted key file in its data directory. */
export const REPLICA_KEY_FILE = 'replica.pem';
/** Most keys that one replica has had: each takes supervisors to agree on it. */
export const OWN_KEYS_MAX = 100;
/**
 * How long is waited for a key that another process has, in milliseconds: where a program was killed, its replicas notice
 * and stop, and a start right after that must not fail because of them.
 */
export const KEY_PATIENCE_MS = 5_000;
const KEY_RETRY_MS = 50;
/** How many of them are opened: the one that counts, and the one that is to. */
const OPENED_KEYS = 2;

/** Path of key number `number`, from 1, where the first is at `keyPath`. */
export function numberedPath(path: string, number: number): string {
  return number === 1 ? path : path.replace(/(\.[^./\\]*)?$/, (ending) => `-${String(number)}${ending}`);
}

/** Path of the log of key number `number` in a replica's data directory. */
export function guardPath(directory: string, number: number): string {
  return numberedPath(join(directory, GUARD_FILE), number);
}

/** How many keys there are; 0 where there is not even a first. Throws `key.tooMany`. */
export async function countKeys(keyPath: string): Promise<number> {
  for (let number = 1; number <= OWN_KEYS_MAX; number++) {
    if (!(await exists(numberedPath(keyPath, number)))) return number - 1;
  }
  return OWN_KEYS_MAX;
}

/** A key that has been decrypted and locked for this process. */
export interface NumberedKey {
  readonly number: number;
  readonly key: ReplicaKey;
  /** Forgets it, and lets other processes have it. */
  readonly release: () => Promise<void>;
}

/**
 * Decrypts the last two keys and locks them for this process, oldest first. Throws `key.*`, `key.inUse` where another
 * process keeps one for `KEY_PATIENCE_MS`, `file.*`; then none is left open.
 */
export async function openOwnKeys(keyPath: string, passphrase: string): Promise<readonly NumberedKey[]> {
  // Without a first key, opening it says what is missing.
  const last = Math.max(1, await countKeys(keyPath));
  const opened: NumberedKey[] = [];
  try {
    for (let number = Math.max(1, last - OPENED_KEYS + 1); number <= last; number++) {
      opened.push(await openOne(numberedPath(keyPath, number), number, passphrase));
    }
    return opened;
  } catch (error) {
    for (const { release } of opened.reverse()) await release();
    throw error;
  }
}

async function openOne(path: string, number: number, passphrase: string): Promise<NumberedKey> {
  const key = await openReplicaKey(path, passphrase);
  const lock = await lockPatiently(key.publicKey).catch((error: unknown) => {
    key.dispose();
    throw error;
  });
  return {
    number,
    key,
    release: async () => {
      key.dispose();
      await lock.release();
    },
  };
}

async function lockPatiently(publicKey: Hex): Promise<DataDirectory> {
  const untilMs = performance.now() + KEY_PATIENCE_MS;
  for (;;) {
    try {
      return await lockKey(publicKey);
    } catch (error) {
      if (!hasCode(error, 'key.inUse') || performance.now() >= untilMs) throw error;
      await setTimeout(KEY_RETRY_MS);
    }
  }
}

/** The number of the next key. Throws `key.tooMany`. */
export async function nextKeyNumber(keyPath: string): Promise<number> {
  const count = await countKeys(keyPath);
  if (count >= OWN_KEYS_MAX) throw new CountersignError('key.tooMany', { max: OWN_KEYS_MAX });
  return count + 1;
}

/** Public keys of these. */
export function publicKeysOf(keys: readonly NumberedKey[]): readonly Hex[] {
  return keys.map(({ key }) => key.publicKey);
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
