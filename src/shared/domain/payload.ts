/**
 * What a request says, as the console and the ledger both know it (words of design: PRODUCT.md).
 * @module
 */
import type { Hex } from '../encoding/hex.ts';
import type { RegistryPayload } from './registry.ts';

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

export type Payload = AssessmentsPayload | DocumentPayload | RegistryPayload;
export type PayloadKind = Payload['kind'];

/** Every kind of request. */
export const PAYLOAD_KINDS = [
  'assessments',
  'document',
  'registry',
] as const satisfies readonly PayloadKind[];

/**
 * The title of a request in lists. What a registry change does is said in the words of each language, so its title is
 * the name that it is about, and empty where only the ledger knows it.
 */
export function titleOf(payload: Payload): string {
  if (payload.kind !== 'registry') return payload.title;
  const { action } = payload;
  if (action.type !== 'propose') return '';
  const { change } = action;
  switch (change.kind) {
    case 'addSupervisor':
      return change.supervisor.name;
    case 'addReplica':
    case 'updateReplica':
      return change.replica.name;
    case 'renameSupervisor':
      return change.name;
    default:
      return '';
  }
}
