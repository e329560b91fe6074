/**
 * The primary's order (seed note "Sending" 3). It is compared with what this replica has checked on arrival; a body
 * that has not arrived is either on its way from the client, or taken from the order or fetched, and verified first.
 * @module
 */
import type { SignedRequest } from '../../ledger/request.ts';
import type { Context, Order } from '../context.ts';
import type { OrderedRequestMessage } from '../messages.ts';
import { appendBlock, blockProblem } from './append.ts';

/** An order from the primary, or a copy of it from another replica: its signature has been verified. */
export function handleOrder(
  context: Context,
  message: Omit<OrderedRequestMessage, 'type'>,
  bodies: readonly SignedRequest[],
): void {
  const { view, header, references, signature } = message;
  if (view !== context.view || header.epoch !== context.position.epoch || !context.isNormal) return;
  if (header.height <= context.chain.stable.height) return;
  if (header.height > context.windowEnd) {
    context.suspect(context.primary, 'outsideWindow', header.height);
    return;
  }
  const known = context.chain.at(header.height);
  if (known !== undefined) {
    const contradicts = known.order?.view === view && known.block.header.hash !== header.hash;
    if (contradicts) context.suspect(context.primary, 'twoOrders', header.height);
    return;
  }
  keepOrder(context, { view, header, references, signature });
  handleBodies(context, bodies);
}

/** Bodies that were asked for, or came with orders. Their signatures have been verified. */
export function handleBodies(context: Context, bodies: readonly SignedRequest[]): void {
  for (const body of bodies) addBody(context, body);
  acceptOrders(context);
}

/** Accepts the orders that follow the tip, as far as they and their bodies are here. */
export function acceptOrders(context: Context): void {
  if (!context.isNormal) return;
  for (;;) {
    const order = context.orders.get(context.chain.tip.height + 1);
    if (order === undefined || !acceptOrder(context, order)) return;
  }
}

/** Asks for the bodies that the next order still lacks. */
export function fetchBodies(context: Context): void {
  const order = context.orders.get(context.chain.tip.height + 1);
  if (order === undefined) return;
  const ids = missingReferences(context, order).map(({ id }) => id);
  if (ids.length === 0) return;
  // The primary has them, if it is honest; then everybody who accepted the block has them.
  const to = context.lastAsked === context.membership.ownIndex ? context.primary : nextToAsk(context);
  context.lastAsked = to;
  context.emit({ type: 'send', to, message: { type: 'getRequests', ids } });
  context.emit({ type: 'setTimer', timer: 'bodies', delayMs: context.options.fetchRetryMs });
}

/** The next replica to ask, going round those that are reachable. */
export function nextToAsk(context: Context): number {
  const { n } = context.membership.sizes;
  for (let step = 1; step <= n; step++) {
    const candidate = (context.lastAsked + step) % n;
    if (candidate !== context.membership.ownIndex && !context.unreachable.has(candidate)) return candidate;
  }
  return (context.membership.ownIndex + 1) % n;
}

/** Keeps a body that an order here refers to; others were not asked for, and would only fill the memory. */
function addBody(context: Context, body: SignedRequest): void {
  if (context.ledger.executed(body.id) !== undefined) return;
  const nextHeight = context.chain.tip.height + 1;
  for (const { header, references } of context.orders.values()) {
    if (header.height !== nextHeight && !context.pool.hasRoomFor(body.bytes.length)) continue;
    if (!references.some(({ id }) => id === body.id)) continue;
    // A request signed by a supervisor is the same whoever brings it: when it arrives again, nothing changes.
    context.pool.add(body, 'forwarded');
    return;
  }
}

function keepOrder(context: Context, order: Order): void {
  const before = context.orders.get(order.header.height);
  if (before === undefined) {
    context.orders.set(order.header.height, order);
  } else if (before.header.hash !== order.header.hash) {
    context.suspect(context.primary, 'twoOrders', order.header.height);
  }
}

/** Whether the order, which is for the height above the tip, has been accepted. */
function acceptOrder(context: Context, order: Order): boolean {
  const { header, view, signature, references } = order;
  const skewMs = header.timeMs - context.nowMs;
  if (skewMs > context.limits.maxClockSkewMs) {
    // Softly: a replica whose clock is off waits for a quorum to certify the block, and accuses nobody.
    context.announce({ type: 'clockSkew', skewMs });
    return false;
  }
  if (missingReferences(context, order).length > 0) {
    // Case 1 of the seed: the client's request is still on its way. Case 2 shows when nobody has it.
    context.lastAsked = context.membership.ownIndex;
    context.emit({ type: 'setTimer', timer: 'bodies', delayMs: context.options.bodyGraceMs });
    return false;
  }
  const requests = references.flatMap((reference) => {
    const pooled = context.pool.find(reference);
    return pooled === undefined ? [] : [pooled.request];
  });
  const problem = blockProblem(context, { header, requests });
  if (problem !== undefined) {
    context.orders.delete(header.height);
    context.suspect(context.primary, 'badBlock', header.height);
    return false;
  }
  appendBlock(context, { block: { header, requests }, order: { view, signature } });
  return true;
}

function missingReferences(context: Context, order: Order): Order['references'] {
  return order.references.filter((reference) => context.pool.find(reference) === undefined);
}
