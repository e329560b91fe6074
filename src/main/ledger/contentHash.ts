/**
 * The hash by which people and files name what a request says, apart from who signs it and when: several supervisors
 * who sign one draft make several requests with one content hash.
 * @module
 */
import type { Hex } from '../../shared/encoding/hex.ts';
import { digestHex } from './hash.ts';

/** The content hash of a payload's canonical bytes (`payloadCodec`). */
export function contentHashOf(payloadBytes: Uint8Array): Hex {
  return digestHex('countersign/payload/1', payloadBytes);
}
