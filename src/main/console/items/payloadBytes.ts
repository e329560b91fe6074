/**
 * The content of an item as canonical bytes, which is what is kept, shown by its hash, and signed.
 * @module
 */
import type { Payload } from '../../../shared/domain/payload.ts';
import { decode, encode } from '../../../shared/encoding/codec.ts';
import { CountersignError } from '../../../shared/errors.ts';
import { payloadCodec } from '../../ledger/payload.ts';
import { REQUEST_BYTES_CEILING } from '../../ledger/request.ts';

/**
 * What a signed request has around its payload, in bytes: 1 for the array, 1 for the version, 34 for the network, up
 * to 9 for the timestamp, 34 for the supervisor and 66 for the signature (`ledger/request.ts`).
 */
export const REQUEST_ENVELOPE_BYTES = 145;

/** Canonical bytes of a payload. Throws `encoding.invalid`, or `request.tooLarge` where no request could hold it. */
export function payloadBytes(payload: Payload, maxRequestBytes: number): Uint8Array {
  const bytes = encode(payloadCodec, payload);
  const sizeBytes = bytes.length + REQUEST_ENVELOPE_BYTES;
  if (sizeBytes > maxRequestBytes) {
    throw new CountersignError('request.tooLarge', { sizeBytes, maxBytes: maxRequestBytes });
  }
  return bytes;
}

/** The payload that `bytes` are. Throws `encoding.*`. */
export function payloadOf(bytes: Uint8Array): Payload {
  return decode(payloadCodec, bytes, REQUEST_BYTES_CEILING);
}

/** Records of a batch, or files of a document request; a registry change is one. */
export function countOf(payload: Payload): number {
  switch (payload.kind) {
    case 'assessments':
      return payload.records.length;
    case 'document':
      return payload.files.length;
    case 'registry':
      return 1;
  }
}
