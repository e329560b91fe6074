/**
 * One item of the inbox as it is kept in memory, and its durable form.
 * @module
 */
import { z } from 'zod';
import {
  ITEM_STATES,
  countSchema,
  errorSchema,
  hashSchema,
  itemSchema,
  textSchema,
  timeSchema,
  type ItemState,
  type ItemView,
} from '../../../shared/contract/model.ts';
import { CountersignError } from '../../../shared/errors.ts';
import { CLIENT_FILE, type ItemSummary, type StoredItem } from '../../storage/index.ts';

/** An item without its content, which stays in the store. */
export type ItemRecord = Omit<ItemView, 'receiptReady'>;

/** States in which nothing more is expected of the network. */
export const SETTLED: readonly ItemState[] = ['final', 'refused', 'expired'];

/** What the store keeps as text; the rest of an item has columns of its own. */
const detailSchema = z.strictObject({
  kind: itemSchema.shape.kind,
  title: textSchema,
  source: textSchema,
  contentHash: hashSchema,
  // Items of earlier versions do not say.
  subject: hashSchema.nullable().default(null),
  decision: itemSchema.shape.decision.default(null),
  count: countSchema,
  signedAtMs: timeSchema.nullable(),
  // Items of earlier versions were all made and signed here.
  origin: itemSchema.shape.origin.default('here'),
  signer: hashSchema.nullable().default(null),
  expectedSigners: itemSchema.shape.expectedSigners.default([]),
  note: textSchema.default(''),
  accepted: countSchema,
  replicas: countSchema,
  height: countSchema.nullable(),
  finality: itemSchema.shape.finality,
  finalAtMs: timeSchema.nullable(),
  error: errorSchema.nullable(),
});
const stateSchema = z.enum(ITEM_STATES);

/** The durable form of `record`, with its content. */
export function storedItem(
  record: ItemRecord,
  payload: Uint8Array,
  signed: Uint8Array | null = null,
): StoredItem {
  const { id, createdAtMs, updatedAtMs, state, requestId, sizeBytes: _sizeBytes, ...detail } = record;
  return {
    id,
    createdAtMs,
    updatedAtMs,
    state,
    requestId,
    payload,
    signed,
    detail: JSON.stringify(detail satisfies z.infer<typeof detailSchema>),
  };
}

/** The record of what the store holds. Throws `storage.corrupt` for what this program never wrote. */
export function recordOf(summary: ItemSummary): ItemRecord {
  const state = stateSchema.safeParse(summary.state);
  const detail = detailSchema.safeParse(parse(summary.detail));
  if (!state.success || !detail.success) {
    const problem = `item ${summary.id} is not one that Countersign wrote`;
    throw new CountersignError('storage.corrupt', { path: CLIENT_FILE, problem });
  }
  const { id, createdAtMs, updatedAtMs, requestId, payloadBytes } = summary;
  return {
    id,
    createdAtMs,
    updatedAtMs,
    state: state.data,
    requestId,
    sizeBytes: payloadBytes,
    ...detail.data,
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Throws `draft.changed` unless the item has the content that a page has shown. */
export function requireShown({ id, contentHash }: ItemRecord, shownHash: string): void {
  if (contentHash === shownHash) return;
  throw new CountersignError('draft.changed', { id, shownHash, actualHash: contentHash });
}

/** The item as a page sees it. A receipt is made from the local ledger, so it is ready when that is stable there. */
export function itemView(record: ItemRecord, stableHeight: number): ItemView {
  const { state, height } = record;
  return { ...record, receiptReady: state === 'final' && height !== null && height <= stableHeight };
}
