/**
 * Files that are replaced whole: after a crash there is the old one or the new one, never a part of either.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writeError } from './fileErrors.ts';

/** Only the user of the program may read a file, unless told otherwise. */
const PRIVATE_MODE = 0o600;
const SUFFIX_BYTES = 8;

/**
 * Writes `data` to `path`, in place of what was there; durable when the promise resolves.
 *
 * Rejects with `storage.full`, `storage.readOnly` or `file.unwritable`; then the old file is as it was.
 */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  mode: number = PRIVATE_MODE,
): Promise<void> {
  const suffix = randomBytes(SUFFIX_BYTES).toString('hex');
  const temporary = join(dirname(path), `.${basename(path)}.${suffix}.tmp`);
  try {
    await writeDurably(temporary, data, mode);
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw writeError(path, error);
  }
}

async function writeDurably(path: string, data: string | Uint8Array, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes what was created, renamed or removed in a directory durable. Windows does so by itself. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
