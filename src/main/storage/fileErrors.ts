/**
 * The system's errors on files, in the words of `ErrorData`.
 * @module
 */
import { CountersignError } from '../../shared/errors.ts';

/** `error`, met while writing `path`: `storage.full`, `storage.readOnly` or `file.unwritable`. */
export function writeError(path: string, error: unknown): CountersignError {
  if (isOwn(error)) return error;
  switch (codeOf(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new CountersignError('storage.full', { path }, { cause: error });
    case 'EROFS':
      return new CountersignError('storage.readOnly', { path }, { cause: error });
    default: {
      const problem = error instanceof Error ? error.message : String(error);
      return new CountersignError('file.unwritable', { path, problem }, { cause: error });
    }
  }
}

/** `error`, met while reading `path`: `file.notFound` or `file.unreadable`. */
export function readError(path: string, error: unknown): CountersignError {
  if (isOwn(error)) return error;
  if (codeOf(error) === 'ENOENT') return new CountersignError('file.notFound', { path }, { cause: error });
  const problem = error instanceof Error ? error.message : String(error);
  return new CountersignError('file.unreadable', { path, problem }, { cause: error });
}

/** The system's code of `error`, such as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Whether `error` has its final form already. */
export function isOwn(error: unknown): error is CountersignError {
  return error instanceof CountersignError;
}
