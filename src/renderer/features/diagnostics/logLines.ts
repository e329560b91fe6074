/**
 * The lines of the log that a page knows. A program that starts again begins another log, whose lines count from 1: then
 * the page starts over, and shows none of the program that has ended.
 * @module
 */
import { LOG_ENTRIES_MAX, type LogEntry } from '../../../shared/contract/diagnostics.ts';
import type { Output } from '../../../shared/contract/channels.ts';

/** The lines that are known of one log. */
export interface LogLines {
  /** Which log it is; empty while none is known. */
  readonly id: string;
  /** Oldest first. */
  readonly entries: readonly LogEntry[];
}
export type LogAnswer = Output<'diagnostics.log'>;

export const NO_LINES: LogLines = { id: '', entries: [] };

/** What comes after the lines that are known, or all of another log. */
export async function askForLines(
  ask: (after: number) => Promise<LogAnswer>,
  known: LogLines,
): Promise<LogAnswer> {
  const last = lastNumber(known);
  const answer = await ask(last);
  return last === 0 || answer.log === known.id ? answer : await ask(0);
}

/** What was known with the newer lines after it, the newest of all; of another log, its lines alone. */
export function withAnswer(known: LogLines, { log, entries }: LogAnswer): LogLines {
  if (log !== known.id) return { id: log, entries: entries.slice(-LOG_ENTRIES_MAX) };
  return { id: log, entries: [...known.entries, ...linesAfter(known, entries)].slice(-LOG_ENTRIES_MAX) };
}

/** How many lines have come since `held`. */
export function linesSince(held: LogLines, { id, entries }: LogLines): number {
  return id === held.id ? linesAfter(held, entries).length : entries.length;
}

function linesAfter(known: LogLines, entries: readonly LogEntry[]): readonly LogEntry[] {
  const last = lastNumber(known);
  return entries.filter(({ number }) => number > last);
}

function lastNumber({ entries }: LogLines): number {
  return entries.at(-1)?.number ?? 0;
}
