/**
 * The work that would hold up the thread of the replica: what each job is given, and what it gives back.
 * @module
 */
import type { Verification } from '../../../shared/contract/model.ts';
import type { PlainError } from '../../../shared/errors.ts';
import type { Genesis } from '../../ledger/genesis.ts';
import { verifySync } from '../../keys/verifier.ts';
import type { ImportedFile } from '../import/parseAssessments.ts';
import { tableDraft, type TableDraft } from '../items/tableDraft.ts';
import { checkReceipt } from '../ledger/receipts.ts';

/** Each kind of job. */
export interface AsideJobs {
  /** What the receipt in a file's text proves. */
  readonly receipt: {
    readonly input: { readonly genesis: Genesis; readonly text: string };
    readonly output: Verification;
  };
  /** A draft of a table that was dropped. Fails as `parseAssessments`, and with `encoding.*` and `request.tooLarge`. */
  readonly table: {
    readonly input: { readonly file: ImportedFile; readonly maxRequestBytes: number };
    readonly output: TableDraft;
  };
}
export type AsideKind = keyof AsideJobs;
export type AsideOutput = AsideJobs[AsideKind]['output'];

/** One job as it goes to the worker. */
export type AsideCall = {
  readonly [K in AsideKind]: { readonly kind: K; readonly input: AsideJobs[K]['input'] };
}[AsideKind];

export type AsideAnswer = { readonly output: AsideOutput } | { readonly error: PlainError };

/** Does one job. Throws what it fails with. */
export async function carryOutAside(call: AsideCall): Promise<AsideOutput> {
  if (call.kind === 'table') return tableDraft(call.input.file, call.input.maxRequestBytes);
  const { genesis, text } = call.input;
  return await checkReceipt(genesis, verifySync, text);
}
