/**
 * The evidence that a block records, as a column of its row.
 * @module
 */
import { decode, encode } from '../../../shared/encoding/codec.ts';
import type { HashedHeader } from '../../ledger/block.ts';
import {
  EVIDENCE_BYTES_MAX,
  evidenceDigest,
  evidenceListCodec,
  type Evidence,
} from '../../ledger/evidence.ts';
import { REPLICAS_MAX } from '../../ledger/limits.ts';
import type { RowReader } from './column.ts';
import { decoding, type Row } from './sqlite.ts';

/** Most bytes of one piece of evidence for each replica, and of what stands around them. */
export const EVIDENCE_LIST_BYTES_MAX = (REPLICAS_MAX + 1) * EVIDENCE_BYTES_MAX;

/** The column for `evidence`. */
export function evidenceBytes(evidence: readonly Evidence[]): Uint8Array {
  return encode(evidenceListCodec, evidence);
}

/** The evidence in the column `evidence` of a row: what `header` binds. Throws `storage.corrupt`. */
export function evidenceOfRow(reader: RowReader, row: Row, header: HashedHeader): readonly Evidence[] {
  const bytes = reader.bytes(row, 'evidence');
  const evidence = decoding(reader.path, `block ${header.height}`, () =>
    decode(evidenceListCodec, bytes, EVIDENCE_LIST_BYTES_MAX),
  );
  if (evidenceDigest(evidence) !== header.evidenceDigest) {
    return reader.fail('the evidence is not that which the header names');
  }
  return evidence;
}
