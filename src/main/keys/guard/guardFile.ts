/**
 * The file of the sign guard, as far as the guard depends on it: appended to, made durable, replaced whole. Tests put
 * a disk in its place that loses and tears what was not made durable.
 * @module
 */
import { randomBytes } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CountersignError } from '../../../shared/errors.ts';
import { KEY_FILE_MODE, syncDirectory, writeDurably } from '../durableFile.ts';

/** Largest log that is read, in bytes: far more than one grows to before it is made anew. */
export const GUARD_FILE_BYTES_MAX = 512 * 1024 * 1024;

const SUFFIX_BYTES = 8;

/** One file that a guard keeps. */
export interface GuardFile {
  /** Where it is, for people to see. */
  readonly path: string;
  /** All that is in it; `null` where there is none. */
  read(): Promise<Uint8Array | null>;
  /** Puts `bytes` at the end. They need not be durable before `sync` resolves. */
  append(bytes: Uint8Array): Promise<void>;
  /** Makes everything appended so far durable. */
  sync(): Promise<void>;
  /** Puts `bytes` in place of the whole file, durably; after a crash there is the old one or the new one. */
  replace(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** The file at `path`. Methods reject with `file.unreadable`, `file.unwritable` or `storage.full`. */
export class DiskGuardFile implements GuardFile {
  readonly path: string;
  #handle: FileHandle | null = null;

  constructor(path: string) {
    this.path = path;
  }

  async read(): Promise<Uint8Array | null> {
    try {
      const handle = await open(this.path, 'r');
      try {
        const { size } = await handle.stat();
        if (size > GUARD_FILE_BYTES_MAX)
          throw new Error(`it is larger than ${String(GUARD_FILE_BYTES_MAX)} bytes`);
        return new Uint8Array(await handle.readFile());
      } finally {
        await handle.close();
      }
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null;
      throw new CountersignError(
        'file.unreadable',
        { path: this.path, problem: messageOf(error) },
        { cause: error },
      );
    }
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.#writing(async () => {
      this.#handle ??= await open(this.path, 'a', KEY_FILE_MODE);
      await this.#handle.appendFile(bytes);
    });
  }

  async sync(): Promise<void> {
    await this.#writing(async () => {
      await this.#handle?.datasync();
    });
  }

  async replace(bytes: Uint8Array): Promise<void> {
    await this.close();
    const suffix = randomBytes(SUFFIX_BYTES).toString('hex');
    const temporary = join(dirname(this.path), `.${basename(this.path)}.${suffix}.tmp`);
    await this.#writing(async () => {
      try {
        await writeDurably(temporary, bytes);
        await rename(temporary, this.path);
        await syncDirectory(dirname(this.path));
      } catch (error) {
        await rm(temporary, { force: true }).catch(() => undefined);
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = null;
  }

  async #writing(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const { path } = this;
      const isFull = codeOf(error) === 'ENOSPC' || codeOf(error) === 'EDQUOT';
      if (isFull) throw new CountersignError('storage.full', { path }, { cause: error });
      throw new CountersignError('file.unwritable', { path, problem: messageOf(error) }, { cause: error });
    }
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
