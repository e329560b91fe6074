/**
 * Statements that no correct replica signs both, evidence made of them, and view changes, for tests.
 * @module
 */
import { evidenceOf, type Evidence } from '../../src/main/ledger/evidence.ts';
import type { SignedStatement, Statement } from '../../src/main/ledger/statement.ts';
import {
  viewChangeStatement,
  type SignedViewChange,
  type ViewChange,
} from '../../src/main/ledger/viewChange.ts';
import { signStatement, type TestNetwork } from './ledger.ts';

/** `statement` with the signature of the replica with the index `replica`. */
export function signedBy(network: TestNetwork, replica: number, statement: Statement): SignedStatement {
  return { statement, signature: signStatement(network, replica, statement) };
}

/** Two statements of the kind `type` that no correct replica signs both. */
export function contradictingPair(
  type: Statement['type'],
  place: { readonly epoch?: number; readonly view?: number; readonly height?: number } = {},
): readonly [Statement, Statement] {
  const { epoch = 0, view = 5, height = 3 } = place;
  const one = 'a1'.repeat(32);
  const other = 'b2'.repeat(32);
  switch (type) {
    case 'order':
    case 'localCommit':
      return [
        { type, epoch, view, height, hash: one },
        { type, epoch, view, height, hash: other },
      ];
    case 'checkpointVote':
      return [
        { type, epoch, view, height, hash: one, stateDigest: one },
        { type, epoch, view, height, hash: one, stateDigest: other },
      ];
    case 'viewChange':
    case 'newView':
      return [
        { type, epoch, view, contentDigest: one },
        { type, epoch, view, contentDigest: other },
      ];
  }
}

/** Valid evidence against the replica with the index `replica`: it has signed a `contradictingPair`. */
export function makeEvidence(
  network: TestNetwork,
  replica: number,
  type: Statement['type'] = 'localCommit',
  place: Parameters<typeof contradictingPair>[1] = {},
): Evidence {
  const [one, other] = contradictingPair(type, place).map((statement) =>
    signedBy(network, replica, statement),
  );
  const evidence = evidenceOf(replica, one!, other!);
  if (evidence === undefined) throw new Error('the pair does not contradict');
  return evidence;
}

/**
 * A well-formed view change for `view`, unsigned: from a replica that knows of nothing but genesis, unless `parts` say
 * more.
 */
export function makeViewChange(view: number, parts: Partial<Omit<ViewChange, 'view'>> = {}): ViewChange {
  const lowest = { lastNormalView: 0, stable: null, commit: null, commitHeaders: [], chain: [] };
  return { epoch: 0, view, ...lowest, ...parts };
}

/** `viewChange` with the signature of the replica with the index `replica`. */
export function signViewChange(
  network: TestNetwork,
  replica: number,
  viewChange: ViewChange,
): SignedViewChange {
  return { replica, viewChange, signature: signStatement(network, replica, viewChangeStatement(viewChange)) };
}
