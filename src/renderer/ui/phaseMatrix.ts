/**
 * Who did what, and when, as a table: one row for each replica, one column for each phase.
 * @module
 */
import type { Language } from '../../shared/text/quantities.ts';

/**
 * One step of one replica. `done`: seen so long after the beginning, in milliseconds. `waiting`: it may still come.
 * `unseen`: it was not seen and is awaited no more. `apart`: this replica has no part in it.
 */
export type MatrixCell =
  { readonly state: 'done'; readonly afterMs: number } | { readonly state: 'waiting' | 'unseen' | 'apart' };

/** The steps of one replica, in the order of the phases. */
export interface MatrixRow<P extends string> {
  readonly replica: number;
  readonly cells: readonly { readonly phase: P; readonly cell: MatrixCell }[];
}

/** A column of the table. */
export interface MatrixColumn {
  readonly phase: string;
  readonly title: string;
  /** How many have done it, and whether that is a quorum; `null` for a phase that nobody counts. */
  readonly tally: { readonly text: string; readonly enough: boolean } | null;
}

export interface Phases<P extends string> {
  readonly phases: readonly P[];
  readonly votes: readonly { readonly replica: number; readonly phase: P; readonly atMs: number }[];
  /** Number of replicas. */
  readonly n: number;
  /** What the times are counted from. */
  readonly sinceMs: number;
  /** Whether a step of this phase may still come. */
  readonly waits: (phase: P) => boolean;
  /** Whether this replica has a part in the phase. */
  readonly hasPart: (phase: P, replica: number) => boolean;
}

/** One row for each replica. */
export function phaseRows<P extends string>(of: Phases<P>): MatrixRow<P>[] {
  return Array.from({ length: of.n }, (_, replica) => ({
    replica,
    cells: of.phases.map((phase) => ({ phase, cell: cellOf(of, phase, replica) })),
  }));
}

function cellOf<P extends string>(
  { votes, sinceMs, waits, hasPart }: Phases<P>,
  phase: P,
  replica: number,
): MatrixCell {
  const vote = votes.find((known) => known.replica === replica && known.phase === phase);
  // What was seen was done, whoever did it.
  if (vote !== undefined) return { state: 'done', afterMs: Math.max(0, vote.atMs - sinceMs) };
  if (!hasPart(phase, replica)) return { state: 'apart' };
  return { state: waits(phase) ? 'waiting' : 'unseen' };
}

/** How many replicas have done it. */
export function countDone<P extends string>(rows: readonly MatrixRow<P>[], phase: P): number {
  return rows.filter(({ cells }) => cells.some((one) => one.phase === phase && one.cell.state === 'done'))
    .length;
}

const SECOND_MS = 1_000;

/** A short time with its unit, for a cell: `12 ms`, `1.25 s`. */
export function shortTime(ms: number, language: Language): string {
  const isShort = ms < SECOND_MS;
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit: isShort ? 'millisecond' : 'second',
    unitDisplay: 'short',
    maximumFractionDigits: isShort ? 0 : 2,
  }).format(isShort ? ms : ms / SECOND_MS);
}
