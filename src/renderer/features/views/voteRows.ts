/**
 * A view change as a table: one row for each replica, one column for each step, and how long after the first step.
 * @module
 */
import { VIEW_PHASES, type ViewChangeView, type ViewPhase } from '../../../shared/contract/model.ts';
import { phaseRows, type MatrixRow } from '../../ui/phaseMatrix.ts';

/**
 * One row for each of `n` replicas. While the change is under way, the others' steps may still come; nobody waits for
 * a suspicion, and the new primary alone opens the view.
 */
export function voteRows(change: ViewChangeView, n: number): MatrixRow<ViewPhase>[] {
  const { votes, startedAtMs, outcome, toPrimary } = change;
  return phaseRows({
    phases: VIEW_PHASES,
    votes,
    n,
    sinceMs: Math.min(startedAtMs, ...votes.map(({ atMs }) => atMs)),
    waits: (phase) => outcome === 'changing' && phase !== 'suspected',
    hasPart: (phase, replica) => phase !== 'newView' || replica === toPrimary,
  });
}
