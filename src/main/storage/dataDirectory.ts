/**
 * The data directory of one replica or console: private to its user, and used by one process at a time.
 *
 * The lock is a file that names its process. It outlives a crash, so a lock whose process is gone is taken over; the
 * moment at which the process started tells it from another that has its number by now. Two machines that share a
 * directory do not see each other's processes; the files of the stores are locked by the system as well.
 * @module
 */
import { createHash, randomBytes } from 'node:crypto';
import { chmod, open, readFile, readdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CountersignError } from '../../shared/errors.ts';
import { codeOf, writeError } from './fileErrors.ts';
import { makeDirectory } from './makeDirectory.ts';
import { syncDirectory, writeFileAtomic } from './writeFileAtomic.ts';

/** Name of the lock in a data directory. */
export const LOCK_FILE = 'lock';

const NONCE_BYTES = 8;
const DIRECTORY_MODE = 0o700;
const LOCK_MODE = 0o600;
/** A lock is written right after it is made: one that stays unreadable for so long was left by a crash. */
const UNREADABLE_PATIENCE_MS = 1_000;
const RETRY_MS = 50;
/** Attempts to take a lock before giving up: each one means that another process came and went meanwhile. */
const ATTEMPTS_MAX = 100;

/** An open data directory. */
export interface DataDirectory {
  /** Absolute path. */
  readonly path: string;
  /**
   * Whether it is still there, with this lock in it: not where its disk is gone, it was moved, or somebody else has taken
   * it. Never rejects: what cannot be told counts as held.
   */
  isHeld(): Promise<boolean>;
  /** Gives the lock back. Calling it again does nothing. */
  release(): Promise<void>;
}

/** What a lock says. */
interface Lock {
  readonly pid: number;
  readonly startedAtMs: number;
  /** Tells the process from an earlier or later one with its number; empty where the system does not say. */
  readonly process: string;
}

/**
 * Opens a data directory, making it where there is none, and locks it.
 *
 * Rejects with `storage.locked` where another process has it, and with `storage.full`, `storage.readOnly` or
 * `file.unwritable`.
 */
export async function openDataDirectory(path: string): Promise<DataDirectory> {
  const absolute = resolve(path);
  const lockPath = join(absolute, LOCK_FILE);
  try {
    await makePrivate(absolute);
    const text = await lockText();
    await acquire(lockPath, text);
    await syncDirectory(absolute);
    let released: Promise<void> | undefined;
    return {
      path: absolute,
      isHeld: async () => await isStill(lockPath, text),
      release: async () => {
        released ??= release(lockPath, text);
        await released;
      },
    };
  } catch (error) {
    throw writeError(absolute, error);
  }
}

/** A directory that already holds something keeps its mode: it may be shared on purpose, and our files are private. */
async function makePrivate(path: string): Promise<void> {
  if (!(await makeDirectory(path, DIRECTORY_MODE)) && (await readdir(path)).length === 0)
    await chmod(path, DIRECTORY_MODE);
}

async function lockText(): Promise<string> {
  const lock: Lock = { pid: process.pid, startedAtMs: Date.now(), process: await processMark(process.pid) };
  // One process can open a directory twice by mistake: this tells its locks apart, and every lock from every other.
  const nonce = randomBytes(NONCE_BYTES).toString('hex');
  return `${JSON.stringify({ ...lock, nonce })}\n`;
}

/** Makes the lock at `lockPath` with this text. Throws `storage.locked` where a living process has it. */
async function acquire(lockPath: string, text: string): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    if (await create(lockPath, text)) return;
    const found = await readLock(lockPath);
    if (found === undefined) continue;
    if (found.lock !== undefined && (await isAlive(found.lock))) {
      throw new CountersignError('storage.locked', { path: dirname(lockPath), pid: found.lock.pid });
    }
    if (await takeOver(lockPath, found.text, text)) return;
  }
  throw new CountersignError('file.unwritable', {
    path: lockPath,
    problem: 'other processes keep taking it',
  });
}

/**
 * Puts a lock with this text in the place of one whose process has died; `false` where that has gone meanwhile.
 *
 * Several processes may find the same dead lock. The right to replace it is a lock of its own, named by what the dead
 * one says, so while this process holds it the dead lock stays dead and nobody else replaces it.
 */
async function takeOver(lockPath: string, dead: string, text: string): Promise<boolean> {
  const name = createHash('sha256')
    .update(dead)
    .digest('hex')
    .slice(0, 2 * NONCE_BYTES);
  const claimPath = `${lockPath}.${name}`;
  await acquire(claimPath, text);
  try {
    if ((await readFile(lockPath, 'utf8').catch(() => undefined)) !== dead) return false;
    await writeFileAtomic(lockPath, text);
    return true;
  } finally {
    await release(claimPath, text);
  }
}

/** Whether the lock could be made: not where there is one. */
async function create(lockPath: string, text: string): Promise<boolean> {
  try {
    const file = await open(lockPath, 'wx', LOCK_MODE);
    try {
      await file.writeFile(text);
      await file.sync();
    } catch (error) {
      // Half a lock on a full disk would make whoever comes next wait.
      await rm(lockPath, { force: true }).catch(() => undefined);
      throw error;
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** The lock that is there: `undefined` if it has gone; without `lock` if it stays unreadable. */
async function readLock(lockPath: string): Promise<{ text: string; lock?: Lock } | undefined> {
  let text = '';
  for (let waitedMs = 0; waitedMs <= UNREADABLE_PATIENCE_MS; waitedMs += RETRY_MS) {
    try {
      text = await readFile(lockPath, 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
    const lock = parseLock(text);
    if (lock !== undefined) return { text, lock };
    await sleep(RETRY_MS);
  }
  return { text };
}

function parseLock(text: string): Lock | undefined {
  try {
    const value = JSON.parse(text) as Partial<Record<keyof Lock, unknown>> | null;
    const { pid, startedAtMs, process: mark } = value ?? {};
    const valid = Number.isSafeInteger(pid) && (pid as number) > 0 && typeof mark === 'string';
    if (!valid || typeof startedAtMs !== 'number') return undefined;
    return { pid: pid as number, startedAtMs, process: mark };
  } catch {
    return undefined;
  }
}

async function isAlive(lock: Lock): Promise<boolean> {
  try {
    process.kill(lock.pid, 0);
  } catch (error) {
    // EPERM: it is there, and another user's.
    if (codeOf(error) === 'ESRCH') return false;
  }
  const mark = await processMark(lock.pid);
  return lock.process === '' || mark === '' || mark === lock.process;
}

/** Which boot of the system, and when within it the process started (Linux); empty elsewhere. */
async function processMark(pid: number): Promise<string> {
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in parentheses, which may hold anything; field 22 is the time of the start.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const started = fields[22 - 3];
    return started === undefined ? '' : `${boot.trim()}:${started}`;
  } catch {
    return '';
  }
}

/** What reading says of a file whose directory or disk is gone. */
const GONE: readonly (string | undefined)[] = ['ENOENT', 'ENOTDIR', 'ESTALE', 'ENODEV', 'ENXIO', 'EIO'];

async function isStill(lockPath: string, text: string): Promise<boolean> {
  try {
    return (await readFile(lockPath, 'utf8')) === text;
  } catch (error) {
    return !GONE.includes(codeOf(error));
  }
}

async function release(lockPath: string, text: string): Promise<void> {
  const found = await readFile(lockPath, 'utf8').catch(() => undefined);
  if (found === text) await rm(lockPath, { force: true });
}
