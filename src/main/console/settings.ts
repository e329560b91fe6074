/**
 * What a person has set in the console, kept in the data directory. Nothing in here is needed to start: a file that is
 * damaged counts as none.
 * @module
 */
import { join } from 'node:path';
import { z } from 'zod';
import { AUTO_LOCK_MAX_MS, AUTO_LOCK_MIN_MS } from '../../shared/contract/keys.ts';
import { NOTICES_BY_DEFAULT, noticeWishesSchema, type NoticeWishes } from '../../shared/contract/settings.ts';
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
  /** What people are notified about. Files of before do not have it. */
  notices: noticeWishesSchema.default(NOTICES_BY_DEFAULT),
});
type Values = z.infer<typeof settingsSchema>;

export class Settings {
  readonly #path: string;
  #values: Values;
  /** One change after another: each is written with what those before it have set. */
  #writing: Promise<void> = Promise.resolve();

  private constructor(path: string, values: Values) {
    this.#path = path;
    this.#values = values;
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
      return new Settings(path, kept);
    } catch (error) {
      if (!hasCode(error, 'file.notFound')) {
        log({ kind: 'failed', what: 'reading the settings', error: toPlainError(error) });
      }
      return new Settings(path, { version: 1, autoLockMs, notices: NOTICES_BY_DEFAULT });
    }
  }

  get autoLockMs(): number {
    return this.#values.autoLockMs;
  }

  get notices(): NoticeWishes {
    return this.#values.notices;
  }

  /** Durable when the promise resolves. Throws the errors of writing files; then it is as it was. */
  async setAutoLockMs(autoLockMs: number): Promise<void> {
    await this.#set({ autoLockMs });
  }

  /** As above. */
  async setNotices(notices: NoticeWishes): Promise<void> {
    await this.#set({ notices });
  }

  async #set(change: Partial<Values>): Promise<void> {
    const written = this.#writing.then(async () => {
      const values = { ...this.#values, ...change };
      await writeFileAtomic(this.#path, `${JSON.stringify(values)}\n`);
      this.#values = values;
    });
    this.#writing = written.catch(() => undefined);
    await written;
  }
}
