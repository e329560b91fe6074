/**
 * The work that would hold up the thread of the replica: what each job is given, and what it gives back.
 * @module
 */
import type { Verification } from '../../../shared/contract/model.ts';
import type { PlainError } from '../../../shared/errors.ts';
import type { DraftEnvelope } from '../../ledger/draftFile.ts';
import type { Genesis } from '../../ledger/genesis.ts';
import { verifySync } from '../../keys/verifier.ts';
import type { ImportedFile } from '../import/parseAssessments.ts';
import {
  readDraftFile,
  readRequestFile,
  writeDraftFile,
  type DraftContents,
  type RequestContents,
} from '../items/offlineFiles.ts';
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
  /** What a draft file holds. Fails as `readDraftFile`. */
  readonly readDraft: {
    readonly input: { readonly genesis: Genesis; readonly file: Uint8Array };
    readonly output: DraftContents;
  };
  /** The text of a draft file. Fails as `writeDraftFile`. */
  readonly writeDraft: {
    readonly input: { readonly content: Uint8Array; readonly envelope: DraftEnvelope };
    readonly output: string;
  };
  /** What the file of a signed request holds. Fails as `readRequestFile`. */
  readonly readRequest: {
    readonly input: { readonly genesis: Genesis; readonly file: Uint8Array };
    readonly output: RequestContents;
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
export async function carryOutAside({ kind, input }: AsideCall): Promise<AsideOutput> {
  switch (kind) {
    case 'receipt':
      return await checkReceipt(input.genesis, verifySync, input.text);
    case 'table':
      return tableDraft(input.file, input.maxRequestBytes);
    case 'readDraft':
      return readDraftFile(input.genesis, input.file);
    case 'writeDraft':
      return writeDraftFile(input.content, input.envelope);
    case 'readRequest':
      return readRequestFile(input.genesis, input.file);
  }
}
