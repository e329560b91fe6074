/**
 * Getting into step (origin.md, defect 9): a replica that missed messages asks for what is missing, and checks all of
 * it against certificates. Below a stable checkpoint it takes headers up to the certificate and then the bodies (rules
 * U1 and G1); above it, the primary's signed orders.
 * @module
 */
import { invariant } from '../../../shared/errors.ts';
import { isLinked, type HashedHeader } from '../../ledger/block.ts';
import type { SignedRequest } from '../../ledger/request.ts';
import type { CheckpointCertificate } from '../../ledger/statement.ts';
import { BlockFetch } from '../blockFetch.ts';
import type { Context } from '../context.ts';
import type { BlockMessage, GetOrdersMessage, HeadersMessage } from '../messages.ts';
import { adoptChain, enterView } from './adopt.ts';
import { becomeStable } from './certify.ts';
import { ordersMessage, signedOrder } from './evidence.ts';
import { awaitNewView, tryEnter } from './newView.ts';

/** How many beacons of a replica are passed over when what it promised did not come. */
const MISTRUSTED_BEACONS = 10;
/** Most orders in one answer. The asker asks again from its new tip. */
const ORDERS_MAX = 64;
/** Most references in one answer beyond those of its first order: half of what `maxMessageBytes` leaves for them. */
const ORDER_REFERENCES_MAX = 32_768;

/** Asks `source` for the headers above the stable checkpoint, unless somebody has been asked already. */
export function startCatchUp(context: Context, source: number): void {
  if (context.catchUp !== null) return;
  context.catchUp = { source, fromHeight: context.chain.stable.height + 1, target: null };
  requestHeaders(context);
}

/** Headers up to a stable checkpoint, from whoever was asked. The certificate has been verified. */
export function handleHeaders(context: Context, from: number, message: HeadersMessage): void {
  const { catchUp } = context;
  if (catchUp?.target !== null) return;
  const { certificate } = message;
  const isAsked = catchUp.source === from;
  const headers = message.headers.filter(({ height }) => height > context.chain.stable.height);
  if (certificate.height <= context.chain.stable.height) {
    if (!isAsked) return;
    // Nothing new: either this replica has come so far meanwhile, or the source answers beside the question.
    if (certificate.height < catchUp.fromHeight) context.mistrusted.set(from, MISTRUSTED_BEACONS);
    askAnother(context);
    return;
  }
  if (!areCertified(context, headers, message)) {
    if (!isAsked) return;
    context.suspect(from, 'badAnswer', certificate.height);
    askAnother(context);
    return;
  }
  // On a slow line the answer of one that was asked before may come first: it is as good.
  catchUp.source = from;
  context.mistrusted.delete(from);
  catchUp.target = { certificate, fetch: new BlockFetch(headers, context.lastFetch) };
  context.lastFetch = catchUp.target.fetch;
  const fromHeight = context.chain.tip.height;
  context.announce({ type: 'catchingUp', fromHeight, toHeight: certificate.height });
  waitForAnswer(context);
  goOn(context);
}

/** The content of a block that was asked for. The signatures in it have been verified. */
export function handleBlock(
  context: Context,
  from: number,
  { hash, evidence }: BlockMessage,
  requests: readonly SignedRequest[],
): void {
  const { catchUp, entering } = context;
  const fetches = [catchUp?.target?.fetch, entering?.fetch ?? undefined].filter(
    (fetch) => fetch !== undefined,
  );
  const outcomes = fetches.map((fetch) => fetch.take(from, hash, requests, evidence));
  // The header is certified or claimed by a correct replica, so whatever is wrong comes from the source.
  if (outcomes.includes('wrong')) context.suspect(from, 'badAnswer', 0);
  if (outcomes.every((outcome) => outcome === 'unasked')) return;
  goOn(context);
  if (context.entering === null || context.isEnded) return;
  // The wait for the new view begins when its blocks are here (rule 11).
  awaitNewView(context);
  tryEnter(context);
}

/** A stable checkpoint that somebody sends, because this replica seems to lack it. It has been verified. */
export function handleStable(context: Context, from: number, certificate: CheckpointCertificate): void {
  const { height, hash } = certificate;
  if (height < context.chain.stable.height) return;
  if (context.chain.contains(height, hash)) reachStable(context, certificate);
  else startCatchUp(context, from);
}

/**
 * A stable checkpoint at a block of the own chain. One of a later view brings this replica into that view, where it
 * may enter it (rule U2); any other is recorded (rules C4 and U3).
 */
export function reachStable(context: Context, certificate: CheckpointCertificate): void {
  if (entersBy(context, certificate)) {
    const { height } = certificate;
    const headers = context.chain.accepted
      .map(({ block }) => block.header)
      .filter((header) => header.height <= height);
    enterView(context, certificate.view, new BlockFetch(headers), 'certificate');
  }
  becomeStable(context, certificate);
}

/** Whether the block of this header need not be fetched. */
export function hasBlock({ chain, attic }: Context, { height, hash }: HashedHeader): boolean {
  return height <= chain.stable.height || chain.contains(height, hash) || attic.has(hash);
}

/** Asks for blocks that are missing, of `preferred` first and then of everybody who can be reached. */
export function askForBlocks(context: Context, fetch: BlockFetch, preferred: readonly number[]): void {
  const { membership, unreachable } = context;
  const everybody = Array.from({ length: membership.sizes.n }, (_, index) => index);
  const others = [...new Set([...preferred, ...everybody])].filter((index) => index !== membership.ownIndex);
  const reachable = others.filter((index) => !unreachable.has(index));
  const sources = reachable.length > 0 ? reachable : others;
  for (const { to, header } of fetch.questions(sources, (candidate) => hasBlock(context, candidate))) {
    const { height, hash } = header;
    context.emit({ type: 'send', to, message: { type: 'getBlock', height, hash } });
  }
}

/** Somebody lags: the signed orders from a height on. Their bodies are asked for separately. */
export function handleGetOrders(context: Context, from: number, message: GetOrdersMessage): void {
  const orders = context.chain.accepted
    .filter(({ block }) => block.header.height >= message.fromHeight)
    .flatMap(({ block, order }) => {
      if (order?.view !== context.view) return [];
      const references = block.requests.map(({ timestampMs, id }) => ({ timestampMs, id }));
      return [{ ...order, header: block.header, references, bodies: [], evidence: block.evidence }];
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

/** No answer in time: another source is asked, or what is needed has come meanwhile. */
export function handleCatchUpTimer(context: Context): void {
  const { catchUp } = context;
  if (catchUp === null) return;
  if (catchUp.target === null) {
    context.mistrusted.set(catchUp.source, MISTRUSTED_BEACONS);
    askAnother(context);
    return;
  }
  catchUp.target.fetch.giveUpWaiting();
  waitForAnswer(context);
  goOn(context);
}

/** Asks for what is still missing; or, with the last block here, adopts the checkpoint and goes on to the next. */
function goOn(context: Context): void {
  const { catchUp } = context;
  const target = catchUp?.target ?? null;
  if (catchUp === null || target === null) return;
  const { fetch, certificate } = target;
  if (
    certificate.height > context.chain.stable.height &&
    fetch.missing((header) => hasBlock(context, header)).length > 0
  ) {
    askForBlocks(context, fetch, [catchUp.source]);
    return;
  }
  endCatchUp(context);
  if (certificate.height > context.chain.stable.height) adoptStable(context, certificate, fetch);
  if (context.isEnded) return;
  const ahead = context.beacons.get(catchUp.source)?.stableHeight ?? 0;
  if (ahead > context.chain.stable.height) startCatchUp(context, catchUp.source);
  // Its beacon may be old: under load much has been ordered since.
  else askForOrders(context, catchUp.source);
}

/** A certified block with its whole chain here: the own chain follows, where it does not hold it already. */
function adoptStable(context: Context, certificate: CheckpointCertificate, fetch: BlockFetch): void {
  const { height, hash, view } = certificate;
  if (context.chain.contains(height, hash)) {
    reachStable(context, certificate);
    return;
  }
  if (entersBy(context, certificate)) {
    // U2: with the chain of the certificate, into its view.
    enterView(context, view, fetch, 'certificate');
  } else {
    // U3: what is final in an earlier view is in every later one.
    const { position } = context;
    invariant(
      !context.isNormal || view === position.view,
      'a later view contains what was stable before',
      () => JSON.stringify({ certificate, position }),
    );
    followStable(context, certificate, fetch);
  }
  becomeStable(context, certificate);
}

/**
 * U1, and in changing mode a stricter reading of U3: a chain that does not hold the stable block would be reported as
 * empty by the next view change, and so is that of the block alone; nothing is claimed that was not before.
 *
 * What contradicts a stable block cannot become final, so leaving it loses nothing. It may have been accepted under
 * this replica's signature, though, so the base rises with it: below the certified block nothing more is signed in
 * this view, and two localCommits of one replica for one height remain proof of a fault, across restarts too.
 */
function followStable(context: Context, { view, height }: CheckpointCertificate, fetch: BlockFetch): void {
  const { putBack } = adoptChain(context, fetch);
  if (putBack.length === 0) return;
  for (const { block, order } of putBack) {
    // One view, one order for each height: whoever ordered the block that is left ordered the certified one too.
    if (order?.view === view && order.signature !== '') {
      context.emit({ type: 'broadcast', message: ordersMessage({ ...order, block }) });
      context.settledOrders.set(
        block.header.height,
        signedOrder(context, { ...order, header: block.header }),
      );
    }
  }
  // What was accepted above the certified block was accepted, and perhaps signed, too.
  const leftHeight = putBack[0]?.block.header.height ?? 0;
  const baseHeight = Math.max(context.position.baseHeight, height, leftHeight + 1);
  context.wishes.signedHeight = Math.min(context.wishes.signedHeight, height);
  context.position = { ...context.position, baseHeight };
  context.persist({ type: 'position', position: context.position });
  for (const { header } of context.orders.values()) {
    if (header.height <= height) context.orders.delete(header.height);
  }
}

/** U2: whether a certificate brings this replica into its view. */
function entersBy({ position }: Context, { view }: CheckpointCertificate): boolean {
  return view > position.lastNormalView && view >= position.target;
}

function endCatchUp(context: Context): void {
  context.catchUp = null;
  context.emit({ type: 'clearTimer', timer: 'catchUp' });
}

/** The source did not answer, or lied: the next replica is asked from the start. */
function askAnother(context: Context): void {
  if (context.catchUp === null) return;
  context.lastAsked = context.catchUp.source;
  const source = nextToAsk(context);
  context.lastAsked = source;
  // Where nobody believable has claimed more than this replica has, there is nothing to catch up with.
  const { height } = context.chain.stable;
  const anybodyAhead = [...context.beacons].some(
    ([replica, { stableHeight }]) => stableHeight > height && (context.mistrusted.get(replica) ?? 0) === 0,
  );
  endCatchUp(context);
  if (anybodyAhead || needsCheckpoint(context)) startCatchUp(context, source);
}

/** Whether the new view that this replica wants to enter starts from a checkpoint that it lacks. */
function needsCheckpoint({ entering, chain }: Context): boolean {
  return (entering?.selection.stable?.height ?? 0) > chain.stable.height;
}

function requestHeaders(context: Context): void {
  if (context.catchUp === null) return;
  const fromHeight = context.chain.stable.height + 1;
  context.emit({ type: 'send', to: context.catchUp.source, message: { type: 'getHeaders', fromHeight } });
  waitForAnswer(context);
}

/** Rings at even times, however slowly one source drips. */
function waitForAnswer(context: Context): void {
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

/** Asks for the orders above the tip. Only members get them: others follow what is stable. */
export function askForOrders(context: Context, source: number): void {
  if (!context.isMember) return;
  const fromHeight = context.chain.tip.height + 1;
  context.emit({ type: 'send', to: source, message: { type: 'getOrders', fromHeight } });
}

/**
 * Whether the headers lead from the stable checkpoint to the certified block, within one window and one epoch: whoever
 * is behind by several goes through all of them (rule E3).
 */
function areCertified(
  context: Context,
  headers: readonly HashedHeader[],
  { certificate }: HeadersMessage,
): boolean {
  const last = headers.at(-1);
  const { epoch } = context.position;
  if (headers.length > context.membership.windowBlocks || last?.hash !== certificate.hash) return false;
  if (certificate.epoch !== epoch || headers.some((header) => header.epoch !== epoch)) return false;
  if (last.height !== certificate.height || last.stateDigest !== certificate.stateDigest) return false;
  return headers.every((header, index) => isLinked(headers[index - 1] ?? context.chain.stable, header));
}
