/**
 * Takes the data directory, and waits for a while where another process has it: a program that was just told to end
 * still writes down what it has.
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { CountersignError } from '../../../shared/errors.ts';
import { openDataDirectory, type DataDirectory } from '../../storage/index.ts';

/** How long another process may take to let go of the data directory, in milliseconds. */
export const LOCK_PATIENCE_MS = 15_000;
const LOOK_INTERVAL_MS = 250;

export interface WaitOptions {
  /** `LOCK_PATIENCE_MS` unless told otherwise. */
  readonly patienceMs: number;
  /** Told each time the lock is found held, and by which process. */
  readonly onHeld: (pid: number) => void;
  /** Ends the wait. */
  readonly signal: AbortSignal;
}

/**
 * The locked directory. Rejects with `storage.locked` where it is still held when patience or the signal ends, and with
 * the other errors of `openDataDirectory` at once.
 */
export async function waitForDirectory(path: string, options: WaitOptions): Promise<DataDirectory> {
  const deadlineMs = performance.now() + options.patienceMs;
  for (;;) {
    try {
      return await openDataDirectory(path);
    } catch (error) {
      if (!isHeld(error) || performance.now() >= deadlineMs || options.signal.aborted) throw error;
      options.onHeld(error.data.pid);
    }
    await sleep(LOOK_INTERVAL_MS, undefined, { signal: options.signal }).catch(() => undefined);
  }
}

function isHeld(error: unknown): error is CountersignError<'storage.locked'> {
  return error instanceof CountersignError && error.code === 'storage.locked';
}
