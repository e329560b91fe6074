/**
 * What comes before a view change as a table: one row for each replica, and when it found the primary too slow and wanted
 * another view.
 * @module
 */
import type { ViewsView } from '../../../shared/contract/model.ts';
import { phaseRows, type MatrixRow } from '../../ui/phaseMatrix.ts';

/** What a replica does before the others leave their view with it, in order. */
export const SUSPICION_PHASES = ['suspected', 'viewChange'] as const;
export type SuspicionPhase = (typeof SUSPICION_PHASES)[number];

/** Whether anybody finds the primary too slow, or wants another view. */
export function isSuspected({ mode, suspicions, wishes }: ViewsView): boolean {
  return mode === 'normal' && suspicions.length + wishes.length > 0;
}

/** One row for each of `n` replicas. Nobody is waited for: the others may well be content. Times count from the first. */
export function suspicionRows({ suspicions, wishes }: ViewsView, n: number): MatrixRow<SuspicionPhase>[] {
  const votes = [
    ...suspicions.map(({ replica, atMs }) => ({ replica, phase: 'suspected' as const, atMs })),
    ...wishes.map(({ replica, atMs }) => ({ replica, phase: 'viewChange' as const, atMs })),
  ];
  return phaseRows({
    phases: SUSPICION_PHASES,
    votes,
    n,
    sinceMs: Math.min(...votes.map(({ atMs }) => atMs)),
    waits: () => false,
    hasPart: () => true,
  });
}
