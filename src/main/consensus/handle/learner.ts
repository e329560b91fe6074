/**
 * Learners (PROTOCOL.md, rules, 2): a replica whose durable state was lost, or is older than what it has signed, could
 * contradict itself. It goes on verifying, storing and serving everything, but signs nothing for agreement.
 *
 * Each replica reminds one that connects of the last statements it has of it. They carry the replica's own signature,
 * so nobody can talk it into anything it has not said.
 * @module
 */
import type { SignedStatement } from '../../ledger/statement.ts';
import type { Context } from '../context.ts';
import type { LearnerReason } from '../effects.ts';

/** Remembers the last statement of each type of another replica. Its signature has been verified. */
export function remember(context: Context, replica: number, signed: SignedStatement): void {
  if (replica === context.membership.ownIndex) return;
  const last =
    context.lastStatements.get(replica) ?? new Map<SignedStatement['statement']['type'], SignedStatement>();
  const before = last.get(signed.statement.type);
  if (before !== undefined && !isLater(signed, before)) return;
  last.set(signed.statement.type, signed);
  context.lastStatements.set(replica, last);
}

/** Reminds a replica that has just connected of what it has signed. */
export function sendRecall(context: Context, to: number): void {
  const statements = [...(context.lastStatements.get(to)?.values() ?? [])];
  if (statements.length > 0) context.emit({ type: 'send', to, message: { type: 'recall', statements } });
}

/** What others have under the own signature, which has been verified: does this replica still know of it? */
export function handleRecall(context: Context, statements: readonly SignedStatement[]): void {
  if (context.learner === null && statements.some((signed) => isForgotten(context, signed))) {
    becomeLearner(context, 'stateOld');
  }
}

/** From now on this replica signs nothing, until a change of the registry admits it again under a new key. */
export function becomeLearner(context: Context, reason: LearnerReason): void {
  context.learner = reason;
  context.persist({ type: 'learner', reason });
  context.stopWaiting();
  context.announce({ type: 'learner', reason });
}

function isForgotten(context: Context, { statement }: SignedStatement): boolean {
  const { position, chain, attic, opening } = context;
  if (statement.epoch !== position.epoch) return false;
  switch (statement.type) {
    case 'viewChange':
      return statement.view > position.target;
    case 'newView':
      // Openings only rise: one for a later view has taken the place of those before it.
      return statement.view > position.view && statement.view > (opening?.newView.view ?? -1);
    default: {
      if (statement.view > position.view) return true;
      const { height, hash } = statement;
      return height > chain.stable.height && !chain.contains(height, hash) && !attic.has(hash);
    }
  }
}

function isLater(one: SignedStatement, other: SignedStatement): boolean {
  const byView = one.statement.view - other.statement.view;
  if (byView !== 0 || !('height' in one.statement) || !('height' in other.statement)) return byView > 0;
  return one.statement.height > other.statement.height;
}
