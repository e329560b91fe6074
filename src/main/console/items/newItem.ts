/**
 * What every new item of the inbox begins with, wherever it comes from.
 * @module
 */
import { createHash, randomUUID } from 'node:crypto';
import type { Hex } from '../../../shared/encoding/hex.ts';
import { titleOf, type Payload } from '../../../shared/domain/payload.ts';
import { contentHashOf } from '../../ledger/contentHash.ts';
import type { ItemRecord } from './itemRecord.ts';
import { countOf } from './payloadBytes.ts';

/** Longest list of file names kept as an item's source, in UTF-16 code units. */
const SOURCE_CHARS_MAX = 1_000;

/** Where an item comes from, and when. */
export interface Making {
  /** Name of the file or files; cut where it is long. */
  readonly source: string;
  /** Replicas of the network. */
  readonly replicas: number;
  /** Milliseconds since 1970 in UTC. */
  readonly nowMs: number;
}

/** What an item says about its content. */
export type Description = Pick<
  ItemRecord,
  'kind' | 'title' | 'contentHash' | 'subject' | 'decision' | 'sizeBytes' | 'count'
>;

/** A draft of content with this description, as if it was made here: nobody has signed it. */
export function newItem(description: Description, making: Making): ItemRecord {
  const { source, replicas, nowMs } = making;
  return {
    id: randomUUID(),
    ...description,
    source: cut(source, SOURCE_CHARS_MAX),
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    state: 'draft',
    requestId: null,
    signedAtMs: null,
    origin: 'here',
    signer: null,
    expectedSigners: [],
    note: '',
    accepted: 0,
    replicas,
    height: null,
    finality: null,
    finalAtMs: null,
    error: null,
  };
}

/** What an item says about `payload`, whose canonical bytes are `bytes`. */
export function describe(payload: Payload, bytes: Uint8Array): Description {
  return {
    kind: payload.kind,
    title: titleOf(payload),
    contentHash: contentHashOf(bytes),
    subject: subjectOf(payload),
    decision: payload.kind === 'document' ? payload.decision : null,
    sizeBytes: bytes.length,
    count: countOf(payload),
  };
}

/** Two requests with one subject speak of the same files, in whatever order and under whatever names, or the same records. */
function subjectOf(payload: Payload): Hex | null {
  switch (payload.kind) {
    case 'document':
      return subjectHash(payload.kind, payload.files.map(({ sha256 }) => sha256).sort());
    case 'assessments':
      return subjectHash(payload.kind, [payload.columns, payload.records]);
    case 'registry':
      return null;
  }
}

/** For this console alone: it is neither signed nor sent. */
function subjectHash(kind: string, about: unknown): Hex {
  return createHash('sha256')
    .update(JSON.stringify([kind, about]))
    .digest('hex');
}

/** At most `maxChars` code units, and no half of a character at the end. */
export function cut(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  return text.slice(0, maxChars).replace(/[\ud800-\udbff]$/, '');
}
