/**
 * What every ledger store makes of the operations in the same way.
 * @module
 */
import type { KnownEvidence, LearnerMark, ViewPosition } from '../consensus/effects.ts';
import type { Block } from '../ledger/block.ts';
import { epochOf, type Evidence } from '../ledger/evidence.ts';
import { REPLICAS_MAX } from '../ledger/limits.ts';
import type { ViewChange } from '../ledger/viewChange.ts';

/** Most pieces of evidence that a store keeps beside its blocks: those of one epoch, and of some before. */
export const EVIDENCE_KEPT_MAX = 4 * REPLICAS_MAX;

/**
 * `all` with `known` in it, by epoch and replica. The evidence that a store has against a replica stays: a second pair
 * would prove nothing more, and whoever was shown the first must find it again. Only where it is recorded can change.
 * Where there is too much, that of the oldest epoch goes: what was recorded stays in its block.
 */
export function withEvidence(all: readonly KnownEvidence[], known: KnownEvidence): readonly KnownEvidence[] {
  const index = all.findIndex(({ evidence }) => compareEvidence(evidence, known.evidence) >= 0);
  const found = all[index];
  if (found === undefined || compareEvidence(found.evidence, known.evidence) !== 0) {
    return all.toSpliced(index === -1 ? all.length : index, 0, known).slice(-EVIDENCE_KEPT_MAX);
  }
  return all.with(index, { evidence: found.evidence, recordedHeight: known.recordedHeight });
}

function compareEvidence(left: Evidence, right: Evidence): number {
  return epochOf(left) - epochOf(right) || left.replica - right.replica;
}

/** `mark` beside what was marked `before`: of one key the first reason stays. */
export function markedLearner(before: LearnerMark | null, mark: LearnerMark | null): LearnerMark | null {
  return mark === null || before?.publicKey === mark.publicKey ? before : mark;
}

/** The own view change where it is still for the target; others have been overtaken by a view that began. */
export function viewChangeForTarget(
  viewChange: ViewChange | null,
  { epoch, target }: ViewPosition,
): ViewChange | null {
  return viewChange?.epoch === epoch && viewChange.view === target ? viewChange : null;
}

/** The order of rolled-back blocks: by height, then by hash. */
export function compareBlocks({ header: left }: Block, { header: right }: Block): number {
  return left.height - right.height || (left.hash < right.hash ? -1 : 1);
}
