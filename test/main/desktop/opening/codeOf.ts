/**
 * The code of what a call throws.
 * @module
 */
import { CountersignError } from '../../../../src/shared/errors.ts';

/** `null` where it throws nothing. Throws on whatever is none of the program's own errors. */
export function codeOf(run: () => unknown): string | null {
  try {
    run();
    return null;
  } catch (error) {
    if (!isOwn(error)) throw error;
    return error.code;
  }
}

function isOwn(error: unknown): error is CountersignError {
  return error instanceof CountersignError;
}
