/**
 * Carries out persist operations, each against the rules (`rules.ts`), within a transaction of the caller's.
 * @module
 */
import type { CommitCertificate } from '../../ledger/statement.ts';
import type { HashedHeader } from '../../ledger/block.ts';
import type { Genesis } from '../../ledger/genesis.ts';
import type { KnownEvidence, LearnerMark, Opening, ViewPosition } from '../../consensus/effects.ts';
import type { ViewChange } from '../../ledger/viewChange.ts';
import { invariant } from '../../../shared/errors.ts';
import { markedLearner, withEvidence } from '../derive.ts';
import {
  checkAppend,
  checkCheckpoint,
  checkCommitCertificate,
  checkEpoch,
  checkOpening,
  checkOrderSigned,
  checkPosition,
  checkPromises,
  checkRollback,
  checkViewChange,
} from '../rules.ts';
import type { StoredOperation } from '../rpc.ts';
import { readBlockRow, readBlockRowsAbove, writeBlock, writeCheckpoint } from './blockTable.ts';
import { displaceRequests, dropCovered, placeRequests } from './requestTable.ts';
import { dropCoveredBlocks, forgetRolledBack, keepRolledBack } from './rolledBackTable.ts';
import type { Database } from './sqlite.ts';
import { writeStanding, type Standing } from './standing.ts';

/** Where the replica stands, kept between commits so that none has to read it first. */
export interface Head {
  readonly position: ViewPosition;
  readonly commitCertificate: CommitCertificate | null;
  readonly tip: HashedHeader;
  readonly stableHeight: number;
  readonly rolledBackBlocks: number;
  readonly viewChange: ViewChange | null;
  readonly opening: Opening | null;
  readonly evidence: readonly KnownEvidence[];
  readonly learner: LearnerMark | null;
}

/** What of the head is written as it is, under the same name. */
const WHOLE = ['position', 'commitCertificate', 'viewChange', 'opening', 'evidence', 'learner'] as const;

/** Carries out `operations` and returns where the replica then stands. Throws `invariant.broken` or `storage.*`. */
export function carryOut(
  database: Database,
  genesis: Genesis,
  before: Head,
  operations: readonly StoredOperation[],
): Head {
  const after = operations.reduce((head, operation) => step(database, genesis, head, operation), before);
  checkPromises(after.position, after.viewChange, after.opening);
  const begins = after.position.epoch !== before.position.epoch;
  if (begins || after.stableHeight !== before.stableHeight) {
    checkEpoch(after.position, stableHeader(database, after), begins);
  }
  for (const name of WHOLE) {
    if (after[name] !== before[name]) writeStanding<keyof Standing>(database, name, after[name]);
  }
  if (after.tip !== before.tip || after.stableHeight !== before.stableHeight) {
    const { tip, stableHeight, rolledBackBlocks } = after;
    const ends = { tipHeight: tip.height, tipHash: tip.hash, stableHeight, rolledBackBlocks };
    writeStanding(database, 'chain', ends);
  }
  return after;
}

function step(database: Database, genesis: Genesis, head: Head, operation: StoredOperation): Head {
  switch (operation.type) {
    case 'position':
      checkPosition(head.position, operation.position);
      return { ...head, position: operation.position };
    case 'append':
      return append(database, head, operation);
    case 'orderSigned':
      signOrder(database, operation);
      return head;
    case 'rollback':
      return rollback(database, head, operation.height);
    case 'commitCertificate':
      checkCommitCertificate(head.commitCertificate, operation.certificate);
      return { ...head, commitCertificate: operation.certificate };
    case 'checkpoint':
      return settle(database, genesis, head, operation);
    case 'viewChange':
      checkViewChange({ ...head, stable: stableHeader(database, head) }, operation.viewChange);
      return { ...head, viewChange: operation.viewChange };
    case 'newView':
      checkOpening(head.opening, operation.opening);
      return { ...head, opening: operation.opening };
    case 'evidence':
      return { ...head, evidence: withEvidence(head.evidence, operation.known) };
    case 'learner':
      return { ...head, learner: markedLearner(head.learner, markOf(operation)) };
  }
}

function stableHeader(database: Database, { stableHeight }: Head): HashedHeader {
  const header = readBlockRow(database, stableHeight)?.header;
  invariant(header !== undefined, 'the stable block is on the chain', () => String(stableHeight));
  return header;
}

function markOf({ reason, publicKey }: Of<'learner'>): LearnerMark {
  return { reason, publicKey };
}

type Of<T extends StoredOperation['type']> = Extract<StoredOperation, { readonly type: T }>;

function append(database: Database, head: Head, operation: Of<'append'>): Head {
  const { header, order, requests, evidence } = operation;
  const ids = requests.map(({ id }) => id);
  checkAppend(head.tip, header, ids, evidence);
  placeRequests(database, header.height, requests);
  const sizeBytes = requests.reduce((sum, { bytes }) => sum + bytes.length, 0);
  writeBlock(database, { header, sizeBytes, order, evidence });
  const isBack = head.rolledBackBlocks > 0 && forgetRolledBack(database, header);
  return { ...head, tip: header, rolledBackBlocks: head.rolledBackBlocks - (isBack ? 1 : 0) };
}

function signOrder(database: Database, { height, view, signature }: Of<'orderSigned'>): void {
  const row = readBlockRow(database, height);
  checkOrderSigned(height, row?.order, view, signature);
  if (row !== undefined) writeBlock(database, { ...row, order: { view, signature } });
}

function rollback(database: Database, head: Head, height: number): Head {
  checkRollback(head.tip.height, head.stableHeight, height);
  if (height === head.tip.height) return head;
  const leaving = readBlockRowsAbove(database, height);
  const ids = displaceRequests(database, height);
  for (const row of leaving) keepRolledBack(database, row, ids.get(row.header.height) ?? []);
  database.run('DELETE FROM blocks WHERE height > ?', height);
  const row = readBlockRow(database, height);
  const hasGaps = row === undefined || leaving.length !== head.tip.height - height;
  invariant(!hasGaps, 'the chain has no gaps', () => String(height));
  return { ...head, tip: row.header, rolledBackBlocks: head.rolledBackBlocks + leaving.length };
}

function settle(database: Database, genesis: Genesis, head: Head, { checkpoint }: Of<'checkpoint'>): Head {
  const header = readBlockRow(database, checkpoint.height)?.header;
  checkCheckpoint(genesis, head.stableHeight, header, checkpoint);
  // Another quorum's certificate of the same block says nothing new.
  if (checkpoint.height === head.stableHeight) return head;
  writeCheckpoint(database, checkpoint);
  dropCovered(database, checkpoint.height);
  const dropped = head.rolledBackBlocks > 0 ? dropCoveredBlocks(database, checkpoint.height) : 0;
  const rolledBackBlocks = head.rolledBackBlocks - dropped;
  return { ...head, stableHeight: checkpoint.height, rolledBackBlocks };
}
