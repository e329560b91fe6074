/**
 * What the tests of keys share.
 * @module
 */
import { Worker } from 'node:worker_threads';
import { CountersignError, type ErrorCode } from '../../../src/shared/errors.ts';

/** The code of the error that `action` throws; another error is thrown on, and none is `undefined`. */
export function codeOf(action: () => unknown): ErrorCode | undefined {
  try {
    action();
  } catch (error) {
    if (error instanceof CountersignError) return error.code as ErrorCode;
    throw error;
  }
  return undefined;
}

/** The code of the error with which `promise` is rejected. */
export async function rejectionCodeOf(promise: Promise<unknown>): Promise<ErrorCode | undefined> {
  try {
    await promise;
  } catch (error: unknown) {
    return codeOf(() => {
      throw error;
    });
  }
  return undefined;
}

/** A real worker of the verifier pool, from its source. */
export function createVerifyWorker(): Worker {
  return new Worker(new URL('../../../src/main/keys/verify.worker.ts', import.meta.url));
}
