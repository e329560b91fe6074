/**
 * What a request says, as the console and the ledger both know it (words of design: PRODUCT.md).
 * @module
 */
import type { Hex } from '../encoding/hex.ts';

/** A value in a record. A number is kept as the literal that was read, so that no digit is lost. */
export type Cell = null | boolean | string | { readonly number: string };

/** A batch of records reviewed together: each record has one cell for each column. */
export interface AssessmentsPayload {
  readonly kind: 'assessments';
  readonly title: string;
  readonly remark: string;
  readonly columns: readonly string[];
  readonly records: readonly (readonly Cell[])[];
}

/** What a supervisor can decide about documents. */
export const DECISIONS = ['approved', 'rejected', 'acknowledged'] as const;
export type Decision = (typeof DECISIONS)[number];

/** One file, known by its content's SHA-256 digest; the content itself is not in the ledger. */
export interface DocumentFile {
  readonly name: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  readonly sha256: Hex;
}

/** A decision on one or more files. */
export interface DocumentPayload {
  readonly kind: 'document';
  readonly title: string;
  readonly decision: Decision;
  readonly remark: string;
  readonly files: readonly DocumentFile[];
}

export type Payload = AssessmentsPayload | DocumentPayload;
export type PayloadKind = Payload['kind'];
