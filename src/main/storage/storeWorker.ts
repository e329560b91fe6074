/**
 * Starts the worker that a store runs in, from source and from the build alike.
 * @module
 */
import { isBuiltin } from 'node:module';
import { Worker } from 'node:worker_threads';
import { CountersignError } from '../../shared/errors.ts';

/** The oldest Node that everything runs on: package.json brings a newer one. */
const NODE_NEEDED = '24.18';

/** Throws `runtime.tooOld` on a Node without the database. */
export function createStoreWorker(): Worker {
  if (!isBuiltin('node:sqlite')) {
    throw new CountersignError('runtime.tooOld', { found: process.versions.node, needed: NODE_NEEDED });
  }
  return new Worker(new URL('./store.worker.ts', import.meta.url));
}
