/**
 * Listening (PROTOCOL.md, rules, 2): a replica that starts does not know whether its disk is the last that it had. It
 * asks the others for the last of what they have under its key, and signs nothing, and answers no client, until a quorum
 * less itself has told. Where something is among it that its state knows nothing of, it only learns from then on.
 *
 * Everybody answers at once, also who listens itself: a network that starts as a whole, or begins an epoch, is delayed
 * by one round trip. Only those count that are in the same epoch: nobody else can know what was signed in it.
 * @module
 */
import type { Hex } from '../../../shared/encoding/hex.ts';
import {
  certifiedStatement,
  type CommitCertificate,
  type SignedStatement,
  type Statement,
} from '../../ledger/statement.ts';
import { newViewStatement, viewChangeStatement } from '../../ledger/viewChange.ts';
import { primaryOf } from '../config.ts';
import type { Context } from '../context.ts';
import type { GetRecallMessage, RecallMessage } from '../messages.ts';
import { respondTo } from './append.ts';
import { signedOrder } from './evidence.ts';
import { becomeLearner, disown, isForgotten, remember } from './learner.ts';
import { considerNewView, signOpening } from './newView.ts';
import { signUnsignedOrders } from './propose.ts';
import { considerJoining, signViewChange } from './viewChange.ts';

/** A run begins: nothing is signed before the others have told. `signed`: what the sign guard remembers. */
export function startListening(context: Context, token: Hex, signed: readonly Statement[]): void {
  context.runToken = token;
  recollect(context);
  if (!context.isMember) return;
  // The guard is told of a statement after the ledger: one that only the guard knows of was lost by the ledger.
  if (context.learner === null && signed.some((statement) => isForgotten(context, statement))) {
    becomeLearner(context, 'stateOld');
  }
  context.emit({ type: 'broadcast', message: getRecall(context) });
}

/** Asks all again, while it listens: an answer may have been lost. */
export function askAgain(context: Context): void {
  if (!context.isListening || context.learner !== null) return;
  context.emit({ type: 'broadcast', message: getRecall(context) });
}

/** Asks a replica that has just connected: what it has now may be more than before. */
export function askForRecall(context: Context, to: number): void {
  if (context.isMember) context.emit({ type: 'send', to, message: getRecall(context) });
}

/** Another replica asks what it has signed. */
export function handleGetRecall(context: Context, from: number, token: Hex): void {
  const statements = [...(context.lastStatements.get(from)?.values() ?? [])];
  const { epoch } = context.position;
  context.emit({ type: 'send', to: from, message: { type: 'recall', epoch, token, statements } });
}

function getRecall({ position: { epoch }, runToken: token }: Context): GetRecallMessage {
  return { type: 'getRecall', epoch, token };
}

/** What another replica has under the own signature, which has been verified: does this one still know of it? */
export function handleRecall(
  context: Context,
  from: number,
  { token, statements }: Omit<RecallMessage, 'type' | 'epoch'>,
): void {
  if (statements.some(({ statement }) => isForgotten(context, statement))) disown(context, from);
  // An answer to an earlier run says nothing of what was signed since.
  if (token !== context.runToken) return;
  context.heard.add(from);
  if (context.isListening && context.heard.size >= context.membership.sizes.q - 1) stopListening(context);
}

/** It is behind nothing that it ever signed, and takes part: what was held back is made up for. */
function stopListening(context: Context): void {
  context.isListening = false;
  context.announce({ type: 'listened' });
  if (context.learner !== null) return;
  const { height } = context.chain.stable;
  Object.assign(context.wishes, { signedHeight: height, votedHeight: height });
  signUnsignedOrders(context);
  signViewChange(context);
  signOpening(context);
  for (const { block } of context.chain.accepted) respondTo(context, block);
  considerJoining(context);
  considerNewView(context);
}

/** What this replica's own disk holds of the others' statements, so that it can tell them also after a restart. */
function recollect(context: Context): void {
  const { chain, stableCertificate, commitCertificate, opening, membership } = context;
  for (const { block, order } of chain.accepted) {
    if (order === null || order.signature === '') continue;
    const signed = signedOrder(context, { ...order, header: block.header });
    rememberOther(context, primaryOf(order.view, membership.sizes.n), signed);
  }
  for (const certificate of [stableCertificate, commitCertificate]) {
    if (certificate !== null) recollectCertificate(context, certificate);
  }
  if (opening === null) return;
  const { newView, signature } = opening;
  for (const { replica, viewChange, signature: ofMember } of newView.viewChanges) {
    rememberOther(context, replica, { statement: viewChangeStatement(viewChange), signature: ofMember });
  }
  if (signature === null) return;
  const primary = primaryOf(newView.view, membership.sizes.n);
  rememberOther(context, primary, { statement: newViewStatement(newView), signature });
}

function recollectCertificate(context: Context, certificate: CommitCertificate): void {
  const statement = certifiedStatement(certificate);
  for (const { replica, signature } of certificate.signatures) {
    rememberOther(context, replica, { statement, signature });
  }
}

function rememberOther(context: Context, replica: number, signed: SignedStatement): void {
  if (replica !== context.membership.ownIndex) remember(context, replica, signed);
}
