/**
 * Errors on their way to a page: as data, short enough for the contract, and with nothing but text and numbers.
 * @module
 */
import type { ConsoleError } from '../../shared/contract/model.ts';
import { toPlainError } from '../../shared/errors.ts';

/** Longest text in an error's data, in UTF-16 code units: an error is a sentence, not a dump. */
export const ERROR_TEXT_CHARS_MAX = 2_000;

/** `error` as the contract carries it. */
export function toConsoleError(error: unknown): ConsoleError {
  const { code, data } = toPlainError(error);
  const fields = Object.entries(data).map(([name, value]) => [name, sendable(value)]);
  return { code, data: Object.fromEntries(fields) as ConsoleError['data'] };
}

function sendable(value: unknown): string | number {
  // JSON has no NaN and no infinities.
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  const text = String(value);
  return text.length > ERROR_TEXT_CHARS_MAX ? `${text.slice(0, ERROR_TEXT_CHARS_MAX)}…` : text;
}
