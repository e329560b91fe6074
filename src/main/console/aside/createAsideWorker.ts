/**
 * Starts the worker for what takes long, from source and from the build alike.
 * @module
 */
import { Worker } from 'node:worker_threads';

export function createAsideWorker(): Worker {
  return new Worker(new URL('./aside.worker.ts', import.meta.url));
}
