/**
 * What lies in a data directory, by size. It never reads what is in the files.
 * @module
 */
import { readdir, stat, statfs } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { FILES_LISTED_MAX, type DiagnosticsView } from '../../../shared/contract/diagnostics.ts';

/** Most files that are looked at: a data directory has some dozens. */
export const FILES_LOOKED_AT_MAX = 2_000;
/** Directories within directories that are looked into. */
const DEPTH_MAX = 4;

type Storage = DiagnosticsView['storage'];

/** Never rejects: what cannot be looked at is left out. */
export async function directorySizes(directory: string): Promise<Storage> {
  const found: { path: string; sizeBytes: number }[] = [];
  await look(directory, DEPTH_MAX, async (path) => {
    if (found.length >= FILES_LOOKED_AT_MAX) return;
    // It may have gone since.
    const sizeBytes = await stat(path).then(
      ({ size }) => size,
      () => null,
    );
    if (sizeBytes !== null) found.push({ path: relative(directory, path).replaceAll('\\', '/'), sizeBytes });
  });
  found.sort((left, right) => right.sizeBytes - left.sizeBytes || (left.path < right.path ? -1 : 1));
  const sum = (isWanted: (path: string) => boolean): number =>
    found.reduce((total, { path, sizeBytes }) => total + (isWanted(path) ? sizeBytes : 0), 0);
  return {
    directory,
    files: found.slice(0, FILES_LISTED_MAX),
    more: Math.max(0, found.length - FILES_LISTED_MAX),
    totalBytes: sum(() => true),
    databaseBytes: sum((path) => path.endsWith('.sqlite')),
    writeAheadBytes: sum((path) => path.endsWith('.sqlite-wal')),
    freeBytes: await freeBytes(directory),
  };
}

async function look(directory: string, depth: number, take: (path: string) => Promise<void>): Promise<void> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(directory, entry.name);
    // Links are not followed: what they point at is no part of the directory.
    if (entry.isFile()) await take(path);
    else if (entry.isDirectory() && depth > 1) await look(path, depth - 1, take);
  }
}

async function freeBytes(directory: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(directory);
    const bytes = bavail * bsize;
    return Number.isSafeInteger(bytes) ? bytes : Number.MAX_SAFE_INTEGER;
  } catch {
    return null;
  }
}
