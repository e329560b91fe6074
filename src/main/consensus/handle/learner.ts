/**
 * Learners (PROTOCOL.md, rules, 2): a replica whose durable state was lost, or is older than what it has signed, or whose
 * key somebody else signs with, could contradict itself. It goes on verifying, storing and serving everything, but signs
 * nothing for agreement.
 *
 * What gives it away is its own signature on what it knows nothing of: nobody can talk it into anything it has not said.
 * `listening.ts` asks the others for such statements before anything is signed.
 * @module
 */
import type { SignedStatement, Statement } from '../../ledger/statement.ts';
import type { Context } from '../context.ts';
import type { LastingLearnerReason } from '../effects.ts';

/**
 * Remembers the last statement of each type of another replica; one of this replica must be one that it knows of. Its
 * signature has been verified.
 */
export function remember(context: Context, replica: number, signed: SignedStatement): void {
  if (replica === context.membership.ownIndex) {
    if (isForgotten(context, signed.statement)) disown(context, null);
    return;
  }
  const last =
    context.lastStatements.get(replica) ?? new Map<SignedStatement['statement']['type'], SignedStatement>();
  const before = last.get(signed.statement.type);
  if (before !== undefined && !isLater(signed, before)) return;
  last.set(signed.statement.type, signed);
  context.lastStatements.set(replica, last);
}

/**
 * Somebody has a statement under the own key that this replica knows nothing of: `from`, or it was passed on (`null`).
 * Whoever has told in this run what it has, and has more now, has it from somebody else who signs with the key.
 */
export function disown(context: Context, from: number | null): void {
  if (context.learner !== null) return;
  const wasToldAll = from === null ? !context.isListening : context.heard.has(from);
  becomeLearner(context, wasToldAll ? 'keyInUse' : 'stateOld');
}

/** From now on nothing is signed under this key, until a change of the registry admits the replica under a new one. */
export function becomeLearner(context: Context, reason: LastingLearnerReason): void {
  context.learner = reason;
  context.persist({ type: 'learner', reason, publicKey: context.membership.ownKey });
  context.stopWaiting();
  context.announce({ type: 'learner', reason });
}

/** Whether a statement under the own key asserts what this replica's state knows nothing of. */
export function isForgotten(context: Context, statement: Statement): boolean {
  const { position, chain, attic, opening } = context;
  // What was signed in a later epoch was signed after its beginning was durable (rule E2).
  if (statement.epoch !== position.epoch) return statement.epoch > position.epoch;
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
