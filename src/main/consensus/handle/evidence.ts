/**
 * Evidence: two statements of one replica that contradict one another (`ledger/evidence.ts`). Whoever finds or gets
 * some keeps it durably and passes it on, the next primary records it on the chain, and a primary that is proven
 * faulty in its own view is replaced at once (rule V1).
 * @module
 */
import type { Block } from '../../ledger/block.ts';
import { epochOf, evidenceOf, type Evidence } from '../../ledger/evidence.ts';
import type { OrderStatement, SignedStatement } from '../../ledger/statement.ts';
import { primaryOf } from '../config.ts';
import type { Context, Order } from '../context.ts';
import type { AcceptedBlock, KnownEvidence } from '../effects.ts';
import type { PeerMessage } from '../messages.ts';
import { disown } from './learner.ts';
import { startViewChange } from './viewChange.ts';

/** Two statements of the replica `replica`, whose signatures have been verified: evidence, if they contradict. */
export function compare(
  context: Context,
  replica: number,
  one: SignedStatement,
  other: SignedStatement,
): void {
  const evidence = evidenceOf(replica, one, other);
  if (evidence !== undefined) handleEvidence(context, evidence);
}

/** Verified evidence, found here or received. The first against each replica is kept: one is proof enough. */
export function handleEvidence(context: Context, evidence: Evidence): void {
  const { replica } = evidence;
  // In another epoch the index stands for another replica, and there is nobody to replace here.
  if (epochOf(evidence) !== context.position.epoch) return;
  // A correct replica never signs both: its state was not the last it had, or somebody else has its key.
  if (replica === context.membership.ownIndex) disown(context, null);
  const isNew = !context.evidence.has(replica);
  if (isNew) keep(context, { evidence, recordedHeight: null });
  const convictsPrimary = isAgainstPrimary(context, evidence);
  if (isNew || convictsPrimary) context.emit({ type: 'broadcast', message: { type: 'evidence', evidence } });
  if (convictsPrimary) startViewChange(context, context.position.target + 1, 'equivocation');
}

/** Compares a signed order with the one known for its view and height, if there is another. */
export function compareOrders(context: Context, order: Omit<Order, 'references' | 'evidence'>): void {
  const known = knownOrder(context, order.view, order.header.height);
  if (known === undefined) return;
  const { n } = context.membership.sizes;
  compare(context, primaryOf(order.view, n), known, signedOrder(context, order));
}

/**
 * A replica certifies another block than this one holds at that height: it is shown what brought the own one, so that
 * whoever brought both is found out.
 */
export function showOwnOrder(context: Context, to: number, height: number): void {
  const message = ownOrder(context, height) ?? ownOpening(context, height);
  if (message !== undefined) context.emit({ type: 'send', to, message });
}

/** Tells a replica that has just connected of all evidence. */
export function sendEvidence(context: Context, to: number): void {
  for (const { evidence } of context.evidence.values()) {
    context.emit({ type: 'send', to, message: { type: 'evidence', evidence } });
  }
}

/** What a primary has to record, one piece for each accused replica, in order of their index. */
export function unrecordedEvidence(context: Context): readonly Evidence[] {
  return [...context.evidence.values()]
    .filter(({ recordedHeight }) => recordedHeight === null)
    .map(({ evidence }) => evidence)
    .sort((left, right) => left.replica - right.replica);
}

/** The chain records evidence against `replica` at `height` now; `null`: no longer. */
export function setRecordedHeight(
  context: Context,
  replica: number,
  recorded: readonly Evidence[],
  height: number | null,
): void {
  const evidence =
    context.evidence.get(replica)?.evidence ?? recorded.find((item) => item.replica === replica);
  if (evidence !== undefined) keep(context, { evidence, recordedHeight: height });
}

function keep(context: Context, known: KnownEvidence): void {
  context.evidence.set(known.evidence.replica, known);
  context.persist({ type: 'evidence', known });
  context.announce({ type: 'evidence', known });
}

/** Whether it proves that the primary of the view under way, or under way to, is faulty in that very view. */
function isAgainstPrimary(
  { position, membership, isSilent }: Context,
  { replica, first }: Evidence,
): boolean {
  const view = position.mode === 'normal' ? position.view : position.target;
  const { statement } = first;
  return (
    !isSilent &&
    statement.epoch === position.epoch &&
    statement.view === view &&
    replica === primaryOf(view, membership.sizes.n) &&
    (statement.type === 'order' || statement.type === 'newView')
  );
}

function knownOrder(context: Context, view: number, height: number): SignedStatement | undefined {
  const accepted = context.chain.at(height);
  if (accepted?.order?.view === view && accepted.order.signature !== '') {
    return signedOrder(context, { ...accepted.order, header: accepted.block.header });
  }
  const kept = context.orders.get(height);
  if (kept?.view === view) return signedOrder(context, kept);
  const settled = context.settledOrders.get(height);
  return settled?.statement.view === view ? settled : undefined;
}

/** An order as the statement that its primary signed. */
export function signedOrder(
  context: Context,
  { view, header, signature }: Pick<Order, 'view' | 'header' | 'signature'>,
): SignedStatement & { readonly statement: OrderStatement } {
  return { statement: context.orderStatement(view, header), signature };
}

function ownOrder(context: Context, height: number): PeerMessage | undefined {
  const accepted = context.chain.at(height);
  if (accepted?.order?.view !== context.view) return undefined;
  return ordersMessage({ ...accepted.order, block: accepted.block });
}

/** The order of one block as a message, without bodies. */
export function ordersMessage({
  view,
  signature,
  block: { header, requests, evidence },
}: NonNullable<AcceptedBlock['order']> & { readonly block: Block }): PeerMessage {
  const references = requests.map(({ timestampMs, id }) => ({ timestampMs, id }));
  return { type: 'orders', orders: [{ view, header, references, bodies: [], evidence, signature }] };
}

function ownOpening(context: Context, height: number): PeerMessage | undefined {
  const { position } = context;
  const { newView, signature } = context.opening ?? { newView: null, signature: null };
  if (newView?.view !== position.view || signature === null || height > position.baseHeight) return undefined;
  return { type: 'newView', newView, signature };
}
