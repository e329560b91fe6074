/**
 * The primary's order (seed note "Sending" 3). It is compared with what this replica has checked on arrival; a body
 * that has not arrived is either on its way from the client, or taken from the order or fetched, and verified first.
 * @module
 */
import type { Hex } from '../../../shared/encoding/hex.ts';
import type { HashedHeader } from '../../ledger/block.ts';
import { evidenceDigest } from '../../ledger/evidence.ts';
import { merkleRoot } from '../../ledger/merkle.ts';
import type { SignedRequest } from '../../ledger/request.ts';
import type { Context, Order } from '../context.ts';
import type { OrderedRequestMessage, PeerMessage } from '../messages.ts';
import { appendBlock, blockProblem } from './append.ts';
import { nextToAsk, startCatchUp } from './catchUp.ts';
import { compareOrders } from './evidence.ts';
import { suspectPrimary } from './patience.ts';
import { refuseWhereStale } from './stale.ts';

/** An order from the primary, or a copy of it that `from` passes on: the primary's signature has been verified. */
export function handleOrder(
  context: Context,
  from: number,
  message: Omit<OrderedRequestMessage, 'type'>,
  bodies: readonly SignedRequest[],
): void {
  const { view, header, references, evidence, signature } = message;
  compareOrders(context, message);
  if (view !== context.view || header.epoch !== context.position.epoch || !context.isNormal) return;
  if (header.height <= context.chain.stable.height) return;
  if (header.height > context.windowEnd) {
    // Nobody's fault: a replica that missed a checkpoint lags behind the window of the primary.
    startCatchUp(context, from);
    return;
  }
  if (contradictsCertified(context, header)) return;
  const known = context.chain.at(header.height);
  if (known !== undefined) return;
  if (context.orders.has(header.height)) {
    // The bodies may be new, even where the order is not.
  } else if (bindsReferences(context, message)) {
    context.orders.set(header.height, { view, header, references, evidence, signature });
  } else {
    context.suspect(from, 'badReferences', header.height);
    return;
  }
  handleBodies(context, bodies);
}

/** Whether a stable checkpoint that this replica is catching up with holds another block at this height. */
function contradictsCertified({ catchUp }: Context, { height, hash }: HashedHeader): boolean {
  const certified = catchUp?.target?.fetch.headers.find((header) => header.height === height);
  return certified !== undefined && certified.hash !== hash;
}

/**
 * Whether the references are those of the header. The primary's signature covers the header alone, so this is the
 * doing of whoever sent the message, and must not stand in the way of the genuine one.
 */
function bindsReferences(
  { limits }: Context,
  { header, references, evidence }: Omit<OrderedRequestMessage, 'type'>,
): boolean {
  if (evidenceDigest(evidence) !== header.evidenceDigest) return false;
  if (references.length !== header.requestCount || references.length > limits.maxBlockRequests) return false;
  return merkleRoot(references.map(({ id }) => id)) === header.requestsRoot;
}

/** Bodies that were asked for, or came with orders. Their signatures have been verified. */
export function handleBodies(context: Context, bodies: readonly SignedRequest[]): void {
  if (bodies.length > 0) addBodies(context, bodies);
  acceptOrders(context);
}

/** Accepts the orders that follow the tip, as far as they and their bodies are here. */
export function acceptOrders(context: Context): void {
  if (!context.isNormal) return;
  while (context.mayExtend) {
    const nextHeight = context.chain.tip.height + 1;
    const order = context.orders.get(nextHeight);
    if (order === undefined) {
      // Later orders are here: the next one went astray, or is just being overtaken.
      if (context.orders.size > 0) awaitNext(context, `order ${String(nextHeight)}`);
      return;
    }
    if (order.isBad === true || !acceptOrder(context, order)) return;
  }
}

/** Asks for the bodies that the next order still lacks, or for the next order where only later ones are here. */
export function fetchNext(context: Context): void {
  const fromHeight = context.chain.tip.height + 1;
  const order = context.orders.get(fromHeight);
  const ids =
    order === undefined || order.isBad === true ? [] : missingReferences(context, order).map(({ id }) => id);
  const lacksOrder = order === undefined && context.orders.size > 0 && context.catchUp === null;
  if (!lacksOrder && ids.length === 0) {
    context.awaitedNext = null;
    return;
  }
  // The primary has them, if it is honest; then everybody who accepted the block has them.
  const to = context.lastAsked === context.membership.ownIndex ? context.primary : nextToAsk(context);
  context.lastAsked = to;
  const message: PeerMessage = lacksOrder ? { type: 'getOrders', fromHeight } : { type: 'getRequests', ids };
  context.emit({ type: 'send', to, message });
  context.emit({ type: 'setTimer', timer: 'bodies', delayMs: context.options.fetchRetryMs });
}

/** Keeps the bodies that orders here refer to; others were not asked for, and would only fill the memory. */
function addBodies(context: Context, bodies: readonly SignedRequest[]): void {
  const nextHeight = context.chain.tip.height + 1;
  const { windowBlocks } = context.membership;
  const chainAheadMs = context.chain.tip.timeMs - context.nowMs + windowBlocks;
  const farthestMs = Math.max(context.limits.maxClockSkewMs, chainAheadMs);
  const wanted = new Map<Hex, Order>();
  for (const order of context.orders.values()) {
    // The time of a block that lies far ahead says nothing of its requests: they are fetched when its time comes.
    if (order.isBad === true || skewOf(context, order.header) > farthestMs) continue;
    for (const { id } of order.references) wanted.set(id, order);
  }
  let sizeBytes: number | undefined;
  for (const body of bodies) {
    const order = wanted.get(body.id);
    if (order === undefined || context.ledger.executed(body.id) !== undefined) continue;
    if (context.pool.findById(body.id) === undefined && !context.pool.hasRoomFor(body)) {
      if (order.header.height !== nextHeight) continue;
      // The next block must not wait for room, but it takes no more than a block may hold.
      sizeBytes ??= sizeOfBodies(context, order);
      sizeBytes += body.bytes.length;
      if (sizeBytes > context.limits.maxBlockBytes) {
        markBad(context, order);
        return;
      }
    }
    // What no block may hold is the doing of whoever ordered it, and must not wait in the pool for the next primary.
    const { height, timeMs } = order.header;
    // What the registry will say is known for the next block alone.
    const objection =
      height === nextHeight
        ? context.ledger.objection(body, timeMs)
        : context.ledger.objectionAtAnyHeight(body, timeMs);
    if (objection !== undefined) markBad(context, order);
    // A request signed by a supervisor is the same whoever brings it: when it arrives again, nothing changes.
    else context.pool.add(body, 'forwarded');
  }
}

/** Bytes of the order's requests that are here. */
function sizeOfBodies({ pool }: Context, { references }: Order): number {
  return references.reduce((sum, { id }) => sum + (pool.findById(id)?.request.bytes.length ?? 0), 0);
}

/** No proof for others, but certain here: no correct primary signs such an order. */
function markBad(context: Context, order: Order): void {
  order.isBad = true;
  context.suspect(context.primary, 'badBlock', order.header.height);
  suspectPrimary(context);
}

function skewOf({ nowMs }: Context, { timeMs }: HashedHeader): number {
  return timeMs - nowMs;
}

/** Whether the order, which is for the height above the tip, has been accepted. */
function acceptOrder(context: Context, order: Order): boolean {
  const { header, view, signature, references, evidence } = order;
  const skewMs = skewOf(context, header);
  // Where the chain itself is ahead of the clock, a correct primary goes the least possible step.
  const isLeastStep = header.timeMs === context.chain.tip.timeMs + 1;
  if (skewMs > context.limits.maxClockSkewMs && !isLeastStep) {
    // Softly: a replica whose clock is off waits for a quorum to certify the block, and accuses nobody.
    context.announce({ type: 'clockSkew', skewMs });
    return false;
  }
  if (missingReferences(context, order).length > 0) {
    // Case 1 of the seed: the client's request is still on its way. Case 2 shows when nobody has it.
    awaitNext(context, header.hash);
    return false;
  }
  const requests = references.flatMap(({ id }) => {
    const pooled = context.pool.findById(id);
    return pooled === undefined ? [] : [pooled.request];
  });
  const block = { header, requests, evidence };
  if (blockProblem(context, block) !== undefined) {
    refuseWhereStale(context, requests);
    markBad(context, order);
    return false;
  }
  appendBlock(context, { block, order: { view, signature } });
  return true;
}

/**
 * Waits a little for what the next block lacks before asking for it. The wait begins once for each order, however much
 * arrives meanwhile, or a busy replica would never come to ask.
 */
function awaitNext(context: Context, what: string): void {
  if (context.awaitedNext === what) return;
  context.awaitedNext = what;
  context.lastAsked = context.membership.ownIndex;
  context.emit({ type: 'setTimer', timer: 'bodies', delayMs: context.options.bodyGraceMs });
}

/** The id alone counts here: the signature of the order covers no timestamps, and each id stands for one. */
function missingReferences(context: Context, order: Order): Order['references'] {
  return order.references.filter(({ id }) => context.pool.findById(id) === undefined);
}
