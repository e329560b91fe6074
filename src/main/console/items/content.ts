/**
 * What a request says, as a page shows it: one page of its records at a time.
 * @module
 */
import type { Payload } from '../../../shared/domain/payload.ts';
import type { RegistryAction } from '../../../shared/domain/registry.ts';
import type { Hex } from '../../../shared/encoding/hex.ts';
import type { ContentView } from '../../../shared/contract/model.ts';

/** Which records are asked for. */
export interface RecordsPage {
  readonly firstRecord: number;
  readonly recordCount: number;
}

/** What the registry says of a change, beside what is signed. */
export interface RegistryContents {
  /** `requestId`: of the request that proposes it, where it is signed. */
  about(action: RegistryAction, requestId: Hex | null): Pick<RegistryContent, 'difference' | 'proposal'>;
}
type RegistryContent = Extract<ContentView, { kind: 'registry' }>;

/** The content of `payload`, of the request `requestId` if it is signed. A page beyond the last record is empty. */
export function contentView(
  payload: Payload,
  { firstRecord, recordCount }: RecordsPage,
  registry: RegistryContents,
  requestId: Hex | null,
): ContentView {
  if (payload.kind === 'document') {
    const { title, remark, decision, files } = payload;
    return { kind: 'document', title, remark, decision, files: files.map((file) => ({ ...file })) };
  }
  if (payload.kind === 'registry') {
    const { kind, remark, action } = payload;
    return { kind, remark, action, ...registry.about(action, requestId) };
  }
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
