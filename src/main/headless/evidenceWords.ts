/**
 * Evidence in words for people, and as an object for programs.
 * @module
 */
import type { Evidence } from '../ledger/evidence.ts';
import type { ProvenEvidence } from '../ledger/evidenceFile.ts';
import type { SignedStatement, Statement } from '../ledger/statement.ts';

/** What the accused did, such as `ordered two blocks at height 3 of view 5`. */
export function deedOf({ first: { statement } }: Evidence): string {
  const { epoch } = statement;
  const view = `view ${String(statement.view)}${epoch === 0 ? '' : ` of epoch ${String(epoch)}`}`;
  const place = 'height' in statement ? `at height ${String(statement.height)} of ${view}` : view;
  switch (statement.type) {
    case 'order':
      return `ordered two blocks ${place}`;
    case 'localCommit':
      return `accepted two blocks ${place}`;
    case 'checkpointVote':
      return `voted for two checkpoints ${place}`;
    case 'viewChange':
      return `brought two histories into ${place}`;
    case 'newView':
      return `opened ${place} in two ways`;
  }
}

/** One statement on one line, with all that its signature covers of what it says. */
export function statementLine({ statement, signature }: SignedStatement): string {
  return `${wordsOf(statement)}, signature ${signature}`;
}

/** Evidence for programs. Hashes are those of the statements, in their order. */
export function evidenceValue({ evidence, accused }: ProvenEvidence): Readonly<Record<string, unknown>> {
  const { statement } = evidence.first;
  return {
    replica: evidence.replica,
    name: accused.name,
    organisation: accused.organisation,
    publicKey: accused.publicKey,
    kind: statement.type,
    epoch: statement.epoch,
    view: statement.view,
    height: 'height' in statement ? statement.height : null,
    statements: [evidence.first, evidence.second].map((signed) => ({
      ...saidBy(signed.statement),
      signature: signed.signature,
    })),
  };
}

function saidBy(statement: Statement): Readonly<Record<string, string>> {
  switch (statement.type) {
    case 'order':
    case 'localCommit':
      return { hash: statement.hash };
    case 'checkpointVote':
      return { hash: statement.hash, stateDigest: statement.stateDigest };
    case 'viewChange':
    case 'newView':
      return { contentDigest: statement.contentDigest };
  }
}

function wordsOf(statement: Statement): string {
  switch (statement.type) {
    case 'order':
    case 'localCommit':
      return `block ${statement.hash}`;
    case 'checkpointVote':
      return `block ${statement.hash} with state ${statement.stateDigest}`;
    case 'viewChange':
    case 'newView':
      return `content ${statement.contentDigest}`;
  }
}
