/**
 * Real stores in directories of their own, for tests.
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

/** Starts the worker of a store from its source. */
export function createStoreWorker(): Worker {
  return new Worker(new URL('../../src/main/storage/store.worker.ts', import.meta.url));
}

/** A new, empty directory and the way to remove it. */
export async function makeDirectory(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'countersign-'));
  return { path, remove: async () => await rm(path, { recursive: true, force: true }) };
}
