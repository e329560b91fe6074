/**
 * What a person has set in the console, kept in the data directory. Nothing in here is needed to start: a file that is
 * damaged counts as none.
 * @module
 */
import { join } from 'node:path';
import { z } from 'zod';
import { AUTO_LOCK_MAX_MS, AUTO_LOCK_MIN_MS } from '../../shared/contract/keys.ts';
import { hasCode, toPlainError } from '../../shared/errors.ts';
import { readTextFile, writeFileAtomic } from '../storage/index.ts';
import type { ConsoleEvent } from './events.ts';

/** Name of the file in a data directory. */
export const SETTINGS_FILE = 'settings.json';
/** Largest settings file that is read, in bytes. */
const SETTINGS_BYTES_MAX = 4_096;

const settingsSchema = z.strictObject({
  version: z.literal(1),
  /** How long the key stays unlocked, in milliseconds. */
  autoLockMs: z.number().int().min(AUTO_LOCK_MIN_MS).max(AUTO_LOCK_MAX_MS),
});

export class Settings {
  readonly #path: string;
  #autoLockMs: number;

  private constructor(path: string, autoLockMs: number) {
    this.#path = path;
    this.#autoLockMs = autoLockMs;
  }

  /** Reads the settings; `autoLockMs` counts where none were kept. */
  static async open(
    directory: string,
    autoLockMs: number,
    log: (event: ConsoleEvent) => void,
  ): Promise<Settings> {
    const path = join(directory, SETTINGS_FILE);
    try {
      const kept = settingsSchema.parse(JSON.parse(await readTextFile(path, SETTINGS_BYTES_MAX)));
      return new Settings(path, kept.autoLockMs);
    } catch (error) {
      if (!hasCode(error, 'file.notFound')) {
        log({ kind: 'failed', what: 'reading the settings', error: toPlainError(error) });
      }
      return new Settings(path, autoLockMs);
    }
  }

  get autoLockMs(): number {
    return this.#autoLockMs;
  }

  /** Durable when the promise resolves. Throws the errors of writing files; then it is as it was. */
  async setAutoLockMs(autoLockMs: number): Promise<void> {
    const settings: z.infer<typeof settingsSchema> = { version: 1, autoLockMs };
    await writeFileAtomic(this.#path, `${JSON.stringify(settings)}\n`);
    this.#autoLockMs = autoLockMs;
  }
}
