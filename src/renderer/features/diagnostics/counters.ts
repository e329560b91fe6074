/**
 * Which counted codes say that a limit was hit, and which lines of the log a person looks for.
 * @module
 */
import { LOG_LEVELS, type LogEntry, type LogLevel } from '../../../shared/contract/diagnostics.ts';

/** Codes of limits: see docs/LIMITS.md. */
export function isLimit(code: string): boolean {
  return code.startsWith('admission.') || code === 'handshake.timeout';
}

/** One line as it is shown, searched and copied: `event name=value`. */
export function lineOf({ event, fields }: LogEntry): string {
  return [event, ...Object.entries(fields).map(([name, value]) => `${name}=${String(value)}`)].join(' ');
}

/** Lines of at least this level in which all words of `search` are. */
export function linesFor(entries: readonly LogEntry[], least: LogLevel, search: string): readonly LogEntry[] {
  const from = LOG_LEVELS.indexOf(least);
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return entries.filter((entry) => {
    if (LOG_LEVELS.indexOf(entry.level) < from) return false;
    const line = lineOf(entry).toLowerCase();
    return words.every((word) => line.includes(word));
  });
}
