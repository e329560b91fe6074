/**
 * What a person has set for the desktop program, kept in the data directory beside what is set for the console.
 * @module
 */
import { join } from 'node:path';
import { z } from 'zod';
import {
  DESKTOP_BY_DEFAULT,
  desktopWishesSchema,
  type DesktopWishes,
} from '../../../shared/contract/desktop.ts';
import type { CountersignError } from '../../../shared/errors.ts';
import { SettingsFile } from '../../storage/index.ts';
import { windowPlaceSchema, type WindowPlace } from './windowPlace.ts';

/** Name of the file in a data directory. */
export const DESKTOP_FILE = 'desktop.json';

const fileSchema = z.strictObject({
  version: z.literal(1),
  // Files of earlier versions do not say how it looks.
  wishes: desktopWishesSchema.extend({ theme: desktopWishesSchema.shape.theme.default('auto') }),
  /** Where the window was; `null` before it was anywhere. */
  window: windowPlaceSchema.nullable(),
});
type Values = z.output<typeof fileSchema>;

export class DesktopSettings {
  readonly #file: SettingsFile<Values>;
  readonly #listeners = new Set<(wishes: DesktopWishes) => void>();

  private constructor(file: SettingsFile<Values>) {
    this.#file = file;
  }

  /** Reads the settings of a data directory. Never rejects: see `problem`. `nowMs`: milliseconds since 1970 in UTC. */
  static async open(directory: string, nowMs: number): Promise<DesktopSettings> {
    const defaults: Values = { version: 1, wishes: DESKTOP_BY_DEFAULT, window: null };
    const path = join(directory, DESKTOP_FILE);
    return new DesktopSettings(await SettingsFile.open({ path, schema: fileSchema, defaults, nowMs }));
  }

  get wishes(): DesktopWishes {
    return this.#file.values.wishes;
  }

  get window(): WindowPlace | null {
    return this.#file.values.window;
  }

  /** Why the defaults count although something was kept. */
  get problem(): CountersignError | null {
    return this.#file.problem;
  }

  /** Durable when the promise resolves; then listeners hear of it. Throws the errors of writing files; then it is as it was. */
  async set(change: Partial<DesktopWishes>): Promise<void> {
    await this.#file.set(({ wishes }) => ({ wishes: { ...wishes, ...change } }));
    for (const listener of this.#listeners) listener(this.wishes);
  }

  /** As above, without telling anybody. */
  async setWindow(window: WindowPlace): Promise<void> {
    await this.#file.set(() => ({ window }));
  }

  /** Calls `listener` with what was set. It must not throw. */
  onChange(listener: (wishes: DesktopWishes) => void): void {
    this.#listeners.add(listener);
  }
}
