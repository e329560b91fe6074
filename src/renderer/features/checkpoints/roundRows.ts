/**
 * A checkpoint as a table: one row for each replica, one column for each phase, and how long after the block was
 * accepted here.
 * @module
 */
import {
  CHECKPOINT_PHASES,
  type CheckpointPhase,
  type CheckpointRound,
} from '../../../shared/contract/model.ts';
import { phaseRows, type MatrixRow } from '../../ui/phaseMatrix.ts';

/** What is shown of a round, stable or not. */
export type Round = Pick<CheckpointRound, 'acceptedAtMs' | 'stableAtMs' | 'votes'>;

/**
 * One row for each of `n` replicas. Only the primary orders. Once the checkpoint is stable, who has not voted is awaited
 * no more.
 */
export function roundRows(
  { acceptedAtMs, stableAtMs, votes }: Round,
  n: number,
): MatrixRow<CheckpointPhase>[] {
  const firstMs = Math.min(...votes.map(({ atMs }) => atMs));
  return phaseRows({
    phases: CHECKPOINT_PHASES,
    votes,
    n,
    sinceMs: acceptedAtMs ?? firstMs,
    waits: (phase) => stableAtMs === null && phase !== 'order',
    hasPart: (phase) => phase !== 'order',
  });
}
