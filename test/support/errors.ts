/**
 * What functions throw, as values that a test can look at.
 * @module
 */
import { CountersignError } from '../../src/shared/errors.ts';

/** `instanceof` alone leaves the type parameter open. */
function isOurs(error: unknown): error is CountersignError {
  return error instanceof CountersignError;
}

/** The `CountersignError` that `act` throws. Anything else, and no error at all, is an error of the test. */
export function caught(act: () => unknown): CountersignError {
  let result: unknown;
  try {
    result = act();
  } catch (error) {
    if (isOurs(error)) return error;
    throw error;
  }
  throw new Error(`nothing was thrown, but ${JSON.stringify(result)} returned`);
}

/** The `CountersignError` that `promise` is rejected with. */
export async function rejected(promise: Promise<unknown>): Promise<CountersignError> {
  let result: unknown;
  try {
    result = await promise;
  } catch (error) {
    if (isOurs(error)) return error;
    throw error;
  }
  throw new Error(`nothing was thrown, but ${JSON.stringify(result)} returned`);
}
