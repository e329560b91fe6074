/**
 * The mark of a program that runs, as Chromium sets it on Linux and macOS: a link in the directory of its data.
 * @module
 */
import { readlinkSync, symlinkSync, unlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** Whether this program runs alone from now on: nobody else has the mark, and it could be set. */
export function markRunning(userData: string): boolean {
  const path = join(userData, 'SingletonLock');
  if (!removeLeftOver(path)) return false;
  const mark = `${hostname()}-${String(process.pid)}`;
  try {
    symlinkSync(mark, path);
  } catch {
    return false;
  }
  process.once('exit', () => {
    try {
      if (readlinkSync(path) === mark) unlinkSync(path);
    } catch {
      // Its disk is gone.
    }
  });
  return true;
}

/** Removes the mark of one that has ended on this computer; whether there is none now. */
function removeLeftOver(path: string): boolean {
  try {
    const [, host, pid] = /^(.+)-(\d+)$/.exec(readlinkSync(path)) ?? [];
    if (host !== hostname() || isAlive(Number(pid))) return false;
    unlinkSync(path);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
