/**
 * A table that was dropped as the content of a draft: read, checked, encoded and described, in one go. It takes a second
 * for the largest file, so it is done on a thread of its own (`aside/`).
 * @module
 */
import type { Payload } from '../../../shared/domain/payload.ts';
import { NAME_CHARS_MAX } from '../../ledger/limits.ts';
import { parseAssessments, type ImportedFile } from '../import/parseAssessments.ts';
import { cut, describe, type Description } from './newItem.ts';
import { payloadBytes } from './payloadBytes.ts';

export interface TableDraft {
  readonly description: Description;
  /** Canonical bytes of the content. */
  readonly bytes: Uint8Array;
}

/** Throws `import.*`, `encoding.invalid` or `request.tooLarge`. */
export function tableDraft(file: ImportedFile, maxRequestBytes: number): TableDraft {
  const { columns, records } = parseAssessments(file);
  const title = cut(withoutExtension(file.name), NAME_CHARS_MAX);
  const payload: Payload = { kind: 'assessments', title, remark: '', columns, records };
  const bytes = payloadBytes(payload, maxRequestBytes);
  return { description: describe(payload, bytes), bytes };
}

function withoutExtension(name: string): string {
  return name.replace(/(?<=.)\.[^.]{1,8}$/, '');
}
