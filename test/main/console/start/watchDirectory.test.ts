/** A data directory that goes away while the program runs. */
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  DIRECTORY_LOOK_INTERVAL_MS,
  watchDirectory,
} from '../../../../src/main/console/start/watchDirectory.ts';
import { openDataDirectory, type DataDirectory } from '../../../../src/main/storage/index.ts';
import { makeDirectory } from '../../../support/stores.ts';

let parent: Awaited<ReturnType<typeof makeDirectory>>;
let path: string;
let directory: DataDirectory;
let ending: AbortController;

beforeEach(async () => {
  parent = await makeDirectory();
  path = join(parent.path, 'data');
  directory = await openDataDirectory(path);
  ending = new AbortController();
});
afterEach(async () => {
  ending.abort();
  await directory.release();
  await parent.remove();
});

it('is told once, by its path', async () => {
  const told = Promise.withResolvers<unknown>();
  watchDirectory(directory, ending.signal, told.resolve);
  await rename(path, `${path}.away`);
  expect(await told.promise).toMatchObject({ code: 'storage.gone', data: { path } });
});

it('is not told where it is there, or after the end', async () => {
  const told: unknown[] = [];
  watchDirectory(directory, ending.signal, (error) => told.push(error));
  await new Promise((resolve) => setTimeout(resolve, DIRECTORY_LOOK_INTERVAL_MS + 500));
  ending.abort();
  await rename(path, `${path}.away`);
  await new Promise((resolve) => setTimeout(resolve, DIRECTORY_LOOK_INTERVAL_MS + 500));
  expect(told).toEqual([]);
});
