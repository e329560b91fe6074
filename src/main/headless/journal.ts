/**
 * Whether what the program says is kept by the system's journal, and what must not get into it.
 * @module
 */
import { fstat } from 'node:fs';
import { promisify } from 'node:util';

const STANDARD_OUTPUT = 1;

const fileStatus = promisify(fstat);

/**
 * Whether standard output is the journal's: `JOURNAL_STREAM` names the device and inode of what a service writes to
 * (systemd.exec(5)). The variable alone proves nothing: programs started by a service inherit it with other outputs.
 */
export async function writesToJournal(
  env: NodeJS.ProcessEnv,
  descriptor: number = STANDARD_OUTPUT,
): Promise<boolean> {
  const stream = env['JOURNAL_STREAM'];
  if (stream === undefined) return false;
  try {
    const { dev, ino } = await fileStatus(descriptor, { bigint: true });
    return stream === `${String(dev)}:${String(ino)}`;
  } catch {
    // Standard output is closed: nothing is kept of it.
    return false;
  }
}

/** The address of the console without what opens it. */
export function withoutToken(url: string): string {
  return url.replace(/#.*$/, '');
}
