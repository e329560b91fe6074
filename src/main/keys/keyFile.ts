/**
 * Key files on disk: written once, durable before they are announced, readable by their owner alone.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { constants, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CountersignError } from '../../shared/errors.ts';
import { KEY_FILE_MODE, syncDirectory, writeDurably } from './durableFile.ts';

/** Largest key file that is read: as large as the largest PEM (`MAX_PEM_CHARS`). */
export const MAX_KEY_FILE_BYTES = 16 * 1024;

/**
 * Writes a new key file. When it returns, the file survives a loss of power; if it throws, there is no file, or
 * only an empty one after a crash at the wrong moment.
 *
 * Throws `file.exists` if `path` exists, whatever it is, and `file.unwritable`.
 */
export async function writeKeyFile(path: string, pem: string): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await reserve(path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw new CountersignError('file.exists', { path });
    throw unwritable(path, error);
  }
  try {
    await writeDurably(temporary, pem);
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  } catch (error) {
    await Promise.allSettled([rm(temporary, { force: true }), rm(path, { force: true })]);
    throw unwritable(path, error);
  }
}

/**
 * The text of a key file.
 *
 * Throws `file.notFound`, and `file.unreadable` for anything that is no readable file of a key's size.
 */
export async function readKeyFile(path: string): Promise<string> {
  let file: FileHandle;
  try {
    // Without O_NONBLOCK a pipe would wait for its writer, perhaps for ever. Windows has no such flag.
    file = await open(path, constants.O_RDONLY | (process.platform === 'win32' ? 0 : constants.O_NONBLOCK));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') throw new CountersignError('file.notFound', { path });
    throw unreadable(path, error);
  }
  try {
    if (!(await file.stat()).isFile()) throw new Error('it is not a file');
    // One byte more than allowed shows a file that is too large, also where its size is not known beforehand.
    const buffer = Buffer.alloc(MAX_KEY_FILE_BYTES + 1);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    if (bytesRead > MAX_KEY_FILE_BYTES) {
      throw new Error(`it is larger than ${String(MAX_KEY_FILE_BYTES)} bytes, too large for a key`);
    }
    return buffer.toString('utf8', 0, bytesRead);
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    await file.close();
  }
}

/**
 * Takes the name with an empty file. `rename` alone would overwrite a key that someone else wrote meanwhile, and
 * a hard link, which would not, does not exist on the file systems of memory sticks.
 */
async function reserve(path: string): Promise<void> {
  const file = await open(path, 'wx', KEY_FILE_MODE);
  await file.close();
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

function unreadable(path: string, cause: unknown): CountersignError<'file.unreadable'> {
  return new CountersignError('file.unreadable', { path, problem: messageOf(cause) }, { cause });
}

function unwritable(path: string, cause: unknown): CountersignError<'file.unwritable'> {
  return new CountersignError('file.unwritable', { path, problem: messageOf(cause) }, { cause });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
