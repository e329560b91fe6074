/**
 * What a replica has to keep about views: view changes of a chain, new views of them, and the operations.
 * @module
 */
import type { KnownEvidence, PersistOperation } from '../../../src/main/consensus/effects.ts';
import type { Evidence } from '../../../src/main/ledger/evidence.ts';
import type { CheckpointCertificate, CommitCertificate } from '../../../src/main/ledger/statement.ts';
import { newViewStatement, type NewView, type ViewChange } from '../../../src/main/ledger/viewChange.ts';
import type { Hex } from '../../../src/shared/encoding/hex.ts';
import { signViewChange } from '../../support/evidence.ts';
import { signStatement, type TestChain, type TestNetwork } from '../../support/ledger.ts';

/** The view change for `view` of a replica with this chain, which was last normal in `lastNormalView`. */
export function makeViewChange(
  chain: TestChain,
  view: number,
  {
    lastNormalView = 0,
    stable = null,
    commit = null,
  }: {
    readonly lastNormalView?: number;
    readonly stable?: CheckpointCertificate | null;
    readonly commit?: CommitCertificate | null;
  } = {},
): ViewChange {
  const { height: tipHeight, epoch } = chain.header();
  const from = (stable?.height ?? 0) + 1;
  const headers = Array.from({ length: tipHeight - from + 1 }, (_, index) => chain.header(from + index));
  return { epoch, view, lastNormalView, stable, commit, commitHeaders: [], chain: headers };
}

/** A new view for `view` in which every one of the first three replicas brings `viewChange`. */
export function makeNewView(network: TestNetwork, viewChange: ViewChange): NewView {
  const { epoch, view } = viewChange;
  const viewChanges = [0, 1, 2].map((replica) => signViewChange(network, replica, viewChange));
  return { epoch, view, viewChanges };
}

/** The signature of the primary under `newView`. */
export function openingSignature(network: TestNetwork, newView: NewView): Hex {
  const primary = newView.view % network.replicaSeeds.length;
  return signStatement(network, primary, newViewStatement(newView));
}

export const viewChangeOp = (viewChange: ViewChange): PersistOperation => ({
  type: 'viewChange',
  viewChange,
});
export const openingOp = (newView: NewView, signature: Hex | null): PersistOperation => ({
  type: 'newView',
  opening: { newView, signature },
});
export const evidenceOp = (
  evidence: Evidence,
  recordedHeight: KnownEvidence['recordedHeight'],
): PersistOperation => ({ type: 'evidence', known: { evidence, recordedHeight } });
