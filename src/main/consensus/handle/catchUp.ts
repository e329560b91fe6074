/**
 * Getting into step (origin.md, defect 9): a replica that missed messages asks for what is missing, and checks all of
 * it against certificates. Below a stable checkpoint it takes headers up to the certificate and then the bodies (rules
 * U1 and G1); above it, the primary's signed orders.
 * @module
 */
import { isLinked, type HashedHeader } from '../../ledger/block.ts';
import type { SignedRequest } from '../../ledger/request.ts';
import type { CheckpointCertificate } from '../../ledger/statement.ts';
import { primaryOf } from '../config.ts';
import type { Context } from '../context.ts';
import type { BeaconMessage, BlockMessage, GetOrdersMessage, HeadersMessage } from '../messages.ts';
import { appendBlock, blockProblem, rollbackTo } from './append.ts';
import { becomeStable } from './certify.ts';

/** Most orders in one answer. The asker asks again from its new tip. */
const ORDERS_MAX = 64;
/** Most references in one answer beyond those of its first order: half of what `maxMessageBytes` leaves for them. */
const ORDER_REFERENCES_MAX = 32_768;

/** Tells the others where this replica stands, now and at every interval. */
export function sendBeacon(context: Context): void {
  context.emit({ type: 'broadcast', message: beaconOf(context) });
  context.emit({ type: 'setTimer', timer: 'beacon', delayMs: context.options.beaconIntervalMs });
}

/** Where this replica stands. */
export function beaconOf(context: Context): BeaconMessage {
  const { epoch, view, target } = context.position;
  const stableHeight = context.chain.stable.height;
  const tipHeight = context.chain.tip.height;
  return { type: 'beacon', epoch, view, target, stableHeight, tipHeight };
}

/** Where another replica says that it stands. Only a hint of what to ask for: nothing is believed. */
export function handleBeacon(context: Context, from: number, message: BeaconMessage): void {
  const before = context.beacons.get(from);
  context.beacons.set(from, message);
  if (message.epoch !== context.position.epoch) return;
  if (message.stableHeight > context.chain.stable.height) {
    // A checkpoint that is being made right now arrives by itself: ask where the last beacon was ahead already, and
    // after a new connection, before which anything may have been lost.
    const wasAhead = before === undefined || before.stableHeight > context.chain.stable.height;
    if (wasAhead || message.stableHeight > context.chain.tip.height) startCatchUp(context, from);
    return;
  }
  const ownTip = context.chain.tip.height;
  if (message.tipHeight > ownTip && (before?.tipHeight ?? message.tipHeight) > ownTip) {
    askForOrders(context, from);
  }
  if (before !== undefined) offerCheckpoint(context, from, message, before);
}

/** Spares a replica that has the blocks, but missed the votes, the way of asking for what it has. */
function offerCheckpoint(context: Context, to: number, message: BeaconMessage, before: BeaconMessage): void {
  const { height, certificate } = context.stable;
  const lags = before.stableHeight < height && message.stableHeight < height && message.tipHeight >= height;
  if (lags && certificate !== null)
    context.emit({ type: 'send', to, message: { type: 'stable', certificate } });
}

/** Asks `source` for the headers above the stable checkpoint, unless somebody has been asked already. */
export function startCatchUp(context: Context, source: number): void {
  if (context.catchUp !== null) return;
  context.catchUp = { source, target: null };
  requestHeaders(context);
}

/** Headers up to a stable checkpoint, from the replica that was asked. The certificate has been verified. */
export function handleHeaders(context: Context, from: number, message: HeadersMessage): void {
  const { catchUp } = context;
  if (catchUp?.source !== from || catchUp.target !== null) return;
  const { certificate } = message;
  const headers = message.headers.filter(({ height }) => height > context.chain.stable.height);
  if (certificate.height <= context.chain.stable.height) {
    context.catchUp = null;
    return;
  }
  if (!areCertified(context, headers, message)) {
    askAnother(context);
    return;
  }
  catchUp.target = { certificate, headers };
  context.announce({
    type: 'catchingUp',
    fromHeight: context.chain.tip.height,
    toHeight: certificate.height,
  });
  const fork = headers.find(
    ({ height, hash }) => height <= context.chain.tip.height && !context.chain.contains(height, hash),
  );
  if (fork !== undefined) leaveFork(context, fork.height - 1, certificate);
  fetchNextBlock(context);
}

/**
 * What contradicts a stable block cannot become final: leaving it loses nothing (rule U1). It may have been accepted
 * under this replica's signature, though, so the base rises with it: below the certified block nothing more is signed
 * in this view, and two localCommits of one replica for one height remain proof of a fault, across restarts too.
 */
function leaveFork(context: Context, forkHeight: number, certificate: CheckpointCertificate): void {
  const { view, height: certifiedHeight } = certificate;
  // One view, one order for each height: whoever ordered the block that is left ordered the certified one too.
  if (context.chain.at(forkHeight + 1)?.order?.view === view) {
    context.suspect(primaryOf(view, context.membership.sizes.n), 'twoOrders', forkHeight + 1);
  }
  rollbackTo(context, forkHeight);
  const baseHeight = Math.max(context.position.baseHeight, certifiedHeight);
  context.position = { ...context.position, baseHeight };
  context.persist({ type: 'position', position: context.position });
  for (const { header } of context.orders.values()) {
    if (header.height <= certifiedHeight) context.orders.delete(header.height);
  }
}

/** The requests of a block that was asked for. Their signatures have been verified. */
export function handleBlock(
  context: Context,
  from: number,
  message: BlockMessage,
  requests: readonly SignedRequest[],
): void {
  const { catchUp } = context;
  if (catchUp?.source !== from || catchUp.target === null) return;
  const header = nextHeader(context, catchUp.target.headers);
  if (header?.hash !== message.hash) {
    // Not what was asked for; unless an order has brought that block meanwhile.
    if (context.chain.contains(message.height, message.hash)) fetchNextBlock(context);
    return;
  }
  const block = { header, requests };
  // The header is certified, so whatever is wrong comes from the source.
  if (blockProblem(context, block) !== undefined) {
    askAnother(context);
    return;
  }
  appendBlock(context, { block, order: null });
  fetchNextBlock(context);
}

/** Somebody lags: the signed orders from a height on. Their bodies are asked for separately. */
export function handleGetOrders(context: Context, from: number, message: GetOrdersMessage): void {
  const orders = context.chain.accepted
    .filter(({ block }) => block.header.height >= message.fromHeight)
    .flatMap(({ block, order }) => {
      if (order?.view !== context.view) return [];
      const references = block.requests.map(({ timestampMs, id }) => ({ timestampMs, id }));
      return [{ ...order, header: block.header, references, bodies: [] }];
    })
    .slice(0, ORDERS_MAX);
  let references = 0;
  const tooMany = orders.findIndex((order, index) => {
    references += order.references.length;
    return index > 0 && references > ORDER_REFERENCES_MAX;
  });
  if (tooMany !== -1) orders.length = tooMany;
  if (orders.length > 0) context.emit({ type: 'send', to: from, message: { type: 'orders', orders } });
}

/** No answer in time, or nothing to go on with: another source is asked, or what is needed has come meanwhile. */
export function handleCatchUpTimer(context: Context): void {
  if (context.catchUp !== null) askAnother(context);
}

/** Asks for the block above the tip; or, with the last one here, makes the checkpoint stable and goes on. */
function fetchNextBlock(context: Context): void {
  const target = context.catchUp?.target;
  if (context.catchUp === null || target === null || target === undefined) return;
  if (context.chain.tip.height >= target.certificate.height) {
    finishTarget(context);
    return;
  }
  const header = nextHeader(context, target.headers);
  if (header === undefined) {
    askAnother(context);
    return;
  }
  const { height, hash } = header;
  context.emit({ type: 'send', to: context.catchUp.source, message: { type: 'getBlock', height, hash } });
  context.emit({ type: 'setTimer', timer: 'catchUp', delayMs: context.options.fetchRetryMs });
}

function finishTarget(context: Context): void {
  const { catchUp } = context;
  if (!catchUp?.target) return;
  const { source, target } = catchUp;
  context.catchUp = null;
  context.emit({ type: 'clearTimer', timer: 'catchUp' });
  becomeStable(context, target.certificate);
  const ahead = context.beacons.get(source)?.stableHeight ?? 0;
  if (ahead > context.chain.stable.height) startCatchUp(context, source);
  // Its beacon may be old: under load much has been ordered since.
  else askForOrders(context, source);
}

/** The source did not answer, or lied: the next replica is asked from the start. */
function askAnother(context: Context): void {
  if (context.catchUp === null) return;
  context.lastAsked = context.catchUp.source;
  const source = nextToAsk(context);
  context.lastAsked = source;
  // Where nobody has claimed more than this replica has, there is nothing to catch up with.
  const anybodyAhead = [...context.beacons.values()].some(
    ({ stableHeight }) => stableHeight > context.chain.stable.height,
  );
  context.catchUp = anybodyAhead ? { source, target: null } : null;
  if (context.catchUp !== null) requestHeaders(context);
}

function requestHeaders(context: Context): void {
  if (context.catchUp === null) return;
  const fromHeight = context.chain.stable.height + 1;
  context.emit({ type: 'send', to: context.catchUp.source, message: { type: 'getHeaders', fromHeight } });
  context.emit({ type: 'setTimer', timer: 'catchUp', delayMs: context.options.fetchRetryMs });
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

function askForOrders(context: Context, source: number): void {
  const fromHeight = context.chain.tip.height + 1;
  context.emit({ type: 'send', to: source, message: { type: 'getOrders', fromHeight } });
}

/** Whether the headers lead from the stable checkpoint to the certified block, within one window. */
function areCertified(
  context: Context,
  headers: readonly HashedHeader[],
  { certificate }: HeadersMessage,
): boolean {
  const last = headers.at(-1);
  if (headers.length > context.membership.windowBlocks || last?.hash !== certificate.hash) return false;
  if (last.height !== certificate.height || last.stateDigest !== certificate.stateDigest) return false;
  return headers.every((header, index) => isLinked(headers[index - 1] ?? context.chain.stable, header));
}

function nextHeader(context: Context, headers: readonly HashedHeader[]): HashedHeader | undefined {
  return headers.find(({ height }) => height === context.chain.tip.height + 1);
}
