/**
 * Carries out persist operations, each against the rules (`rules.ts`), within a transaction of the caller's.
 * @module
 */
import type { CommitCertificate } from '../../ledger/statement.ts';
import type { HashedHeader } from '../../ledger/block.ts';
import type { Genesis } from '../../ledger/genesis.ts';
import type { ViewPosition } from '../../consensus/effects.ts';
import { invariant } from '../../../shared/errors.ts';
import {
  checkAppend,
  checkCheckpoint,
  checkCommitCertificate,
  checkOrderSigned,
  checkPosition,
  checkRollback,
} from '../rules.ts';
import type { StoredOperation } from '../rpc.ts';
import { readBlockRow, writeBlock, writeCheckpoint } from './blockTable.ts';
import { displaceRequests, dropCovered, placeRequests } from './requestTable.ts';
import type { Database } from './sqlite.ts';
import { writeStanding } from './standing.ts';

/** Where the replica stands, kept between commits so that none has to read it first. */
export interface Head {
  readonly position: ViewPosition;
  readonly commitCertificate: CommitCertificate | null;
  readonly tip: HashedHeader;
  readonly stableHeight: number;
}

/** Carries out `operations` and returns where the replica then stands. Throws `invariant.broken` or `storage.*`. */
export function carryOut(
  database: Database,
  genesis: Genesis,
  before: Head,
  operations: readonly StoredOperation[],
): Head {
  const after = operations.reduce((head, operation) => step(database, genesis, head, operation), before);
  if (after.position !== before.position) writeStanding(database, 'position', after.position);
  if (after.commitCertificate !== before.commitCertificate) {
    writeStanding(database, 'commitCertificate', after.commitCertificate);
  }
  if (after.tip !== before.tip || after.stableHeight !== before.stableHeight) {
    const { tip, stableHeight } = after;
    writeStanding(database, 'chain', { tipHeight: tip.height, tipHash: tip.hash, stableHeight });
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
  }
}

type Of<T extends StoredOperation['type']> = Extract<StoredOperation, { readonly type: T }>;

function append(database: Database, head: Head, { header, order, requests }: Of<'append'>): Head {
  checkAppend(
    head.tip,
    header,
    requests.map(({ id }) => id),
  );
  placeRequests(database, header.height, requests);
  const sizeBytes = requests.reduce((sum, { bytes }) => sum + bytes.length, 0);
  writeBlock(database, { header, sizeBytes, order });
  return { ...head, tip: header };
}

function signOrder(database: Database, { height, view, signature }: Of<'orderSigned'>): void {
  const row = readBlockRow(database, height);
  checkOrderSigned(height, row?.order, view, signature);
  if (row !== undefined) writeBlock(database, { ...row, order: { view, signature } });
}

function rollback(database: Database, head: Head, height: number): Head {
  checkRollback(head.tip.height, head.stableHeight, height);
  if (height === head.tip.height) return head;
  displaceRequests(database, height);
  database.run('DELETE FROM blocks WHERE height > ?', height);
  const row = readBlockRow(database, height);
  invariant(row !== undefined, 'the chain has no gaps', () => String(height));
  return { ...head, tip: row.header };
}

function settle(database: Database, genesis: Genesis, head: Head, { checkpoint }: Of<'checkpoint'>): Head {
  const header = readBlockRow(database, checkpoint.height)?.header;
  checkCheckpoint(genesis, head.stableHeight, header, checkpoint);
  // Another quorum's certificate of the same block says nothing new.
  if (checkpoint.height === head.stableHeight) return head;
  writeCheckpoint(database, checkpoint);
  dropCovered(database, checkpoint.height);
  return { ...head, stableHeight: checkpoint.height };
}
