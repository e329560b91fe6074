/**
 * What a vault needs of the disk, and how a file is replaced so that a crash at any moment leaves the old one or the
 * new one whole: written aside, synchronised, renamed, and the directory synchronised.
 * @module
 */
import { constants, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CountersignError } from '../../../shared/errors.ts';
import { KEY_FILE_MODE } from '../durableFile.ts';

/** Single steps on files. Tests put a disk under a vault that loses power between any two of them. */
export interface Disk {
  /** At most `maxBytes + 1` bytes of a file, so that one that is too large shows; `null` where there is none. */
  read(path: string, maxBytes: number): Promise<Uint8Array | null>;
  /** Makes a file that was not there, readable by its owner alone. Not durable yet. */
  writeNew(path: string, bytes: Uint8Array): Promise<void>;
  /** Makes the content of a file durable. */
  sync(path: string): Promise<void>;
  /** Moves a file over another. Not durable yet. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file, where there is one. */
  remove(path: string): Promise<void>;
  /** Makes the names in a directory durable. */
  syncDirectory(path: string): Promise<void>;
}

/** Suffix of what is written aside. One process at a time has a data directory, so one name is enough. */
const NEW_SUFFIX = '.new';

/**
 * Replaces or makes the file at `path`; durable when the promise resolves. Rejects with `storage.full`,
 * `storage.readOnly` or `file.unwritable`; then the old file is as it was.
 */
export async function replaceFile(disk: Disk, path: string, bytes: Uint8Array): Promise<void> {
  const aside = `${path}${NEW_SUFFIX}`;
  try {
    // What an earlier crash left.
    await disk.remove(aside);
    await disk.writeNew(aside, bytes);
    await disk.sync(aside);
    await disk.rename(aside, path);
    await disk.syncDirectory(dirname(path));
  } catch (error) {
    await disk.remove(aside).catch(() => undefined);
    throw writeError(path, error);
  }
}

/** Removes the file at `path` for good. */
export async function removeFile(disk: Disk, path: string): Promise<void> {
  try {
    await disk.remove(path);
    await disk.syncDirectory(dirname(path));
  } catch (error) {
    throw writeError(path, error);
  }
}

/** The disk of this machine. Reading rejects with `file.unreadable`. */
export const realDisk: Disk = {
  read: async (path, maxBytes) => {
    let file: FileHandle;
    try {
      // Without O_NONBLOCK a pipe would wait for its writer, perhaps for ever. Windows has no such flag.
      file = await open(path, constants.O_RDONLY | (process.platform === 'win32' ? 0 : constants.O_NONBLOCK));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null;
      throw readError(path, error);
    }
    try {
      if (!(await file.stat()).isFile()) throw new Error('it is not a file');
      const buffer = new Uint8Array(maxBytes + 1);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
      return buffer.subarray(0, bytesRead);
    } catch (error) {
      throw readError(path, error);
    } finally {
      await file.close();
    }
  },
  writeNew: async (path, bytes) => {
    const file = await open(path, 'wx', KEY_FILE_MODE);
    try {
      await file.writeFile(bytes);
    } finally {
      await file.close();
    }
  },
  sync: async (path) => {
    const file = await open(path, 'r+');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  },
  rename: async (from, to) => await rename(from, to),
  remove: async (path) => await rm(path, { force: true }),
  syncDirectory: async (path) => {
    // Windows cannot open a folder, and its file systems log the name themselves.
    if (process.platform === 'win32') return;
    const directory = await open(path, 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  },
};

function writeError(path: string, error: unknown): Error {
  if (error instanceof CountersignError) return error;
  switch (codeOf(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new CountersignError('storage.full', { path }, { cause: error });
    case 'EROFS':
      return new CountersignError('storage.readOnly', { path }, { cause: error });
    default:
      return new CountersignError('file.unwritable', { path, problem: messageOf(error) }, { cause: error });
  }
}

function readError(path: string, error: unknown): CountersignError<'file.unreadable'> {
  return new CountersignError('file.unreadable', { path, problem: messageOf(error) }, { cause: error });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
