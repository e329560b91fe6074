/**
 * What every ledger store makes of the operations in the same way.
 * @module
 */
import type { KnownEvidence, ViewPosition } from '../consensus/effects.ts';
import type { Block } from '../ledger/block.ts';
import type { ViewChange } from '../ledger/viewChange.ts';

/**
 * `all` with `known` in it, by replica. The evidence that a store has against a replica stays: a second pair would
 * prove nothing more, and whoever was shown the first must find it again. Only where it is recorded can change.
 */
export function withEvidence(all: readonly KnownEvidence[], known: KnownEvidence): readonly KnownEvidence[] {
  const { replica } = known.evidence;
  const index = all.findIndex(({ evidence }) => evidence.replica >= replica);
  const found = all[index];
  if (found?.evidence.replica !== replica) return all.toSpliced(index === -1 ? all.length : index, 0, known);
  return all.with(index, { evidence: found.evidence, recordedHeight: known.recordedHeight });
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
