/**
 * One process on this machine for each key: a copy of a data directory must not sign beside the original. The lock lies
 * in a place that all of a user's processes share, named by the key, and is taken over from a process that has died, as
 * that of a data directory is. Other machines and other users are not seen: against them the others tell a replica when
 * its key is in use elsewhere (`consensus/handle/learner.ts`).
 * @module
 */
import { lstat } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Hex } from '../../shared/encoding/hex.ts';
import { CountersignError, hasCode } from '../../shared/errors.ts';
import { openDataDirectory, type DataDirectory } from './dataDirectory.ts';
import { makeDirectory } from './makeDirectory.ts';

const PRIVATE_MODE = 0o700;

/**
 * Locks a key for this process. Rejects with `key.inUse` where another process of this user has it, and with
 * `storage.full`, `storage.readOnly` or `file.unwritable`.
 */
export async function lockKey(publicKey: Hex, place: string = sharedPlace()): Promise<DataDirectory> {
  await makeDirectory(place, PRIVATE_MODE);
  await assertOwn(place);
  try {
    return await openDataDirectory(join(place, publicKey));
  } catch (error) {
    if (!hasCode(error, 'storage.locked')) throw error;
    throw new CountersignError('key.inUse', { publicKey, pid: error.data.pid }, { cause: error });
  }
}

/** The same for all processes of a user, whatever started them. */
function sharedPlace(): string {
  const { uid, username } = userInfo();
  return join(tmpdir(), `countersign-${uid === -1 ? username : String(uid)}-keys`);
}

/** Where everybody may make files, somebody else's folder could hold locks that mean nothing. */
async function assertOwn(place: string): Promise<void> {
  const { uid } = userInfo();
  const found = await lstat(place);
  if (found.isDirectory() && (uid === -1 || found.uid === uid)) return;
  throw new CountersignError('file.unwritable', { path: place, problem: 'it belongs to another user' });
}
