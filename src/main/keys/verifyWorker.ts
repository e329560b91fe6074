/**
 * Starts a worker that verifies signatures, from source and from the build alike.
 * @module
 */
import { Worker } from 'node:worker_threads';

export function createVerifyWorker(): Worker {
  return new Worker(new URL('./verify.worker.ts', import.meta.url));
}
