/**
 * Notices that the data directory is not where it was opened: its disk was pulled out, or somebody moved it, or put
 * another one in its place. Files that are open go on working meanwhile, so nothing else would tell; but what is opened
 * by its path from now on would be another file, or none.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { CountersignError } from '../../../shared/errors.ts';
import type { DataDirectory } from '../../storage/index.ts';

/** Time between two looks, in milliseconds: each reads one small file. */
export const DIRECTORY_LOOK_INTERVAL_MS = 2_000;

/** Looks until `signal` ends it. `onGone` is told once, and must not throw. */
export function watchDirectory(
  directory: Pick<DataDirectory, 'isHeld' | 'path'>,
  signal: AbortSignal,
  onGone: (error: CountersignError<'storage.gone'>) => void,
): void {
  const look = async (): Promise<void> => {
    do {
      // Rejects when it is ended.
      await sleep(DIRECTORY_LOOK_INTERVAL_MS, undefined, { signal, ref: false });
      // A disk that does not answer is not asked again meanwhile.
    } while (await directory.isHeld());
    if (!signal.aborted) onGone(new CountersignError('storage.gone', { path: directory.path }));
  };
  look().catch(() => undefined);
}
