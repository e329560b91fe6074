/**
 * The bytes of the sign guard's log: frames, one after another, each with a checksum.
 *
 * ```text
 * frame = "CSg1" kind(1) length(2, big-endian) content checksum(8)
 * kind 1: a statement;  2: a floor;  3: everything before this frame is durable, and may have led to signatures
 * checksum = first 8 bytes of digest("countersign/sign-guard/1", networkId, publicKey, kind, content)
 * ```
 *
 * A log begins with a floor, and is made whole: its first frame is never torn. Statements are appended and made durable before their signatures exist; then a frame of kind 3 is appended, which
 * nobody waits for. So a tail that cannot be read is what a crash left of an append that never led to a signature,
 * unless a readable frame of kind 3 comes after it: then something that counted is damaged.
 * @module
 */
import { decode, encode, equalBytes, record, uint, type Codec } from '../../../shared/encoding/codec.ts';
import { fromHex, type Hex } from '../../../shared/encoding/hex.ts';
import { digest } from '../../ledger/hash.ts';
import { statementCodec, type Statement } from '../../ledger/statement.ts';
import type { Floor } from './signMemory.ts';

/** What one frame says. */
export type Entry =
  | { readonly kind: 'statement'; readonly statement: Statement }
  | { readonly kind: 'floor'; readonly floor: Floor }
  | { readonly kind: 'durable' };

/** What a log says. */
export interface ReadLog {
  readonly entries: readonly Entry[];
  /** Bytes at the end that a crash left of an append that never led to a signature. */
  readonly tornBytes: number;
}

/** Whose log it is: a log of another network or key is never mistaken for one's own. */
export interface LogOwner {
  readonly networkId: Hex;
  readonly publicKey: Hex;
}

const MAGIC = new TextEncoder().encode('CSg1');
const CHECKSUM_BYTES = 8;
const HEAD_BYTES = MAGIC.length + 3;
/** Largest content of a frame, in bytes: a statement takes less. */
const CONTENT_BYTES_MAX = 512;

const floorCodec: Codec<Floor> = record<Floor>({ height: uint(), epoch: uint(), view: uint() });
const KINDS = ['statement', 'floor', 'durable'] as const;

/** The frames of these entries, in order. */
export function encodeEntries(owner: LogOwner, entries: readonly Entry[]): Uint8Array {
  return Buffer.concat(entries.map((entry) => encodeEntry(owner, entry)));
}

/** Reads a log; `undefined` where something in it is damaged that may have led to a signature. */
export function readLog(owner: LogOwner, bytes: Uint8Array): ReadLog | undefined {
  const entries: Entry[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    const frame = frameAt(owner, bytes, offset);
    if (frame === undefined) break;
    entries.push(frame.entry);
    offset += frame.sizeBytes;
  }
  const isDamaged = entries[0]?.kind !== 'floor' || hasDurableAfter(owner, bytes, offset);
  return isDamaged ? undefined : { entries, tornBytes: bytes.length - offset };
}

function encodeEntry(owner: LogOwner, entry: Entry): Uint8Array {
  const kind = KINDS.indexOf(entry.kind) + 1;
  const content = contentOf(entry);
  const length = new Uint8Array([content.length >> 8, content.length & 0xff]);
  return Buffer.concat([MAGIC, new Uint8Array([kind]), length, content, checksum(owner, kind, content)]);
}

function contentOf(entry: Entry): Uint8Array {
  if (entry.kind === 'statement') return encode(statementCodec, entry.statement);
  return entry.kind === 'floor' ? encode(floorCodec, entry.floor) : new Uint8Array();
}

function frameAt(
  owner: LogOwner,
  bytes: Uint8Array,
  offset: number,
): { entry: Entry; sizeBytes: number } | undefined {
  const head = bytes.subarray(offset, offset + HEAD_BYTES);
  const [kind = 0, high = 0, low = 0] = head.subarray(MAGIC.length);
  const length = 256 * high + low;
  const sizeBytes = HEAD_BYTES + length + CHECKSUM_BYTES;
  if (!equalBytes(head.subarray(0, MAGIC.length), MAGIC) || offset + sizeBytes > bytes.length)
    return undefined;
  const content = bytes.subarray(offset + HEAD_BYTES, offset + HEAD_BYTES + length);
  const found = bytes.subarray(offset + HEAD_BYTES + length, offset + sizeBytes);
  if (length > CONTENT_BYTES_MAX || !equalBytes(found, checksum(owner, kind, content))) return undefined;
  const entry = entryOf(KINDS[kind - 1], content);
  return entry === undefined ? undefined : { entry, sizeBytes };
}

function entryOf(kind: (typeof KINDS)[number] | undefined, content: Uint8Array): Entry | undefined {
  switch (kind) {
    case undefined:
      return undefined;
    case 'statement':
      return { kind, statement: decode(statementCodec, content, CONTENT_BYTES_MAX) };
    case 'floor':
      return { kind, floor: decode(floorCodec, content, CONTENT_BYTES_MAX) };
    case 'durable':
      return { kind };
  }
}

/** Whether something readable after `offset` says that what is there was durable once. */
function hasDurableAfter(owner: LogOwner, bytes: Uint8Array, offset: number): boolean {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = buffer.indexOf(MAGIC, offset); at !== -1; at = buffer.indexOf(MAGIC, at + 1)) {
    if (frameAt(owner, bytes, at)?.entry.kind === 'durable') return true;
  }
  return false;
}

function checksum({ networkId, publicKey }: LogOwner, kind: number, content: Uint8Array): Uint8Array {
  const owner = [fromHex(networkId), fromHex(publicKey)];
  return digest('countersign/sign-guard/1', ...owner, new Uint8Array([kind]), content).subarray(
    0,
    CHECKSUM_BYTES,
  );
}
