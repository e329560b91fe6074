/**
 * Directories that appear whole or not at all: built beside their place and renamed into it.
 * @module
 */
import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeDirectory, syncDirectory, writeError } from '../storage/index.ts';

/** Private to its user. */
export const DIRECTORY_MODE = 0o700;

/**
 * Makes the directory `target`, filled by `build`, which gets the path to fill. What a crash left of an earlier try is
 * removed first. Throws what `build` throws, and the errors of writing files; then there is no `target`.
 */
export async function buildAside(target: string, build: (directory: string) => Promise<void>): Promise<void> {
  const building = `${target}.new`;
  await rm(building, { recursive: true, force: true });
  try {
    await makeDirectory(building, DIRECTORY_MODE);
    await build(building);
    await syncDirectory(building);
    await rename(building, target);
    await syncDirectory(dirname(target));
  } catch (error) {
    await rm(building, { recursive: true, force: true }).catch(() => undefined);
    throw writeError(target, error);
  }
}
