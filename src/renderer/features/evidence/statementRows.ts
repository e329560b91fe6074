/**
 * Two statements side by side, field by field.
 * @module
 */
import type { StatementView } from '../../../shared/contract/model.ts';

/** Fields as they are read: where, what, and then the signatures over all of it. */
export const STATEMENT_FIELDS = [
  'epoch',
  'view',
  'height',
  'hash',
  'stateDigest',
  'contentDigest',
  'digest',
  'signature',
] as const;
export type StatementField = (typeof STATEMENT_FIELDS)[number];

/** One field of both statements. */
export interface StatementRow {
  readonly field: StatementField;
  readonly first: number | string;
  readonly second: number | string;
  readonly differs: boolean;
}

/** The fields that statements of this kind have. */
export function statementRows(first: StatementView, second: StatementView): StatementRow[] {
  return STATEMENT_FIELDS.flatMap((field) => {
    const one = first[field];
    const other = second[field];
    if (one === null || other === null) return [];
    return [{ field, first: one, second: other, differs: one !== other }];
  });
}
