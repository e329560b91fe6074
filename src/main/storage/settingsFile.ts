/**
 * What a person has set, as a small file of JSON. Nothing in it is needed to start, so a start never fails because of it:
 * a damaged file is set aside under another name, and one of a newer version is left alone and never written over.
 * @module
 */
import { rename } from 'node:fs/promises';
import type { z } from 'zod';
import { CountersignError, hasCode } from '../../shared/errors.ts';
import { readTextFile } from './readFile.ts';
import { writeFileAtomic } from './writeFileAtomic.ts';

/** Largest settings file that is read, in bytes. */
export const SETTINGS_BYTES_MAX = 16_384;

/** Anything with a version. */
interface Versioned {
  readonly version: number;
}

export interface SettingsFileOptions<T extends Versioned> {
  readonly path: string;
  /** Of the version of `defaults`; strict. */
  readonly schema: z.ZodType<T>;
  /** What counts where nothing was kept. */
  readonly defaults: T;
  /** Milliseconds since 1970 in UTC: part of the name under which a damaged file is set aside. */
  readonly nowMs: number;
}

export class SettingsFile<T extends Versioned> {
  readonly #path: string;
  #values: T;
  /**
   * Why the defaults count although there is a file: `settings.damaged`, `storage.newerSchema`, `file.unreadable`; `null`
   * where all is well.
   */
  readonly problem: CountersignError | null;
  /** One change after another: each is written with what those before it have set. */
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, values: T, problem: CountersignError | null) {
    this.#path = path;
    this.#values = values;
    this.problem = problem;
  }

  /** Reads the file. Never rejects: see `problem`. */
  static async open<T extends Versioned>(options: SettingsFileOptions<T>): Promise<SettingsFile<T>> {
    const { path, defaults } = options;
    try {
      const text = await readTextFile(path, SETTINGS_BYTES_MAX);
      return new SettingsFile(path, parse(text, options), null);
    } catch (error) {
      if (hasCode(error, 'file.notFound')) return new SettingsFile(path, defaults, null);
      return new SettingsFile(path, defaults, await problemOf(error, options));
    }
  }

  get values(): T {
    return this.#values;
  }

  /**
   * One change after another; `change` is given what counts by then. Durable when the promise resolves. Throws the errors of writing files, and `storage.newerSchema` where the file is of a
   * newer version; then it is as it was.
   */
  async set(change: (values: T) => Partial<Omit<T, 'version'>>): Promise<void> {
    const written = this.#writing.then(async () => {
      if (hasCode(this.problem, 'storage.newerSchema')) throw this.problem;
      const values = { ...this.#values, ...change(this.#values) };
      await writeFileAtomic(this.#path, `${JSON.stringify(values)}\n`);
      this.#values = values;
    });
    this.#writing = written.catch(() => undefined);
    await written;
  }
}

function parse<T extends Versioned>(
  text: string,
  { path, schema, defaults }: Pick<SettingsFileOptions<T>, 'path' | 'schema' | 'defaults'>,
): T {
  const value: unknown = JSON.parse(text);
  const found = versionOf(value);
  const known = defaults.version;
  // Said before anything else of it is read: what a newer version keeps need not fit.
  if (found > known) throw new CountersignError('storage.newerSchema', { path, found, known });
  return schema.parse(value);
}

/** The version that a file says it has; 0 where it says none. */
function versionOf(value: unknown): number {
  const version: unknown =
    typeof value === 'object' && value !== null ? Reflect.get(value, 'version') : undefined;
  return Number.isSafeInteger(version) ? Number(version) : 0;
}

/** What is wrong with the file; a damaged one is moved out of the way, so that nothing writes over it. */
async function problemOf<T extends Versioned>(
  error: unknown,
  { path, nowMs }: Pick<SettingsFileOptions<T>, 'path' | 'nowMs'>,
): Promise<CountersignError> {
  // What cannot be read may be whole: it is not said to be damaged.
  const isWhole = hasCode(error, 'storage.newerSchema');
  const isUnread =
    hasCode(error, 'file.unreadable') && error.cause !== undefined && hasSystemCode(error.cause);
  if (isWhole || isUnread) return error;
  const movedTo = `${path}.damaged-${String(nowMs)}`;
  try {
    await rename(path, movedTo);
    return new CountersignError('settings.damaged', { path, movedTo }, { cause: error });
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    return new CountersignError('file.unreadable', { path, problem }, { cause });
  }
}

function hasSystemCode(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
