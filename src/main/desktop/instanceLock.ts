/**
 * Why the program is not the first one with its data directory. Electron says only that it is not: because another one
 * runs, which has been told by then, or because the mark of a running program could not be set.
 * @module
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readlink, rmdir, symlink, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { CountersignError } from '../../shared/errors.ts';
import { writeError } from '../storage/index.ts';

/** Chromium's mark in the data directory of a program that runs: a link to `HOST-PID`, which leads nowhere. */
export const INSTANCE_LOCK_LINK = 'SingletonLock';
/** Where a program that runs hears of further starts: a link to a socket in the folder for temporary files. */
export const INSTANCE_SOCKET_LINK = 'SingletonSocket';
/** How long it may take to be heard there, in milliseconds. */
const ANSWER_TIMEOUT_MS = 5_000;

/**
 * Resolves where another one runs on this computer. Throws `desktop.runsElsewhere` where another computer has set the
 * mark; where nobody has, `storage.*` or `file.unwritable` for what keeps it from being set, or `desktop.cannotMark`.
 */
export async function requireOtherInstance(dataDirectory: string): Promise<void> {
  // It has another kind of mark, which does not fail.
  if (process.platform === 'win32') return;
  // What answers runs, whatever this computer is called by now.
  if (await doesAnswer(join(dataDirectory, INSTANCE_SOCKET_LINK))) return;
  const path = join(dataDirectory, INSTANCE_LOCK_LINK);
  const holder = await readlink(path).catch(() => '');
  const { host, pid } = /^(?<host>.+)-(?<pid>\d+)$/.exec(holder)?.groups ?? {};
  if (host !== undefined && host !== hostname()) {
    throw new CountersignError('desktop.runsElsewhere', { path, host });
  }
  if (pid !== undefined && isAlive(Number(pid))) return;
  await requireMarkable(path);
  throw new CountersignError('desktop.cannotMark', { path });
}

/** Makes what Chromium makes for its mark, and removes it: what keeps it from that keeps from this as well. */
async function requireMarkable(path: string): Promise<void> {
  const probe = `${path}.${randomUUID()}`;
  try {
    await symlink('probe', probe);
    await unlink(probe);
  } catch (error) {
    throw writeError(path, error);
  }
  // For the socket.
  const folder = tmpdir();
  try {
    await rmdir(await mkdtemp(join(folder, 'countersign-')));
  } catch (error) {
    throw writeError(folder, error);
  }
}

async function doesAnswer(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Somebody else's process is one.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
