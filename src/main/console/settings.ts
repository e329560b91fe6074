/**
 * What a person has set in the console, kept in the data directory. Nothing in here is needed to start.
 * @module
 */
import { join } from 'node:path';
import { z } from 'zod';
import { AUTO_LOCK_MAX_MS, AUTO_LOCK_MIN_MS } from '../../shared/contract/keys.ts';
import { NOTICES_BY_DEFAULT, noticeWishesSchema, type NoticeWishes } from '../../shared/contract/settings.ts';
import { toPlainError, type CountersignError } from '../../shared/errors.ts';
import { SettingsFile } from '../storage/index.ts';
import type { ConsoleEvent } from './events.ts';

/** Name of the file in a data directory. */
export const SETTINGS_FILE = 'settings.json';

const settingsSchema = z.strictObject({
  version: z.literal(1),
  /** How long the key stays unlocked, in milliseconds. */
  autoLockMs: z.number().int().min(AUTO_LOCK_MIN_MS).max(AUTO_LOCK_MAX_MS),
  /** What people are notified about. Files of before lack it, or the kinds that there were not yet. */
  notices: noticeWishesSchema
    .extend({ viewChange: z.boolean().default(NOTICES_BY_DEFAULT.viewChange) })
    .default(NOTICES_BY_DEFAULT),
});
type Values = z.output<typeof settingsSchema>;

export interface SettingsOptions {
  readonly directory: string;
  /** Counts where none was kept, in milliseconds. */
  readonly autoLockMs: number;
  /** Milliseconds since 1970 in UTC. */
  readonly nowMs: number;
  readonly log: (event: ConsoleEvent) => void;
}

export class Settings {
  readonly #file: SettingsFile<Values>;

  private constructor(file: SettingsFile<Values>) {
    this.#file = file;
  }

  /** Reads the settings. What cannot be read is logged, and counts as none. */
  static async open({ directory, autoLockMs, nowMs, log }: SettingsOptions): Promise<Settings> {
    const file = await SettingsFile.open<Values>({
      path: join(directory, SETTINGS_FILE),
      schema: settingsSchema,
      defaults: { version: 1, autoLockMs, notices: NOTICES_BY_DEFAULT },
      nowMs,
    });
    if (file.problem !== null) {
      log({ kind: 'failed', what: 'reading the settings', error: toPlainError(file.problem) });
    }
    return new Settings(file);
  }

  get autoLockMs(): number {
    return this.#file.values.autoLockMs;
  }

  get notices(): NoticeWishes {
    return this.#file.values.notices;
  }

  /** Why the defaults count although something was kept. */
  get problem(): CountersignError | null {
    return this.#file.problem;
  }

  /** Durable when the promise resolves. Throws the errors of writing files; then it is as it was. */
  async setAutoLockMs(autoLockMs: number): Promise<void> {
    await this.#file.set(() => ({ autoLockMs }));
  }

  /** As above. */
  async setNotices(notices: NoticeWishes): Promise<void> {
    await this.#file.set(() => ({ notices }));
  }
}
