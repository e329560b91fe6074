/**
 * A view change as a table: one row for each replica, one column for each step, and how long after the first step.
 * @module
 */
import { VIEW_PHASES, type ViewChangeView, type ViewPhase } from '../../../shared/contract/model.ts';

/** One replica's steps: milliseconds after the first one of all, or `null` where the step was not seen. */
export interface VoteRow {
  readonly replica: number;
  readonly afterMs: Readonly<Record<ViewPhase, number | null>>;
}

/** One row for each of `n` replicas. */
export function voteRows(change: ViewChangeView, n: number): VoteRow[] {
  const firstMs = Math.min(change.startedAtMs, ...change.votes.map(({ atMs }) => atMs));
  return Array.from({ length: n }, (_, replica) => {
    const steps = VIEW_PHASES.map((phase) => {
      const vote = change.votes.find((known) => known.replica === replica && known.phase === phase);
      return [phase, vote === undefined ? null : vote.atMs - firstMs];
    });
    return { replica, afterMs: Object.fromEntries(steps) as VoteRow['afterMs'] };
  });
}
