/**
 * Whether a replica has lost its ledger: then what it may have signed is known to nobody here, and nothing more may be
 * signed under the keys that it had.
 * @module
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { Hex } from '../../shared/encoding/hex.ts';
import { readTextFile, writeFileAtomic } from '../storage/index.ts';
import { LEDGER_FILE } from '../storage/openLedgerStore.ts';

/** Name of the file that stands in a data directory whose ledger was lost; it names the keys of that time. */
export const STATE_LOST_FILE = 'state-lost';
/** Most characters of that file: the keys of many losses. */
const STATE_LOST_CHARS_MAX = 64 * 1024;

const WHY =
  'The ledger was missing when this replica started. It follows, and signs nothing under these keys:';

/**
 * Which of these keys may not sign because the ledger that was made with the network has gone, now or at an earlier
 * start. It is written down before a new ledger is made: a crash right after that must not make the new one look like
 * the old. A key that was made afterwards has signed nothing that could be lost.
 */
export async function lostKeys(directory: string, keys: readonly Hex[]): Promise<ReadonlySet<Hex>> {
  const mark = join(directory, STATE_LOST_FILE);
  const marked = (await exists(mark)) ? await readTextFile(mark, STATE_LOST_CHARS_MAX) : '';
  const before = marked.split('\n').filter((line) => /^[0-9a-f]{64}$/.test(line));
  if (await exists(join(directory, LEDGER_FILE))) return new Set(before);
  const lost = new Set([...before, ...keys]);
  await writeFileAtomic(mark, `${[WHY, ...lost].join('\n')}\n`);
  return lost;
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
