/**
 * What a request says, as a page shows it: one page of its records at a time.
 * @module
 */
import type { Payload } from '../../../shared/domain/payload.ts';
import type { ContentView } from '../../../shared/contract/model.ts';

/** Which records are asked for. */
export interface RecordsPage {
  readonly firstRecord: number;
  readonly recordCount: number;
}

/** The content of `payload`. A page beyond the last record is empty. */
export function contentView(payload: Payload, { firstRecord, recordCount }: RecordsPage): ContentView {
  if (payload.kind === 'document') {
    const { title, remark, decision, files } = payload;
    return { kind: 'document', title, remark, decision, files: files.map((file) => ({ ...file })) };
  }
  if (payload.kind === 'registry')
    return { kind: 'registry', remark: payload.remark, action: payload.action };
  const { title, remark, columns, records } = payload;
  return {
    kind: 'assessments',
    title,
    remark,
    columns: [...columns],
    recordCount: records.length,
    firstRecord,
    records: records.slice(firstRecord, firstRecord + recordCount).map((cells) => [...cells]),
  };
}
