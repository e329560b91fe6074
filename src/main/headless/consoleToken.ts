/**
 * The token of the served console. It is kept with the data, readable by its owner alone, as the keys are: so a page
 * that is open, or a bookmark, works again after a restart.
 * @module
 */
import { join } from 'node:path';
import { isHex } from '../../shared/encoding/hex.ts';
import { hasCode } from '../../shared/errors.ts';
import { TOKEN_BYTES, createToken } from '../console/transports/access.ts';
import { makeDirectory, readTextFile, writeFileAtomic } from '../storage/index.ts';

/** Name of the token's file in the data directory. Removing it makes a new token at the next start. */
const TOKEN_FILE = 'console-token';
const TOKEN_FILE_BYTES_MAX = 1_024;
const DIRECTORY_MODE = 0o700;

/** The token of the data directory, made where there is none or no whole one. */
export async function consoleToken(directory: string): Promise<string> {
  const path = join(directory, TOKEN_FILE);
  const stored = await readStored(path);
  if (isHex(stored, TOKEN_BYTES)) return stored;
  const token = createToken();
  await makeDirectory(directory, DIRECTORY_MODE);
  await writeFileAtomic(path, `${token}\n`);
  return token;
}

async function readStored(path: string): Promise<string> {
  try {
    return (await readTextFile(path, TOKEN_FILE_BYTES_MAX)).trim();
  } catch (error) {
    if (hasCode(error, 'file.notFound')) return '';
    throw error;
  }
}
