/**
 * What a replica reads from its store for others: the stable part of the chain for replicas that get into step, and
 * receipts for clients.
 * @module
 */
import type { Hex } from '../../shared/encoding/hex.ts';
import { CountersignError, invariant } from '../../shared/errors.ts';
import type {
  BlockMessage,
  GetBlockMessage,
  GetHeadersMessage,
  HeadersMessage,
} from '../consensus/messages.ts';
import type { Genesis } from '../ledger/genesis.ts';
import { buildReceipt, type Receipt } from '../ledger/receipt.ts';
import type { RegistrationParts } from '../ledger/registration.ts';
import { replayedRegistry } from '../ledger/registry/replay.ts';
import type { LedgerStore } from '../storage/index.ts';
import { epochChangesTo } from './epochHistory.ts';

/**
 * The headers from a height up to the next stable checkpoint; `null` where nothing stable lies there. They never cross the
 * end of an epoch: it is a stable checkpoint itself, and all of those are kept (rule E3).
 */
export async function headersFor(
  store: LedgerStore,
  { fromHeight }: GetHeadersMessage,
): Promise<HeadersMessage | null> {
  const checkpoint = await store.checkpointCovering(fromHeight);
  if (!checkpoint?.certificate) return null;
  const headers = await store.headers(fromHeight, checkpoint.height);
  return headers.length === 0 ? null : { type: 'headers', headers, certificate: checkpoint.certificate };
}

/** The content of a block, on the chain or rolled back (rule G1); `null` where it is not here. */
export async function blockFor(
  store: LedgerStore,
  { height, hash }: GetBlockMessage,
): Promise<BlockMessage | null> {
  const block = await store.blockByHash(height, hash);
  if (block === null) return null;
  return {
    type: 'block',
    height,
    hash,
    requests: block.requests.map(({ bytes }) => bytes),
    evidence: block.evidence,
  };
}

/**
 * The receipt of a request. Throws `request.notFound`, `request.notFinal` while no stable checkpoint covers it, and
 * `encoding.tooLarge` where too many changes of replicas came before it.
 */
export async function receiptFor(store: LedgerStore, genesis: Genesis, requestId: Hex): Promise<Receipt> {
  const located = await store.request(requestId);
  if (located === null) throw new CountersignError('request.notFound', { id: requestId });
  const accepted = await store.block(located.height);
  const checkpoint = await store.checkpointCovering(located.height);
  if (accepted === null || !checkpoint?.certificate) {
    throw new CountersignError('request.notFinal', { id: requestId });
  }
  const headersAbove =
    checkpoint.height > located.height ? await store.headers(located.height + 1, checkpoint.height) : [];
  const { header, requests } = accepted.block;
  return buildReceipt({
    request: located.request,
    header,
    ids: requests.map(({ id }) => id),
    headersAbove,
    certificate: checkpoint.certificate,
    below: await stateAt(store, genesis, located.height - 1),
    registryChanges: await epochChangesTo(store, genesis, header.epoch, located.height - 1),
  });
}

/** The state that judged the requests of the block above. */
async function stateAt(store: LedgerStore, genesis: Genesis, height: number): Promise<RegistrationParts> {
  const [accepted, values, changes] = await Promise.all([
    store.block(height),
    store.executedAt(height),
    store.registryRequests(height),
  ]);
  invariant(accepted !== null, 'the chain has no gaps', () => String(height));
  return { parent: accepted.block.header, values, registry: replayedRegistry(genesis, changes, height) };
}
