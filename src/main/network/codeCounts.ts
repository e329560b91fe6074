/**
 * How often something went wrong, by its error code.
 * @module
 */
import type { ErrorCode, PlainError } from '../../shared/errors.ts';

/** How often each error code has occurred. */
export type CodeCounts = Partial<Record<ErrorCode, number>>;

/** Adds one. */
export function count(counts: CodeCounts, code: ErrorCode): void {
  counts[code] = (counts[code] ?? 0) + 1;
}

/** What went wrong with one replica, and how often. */
export interface Trouble {
  /** As it was the last time. */
  readonly error: PlainError;
  readonly count: number;
  /** In ms since 1970. */
  readonly lastAtMs: number;
}

/** Troubles by their code, of which there are only so many. */
export class Troubles {
  readonly #byCode = new Map<ErrorCode, Trouble>();

  add(error: PlainError): void {
    const before = this.#byCode.get(error.code)?.count ?? 0;
    this.#byCode.set(error.code, { error, count: before + 1, lastAtMs: Date.now() });
  }

  /** The latest first. */
  get all(): readonly Trouble[] {
    return [...this.#byCode.values()].sort((left, right) => right.lastAtMs - left.lastAtMs);
  }
}
