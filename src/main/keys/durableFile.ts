/**
 * Files of keys and of what was signed with them, written so that they are there after a crash.
 * @module
 */
import { open } from 'node:fs/promises';

/** Readable and writable by the owner alone. Windows ignores it: there the folder's rights apply. */
export const KEY_FILE_MODE = 0o600;

/**
 * Makes a new file at `path`; its content is durable when this resolves, its name after `syncDirectory`. Rejects with the
 * system's error, `EEXIST` among them.
 */
export async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, 'wx', KEY_FILE_MODE);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes new names in a folder durable. Windows cannot open a folder, and its file systems log names themselves. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
