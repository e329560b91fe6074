/**
 * Making directories. Node's recursive `mkdir` tries for ever where a file system answers that there is no such
 * directory to every attempt to make one, as /proc does.
 * @module
 */
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf, writeError } from './fileErrors.ts';

/**
 * Makes a directory, and those above it that are missing; whether there was none.
 * Throws `storage.full`, `storage.readOnly` or `file.unwritable`.
 */
export async function makeDirectory(path: string, mode = 0o777): Promise<boolean> {
  try {
    return await make(path, mode);
  } catch (error) {
    throw writeError(path, error);
  }
}

async function make(path: string, mode: number): Promise<boolean> {
  try {
    await mkdir(path, mode);
    return true;
  } catch (error) {
    const parent = dirname(path);
    if (codeOf(error) === 'ENOENT' && parent !== path) {
      await make(parent, mode);
      await mkdir(path, mode);
      return true;
    }
    // A read-only file system says so of directories that are there as well.
    if (await isDirectory(path)) return false;
    throw error;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
