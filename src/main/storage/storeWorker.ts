/**
 * Starts the worker that a store runs in, from source and from the build alike.
 * @module
 */
import { Worker } from 'node:worker_threads';

export function createStoreWorker(): Worker {
  return new Worker(new URL('./store.worker.ts', import.meta.url));
}
